//! What an actor knows, now or as of any moment.

use actix_web::{HttpRequest, HttpResponse, web};

use super::caller::Operator;
use super::page::Query;
use crate::gateway::Gateway;
use crate::service::as_of::AsOf;
use crate::service::refusal::Refusal;
use crate::service::states;

/// Shows a state.
pub(super) async fn state(
    gateway: web::Data<Gateway>,
    _: Operator,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    let (kind, id) = path.into_inner();
    let as_of = Query::of(&request)?.text("at").map(as_of).transpose()?;
    Ok(HttpResponse::Ok().json(states::show(&gateway, &format!("{kind}/{id}"), as_of).await?))
}

fn as_of(text: &str) -> Result<AsOf, Refusal> {
    text.parse().map_err(|_| Refusal::invalid("at", "at must be a position or a time"))
}
