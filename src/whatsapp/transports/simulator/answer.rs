//! What the simulator answers to a sender, and when.

use actors::account::outcome::Outcome;

/// What a sender is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// How long the answer takes, in milliseconds; `None` if it is lost on its way.
    pub after_ms: Option<u64>,
    /// What it says.
    pub outcome: Outcome,
}

impl Answer {
    pub(super) const fn at_once(outcome: Outcome) -> Self {
        Self { after_ms: Some(0), outcome }
    }

    pub(super) const fn lost() -> Self {
        Self { after_ms: None, outcome: Outcome::Unknown }
    }
}
