//! When the owner is told of parked deliveries: one e-mail an hour at most.

use events::time::Timestamp;
use events::webhook::OwnerToldOfParked;
use serde::{Deserialize, Serialize};

/// Between two e-mails about parked deliveries of one webhook, in milliseconds.
pub const TOLD_EVERY_MS: u64 = 3_600_000;

/// What the owner was told of parked deliveries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ParkedNotice {
    /// How often a delivery was parked.
    parkings: u64,
    /// So many of them the owner knows of.
    known: u64,
    notices: u64,
    told_at: Option<Timestamp>,
}

impl ParkedNotice {
    pub(super) const fn parked(&mut self) {
        self.parkings = self.parkings.saturating_add(1);
    }

    pub(super) const fn parkings(self) -> u64 {
        self.parkings
    }

    /// The notice that comes next.
    pub(super) const fn next(self) -> u64 {
        self.notices.saturating_add(1)
    }

    /// When which notice is due, if there is anything that the owner does not know.
    pub(super) fn due(self) -> Option<(Timestamp, u64)> {
        let at = self.told_at.map(|told_at| told_at.plus_ms(TOLD_EVERY_MS)).unwrap_or_default();
        (self.parkings > self.known).then_some((at, self.next()))
    }

    pub(super) fn told(&mut self, told: &OwnerToldOfParked) {
        (self.notices, self.known, self.told_at) = (told.notice, told.parkings, Some(told.at));
    }
}
