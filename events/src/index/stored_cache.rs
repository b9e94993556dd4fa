//! Keeps stored values in memory, and that there is none: what almost every request asks for, such as the workspace of
//! an inbound token, and what was read ahead for a decision, which then meets memory only.

use super::keys::IndexKey;
use crate::recent_cache::RecentCache;

/// Keys of one half.
const HALF: usize = 8_192;
/// Longer values are not kept.
const VALUE_BYTES_MAX: usize = 512;

/// A value as its note has it; `None` if there is no note.
pub(super) type Stored = Option<Vec<u8>>;

/// Values as their notes have them. Whoever changes a note forgets it here before memory stops answering for it.
#[derive(Default)]
pub(super) struct StoredCache {
    values: RecentCache<IndexKey, Stored, HALF>,
    /// How many times values were forgotten.
    forgotten: u64,
}

impl StoredCache {
    pub(super) fn get(&mut self, lookup: &IndexKey) -> Option<Stored> {
        self.values.get(lookup)
    }

    /// Returns the mark to give to `keep` with a value that is read from now on.
    pub(super) const fn mark(&self) -> u64 {
        self.forgotten
    }

    /// Keeps a value that was read, unless any were forgotten since the mark: this may be one of them.
    pub(super) fn keep(&mut self, lookup: &IndexKey, value: Option<&[u8]>, mark: u64) {
        if mark == self.forgotten && value.is_none_or(|value| value.len() <= VALUE_BYTES_MAX) {
            self.values.insert(lookup.clone(), value.map(<[u8]>::to_vec));
        }
    }

    /// Forgets values whose notes were changed or removed.
    pub(super) fn forget<'a>(&mut self, lookups: impl IntoIterator<Item = &'a IndexKey>) {
        self.forgotten += 1;
        lookups.into_iter().for_each(|lookup| self.values.remove(lookup));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ChatId, WorkspaceId};

    fn chat(nth: u64) -> IndexKey {
        IndexKey::Chat(ChatId::nth(WorkspaceId::nth(0), nth + 1).unwrap())
    }

    #[expect(clippy::unnecessary_wraps, reason = "as the cache returns it")]
    fn found(value: &[u8]) -> Option<Stored> {
        Some(Some(value.to_vec()))
    }

    #[test]
    fn what_is_kept_is_found_until_it_is_forgotten() {
        let mut cache = StoredCache::default();
        assert_eq!(cache.get(&chat(1)), None);
        cache.keep(&chat(1), Some(b"one"), cache.mark());
        cache.keep(&chat(2), Some(b"two"), cache.mark());
        assert_eq!(cache.get(&chat(1)), found(b"one"));
        cache.forget([&chat(1)]);
        assert_eq!((cache.get(&chat(1)), cache.get(&chat(2))), (None, found(b"two")));
    }

    #[test]
    fn that_there_is_no_value_is_kept_too() {
        let mut cache = StoredCache::default();
        cache.keep(&chat(1), None, cache.mark());
        assert_eq!(cache.get(&chat(1)), Some(None));
        cache.forget([&chat(1)]);
        assert_eq!(cache.get(&chat(1)), None);
    }

    /// One thread reads a note while another changes it: the old value must not stay for ever.
    #[test]
    fn what_was_read_before_anything_was_forgotten_is_not_kept() {
        let mut cache = StoredCache::default();
        let mark = cache.mark();
        cache.forget([&chat(1)]);
        cache.keep(&chat(1), Some(b"old"), mark);
        assert_eq!(cache.get(&chat(1)), None);
        cache.keep(&chat(1), Some(b"new"), cache.mark());
        assert_eq!(cache.get(&chat(1)), found(b"new"));
    }

    #[test]
    fn long_values_are_read_each_time() {
        let mut cache = StoredCache::default();
        cache.keep(&chat(1), Some(&[0; VALUE_BYTES_MAX]), cache.mark());
        cache.keep(&chat(2), Some(&[0; VALUE_BYTES_MAX + 1]), cache.mark());
        assert_eq!((cache.get(&chat(1)).is_some(), cache.get(&chat(2))), (true, None));
    }
}
