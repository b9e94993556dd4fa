//! So many at once of each kind; whoever comes later waits for a turn.

use std::hash::Hash;
use std::sync::Arc;

use dashmap::DashMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Turns of every kind `K`; kinds that nobody wants are not kept.
pub(crate) struct Turns<K: Eq + Hash + Clone> {
    at_once: usize,
    kinds: DashMap<K, Arc<Semaphore>>,
}

/// A turn, until it is dropped.
pub(crate) struct Turn<'a, K: Eq + Hash + Clone> {
    turns: &'a Turns<K>,
    kind: K,
    permit: Option<OwnedSemaphorePermit>,
}

impl<K: Eq + Hash + Clone> Turns<K> {
    /// At most `at_once` of a kind.
    pub(crate) fn of(at_once: usize) -> Self {
        Self { at_once, kinds: DashMap::new() }
    }

    /// Waits for a turn.
    pub(crate) async fn turn(&self, kind: K) -> Turn<'_, K> {
        let free = Arc::clone(&self.kinds.entry(kind.clone()).or_insert_with(|| Semaphore::new(self.at_once).into()));
        // Never closed, so there always is a permit in the end.
        Turn { turns: self, kind, permit: free.acquire_owned().await.ok() }
    }
}

impl<K: Eq + Hash + Clone> Drop for Turn<'_, K> {
    fn drop(&mut self) {
        drop(self.permit.take());
        self.turns.kinds.remove_if(&self.kind, |_, free| Arc::strong_count(free) == 1);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn whoever_comes_later_waits_for_a_turn_of_its_kind_only() {
        let turns = Turns::of(2);
        let first = turns.turn("a").now_or_never().unwrap();
        let second = turns.turn("a").now_or_never().unwrap();
        assert!(turns.turn("a").now_or_never().is_none());
        assert!(turns.turn("b").now_or_never().is_some());
        drop(first);
        assert!(turns.turn("a").now_or_never().is_some());
        drop(second);
        assert!(turns.kinds.is_empty());
    }
}
