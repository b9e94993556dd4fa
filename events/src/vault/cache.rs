//! Keeps opened blocks in memory, so that almost no key needs a read of the disk.

use std::collections::HashMap;
use std::sync::Arc;

use super::block::Block;
use super::place::BlockName;

/// Blocks of one half; both together take 4 MiB. A block stays as long as it is asked for at least once while a half
/// fills.
const HALF: usize = 512;

/// Opened blocks. While a block is being changed on the disk, its readers get it from here.
#[derive(Default)]
pub(super) struct BlockCache {
    recent: HashMap<BlockName, Arc<Block>>,
    earlier: HashMap<BlockName, Arc<Block>>,
    changing: Option<Arc<Block>>,
    /// How many times a change began or ended.
    mark: u64,
}

impl BlockCache {
    pub(super) fn get(&mut self, name: BlockName) -> Option<Arc<Block>> {
        if let Some(changing) = self.changing.as_ref().filter(|block| block.name == name) {
            return Some(Arc::clone(changing));
        }
        if let Some(block) = self.recent.get(&name) {
            return Some(Arc::clone(block));
        }
        let block = self.earlier.remove(&name)?;
        self.insert(Arc::clone(&block));
        Some(block)
    }

    /// Returns the mark to give to `keep` with a block that is read from now on.
    pub(super) const fn mark(&self) -> u64 {
        self.mark
    }

    /// Keeps a block that was read, unless any was changed since the mark: it may be this one.
    pub(super) fn keep(&mut self, block: Arc<Block>, mark: u64) {
        if mark == self.mark {
            self.insert(block);
        }
    }

    /// Begins a change: readers get this block until it ends.
    pub(super) fn begin(&mut self, before: Arc<Block>) {
        self.mark += 1;
        self.changing = Some(before);
    }

    /// Ends a change. Without a block it is not known what is on the disk, and readers have to look there.
    pub(super) fn end(&mut self, name: BlockName, after: Option<Block>) {
        self.mark += 1;
        self.changing = None;
        self.recent.remove(&name);
        self.earlier.remove(&name);
        if let Some(block) = after {
            self.insert(Arc::new(block));
        }
    }

    fn insert(&mut self, block: Arc<Block>) {
        if self.recent.len() >= HALF {
            self.earlier = std::mem::take(&mut self.recent);
        }
        self.recent.insert(block.name, block);
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn what_is_asked_for_stays_and_the_rest_makes_room() {
        let mut cache = BlockCache::default();
        for index in 0..5_000 {
            let mark = cache.mark();
            cache.keep(Arc::new(block(index, 1)), mark);
            assert!(first_seed(&mut cache, 0).is_some(), "{index}");
            assert!(cache.recent.len() <= HALF && cache.earlier.len() <= HALF);
        }
        assert_eq!(first_seed(&mut cache, 1), None);
    }
}
