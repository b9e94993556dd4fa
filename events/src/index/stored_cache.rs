//! Keeps stored values in memory that almost every request asks for, such as the workspace of an inbound token, so
//! that their notes are not read again and again.

use std::collections::HashMap;

use super::keys::IndexKey;

/// Keys of one half. A value stays as long as it is asked for at least once while a half fills.
const HALF: usize = 4_096;
/// Longer values are not kept.
const VALUE_BYTES_MAX: usize = 512;

/// Values as their notes have them. Whoever changes a note forgets it here before memory stops answering for it.
#[derive(Default)]
pub(super) struct StoredCache {
    recent: HashMap<IndexKey, Vec<u8>>,
    earlier: HashMap<IndexKey, Vec<u8>>,
    /// How many times values were forgotten.
    forgotten: u64,
}

impl StoredCache {
    /// True for keys of which few belong to many requests.
    pub(super) const fn is_for(lookup: &IndexKey) -> bool {
        matches!(
            lookup,
            IndexKey::Inbound(_)
                | IndexKey::ApiKey(_)
                | IndexKey::Peer(..)
                | IndexKey::Chat(_)
                | IndexKey::Account(_)
                | IndexKey::Reporting(_)
        )
    }

    pub(super) fn get(&mut self, lookup: &IndexKey) -> Option<Vec<u8>> {
        if !Self::is_for(lookup) {
            return None;
        }
        if let Some(value) = self.recent.get(lookup) {
            return Some(value.clone());
        }
        let (lookup, value) = self.earlier.remove_entry(lookup)?;
        self.insert(lookup, value.clone());
        Some(value)
    }

    /// Returns the mark to give to `keep` with a value that is read from now on.
    pub(super) const fn mark(&self) -> u64 {
        self.forgotten
    }

    /// Keeps a value that was read, unless any were forgotten since the mark: this may be one of them.
    pub(super) fn keep(&mut self, lookup: &IndexKey, value: &[u8], mark: u64) {
        if mark == self.forgotten && value.len() <= VALUE_BYTES_MAX {
            self.insert(lookup.clone(), value.to_vec());
        }
    }

    fn insert(&mut self, lookup: IndexKey, value: Vec<u8>) {
        if self.recent.len() >= HALF {
            self.earlier = std::mem::take(&mut self.recent);
        }
        self.recent.insert(lookup, value);
    }

    /// Forgets values whose notes were changed or removed.
    pub(super) fn forget<'a>(&mut self, lookups: impl IntoIterator<Item = &'a IndexKey>) {
        self.forgotten += 1;
        for lookup in lookups {
            self.recent.remove(lookup);
            self.earlier.remove(lookup);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ChatId;

    fn chat(nth: u64) -> IndexKey {
        IndexKey::Chat(ChatId::new(nth + 1).unwrap())
    }

    #[test]
    fn what_is_kept_is_found_until_it_is_forgotten() {
        let mut cache = StoredCache::default();
        assert_eq!(cache.get(&chat(1)), None);
        cache.keep(&chat(1), b"one", cache.mark());
        cache.keep(&chat(2), b"two", cache.mark());
        assert_eq!(cache.get(&chat(1)).as_deref(), Some(&b"one"[..]));
        cache.forget([&chat(1)]);
        assert_eq!((cache.get(&chat(1)), cache.get(&chat(2)).as_deref()), (None, Some(&b"two"[..])));
    }

    /// One thread reads a note while another changes it: the old value must not stay for ever.
    #[test]
    fn what_was_read_before_anything_was_forgotten_is_not_kept() {
        let mut cache = StoredCache::default();
        let mark = cache.mark();
        cache.forget([&chat(1)]);
        cache.keep(&chat(1), b"old", mark);
        assert_eq!(cache.get(&chat(1)), None);
        cache.keep(&chat(1), b"new", cache.mark());
        assert_eq!(cache.get(&chat(1)).as_deref(), Some(&b"new"[..]));
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_makes_room() {
        let mut cache = StoredCache::default();
        for nth in 0..20 * HALF as u64 {
            cache.keep(&chat(nth), b"value", cache.mark());
            assert!(cache.get(&chat(0)).is_some(), "{nth}");
            assert!(cache.recent.len() <= HALF && cache.earlier.len() <= HALF);
        }
        assert_eq!(cache.get(&chat(1)), None);
        // What is in the earlier half is forgotten too.
        cache.forget([&chat(0), &chat(20 * HALF as u64 - 1)]);
        assert_eq!((cache.get(&chat(0)), cache.get(&chat(20 * HALF as u64 - 1))), (None, None));
    }

    #[test]
    fn long_values_are_read_each_time() {
        let mut cache = StoredCache::default();
        cache.keep(&chat(1), &[0; VALUE_BYTES_MAX], cache.mark());
        cache.keep(&chat(2), &[0; VALUE_BYTES_MAX + 1], cache.mark());
        assert_eq!((cache.get(&chat(1)).is_some(), cache.get(&chat(2))), (true, None));
    }
}
