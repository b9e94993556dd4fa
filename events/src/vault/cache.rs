//! Keeps opened blocks and derived keys in memory, so that almost no key needs a read of the disk.

use std::sync::Arc;

use super::block::Block;
use super::place::BlockName;
use super::{Owner, SealKey};
use crate::recent_cache::RecentCache;

/// Blocks of one half; both together take 16 MiB, and hold the seeds of two thousand small workspaces that take turns.
const HALF: usize = 2_048;
/// Keys of one half; both together take 1 MiB.
const HALF_KEYS: usize = 4_096;

/// Opened blocks. While a block is being changed on the disk, its readers get it from here.
#[derive(Default)]
pub(super) struct BlockCache {
    blocks: RecentCache<BlockName, Arc<Block>, HALF>,
    keys: RecentCache<Owner, SealKey, HALF_KEYS>,
    changing: Option<Arc<Block>>,
    /// How many times a change began or ended.
    mark: u64,
}

impl BlockCache {
    pub(super) fn get(&mut self, name: BlockName) -> Option<Arc<Block>> {
        if let Some(changing) = self.changing.as_ref().filter(|block| block.name == name) {
            return Some(Arc::clone(changing));
        }
        self.blocks.get(&name)
    }

    /// Returns the mark to give to `keep` with a block that is read from now on.
    pub(super) const fn mark(&self) -> u64 {
        self.mark
    }

    /// Keeps a block that was read, unless any was changed since the mark: it may be this one.
    pub(super) fn keep(&mut self, block: Arc<Block>, mark: u64) {
        if mark == self.mark {
            self.blocks.insert(block.name, block);
        }
    }

    pub(super) fn key(&mut self, owner: Owner) -> Option<SealKey> {
        self.keys.get(&owner)
    }

    /// Keeps a key that was derived, unless any block was changed since the mark.
    pub(super) fn keep_key(&mut self, owner: Owner, key: &SealKey, mark: u64) {
        if mark == self.mark {
            self.keys.insert(owner, key.clone());
        }
    }

    /// Begins a change: readers get this block until it ends. Which keys it concerns is not looked up: changes are rare.
    pub(super) fn begin(&mut self, before: Arc<Block>) {
        self.mark += 1;
        self.keys.clear();
        self.changing = Some(before);
    }

    /// Ends a change. Without a block it is not known what is on the disk, and readers have to look there.
    pub(super) fn end(&mut self, name: BlockName, after: Option<Block>) {
        self.mark += 1;
        self.keys.clear();
        self.changing = None;
        self.blocks.remove(&name);
        if let Some(block) = after {
            self.blocks.insert(name, Arc::new(block));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::seal_key::Cipher;
    use super::*;

    fn block(index: u32, seed: u8) -> Block {
        Block::new((1001, index), std::iter::repeat([seed; 16]))
    }

    fn first_seed(cache: &mut BlockCache, index: u32) -> Option<u8> {
        cache.get((1001, index)).map(|block| block.seed(0)[0])
    }

    #[test]
    fn a_changed_block_takes_the_place_of_the_earlier_one_when_its_change_ends() {
        let mut cache = BlockCache::default();
        cache.begin(Arc::new(block(0, 1)));
        assert_eq!(first_seed(&mut cache, 0), Some(1));
        cache.end((1001, 0), Some(block(0, 2)));
        assert_eq!(first_seed(&mut cache, 0), Some(2));
        cache.begin(Arc::new(block(0, 2)));
        cache.end((1001, 0), None);
        assert_eq!(first_seed(&mut cache, 0), None);
    }

    /// One thread reads a block while another changes it: a destroyed seed must not stay in memory.
    #[test]
    fn what_was_read_before_a_change_began_or_ended_is_not_kept() {
        let mut cache = BlockCache::default();
        let before = cache.mark();
        cache.begin(Arc::new(block(0, 1)));
        let amid = cache.mark();
        cache.end((1001, 0), None);
        cache.keep(Arc::new(block(0, 1)), before);
        cache.keep(Arc::new(block(0, 1)), amid);
        assert_eq!(first_seed(&mut cache, 0), None);
        let after = cache.mark();
        cache.keep(Arc::new(block(0, 2)), after);
        assert_eq!(first_seed(&mut cache, 0), Some(2));
    }

    fn key(seed: u8) -> SealKey {
        SealKey::derive(Cipher::ChaCha20Poly1305, &[seed; 16], Owner::Secrets)
    }

    /// One thread derives a key while another destroys its seed.
    #[test]
    fn a_key_that_was_derived_before_a_change_is_not_kept() {
        let mut cache = BlockCache::default();
        let digest = |cache: &mut BlockCache| cache.key(Owner::Secrets).map(|key| key.digest(b"x"));
        let before = cache.mark();
        cache.keep_key(Owner::Secrets, &key(1), before);
        assert_eq!(digest(&mut cache), Some(key(1).digest(b"x")));
        cache.begin(Arc::new(block(0, 1)));
        assert_eq!(digest(&mut cache), None);
        let amid = cache.mark();
        cache.keep_key(Owner::Secrets, &key(1), before);
        cache.keep_key(Owner::Secrets, &key(1), amid);
        cache.end((1001, 0), Some(block(0, 2)));
        assert_eq!(digest(&mut cache), None);
        cache.keep_key(Owner::Secrets, &key(1), amid);
        assert_eq!(digest(&mut cache), None);
        let after = cache.mark();
        cache.keep_key(Owner::Secrets, &key(2), after);
        assert_eq!(digest(&mut cache), Some(key(2).digest(b"x")));
    }
}
