//! One commit: all events that one command caused, stored together or not at all.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::ids::WorkspaceId;
pub use crate::ids::{Position, Revision};
use crate::personal::Digest;
use crate::time::Timestamp;
use crate::who::Who;

/// Who made a commit happen, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The command's id; for a request from outside also the request's id. 0: no request.
    pub command: u64,
    /// Who made it happen.
    pub by: Who,
    /// What it followed from.
    pub trigger: Trigger,
}

/// What a commit followed from. The first two have the bytes that an optional [`Idempotency`] had in 0.1.0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trigger {
    /// Something from outside, without a key of its own.
    #[default]
    Outside,
    /// A request from outside under the client's own key.
    Keyed(Idempotency),
    /// The event at this position: somebody acted upon it, or an answer came to what was begun with it.
    Event(Position),
}

impl Cause {
    /// Something that came from outside and is no request.
    pub const fn outside(by: Who) -> Self {
        Self { command: 0, by, trigger: Trigger::Outside }
    }

    /// A request from outside.
    pub fn request(by: Who, command: u64, idempotency: Option<Idempotency>) -> Self {
        Self { command, by, trigger: idempotency.map_or(Trigger::Outside, Trigger::Keyed) }
    }

    /// What followed from an event of the log.
    pub const fn following(by: Who, position: Position) -> Self {
        Self { command: 0, by, trigger: Trigger::Event(position) }
    }

    /// The client's own key for the request, if it gave one.
    pub const fn idempotency(&self) -> Option<&Idempotency> {
        if let Trigger::Keyed(given) = &self.trigger { Some(given) } else { None }
    }

    /// The position of the event that this followed from.
    pub const fn because(&self) -> Option<Position> {
        if let Trigger::Event(position) = self.trigger { Some(position) } else { None }
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

    /// The event at a position, if it is one of this record's.
    pub fn event_at(&self, position: Position) -> Option<&Event> {
        let offset = position.checked_sub(self.first)?;
        self.events.get(usize::try_from(offset).ok()?)
    }
}
