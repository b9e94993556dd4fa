//! The last e-mails to the owner of the workspace.

use actix_web::HttpResponse;

use crate::http::call::Call;
use crate::service::outbox;
use crate::service::refusal::Refusal;

/// Lists the last e-mails, the newest first.
pub(in crate::http) async fn list(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(outbox::list(call.scope(), call.page()?).await?))
}
