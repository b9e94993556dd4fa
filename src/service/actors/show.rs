//! Shows one actor: what it knows, what it is about to do, and what happened to it last. It is not woken for that.

use ::actors::account::Account;
use ::actors::chat::Chat;
use ::actors::runtime::replay::{Replayed, wake};
use ::actors::runtime::shell::Looked;
use ::actors::webhook::Webhook;
use ::actors::workspace::Workspace;
use events::codec;
use events::history::History;
use events::ids::{Position, StreamId};
use events::log::ReadError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::due::{self, Described, DueRow};
use super::list::ActorRow;
use crate::gateway::Gateway;
use crate::service::event_query::{self, Filter, Search};
use crate::service::events::EventRow;
use crate::service::refusal::Refusal;
use crate::service::states;

/// Events shown of an actor.
const EVENTS: usize = 10;

/// An actor as the operator sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActorView {
    #[serde(flatten)]
    row: ActorRow,
    /// What it is to do, and why; at most 100 things.
    due: Vec<DueRow>,
    state_from: StateSource,
    /// What its rules know, as `GET /admin/v1/streams/{kind}/{id}/state` shows it.
    state: Value,
    /// Its last ten events, the newest first.
    events: Vec<EventRow>,
}

/// Where a state was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StateSource {
    /// From memory: the actor is awake.
    Memory,
    /// From its snapshot and the events behind it: the actor is asleep, or its state is too large to be read from memory
    /// without holding up others.
    Log,
}

/// Shows an actor, awake or asleep.
pub async fn show(gateway: &Gateway, stream: StreamId) -> Result<ActorView, Refusal> {
    match stream {
        StreamId::Workspace(id) => one::<Workspace>(gateway, id).await,
        StreamId::Account(id) => one::<Account>(gateway, id).await,
        StreamId::Chat(id) => one::<Chat>(gateway, id).await,
        StreamId::Webhook(id) => one::<Webhook>(gateway, id).await,
        // No actor decides on the log itself.
        StreamId::Log => Err(states::not_found()),
    }
}

async fn one<D: Described>(gateway: &Gateway, id: D::Id) -> Result<ActorView, Refusal> {
    let looked = gateway.shard.look::<D>(id).await;
    let head = gateway.shard.watermark().settled().await;
    let shown = gateway.shard.history().run(move |history| view::<D>(history, id, looked, head)).await?;
    shown.ok_or_else(states::not_found)
}

/// Returns `None` if nothing ever happened in the stream.
fn view<D: Described>(
    history: &History,
    id: D::Id,
    looked: Option<Looked<D::Effect>>,
    head: Position,
) -> Result<Option<ActorView>, ReadError> {
    let in_memory = looked.as_ref().and_then(|looked| {
        let state = codec::decode_state::<D::State>(looked.state.as_ref()?).ok()?;
        Some((state, looked.revision))
    });
    let state_from = if in_memory.is_some() { StateSource::Memory } else { StateSource::Log };
    let (state, revision) = if let Some(in_memory) = in_memory {
        in_memory
    } else {
        let Replayed { state, revision, .. } = wake::<D>(id, history, head)?.replayed;
        (state, revision)
    };
    if revision == 0 {
        return Ok(None);
    }
    let stream = D::stream(id);
    let in_flight = looked.as_ref().map_or(&[][..], |looked| &looked.in_flight);
    let due = due::rows::<D>(&state, in_flight);
    let filter = Filter { stream: Some(stream), ..Filter::default() };
    let newest = Search { filter, range: 1..=head, newest_first: true, limit: EVENTS, look_max: usize::MAX };
    let events = event_query::search(history, &newest)?.rows;
    let row = ActorRow::of(stream, revision, looked.map(|looked| looked.gauge));
    Ok(Some(ActorView { row, due, state_from, state: states::shown(&state), events }))
}
