//! A log with its look-ups, as whoever looks into the past reads it.

use std::sync::Arc;

use actors::account::Account;
use actors::chat::Chat;
use actors::decider::Decider;
use actors::runtime::replay::replay;
use actors::webhook::Webhook;
use actors::workspace::Workspace;
use events::history::{History, ReadMode};
use events::ids::StreamId;
use events::index::Index;
use events::log::Log;
use events::record::Position;
use events::vault::Vault;
use serde_json::Value;

/// The history of a log.
pub struct Archive(pub History);

impl Archive {
    pub fn of(log: Arc<dyn Log>, vault: Arc<dyn Vault>) -> Result<Self, String> {
        let index = Index::open(Arc::clone(&log), vault).map_err(|error| error.to_string())?;
        Ok(Self(History::new(log, Arc::new(index), ReadMode::Inline)))
    }

    /// Returns the streams of all actors.
    pub fn streams(&self) -> Result<Vec<StreamId>, String> {
        let listed = self.0.index().streams_behind(None, usize::MAX).map_err(|error| error.to_string())?;
        Ok(listed.into_iter().filter(|stream| *stream != StreamId::Log).collect())
    }

    /// Folds an actor's state up to a position.
    pub fn state<D: Decider>(&self, id: D::Id, to: Position) -> Result<D::State, String> {
        Ok(replay::<D>(id, &self.0, to).map_err(|error| error.to_string())?.state)
    }

    /// Folds the state of a stream's actor up to the end.
    pub fn folded(&self, stream: StreamId) -> Result<Value, String> {
        let end = self.0.head().position;
        Ok(match stream {
            StreamId::Workspace(id) => as_json(&self.state::<Workspace>(id, end)?),
            StreamId::Account(id) => as_json(&self.state::<Account>(id, end)?),
            StreamId::Chat(id) => as_json(&self.state::<Chat>(id, end)?),
            StreamId::Webhook(id) => as_json(&self.state::<Webhook>(id, end)?),
            StreamId::Log => Value::Null,
        })
    }
}

pub fn as_json(state: &impl serde::Serialize) -> Value {
    serde_json::to_value(state).unwrap()
}
