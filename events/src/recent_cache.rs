//! A cache of what was asked for lately, in two halves: when the recent one is full, the earlier one is dropped.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// At most twice `HALF` values. A value stays as long as it is asked for at least once while a half fills.
pub(crate) struct RecentCache<K, V, const HALF: usize> {
    recent: HashMap<K, V>,
    earlier: HashMap<K, V>,
}

impl<K, V, const HALF: usize> Default for RecentCache<K, V, HALF> {
    fn default() -> Self {
        Self { recent: HashMap::new(), earlier: HashMap::new() }
    }
}

impl<K: Eq + Hash, V: Clone, const HALF: usize> RecentCache<K, V, HALF> {
    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        if let Some(value) = self.recent.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.earlier.remove_entry(key)?;
        self.insert(key, value.clone());
        Some(value)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.recent.len() >= HALF {
            self.earlier = std::mem::take(&mut self.recent);
        }
        self.recent.insert(key, value);
    }

    pub(crate) fn remove(&mut self, key: &K) {
        self.recent.remove(key);
        self.earlier.remove(key);
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Cache = RecentCache<u32, &'static str, 8>;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_makes_room() {
        let mut cache = Cache::default();
        for key in 0..100 {
            cache.insert(key, "value");
            assert!(cache.get(&0).is_some(), "{key}");
            assert!(cache.recent.len() <= 8 && cache.earlier.len() <= 8);
        }
        assert_eq!((cache.get(&1), cache.get(&99)), (None, Some("value")));
    }

    #[test]
    fn a_later_value_takes_the_place_of_an_earlier_one() {
        let mut cache = Cache::default();
        cache.insert(0, "first");
        (1..9).for_each(|key| cache.insert(key, "other"));
        assert!(cache.earlier.contains_key(&0));
        cache.insert(0, "second");
        assert_eq!(cache.get(&0), Some("second"));
    }

    #[test]
    fn what_is_removed_is_gone_from_both_halves() {
        let mut cache = Cache::default();
        (0..10).for_each(|key| cache.insert(key, "value"));
        assert!(cache.earlier.contains_key(&0) && cache.recent.contains_key(&9));
        cache.remove(&0);
        cache.remove(&9);
        assert_eq!((cache.get(&0), cache.get(&9), cache.get(&5)), (None, None, Some("value")));
        cache.clear();
        assert_eq!(cache.get(&5), None);
    }
}
