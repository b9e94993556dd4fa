//! An attempt as its owner sees it: readable, without secrets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::attempt::Attempt;
use super::mask;

/// An attempt as the API shows it and as it is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttemptView {
    /// `att_` and its number.
    pub id: String,
    /// RFC 3339, UTC.
    pub at: String,
    /// The HTTP status of our answer.
    pub status: u16,
    /// What came.
    pub request: RequestView,
    /// What was answered.
    pub answer: Value,
    /// What was odd but no reason to refuse.
    pub warnings: Vec<String>,
    /// The message that it became.
    pub message_id: Option<String>,
}

/// What came.
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
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// An attempt's id.
pub(super) fn id(number: u64) -> String {
    format!("att_{number}")
}

impl Attempt {
    pub(super) fn view(&self, number: u64) -> AttemptView {
        AttemptView {
            id: id(number),
            at: self.at.to_string(),
            status: self.status.as_u16(),
            request: RequestView {
                headers: self.shown_headers(),
                body: mask::text(&String::from_utf8_lossy(&self.body), self.body_cut),
                body_cut: self.body_cut,
            },
            answer: masked(self.answer.json()),
            warnings: self.warnings.iter().map(|warning| mask::text(warning, false)).collect(),
            message_id: self.answer.message().map(|message| message.to_string()),
        }
    }

    fn shown_headers(&self) -> BTreeMap<String, String> {
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        let text = String::from_utf8_lossy(&self.headers);
        for (name, value) in text.lines().filter_map(|line| line.split_once(": ")) {
            let value = mask::header(name, value);
            headers
                .entry(name.to_owned())
                .and_modify(|values| {
                    values.push_str(", ");
                    values.push_str(&value);
                })
                .or_insert(value);
        }
        headers
    }
}

/// All texts in an answer, masked: answers quote what was sent.
fn masked(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(mask::text(&text, false)),
        Value::Array(values) => values.into_iter().map(masked).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, masked(value))).collect(),
        other => other,
    }
}
