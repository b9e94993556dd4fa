//! One commit: all events that one command caused, stored together or not at all.

use serde::{Deserialize, Serialize};

use crate::codec;
use crate::event::Event;
use crate::ids::WorkspaceId;
use crate::log::{ReadError, StoredRecord};
use crate::personal::Digest;
use crate::time::Timestamp;

/// Place of an event in the whole log: contiguous from 1. 0 is the place before the first.
pub type Position = u64;

/// Count of the events of one stream.
pub type Revision = u64;

/// What made a commit happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The command's id; for a request from outside also the request's id. 0: the system's own doing.
    pub command: u64,
    /// Who: `operator`, `inbound`, `api`, `transport` or `system`.
    pub by: String,
    /// The client's own key for the request, if it gave one.
    pub idempotency: Option<Idempotency>,
}

impl Cause {
    /// The system's own doing, such as a wake-up.
    pub fn system() -> Self {
        Self { command: 0, by: "system".to_owned(), idempotency: None }
    }
}

/// A client's key, and what it stood for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idempotency {
    /// The key as it was given.
    pub key: String,
    /// Digest of the request's body.
    pub body: Digest,
}

/// One commit with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Position of its first event.
    pub first: Position,
    /// The rules' time at which it was decided.
    pub recorded_at: Timestamp,
    /// The tenant; no commit spans two.
    pub workspace: WorkspaceId,
    /// What made it happen.
    pub cause: Cause,
    /// At least one event.
    pub events: Vec<Event>,
}

impl Record {
    /// Position of its last event.
    pub fn last(&self) -> Position {
        self.first.saturating_add(self.events.len() as u64).saturating_sub(1)
    }

    /// Its events with their positions.
    pub fn positioned(&self) -> impl Iterator<Item = (Position, &Event)> {
        (self.first..).zip(&self.events)
    }
}

/// Reads a stored record; damage is named by its position.
pub fn decode(stored: &StoredRecord) -> Result<Record, ReadError> {
    codec::decode_record(&stored.bytes)
        .map_err(|error| ReadError::Damaged { position: stored.first, what: error.to_string() })
}
