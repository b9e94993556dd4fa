//! Tells requests that were under way while rows of their workspace were dropped: what is kept of them says nothing, since
//! it may be about whom the dropped rows were about.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts how often rows were dropped because they are about somebody.
#[derive(Default)]
pub(super) struct Droppings(AtomicU64);

/// The moment at which a request began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Begun(u64);

impl Droppings {
    /// The moment of a request that begins now.
    pub(super) fn now(&self) -> Begun {
        Begun(self.0.load(Ordering::SeqCst))
    }

    /// Rows are dropped now; returns a moment that is later than all that began before.
    pub(super) fn next(&self) -> Begun {
        Begun(self.0.fetch_add(1, Ordering::SeqCst).saturating_add(1))
    }
}
