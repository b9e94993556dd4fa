//! One commit: all events that one command caused, stored together or not at all.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::ids::WorkspaceId;
pub use crate::ids::{Position, Revision};
use crate::personal::{Digest, ShortDigest};
use crate::time::Timestamp;
use crate::who::Who;

/// The originator of a commit, and the reason for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The command's id; for a request from outside, also the request's id. 0 if there was no request.
    pub command: u64,
    pub by: Who,
    pub trigger: Trigger,
}

/// The reason for a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trigger {
    /// Something from outside, without an idempotency key.
    #[default]
    Outside,
    /// A request from outside with an idempotency key.
    Keyed(Idempotency),
    /// The event at this position: the commit reacts to it, or records the result of an effect that began with it.
    Event(Position),
}

impl Cause {
    /// Returns the cause of something that came from outside and was no request.
    pub const fn outside(by: Who) -> Self {
        Self { command: 0, by, trigger: Trigger::Outside }
    }

    /// Returns the cause of a request from outside.
    pub fn request(by: Who, command: u64, idempotency: Option<Idempotency>) -> Self {
        Self { command, by, trigger: idempotency.map_or(Trigger::Outside, Trigger::Keyed) }
    }

    /// Returns the cause of a commit that follows from an event of the log.
    pub const fn following(by: Who, position: Position) -> Self {
        Self { command: 0, by, trigger: Trigger::Event(position) }
    }

    /// Returns the request's idempotency key, if it had one.
    pub const fn idempotency(&self) -> Option<&Idempotency> {
        if let Trigger::Keyed(given) = &self.trigger { Some(given) } else { None }
    }

    /// Returns the position of the event that the commit followed from.
    pub const fn because(&self) -> Option<Position> {
        if let Trigger::Event(position) = self.trigger { Some(position) } else { None }
    }
}

/// A client's idempotency key and the request that it stands for, as digests under the key of the workspace's
/// look-ups: nobody without that key can guess what they were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idempotency {
    /// Digest of the key as the client sent it.
    pub key: ShortDigest,
    /// Digest of the request body.
    pub body: Digest,
}

/// A commit with its position in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Position of its first event.
    pub first: Position,
    /// Time of the decision, by the rules' clock.
    pub recorded_at: Timestamp,
    /// The tenant, or [`WorkspaceId::LOG`]; no commit spans two.
    pub workspace: WorkspaceId,
    pub cause: Cause,
    /// At least one event.
    pub events: Vec<Event>,
}

impl Record {
    /// Returns the position of its last event.
    pub fn last(&self) -> Position {
        self.first.saturating_add(self.events.len() as u64).saturating_sub(1)
    }

    /// Returns its events with their positions.
    pub fn positioned(&self) -> impl Iterator<Item = (Position, &Event)> {
        (self.first..).zip(&self.events)
    }

    /// Returns the event at a position, if it belongs to this record.
    pub fn event_at(&self, position: Position) -> Option<&Event> {
        let offset = position.checked_sub(self.first)?;
        self.events.get(usize::try_from(offset).ok()?)
    }
}
