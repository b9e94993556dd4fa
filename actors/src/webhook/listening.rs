//! Whether programs on the gateway's machine listen to a webhook.

use serde::{Deserialize, Serialize};

/// The listening programs, as far as the rules know them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listening {
    /// Number of listeners so far.
    listeners: u64,
    /// True until the last one has gone.
    is_on: bool,
}

impl Listening {
    pub(super) const fn listeners(self) -> u64 {
        self.listeners
    }

    pub(super) const fn is_on(self) -> bool {
        self.is_on
    }

    /// True if listeners are there, and none has come after this one.
    pub(super) const fn is_last(self, listener: u64) -> bool {
        self.is_on && self.listeners == listener
    }

    pub(super) const fn start(&mut self, listener: u64) {
        *self = Self { listeners: listener, is_on: true };
    }

    pub(super) const fn end(&mut self) {
        self.is_on = false;
    }
}
