//! The simulator's answer to a sender, and how long it takes.

use actors::account::outcome::Outcome;

/// An answer to a sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Delay of the answer, in milliseconds; `None` if it is lost on the way.
    pub after_ms: Option<u64>,
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
