//! The event log, for the operator.

use std::pin::pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::gateway::Gateway;
use crate::http::admin::lines;
use crate::http::body;
use crate::http::caller::Operator;
use crate::http::connections::Connection;
use crate::http::page::Query;
use crate::service::as_of::AsOf;
use crate::service::event_query::{self, Filter, Wanted};
use crate::service::refusal::Refusal;
use crate::service::{event_stats, events, replay, trace, verification};

/// How often to look whether a client that waits long has left.
const LOOK_EVERY: Duration = Duration::from_millis(500);

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
    Ok(HttpResponse::Ok().json(unless(leaving(&request), verification.verdict()).await?))
}

/// Returns what tells whether the client has left.
fn leaving(request: &HttpRequest) -> impl Fn() -> bool + use<> {
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    move || connection.as_ref().is_some_and(|connection| connection.is_left())
}

/// Waits for what takes long, unless the client has left: the HTTP server notices that only when it has something to write.
async fn unless<T>(is_left: impl Fn() -> bool, long: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    let mut long = pin!(long);
    loop {
        match timeout(LOOK_EVERY, long.as_mut()).await {
            Ok(ended) => return ended,
            Err(_) if is_left() => return Err(Refusal::unavailable("The client has left")),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::pending;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_takes_long_ends_with_its_result_or_when_the_client_has_left() {
        let later = async {
            tokio::time::sleep(LOOK_EVERY * 5).await;
            Ok("verdict")
        };
        assert_eq!(unless(|| false, later).await, Ok("verdict"));
        assert_eq!(unless(|| true, async { Ok("at once") }).await, Ok("at once"));
        let looks = Cell::new(0);
        let leaves = || looks.replace(looks.get() + 1) == 3;
        let left = unless(leaves, pending::<Result<(), Refusal>>()).await;
        assert_eq!((left.err().map(|refusal| refusal.code()), looks.get()), (Some("unavailable"), 4));
    }
}
