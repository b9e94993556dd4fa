//! Decides when an actor's state is stored as a snapshot.

use events::codec::CodecError;
use events::snapshot::{self, Pending, Place, Slots};
use serde::Serialize;

/// A large state is stored less often, so that an event costs no more than this many bytes of snapshots.
const BYTES_PER_EVENT: u64 = 64;

/// The latest snapshot of an actor, and the number of events since.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    latest: Option<Slots>,
    /// Number of events that no usable snapshot contains.
    since: u64,
}

impl Snapshots {
    pub(super) const fn new(latest: Option<Slots>, since: u64) -> Self {
        Self { latest, since }
    }

    /// Returns how long the latest snapshot is; 0 if there is none.
    pub(super) fn bytes(&self) -> u64 {
        self.latest.map_or(0, |latest| latest.bytes)
    }

    /// Lets no snapshot count as usable, so that the next one is due at once.
    pub(super) const fn renew(&mut self) {
        self.since = u64::MAX;
    }

    pub(super) const fn count(&mut self) {
        self.since = self.since.saturating_add(1);
    }

    /// True if it is time for another snapshot: every so many events, or more for a large state.
    pub(super) fn is_due(&self, every: u64) -> bool {
        self.since >= every.max(self.bytes() / BYTES_PER_EVENT)
    }

    /// Returns a state as the writer stores it.
    pub(super) fn keep<S: Serialize>(&mut self, place: Place, state: &S) -> Result<Pending, CodecError> {
        let (pending, slots) = snapshot::prepare(place, state, self.latest)?;
        *self = Self::new(Some(slots), 0);
        Ok(pending)
    }
}
