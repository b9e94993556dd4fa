//! The event log, for the operator.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::gateway::Gateway;
use crate::http::body;
use crate::http::caller::Operator;
use crate::http::page::Query;
use crate::service::events::{self, Wanted};
use crate::service::refusal::Refusal;
use crate::service::verification;

/// Lists events, by default the oldest first; the cursor is the position.
pub(in crate::http) async fn list(
    gateway: web::Data<Gateway>,
    _: Operator,
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    let listed = events::list(&gateway, wanted(&Query::of(&request)?)?).await?;
    Ok(HttpResponse::Ok().json(listed))
}

fn wanted(query: &Query) -> Result<Wanted, Refusal> {
    let stream = query.text("stream").map(str::parse).transpose();
    Ok(Wanted {
        from: query.number("from")?,
        to: query.number("to")?,
        stream: stream.map_err(|_| Refusal::invalid("stream", "stream must be such as account/10010001"))?,
        name: query.text("type").map(events::known_type).transpose()?,
        newest_first: is_newest_first(query)?,
        page: query.page()?,
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
    Ok(HttpResponse::Ok().json(events::show(&gateway, &position).await?))
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

/// Verifies the log from the first record to the last.
pub(in crate::http) async fn verify(
    gateway: web::Data<Gateway>,
    _: Operator,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let body = body::read(payload, gateway.limits).await?;
    let VerifyBody { checkpoints, key } = if body.is_empty() { VerifyBody::default() } else { body::typed(&body)? };
    Ok(HttpResponse::Ok().json(verification::verify(&gateway, checkpoints, key).await?))
}
