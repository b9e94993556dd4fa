//! Ends a long read whose caller has gone: nobody would see its result.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Held by a request; its reads end early once it is dropped.
#[derive(Default)]
pub(super) struct Caller(Arc<AtomicBool>);

/// Tells a read whether its caller is still there.
#[derive(Clone)]
pub(super) struct Presence(Arc<AtomicBool>);

impl Caller {
    pub(super) fn presence(&self) -> Presence {
        Presence(Arc::clone(&self.0))
    }
}

impl Presence {
    pub(super) fn is_there(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_there_until_it_is_dropped() {
        let caller = Caller::default();
        let presence = caller.presence();
        assert!(presence.is_there());
        drop(caller);
        assert!(!presence.is_there());
    }
}
