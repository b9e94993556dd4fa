//! The state of an actor, now or as of any moment, replayed from the log.

use actors::account::Account;
use actors::chat::Chat;
use actors::decider::Decider;
use actors::runtime::replay::replay;
use actors::webhook::Webhook;
use actors::workspace::Workspace;
use events::history::History;
use events::ids::StreamId;
use events::log::ReadError;
use events::record::{Position, Revision};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::as_of::AsOf;
use super::exact::exact;
use super::refusal::Refusal;
use crate::gateway::Gateway;
use crate::recent::mask;

/// A state as the API and the command line show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StateView {
    stream: String,
    /// The moment: the position of the last event of a commit.
    #[schema(value_type = u64)]
    at: Position,
    #[schema(value_type = u64)]
    revision: Revision,
    state: Value,
}

/// Returns the state of a stream's actor as of a moment, or as of `head`; `None` if it had no event yet.
pub fn state(
    history: &History,
    stream: StreamId,
    at: Option<AsOf>,
    head: Position,
) -> Result<Option<StateView>, ReadError> {
    let at = AsOf::moment(at, history, head)?;
    match stream {
        StreamId::Workspace(id) => view::<Workspace>(id, history, at),
        StreamId::Account(id) => view::<Account>(id, history, at),
        StreamId::Chat(id) => view::<Chat>(id, history, at),
        StreamId::Webhook(id) => view::<Webhook>(id, history, at),
        // No actor decides on the log itself.
        StreamId::Log => Ok(None),
    }
}

fn view<D: Decider>(id: D::Id, history: &History, at: Position) -> Result<Option<StateView>, ReadError> {
    let replayed = replay::<D>(id, history, at)?;
    let state = shown(&replayed.state);
    let view = StateView { stream: D::stream(id).to_string(), at, revision: replayed.revision, state };
    Ok((replayed.revision > 0).then_some(view))
}

/// Returns a state as JSON, without secrets.
pub(super) fn shown(state: &impl Serialize) -> Value {
    let mut state = exact(serde_json::to_value(state).unwrap_or_default());
    // A receiver's URL; one from an earlier version may contain a password.
    if let Some(Value::String(url)) = state.get_mut("url") {
        *url = mask::credentials(url);
    }
    state
}

/// The refusal if a stream has no event, or cannot have one.
pub fn not_found() -> Refusal {
    Refusal::new("stream_not_found", "Stream not found")
}

/// Returns the state of a stream's actor as of a moment, or as of now.
pub async fn show(gateway: &Gateway, stream: StreamId, at: Option<AsOf>) -> Result<StateView, Refusal> {
    let head = gateway.shard.watermark().settled().await;
    let found = gateway.shard.history().run(move |history| state(history, stream, at, head));
    found.await?.ok_or_else(not_found)
}
