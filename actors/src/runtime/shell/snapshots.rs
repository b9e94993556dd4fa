//! Decides when an actor's state is stored as a snapshot.

use events::codec::CodecError;
use events::log::Note;
use events::snapshot::{self, Head, Place};
use serde::Serialize;

/// A large state is stored less often, so that an event costs no more than this many bytes of snapshots.
const BYTES_PER_EVENT: u64 = 64;

/// The latest snapshot of an actor, and the number of events since.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    latest: Option<Head>,
    /// Number of events that no usable snapshot contains.
    since: u64,
}

impl Snapshots {
    pub(super) const fn new(latest: Option<Head>, since: u64) -> Self {
        Self { latest, since }
    }

    pub(super) const fn count(&mut self) {
        self.since = self.since.saturating_add(1);
    }

    /// True if it is time for another snapshot: every so many events, or more for a large state.
    pub(super) fn is_due(&self, every: u64) -> bool {
        let bytes = self.latest.as_ref().map_or(0, |head| head.bytes);
        self.since >= every.max(bytes / BYTES_PER_EVENT)
    }

    /// Returns the notes that store a state.
    pub(super) fn keep<S: Serialize>(&mut self, place: Place, state: &S) -> Result<Vec<Note>, CodecError> {
        let (notes, head) = snapshot::store(place, state, self.latest.as_ref())?;
        *self = Self::new(Some(head), 0);
        Ok(notes)
    }
}
