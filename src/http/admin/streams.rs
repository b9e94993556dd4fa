//! The stream of an actor: its events, and its state now or as of any moment.

use actix_web::{HttpRequest, HttpResponse, web};

use super::events;
use crate::gateway::Gateway;
use crate::http::caller::Operator;
use crate::http::page::Query;
use crate::service::refusal::Refusal;
use crate::service::{event_query, state_diff, states};

/// Lists the events of one stream.
pub(in crate::http) async fn list(
    gateway: web::Data<Gateway>,
    _: Operator,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    let (kind, id) = path.into_inner();
    let wanted = events::wanted(&Query::of(&request)?)?;
    Ok(HttpResponse::Ok().json(event_query::of_stream(&gateway, &format!("{kind}/{id}"), wanted).await?))
}

pub(in crate::http) async fn state(
    gateway: web::Data<Gateway>,
    _: Operator,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    let (kind, id) = path.into_inner();
    let query = Query::of(&request)?;
    Ok(HttpResponse::Ok().json(states::show(&gateway, &format!("{kind}/{id}"), query.text("at")).await?))
}

/// Says what changed in the state between two moments.
pub(in crate::http) async fn diff(
    gateway: web::Data<Gateway>,
    _: Operator,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    let (kind, id) = path.into_inner();
    let query = Query::of(&request)?;
    let moments = [events::point(&query, "from")?, events::point(&query, "to")?];
    Ok(HttpResponse::Ok().json(state_diff::show(&gateway, &format!("{kind}/{id}"), moments).await?))
}
