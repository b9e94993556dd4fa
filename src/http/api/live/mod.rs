//! All events of a workspace as server-sent events: from any position on, then live.

mod event_stream;
mod frame;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, HeaderName};
use actix_web::{HttpRequest, HttpResponse, web};
use events::record::Position;
use tokio::sync::oneshot;

use self::event_stream::{EventStream, TICK};
use crate::gateway::Gateway;
use crate::http::call::Call;
use crate::http::caller::bearer;
use crate::http::connections::Connection;
use crate::http::page::Query;
use crate::secrets::digest;
use crate::service::follow::Following;
use crate::service::refusal::Refusal;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Asks a proxy (nginx) to pass on each event at once.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// Seconds until a retry may succeed; a stream whose client has left is noticed sooner.
const RETRY_AFTER_S: u32 = 5;
/// How long a stop waits for a client that reads nothing.
const GRACE: Duration = Duration::from_secs(1);

/// Streams the workspace's events after `Last-Event-ID` or `after`; without either, those from now on.
pub(in crate::http) async fn follow(call: Call, request: HttpRequest) -> Result<HttpResponse, Refusal> {
    let durable = call.gateway.shard.watermark().durable();
    let after = wanted(&request, durable)?.unwrap_or(durable);
    let mut answer = HttpResponse::Ok();
    answer.content_type("text/event-stream").insert_header((CACHE_CONTROL, "no-store"));
    answer.insert_header((BUFFERING, "no"));
    if request.method() == Method::HEAD {
        return Ok(answer.finish());
    }
    Ok(answer.streaming(feed(call, &request, after)?.frames()))
}

fn feed(call: Call, request: &HttpRequest, after: Position) -> Result<EventStream, Refusal> {
    let Call { gateway, workspace, .. } = call;
    let permit = gateway.stream_limit.take(workspace).ok_or_else(too_many_streams)?;
    let key = digest(bearer(request).unwrap_or_default());
    let following = Following::new(gateway.clone().into_inner(), workspace, key, after);
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    let (open, ended) = oneshot::channel();
    if let Some(connection) = connection.clone() {
        actix_web::rt::spawn(cut_at_stop(gateway.clone(), connection, ended));
    }
    Ok(EventStream::new(gateway, following, connection, (permit, open)))
}

/// Returns the position after which to begin. The header takes precedence: a browser that reconnects sends it
/// together with the URL it was given first.
fn wanted(request: &HttpRequest, durable: Position) -> Result<Option<Position>, Refusal> {
    let (param, position) = match request.headers().get(LAST_EVENT_ID) {
        Some(value) if !value.is_empty() => ("Last-Event-ID", value.to_str().ok().and_then(|text| text.parse().ok())),
        _ => match Query::of(request)?.number("after")? {
            Some(after) => ("after", Some(after)),
            None => return Ok(None),
        },
    };
    match position {
        Some(position) if position <= durable => Ok(Some(position)),
        Some(_) => Err(Refusal::invalid(param, format!("{param} lies behind the end of the log"))
            .hinting("Leave it out to begin now; a position belongs to one log only")),
        None => Err(Refusal::invalid(param, format!("{param} must be a position, the id of an event"))),
    }
}

fn too_many_streams() -> Refusal {
    Refusal::new("too_many_streams", "Too many streams are open").retrying_after(RETRY_AFTER_S)
}

/// Cuts the connection at a stop: a client that reads nothing keeps its stream from noticing that the gateway stops.
async fn cut_at_stop(gateway: web::Data<Gateway>, connection: Arc<Connection>, ended: oneshot::Receiver<()>) {
    let stopped = async {
        while !gateway.readiness.is_stopping() {
            tokio::time::sleep(TICK).await;
        }
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        _ = ended => {}
        () = stopped => connection.cut(),
    }
}
