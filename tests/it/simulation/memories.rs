//! What the running actors of a story had in memory, as an operator's look at them shows it: they are disturbed by none, and
//! each answer leaves when all that it shows is durable.

use std::collections::{BTreeMap, BTreeSet};

use actors::account::Account;
use actors::chat::Chat;
use actors::decider::Decider;
use actors::runtime::registry::Kind;
use actors::webhook::Webhook;
use actors::workspace::Workspace;
use events::codec::{decode_state, encode_state};
use events::event::Event;
use events::ids::StreamId;
use events::record::{Position, Record};
use futures_util::future::join_all;
use serde_json::Value;

use super::archive::as_json;
use super::life::{Life, Machine};

/// The states that the actors had, each by the position of the last event in it.
#[derive(Default)]
pub struct Memories(BTreeMap<StreamId, BTreeMap<Position, Vec<u8>>>);

impl Memories {
    /// Looks at every awake actor whenever events that concern it have become durable, for ever.
    pub async fn watch(&mut self, machine: &Machine, life: &Life) -> ! {
        let mut seen = life.gateway.shard.watermark().durable();
        loop {
            life.gateway.shard.watermark().reached(seen + 1).await;
            let records = machine.disk.synced_after(seen);
            seen = records.last().map_or(seen, Record::last);
            let events = records.iter().flat_map(|record| &record.events);
            let touched: BTreeSet<StreamId> = events.flat_map(Event::streams).flatten().collect();
            for (stream, looked) in join_all(touched.into_iter().map(|stream| look_at(life, stream))).await {
                if let Some((position, state)) = looked {
                    self.0.entry(stream).or_default().entry(position).or_insert(state);
                }
            }
        }
    }

    /// Returns the state that an actor had after the event at this position, if anybody looked then.
    pub fn state<D: Decider>(&self, stream: StreamId, position: Position) -> Option<Value> {
        let state: D::State = decode_state(self.0.get(&stream)?.get(&position)?).unwrap();
        Some(as_json(&state))
    }

    /// Changes the last state of an actor that anybody saw; returns its position.
    pub fn forge<D: Decider>(&mut self, stream: StreamId, change: impl FnOnce(&mut D::State)) -> Position {
        let mut last = self.0.get_mut(&stream).unwrap().last_entry().unwrap();
        let mut state: D::State = decode_state(last.get()).unwrap();
        change(&mut state);
        *last.get_mut() = encode_state(&state).unwrap();
        *last.key()
    }
}

async fn look_at(life: &Life, stream: StreamId) -> (StreamId, Option<(Position, Vec<u8>)>) {
    let looked = match stream {
        StreamId::Workspace(id) => look::<Workspace>(life, id).await,
        StreamId::Account(id) => look::<Account>(life, id).await,
        StreamId::Chat(id) => look::<Chat>(life, id).await,
        StreamId::Webhook(id) => look::<Webhook>(life, id).await,
        StreamId::Log => None,
    };
    (stream, looked)
}

/// Returns an actor's state and the position of the last event in it; none if it sleeps.
async fn look<D: Kind>(life: &Life, id: D::Id) -> Option<(Position, Vec<u8>)> {
    let looked = life.gateway.shard.look::<D>(id).await?;
    Some((looked.last, looked.state?))
}
