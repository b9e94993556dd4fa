//! How many requests there may be at once: eight, and after a receiver asked for patience one, two, four, eight.

use serde::{Deserialize, Serialize};

use super::{AT_ONCE, TOO_MANY_REQUESTS};

/// The receiver cannot take anything now.
const UNAVAILABLE: u16 = 503;

/// The present number, and how it rises.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pace {
    /// `None`: as many as there ever are.
    slowed: Option<Slowed>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Slowed {
    at_once: u64,
    /// Successes at this number; as many as the number double it.
    taken: u64,
}

impl Pace {
    pub(super) fn at_once(self) -> usize {
        self.slowed.and_then(|slowed| usize::try_from(slowed.at_once).ok()).unwrap_or(AT_ONCE)
    }

    /// The receiver answered so, if it did.
    pub(super) fn failed(&mut self, status: Option<u16>) {
        if matches!(status, Some(TOO_MANY_REQUESTS | UNAVAILABLE)) {
            self.slowed = Some(Slowed { at_once: 1, taken: 0 });
        }
    }

    /// A request succeeded that began after the last error.
    pub(super) fn taken(&mut self) {
        let Some(slowed) = &mut self.slowed else { return };
        slowed.taken = slowed.taken.saturating_add(1);
        if slowed.taken >= slowed.at_once {
            *slowed = Slowed { at_once: slowed.at_once.saturating_mul(2), taken: 0 };
        }
        if slowed.at_once >= AT_ONCE as u64 {
            self.slowed = None;
        }
    }
}
