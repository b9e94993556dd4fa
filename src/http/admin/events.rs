//! The event log, for the operator.

use std::str::FromStr;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::gateway::Gateway;
use crate::http::admin::lines;
use crate::http::body;
use crate::http::caller::Operator;
use crate::http::page::Query;
use crate::service::as_of::AsOf;
use crate::service::event_query::{self, Filter, Wanted};
use crate::service::refusal::Refusal;
use crate::service::{event_stats, events, replay, trace, verification};

/// Lists events, by default the oldest first; the cursor is the position.
pub(in crate::http) async fn list(
    gateway: web::Data<Gateway>,
    _: Operator,
    query: Query,
) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(event_query::list(&gateway, wanted(&query)?).await?))
}

/// Reads the parameters that say which events are wanted.
pub(super) fn wanted(query: &Query) -> Result<Wanted, Refusal> {
    Ok(Wanted {
        from: point(query, "from")?,
        to: point(query, "to")?,
        filter: Filter {
            stream: parsed(query, "stream", "stream must be such as account/10010001")?,
            name: query.text("type").map(events::known_type).transpose()?,
            workspace: parsed(query, "workspace", "workspace must be the number of a workspace, such as 1001")?,
            message: parsed(query, "message", "message must be an id such as wa_backend:3EB09FCC85FE99662E46")?,
            idempotency_key: query.text("idempotency_key").map(str::to_owned),
        },
        newest_first: is_newest_first(query)?,
        page: query.page()?,
    })
}

fn parsed<T: FromStr>(query: &Query, name: &'static str, or_else: &'static str) -> Result<Option<T>, Refusal> {
    query.text(name).map(str::parse).transpose().map_err(|_| Refusal::invalid(name, or_else))
}

/// Reads a parameter that is a position or a time.
pub(super) fn point(query: &Query, name: &'static str) -> Result<Option<AsOf>, Refusal> {
    let point = query.text(name).map(str::parse).transpose();
    point.map_err(|error| {
        Refusal::invalid(name, format!("{name} is {error}"))
            .hinting("a + in a query means a blank: write %2B before the hours of a time zone")
    })
}

fn is_newest_first(query: &Query) -> Result<bool, Refusal> {
    match query.text("order") {
        None | Some("asc") => Ok(false),
        Some("desc") => Ok(true),
        Some(_) => Err(Refusal::invalid("order", "order must be asc, the oldest first, or desc, the newest first")),
    }
}

pub(in crate::http) async fn show(
    gateway: web::Data<Gateway>,
    _: Operator,
    position: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(event_query::show(&gateway, &position).await?))
}

/// Shows a message's whole life.
pub(in crate::http) async fn trace(
    gateway: web::Data<Gateway>,
    _: Operator,
    message: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(trace::show(&gateway, &message).await?))
}

/// Counts events by type, workspace and day.
pub(in crate::http) async fn stats(gateway: web::Data<Gateway>, _: Operator) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(event_stats::show(&gateway).await?))
}

/// Folds every stream from its records alone; changes nothing and sends nothing.
pub(in crate::http) async fn replay(
    gateway: web::Data<Gateway>,
    _: Operator,
    query: Query,
) -> Result<HttpResponse, Refusal> {
    let (to, compare) = (point(&query, "to")?, query.flag("compare")?);
    Ok(HttpResponse::Ok().json(replay::run(&gateway, to, compare).await?))
}

/// What to compare the log with.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct VerifyBody {
    /// Signed notes, such as `GET /checkpoint` answers.
    checkpoints: Vec<String>,
    /// The key that signed them, if it is not this log's own: `name+id+base64`.
    key: Option<String>,
}

/// Verifies the log from the first record to the last. Who accepts lines gets one now and then that says how far it has come,
/// and the verdict last.
pub(in crate::http) async fn verify(
    gateway: web::Data<Gateway>,
    _: Operator,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let body = body::read(payload, gateway.limits).await?;
    let VerifyBody { checkpoints, key } = if body.is_empty() { VerifyBody::default() } else { body::typed(&body)? };
    let verification = verification::begin(&gateway, checkpoints, key)?;
    if lines::are_accepted(&request) {
        return Ok(lines::answer(lines::of_verification(verification, Arc::clone(&gateway.readiness))));
    }
    Ok(HttpResponse::Ok().json(verification.verdict().await?))
}
