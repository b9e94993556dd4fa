//! What an actor knows, now or as of any moment, rebuilt from the log.

use actix_web::{HttpRequest, HttpResponse, web};
use actors::account::Account;
use actors::chat::Chat;
use actors::decider::Decider;
use actors::runtime::replay::replay;
use actors::webhook::Webhook;
use actors::workspace::Workspace;
use events::ids::StreamId;
use events::index::Index;
use events::log::{Log, ReadError};
use events::reading;
use events::record::{Position, Revision};
use events::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::caller::Operator;
use super::error::Refused;
use super::page::Query;
use crate::cli::args::Moment;
use crate::gateway::Gateway;
use crate::recent::mask;

/// A state as the API and the command line show it.
#[derive(Debug, Serialize, ToSchema)]
pub struct StateView {
    stream: String,
    #[schema(value_type = u64)]
    at: Position,
    #[schema(value_type = u64)]
    revision: Revision,
    state: Value,
}

/// The state of a stream's actor as of a position; `None` if it had no event yet. A position inside a commit stands for
/// the commit's end.
pub fn state_view(
    log: &dyn Log,
    index: &Index,
    stream: StreamId,
    at: Position,
) -> Result<Option<StateView>, ReadError> {
    let at = if at == 0 { 0 } else { reading::record_at(log, at)?.map_or(at, |record| record.last()) };
    match stream {
        StreamId::Workspace(id) => view::<Workspace>(id, log, index, at),
        StreamId::Account(id) => view::<Account>(id, log, index, at),
        StreamId::Chat(id) => view::<Chat>(id, log, index, at),
        StreamId::Webhook(id) => view::<Webhook>(id, log, index, at),
    }
}

fn view<D: Decider>(id: D::Id, log: &dyn Log, index: &Index, at: Position) -> Result<Option<StateView>, ReadError> {
    let replayed = replay::<D>(id, log, index, at)?;
    let mut state = serde_json::to_value(&replayed.state).unwrap_or_default();
    // An address of a receiver; earlier versions took some with a password in them.
    if let Some(Value::String(url)) = state.get_mut("url") {
        *url = mask::credentials(url);
    }
    let view = StateView { stream: D::stream(id).to_string(), at, revision: replayed.revision, state };
    Ok((replayed.revision > 0).then_some(view))
}

/// The position that a moment stands for, no later than `head`.
pub fn position_of(log: &dyn Log, moment: Option<Moment>, head: Position) -> Result<Position, ReadError> {
    match moment {
        None => Ok(head),
        Some(Moment::Position(position)) => Ok(position.min(head)),
        Some(Moment::Time(time)) => Ok(reading::position_at(log, time)?.min(head)),
    }
}

/// Shows a state.
pub(super) async fn state(
    gateway: web::Data<Gateway>,
    _: Operator,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let not_found = || Refused::not_found("stream_not_found", "Stream not found");
    let (kind, id) = path.into_inner();
    let stream: StreamId = format!("{kind}/{id}").parse().map_err(|_| not_found())?;
    let moment = Query::of(&request)?.text("at").map(moment).transpose()?;
    let head = gateway.shard.watermark().settled().await;
    let found = gateway.read(move |gateway| {
        let (log, index) = (gateway.shard.log().as_ref(), gateway.shard.index());
        state_view(log, index, stream, position_of(log, moment, head)?)
    });
    Ok(HttpResponse::Ok().json(found.await?.ok_or_else(not_found)?))
}

fn moment(text: &str) -> Result<Moment, Refused> {
    let position = text.parse().map(Moment::Position);
    let time = || text.parse::<Timestamp>().map(Moment::Time);
    position.or_else(|_| time()).map_err(|_| Refused::invalid("at", "at must be a position or a time"))
}
