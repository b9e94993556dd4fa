//! Limits the number of requests at once: eight, but after a 429 or 503 response one, then two, four and eight again.

use serde::{Deserialize, Serialize};

use super::{AT_ONCE, TOO_MANY_REQUESTS};

/// The receiver cannot take anything now.
const UNAVAILABLE: u16 = 503;

/// The present limit, and how it rises.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pace {
    /// `None` for the full limit, `AT_ONCE`.
    slowed: Option<Slowed>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Slowed {
    at_once: u64,
    /// Successes at this limit; as many as the limit double it.
    taken: u64,
}

impl Pace {
    pub(super) fn at_once(self) -> usize {
        self.slowed.and_then(|slowed| usize::try_from(slowed.at_once).ok()).unwrap_or(AT_ONCE)
    }

    /// Notes a failed request; `status` is `None` if there was no response.
    pub(super) fn failed(&mut self, status: Option<u16>) {
        if matches!(status, Some(TOO_MANY_REQUESTS | UNAVAILABLE)) {
            self.slowed = Some(Slowed { at_once: 1, taken: 0 });
        }
    }

    /// Notes the success of a request that began after the last counted error.
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
