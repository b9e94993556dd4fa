//! A command that comes back with its refusal.

use std::fmt;

/// A command that was refused only for now, without what was looked up for it. `Debug` shows nothing of it: it holds
/// texts of people.
#[derive(Clone, PartialEq, Eq)]
pub struct Again<C>(pub Box<C>);

impl<C> fmt::Debug for Again<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Again")
    }
}
