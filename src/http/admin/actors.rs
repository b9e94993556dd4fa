//! The actors, for the operator: which there are, what one of them is doing, and a rebuild from its records.

use actix_web::{HttpResponse, web};
use events::ids::StreamId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::streams::StreamPath;
use crate::gateway::Gateway;
use crate::http::body;
use crate::http::caller::Operator;
use crate::http::page::Query;
use crate::service::actors::{self, Wanted};
use crate::service::refusal::Refusal;
use crate::service::schema::Line;

/// Why an actor is rebuilt.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct RebuildBody {
    #[schema(value_type = Line)]
    reason: String,
}

/// Lists the actors by kind and number; the cursor is the stream.
pub(in crate::http) async fn list(
    gateway: web::Data<Gateway>,
    _: Operator,
    query: Query,
) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(actors::list(&gateway, wanted(&query)?).await?))
}

fn wanted(query: &Query) -> Result<Wanted, Refusal> {
    let is_given = query.text("awake").is_some();
    Ok(Wanted {
        kind: query.text("kind").map(actors::known_kind).transpose()?,
        awake: is_given.then(|| query.flag("awake")).transpose()?,
        after: cursor(query, "after")?,
        before: cursor(query, "before")?,
        limit: query.limit()?,
    })
}

fn cursor(query: &Query, name: &'static str) -> Result<Option<StreamId>, Refusal> {
    let cursor = query.text(name).map(str::parse).transpose();
    cursor.map_err(|_| Refusal::invalid(name, format!("{name} must be a stream such as account/10010001")))
}

pub(in crate::http) async fn show(
    gateway: web::Data<Gateway>,
    _: Operator,
    StreamPath(stream): StreamPath,
) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(actors::show(&gateway, stream).await?))
}

/// Lets an actor go on with the state that its records make, and says what differed from the one that it had.
pub(in crate::http) async fn rebuild(
    gateway: web::Data<Gateway>,
    _: Operator,
    StreamPath(stream): StreamPath,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let RebuildBody { reason } = body::typed(&body::read(payload, gateway.limits).await?)?;
    Ok(HttpResponse::Ok().json(actors::rebuild(&gateway, stream, reason).await?))
}
