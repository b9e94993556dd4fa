//! Checks a file's URL before a message needs it.

use serde::Serialize;
use utoipa::ToSchema;

use super::refusal::Refusal;
use super::schema::FailureCode;
use super::scope::Scope;
use crate::files::{Fault, Fetched, name_in, other_kind};

/// Seconds until a refused check may be retried: by then one of the earlier checks has ended.
const RETRY_AFTER_S: u32 = 10;

/// What came of a check: either what the file is, or why it cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FileCheckView {
    ok: bool,
    #[schema(value_type = Option<FailureCode>)]
    code: Option<&'static str>,
    /// Why it cannot be had, with all that is known. Of a file that can be had: what is odd about it.
    message: Option<String>,
    size: Option<usize>,
    r#type: Option<&'static str>,
}

impl FileCheckView {
    fn of(fetched: Result<Fetched, Fault>) -> Self {
        match fetched {
            Ok(file) => Self {
                ok: true,
                code: None,
                message: other_kind(file.mime, &file.name),
                size: Some(file.bytes.len()),
                r#type: Some(file.mime),
            },
            Err(fault) => {
                Self { ok: false, code: Some(fault.code()), message: Some(fault.to_string()), size: None, r#type: None }
            }
        }
    }
}

/// Fetches the file as for a message, then discards it. A file that cannot be fetched is a result, not a refusal.
/// Without a name, the one in the URL is used.
pub async fn check(scope: Scope<'_>, url: &str, name: Option<String>) -> Result<FileCheckView, Refusal> {
    let name = name.or_else(|| name_in(url.trim())).unwrap_or_default();
    let fetched = scope.gateway.fetching.check(scope.workspace, url.trim(), &name).await;
    match fetched.map_err(|_| Refusal::too_many_requests(RETRY_AFTER_S))? {
        Err(fault @ Fault::Ours) => Err(Refusal::unavailable(fault.to_string())),
        fetched => Ok(FileCheckView::of(fetched)),
    }
}
