//! Which programs on the gateway's machine listen to a workspace's reports.

use serde::{Deserialize, Serialize};

/// The listening programs, as far as the rules know them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listening {
    /// True until the last one has gone.
    is_on: bool,
    /// True until the last one has gone that receives in place of the URL.
    is_instead: bool,
}

impl Listening {
    /// True while programs listen, as far as is known.
    pub const fn is_on(self) -> bool {
        self.is_on
    }

    /// True while listeners are waited for: all of them, or those that receive in place of the URL.
    pub const fn includes(self, instead: bool) -> bool {
        self.is_on && (self.is_instead || !instead)
    }

    pub(super) const fn start(&mut self, instead: bool) {
        *self = Self { is_on: true, is_instead: self.is_instead || instead };
    }

    /// Ends it for all, or for those that receive in place of the URL.
    pub(super) const fn end(&mut self, instead: bool) {
        self.is_instead = false;
        self.is_on = self.is_on && instead;
    }
}
