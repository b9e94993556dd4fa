//! The newest checkpoint of the log.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};

use super::caller;
use crate::gateway::Gateway;
use crate::service::proofs;
use crate::service::refusal::Refusal;

/// Answers with a signed note; who may read it is configured.
pub(super) async fn show(gateway: web::Data<Gateway>, request: HttpRequest) -> Result<HttpResponse, Refusal> {
    if !gateway.checkpoint_public {
        caller::require_operator(&gateway, &request).await?;
    }
    let signed = proofs::checkpoint(&gateway.proofs).await?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, "text/plain; charset=utf-8")).insert_header((CACHE_CONTROL, "no-cache"));
    Ok(answer.body(signed.note.to_string()))
}
