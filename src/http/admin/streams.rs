//! The stream of an actor: its events, and its state now or as of any moment.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use events::ids::StreamId;

use super::events::{point, wanted};
use crate::gateway::Gateway;
use crate::http::caller::Operator;
use crate::http::page::Query;
use crate::service::refusal::Refusal;
use crate::service::{event_query, state_diff, states};

/// The stream that a path names with `{kind}` and `{id}`.
pub(in crate::http) struct StreamPath(pub(super) StreamId);

impl FromRequest for StreamPath {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let path = web::Path::<(String, String)>::from_request(request, payload).into_inner().ok();
        let stream = path.and_then(|path| format!("{}/{}", path.0, path.1).parse().ok());
        ready(stream.map(Self).ok_or_else(states::not_found))
    }
}

/// Lists the events of one stream.
pub(in crate::http) async fn list(
    gateway: web::Data<Gateway>,
    _: Operator,
    StreamPath(stream): StreamPath,
    query: Query,
) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(event_query::of_stream(&gateway, stream, wanted(&query)?).await?))
}

pub(in crate::http) async fn state(
    gateway: web::Data<Gateway>,
    _: Operator,
    StreamPath(stream): StreamPath,
    query: Query,
) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(states::show(&gateway, stream, point(&query, "at")?).await?))
}

/// Says what changed in the state between two moments.
pub(in crate::http) async fn diff(
    gateway: web::Data<Gateway>,
    _: Operator,
    StreamPath(stream): StreamPath,
    query: Query,
) -> Result<HttpResponse, Refusal> {
    let moments = [point(&query, "from")?, point(&query, "to")?];
    Ok(HttpResponse::Ok().json(state_diff::show(&gateway, stream, moments).await?))
}
