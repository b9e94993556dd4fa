//! Erasures by the operator, and the list of all of them.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::gateway::Gateway;
use crate::http::api::chats::erased;
use crate::http::caller::{Operator, RequestId};
use crate::http::page::Query;
use crate::http::{body, submit};
use crate::service::erasures;
use crate::service::refusal::Refusal;

/// Erases everything that is known of a chat's contact.
pub(in crate::http) async fn erase(
    gateway: web::Data<Gateway>,
    _: Operator,
    id: RequestId,
    request: HttpRequest,
    chat: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let dry_run = submit::dry_run(request.headers())?;
    let query = Query::of(&request)?;
    let bytes = body::read(payload, gateway.limits).await?;
    erased(erasures::of_operator(&gateway, &chat, id.0)?, &chat, &query, &bytes, dry_run).await
}

/// Lists who erased what and why, the newest first.
pub(in crate::http) async fn list(
    gateway: web::Data<Gateway>,
    _: Operator,
    query: Query,
) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(erasures::list(&gateway, query.page()?).await?))
}
