//! All events of a workspace as server-sent events: from any position on, then live.

mod frame;

use actix_web::http::header::HeaderName;
use actix_web::{HttpRequest, HttpResponse};
use events::record::Position;
use tokio::time::sleep;

use crate::http::call::Call;
use crate::http::caller::bearer;
use crate::http::event_stream::{self, Feed, TICK};
use crate::http::page::Query;
use crate::secrets::digest;
use crate::service::follow::Following;
use crate::service::refusal::Refusal;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Streams the workspace's events after `Last-Event-ID` or `after`; without either, those from now on.
pub(in crate::http) async fn follow(call: Call, request: HttpRequest) -> Result<HttpResponse, Refusal> {
    let durable = call.gateway.shard.watermark().durable();
    let after = wanted(&request, durable)?.unwrap_or(durable);
    if event_stream::wants_headers_only(&request) {
        return Ok(event_stream::headers().finish());
    }
    let permit = event_stream::permit(&call.gateway, call.workspace)?;
    let key = digest(bearer(&request).unwrap_or_default());
    let following = Following::new(call.gateway.clone().into_inner(), call.workspace, key, after);
    Ok(event_stream::answer(call.gateway, &request, following, permit))
}

impl Feed for Following {
    fn opening(&self) -> String {
        frame::opening(self.position())
    }

    async fn read_on(&mut self) -> Option<String> {
        tokio::select! {
            biased;
            () = self.ready() => {}
            () = sleep(TICK) => return Some(String::new()),
        }
        let rows = self.next().await;
        let rows = rows.inspect_err(|error| tracing::error!(%error, "a stream cannot read the log")).ok()??;
        let mut text = String::new();
        for row in rows {
            frame::event(&row, &mut text).ok()?;
        }
        Some(text)
    }

    fn heartbeat(&mut self) -> String {
        self.pass();
        frame::heartbeat(self.position())
    }
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
