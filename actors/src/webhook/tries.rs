//! What is kept of tries: those under way, failures so far, and deliveries that are parked.

use events::ids::ChatId;
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::queue::Owed;

/// A request under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    pub owed: Owed,
    /// 1 for the first try.
    pub try_number: u32,
    /// Its number among all requests.
    pub start: u64,
}

/// A request that somebody asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManualTry {
    pub chat: ChatId,
    /// 1 for the first try.
    pub try_number: u32,
}

/// A delivery that is not tried again unless somebody asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    pub owed: Owed,
    /// Its failures that led to parking.
    pub failures: u32,
    /// When it was parked.
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failures {
    /// Tries begun.
    pub(super) tries: u32,
    /// Failed tries, which determine the wait before the next one.
    pub(super) failed: u32,
    /// Failed tries that count towards parking: all but those answered with 429.
    pub(super) parking: u32,
}
