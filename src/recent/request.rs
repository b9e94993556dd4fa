//! The form in which an owner sees a request: readable, without secrets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::mask;

/// A request as it came in or went out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RequestView {
    /// Secret ones hidden; several of one name are joined by commas.
    pub headers: BTreeMap<String, String>,
    /// Bytes that are not UTF-8 are shown as U+FFFD.
    pub body: String,
    /// Whether the body went on.
    #[serde(default, skip_serializing_if = "is_false")]
    pub body_cut: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
pub(crate) fn is_false(flag: &bool) -> bool {
    !*flag
}

impl RequestView {
    /// Formats a request with these headers, including our own that are not secret, and the kept part of its body.
    pub(crate) fn new<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>, body: &[u8], body_cut: bool) -> Self {
        let mut shown: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in headers {
            let value = mask::header(name, value);
            shown
                .entry(name.to_owned())
                .and_modify(|values| {
                    values.push_str(", ");
                    values.push_str(&value);
                })
                .or_insert(value);
        }
        Self { headers: shown, body: mask::text(&String::from_utf8_lossy(body), body_cut), body_cut }
    }
}
