//! Whether a file can be had, told before a message needs it.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body;
use super::caller::Caller;
use super::error::Refused;
use super::send_body::file_name;
use crate::files::{Fault, Fetched, name_in, other_kind};
use crate::gateway::Gateway;

/// A check that is turned away is worth another try after so long: by then one of those before it has ended.
const RETRY_AFTER_S: u32 = 10;

/// A file to look at.
#[derive(Deserialize, ToSchema)]
pub(super) struct CheckBody {
    #[schema(example = "https://files.example/cat.png")]
    url: String,
    /// What the file is to be called; without it, what the address calls it.
    #[serde(default)]
    #[schema(example = "cat.png")]
    file_name: Option<String>,
}

/// What came of a check: either what the file is, or why it cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FileCheckView {
    ok: bool,
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

/// Fetches as for a message, and forgets what came. A file that cannot be had is an answer, not a refusal.
pub(super) async fn answer(
    gateway: web::Data<Gateway>,
    Caller { workspace, .. }: Caller,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let body = body::read(payload, gateway.limits).await?;
    let CheckBody { url, file_name: given } = body::typed(&body)?;
    let name = given.map(|name| file_name(&name)).transpose()?;
    let name = name.or_else(|| name_in(url.trim())).unwrap_or_default();
    let fetched = gateway.fetching.check(workspace, url.trim(), &name).await;
    match fetched.map_err(|_| Refused::too_many_requests(RETRY_AFTER_S))? {
        Err(fault @ Fault::Ours) => Err(Refused::unavailable(fault.to_string())),
        fetched => Ok(HttpResponse::Ok().json(FileCheckView::of(fetched))),
    }
}
