//! A command that comes back with its refusal.

use std::fmt;

use super::{Command, Workspace};
use crate::decider::Decider;

/// A command that was refused only for now, without what was looked up for it. `Debug` shows nothing of it: it holds
/// texts of people.
#[derive(Clone, PartialEq, Eq)]
pub struct Again(pub Box<Command>);

impl Again {
    pub(super) fn of(mut command: Command) -> Self {
        Workspace::forget_lookups(&mut command);
        Self(Box::new(command))
    }
}

impl fmt::Debug for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Again")
    }
}
