//! Limits how much runs at once of each kind; the rest waits for a turn.

use std::hash::Hash;
use std::sync::Arc;

use dashmap::DashMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A semaphore for each kind `K`; unused kinds are removed.
pub(crate) struct Turns<K: Eq + Hash + Clone> {
    at_once: usize,
    kinds: DashMap<K, Arc<Semaphore>>,
}

/// A turn; dropping it lets the next one in.
pub(crate) struct Turn<'a, K: Eq + Hash + Clone> {
    turns: &'a Turns<K>,
    kind: K,
    permit: Option<OwnedSemaphorePermit>,
}

impl<K: Eq + Hash + Clone> Turns<K> {
    pub(crate) fn of(at_once: usize) -> Self {
        Self { at_once, kinds: DashMap::new() }
    }

    pub(crate) async fn turn(&self, kind: K) -> Turn<'_, K> {
        let free = Arc::clone(&self.kinds.entry(kind.clone()).or_insert_with(|| Semaphore::new(self.at_once).into()));
        // The semaphore is never closed, so a permit always comes.
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
