//! Schedules the e-mails to the owner about parked deliveries: at most one per hour.

use events::time::Timestamp;
use events::webhook::OwnerToldOfParked;
use serde::{Deserialize, Serialize};

/// Minimum time between two e-mails about parked deliveries of one webhook, in milliseconds.
pub const TOLD_EVERY_MS: u64 = 3_600_000;

/// Parkings of deliveries, and what the owner knows of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ParkedNotice {
    /// How many times deliveries were parked.
    parkings: u64,
    /// How many of these times the owner has been told of.
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

    /// Returns the number of the next notice.
    pub(super) const fn next(self) -> u64 {
        self.notices.saturating_add(1)
    }

    /// Returns when the next notice is due, and its number, if the owner has not been told of everything.
    pub(super) fn due(self) -> Option<(Timestamp, u64)> {
        let at = self.told_at.map(|told_at| told_at.plus_ms(TOLD_EVERY_MS)).unwrap_or_default();
        (self.parkings > self.known).then_some((at, self.next()))
    }

    pub(super) fn told(&mut self, told: &OwnerToldOfParked) {
        (self.notices, self.known, self.told_at) = (told.notice, told.parkings, Some(told.at));
    }
}
