//! Whether a file can be had, told before a message needs it.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body;
use super::caller::Caller;
use super::error::Refused;
use crate::files::{Files, name_in};
use crate::gateway::Gateway;

/// A file to look at.
#[derive(Deserialize, ToSchema)]
pub(super) struct CheckBody {
    #[schema(example = "https://files.example/cat.png")]
    url: String,
}

/// What came of a check: either what the file is, or why it cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FileCheckView {
    ok: bool,
    code: Option<&'static str>,
    message: Option<String>,
    size: Option<usize>,
    r#type: Option<&'static str>,
}

/// Fetches as for a message, under the name that the URL gives the file, and forgets what came.
pub async fn check(files: &dyn Files, url: &str) -> FileCheckView {
    let name = name_in(url).unwrap_or_default();
    match files.fetch(url, &name).await {
        Ok(file) => {
            FileCheckView { ok: true, code: None, message: None, size: Some(file.bytes.len()), r#type: Some(file.mime) }
        }
        Err(fault) => FileCheckView {
            ok: false,
            code: Some(fault.code()),
            message: Some(fault.to_string()),
            size: None,
            r#type: None,
        },
    }
}

/// Runs a check. A file that cannot be had is an answer, not a refusal.
pub(super) async fn answer(
    gateway: web::Data<Gateway>,
    Caller(_): Caller,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let body = body::read(payload, gateway.limits).await?;
    let CheckBody { url } = body::typed(&body)?;
    Ok(HttpResponse::Ok().json(check(gateway.files.as_ref(), &url).await))
}
