//! The vault over two equal copies: makes, finds and destroys seeds.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::block::{BLOCK_BYTES, Block, Sealing};
use super::cache::BlockCache;
use super::copies::{Copies, Side};
use super::directory::Directory;
use super::media::Media;
use super::place::{BlockName, DESTROYED, Place, SEEDS, Seed, blocks_for, chats_in};
use super::randomness::{Randomness, UniqueValues};
use super::reconcile::{BATCH_BLOCKS, reconcile};
use super::seal_key::{Cipher, SealKey};
use super::{Owner, Vault, VaultError, header};
use crate::ids::{ChatId, Position, WorkspaceId};
use crate::log::ReadError;

/// A vault that was opened.
#[derive(Debug)]
pub struct Opened<V> {
    /// The vault itself.
    pub vault: V,
    /// What had to be mended, in words for people; it was logged too.
    pub mended: Vec<String>,
}

/// A vault in two equal files, or what behaves as files.
pub struct PairedVault<M> {
    copies: Copies<M>,
    sealing: Sealing,
    randomness: Randomness,
    unique: UniqueValues,
    /// Never held while a disk is waited for.
    directory: Mutex<Directory>,
    /// Never held while a disk is waited for.
    cache: Mutex<BlockCache>,
    /// Held for as long as a write takes.
    writing: Mutex<Writing>,
    erased_up_to: Position,
}

struct Writing {
    /// The number of the next new block.
    end: u32,
    /// True after a failed write: nobody knows what is on the disk.
    is_closed: bool,
}

impl<M: Media> PairedVault<M> {
    /// Makes a vault without seeds of two empty files. Durable when this returns, apart from the files' names.
    pub(super) fn prepare(copies: &Copies<M>, sealing: &Sealing, randomness: &Randomness) -> io::Result<()> {
        copies.write_durably(0, &header::encode(sealing, randomness.nonce()?, 0))
    }

    /// Makes a vault with seeds for these workspaces and so many chats of each, in place of one that is lost: everything up to
    /// this position is erased. The headers come last: they say that the rest is whole.
    pub(super) fn replace(
        copies: &Copies<M>,
        sealing: &Sealing,
        erased_up_to: Position,
        wanted: &[(WorkspaceId, u64)],
    ) -> io::Result<()> {
        let randomness = Randomness::System;
        let names = wanted
            .iter()
            .flat_map(|(workspace, chats)| (0..blocks_for(*chats)).map(|index| (workspace.number(), index)));
        for (number, name) in (1..).zip(names) {
            let bytes = new_block(&randomness, name)?.encode(sealing, randomness.nonce()?);
            copies.write(Side::A, number, &bytes)?;
            copies.write(Side::B, number, &bytes)?;
        }
        copies.sync()?;
        copies.write_durably(0, &header::encode(sealing, randomness.nonce()?, erased_up_to))
    }

    /// Opens a vault and mends what is damaged in one copy only.
    pub(super) fn open_copies(
        copies: Copies<M>,
        sealing: Sealing,
        randomness: Randomness,
    ) -> Result<Opened<Self>, VaultError> {
        let found = reconcile(&copies, &sealing)?;
        for what in &found.mended {
            tracing::warn!(what, "the vault was mended");
        }
        let unique = UniqueValues::new(&randomness)?;
        let (directory, cache) = (Mutex::new(found.directory), Mutex::default());
        let writing = Mutex::new(Writing { end: found.end, is_closed: false });
        let erased_up_to = found.erased_up_to;
        let vault = Self { copies, sealing, randomness, unique, directory, cache, writing, erased_up_to };
        Ok(Opened { vault, mended: found.mended })
    }

    /// Writes all blocks to two empty files, sealed otherwise, and makes them durable. The headers come last: they say
    /// that the rest is whole.
    pub(super) fn write_to(&self, copies: &Copies<M>, sealing: &Sealing) -> Result<(), VaultError> {
        let writing = self.lock_to_write()?;
        for number in 1..writing.end {
            let bytes = self.read(number)?.encode(sealing, self.randomness.nonce()?);
            copies.write(Side::A, number, &bytes)?;
            copies.write(Side::B, number, &bytes)?;
        }
        copies.sync()?;
        Ok(copies.write_durably(0, &header::encode(sealing, self.randomness.nonce()?, self.erased_up_to))?)
    }

    fn lock_to_write(&self) -> Result<MutexGuard<'_, Writing>, VaultError> {
        let writing = lock(&self.writing);
        if writing.is_closed { Err(VaultError::Closed) } else { Ok(writing) }
    }

    fn count(&self, workspace: WorkspaceId) -> u32 {
        lock(&self.directory).count(workspace)
    }

    /// Makes new blocks of a workspace, and counts them when they are durable.
    fn append(&self, writing: &mut Writing, names: &[BlockName]) -> Result<(), VaultError> {
        let mut bytes = Vec::with_capacity(names.len() * BLOCK_BYTES);
        for name in names {
            bytes.extend_from_slice(
                &new_block(&self.randomness, *name)?.encode(&self.sealing, self.randomness.nonce()?),
            );
        }
        let written = self.copies.write_durably(writing.end, &bytes);
        writing.is_closed = written.is_err();
        written.map_err(VaultError::Unwritten)?;
        let mut directory = lock(&self.directory);
        for name in names {
            directory.add(*name, writing.end);
            writing.end = writing.end.saturating_add(1);
        }
        Ok(())
    }

    /// Puts another seed in the place of an owner's.
    fn put(&self, owner: Owner, seed: Seed) -> Result<(), VaultError> {
        let mut writing = self.lock_to_write()?;
        let place = Place::of(owner).ok_or(VaultError::NeverMade(owner))?;
        let before = self.block(owner, place.block)?;
        let number = self.number(owner, place.block)?;
        if before.seed(place.slot) == seed {
            return Ok(());
        }
        let after = before.with(place.slot, seed);
        let bytes = after.encode(&self.sealing, self.randomness.nonce()?);
        lock(&self.cache).begin(before);
        let written = self.copies.write_durably(number, &bytes);
        lock(&self.cache).end(place.block, written.is_ok().then_some(after));
        writing.is_closed = written.is_err();
        written.map_err(VaultError::Unwritten)
    }

    /// Opens all blocks and returns the chats whose seeds are destroyed. So it also finds a block that both copies lack.
    pub fn destroyed(&self) -> Result<BTreeSet<ChatId>, VaultError> {
        let end = self.lock_to_write()?.end;
        let mut found = BTreeSet::new();
        for number in 1..end {
            let block = self.read(number)?;
            found.extend((0..SEEDS).filter(|slot| block.seed(*slot) == DESTROYED).filter_map(|slot| {
                let place = Place { block: block.name, slot };
                place.chat()
            }));
        }
        Ok(found)
    }

    /// Returns the blocks that a workspace with so many chats lacks.
    fn missing(&self, (workspace, chats): (WorkspaceId, u64)) -> impl Iterator<Item = BlockName> + use<M> {
        (self.count(workspace)..blocks_for(chats)).map(move |index| (workspace.number(), index))
    }

    fn seed(&self, owner: Owner) -> Result<Seed, VaultError> {
        let place = Place::of(owner).ok_or(VaultError::NeverMade(owner))?;
        Ok(self.block(owner, place.block)?.seed(place.slot))
    }

    fn number(&self, owner: Owner, name: BlockName) -> Result<u32, VaultError> {
        lock(&self.directory).number(name).ok_or(VaultError::NeverMade(owner))
    }

    /// Returns the block of this name, in which the owner's seed is.
    fn block(&self, owner: Owner, name: BlockName) -> Result<Arc<Block>, VaultError> {
        loop {
            let mark = {
                let mut cache = lock(&self.cache);
                match cache.get(name) {
                    Some(block) => return Ok(block),
                    None => cache.mark(),
                }
            };
            let number = self.number(owner, name)?;
            match self.read(number) {
                Ok(block) if block.name == name => {
                    let block = Arc::new(block);
                    lock(&self.cache).keep(Arc::clone(&block), mark);
                    return Ok(block);
                }
                // It may have been read while it was written.
                Ok(_) | Err(VaultError::Damaged { .. }) if lock(&self.cache).mark() != mark => {}
                Ok(_) => return Err(VaultError::Damaged { file: Side::A.name(), block: number }),
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads a block of the first copy, or else of the second.
    fn read(&self, number: u32) -> Result<Block, VaultError> {
        for side in Side::BOTH {
            let bytes = match self.copies.read(side, number) {
                Err(error) if side == Side::B => return Err(error.into()),
                read => read.ok().flatten().unwrap_or_default(),
            };
            if let Some(block) = Block::decode(&bytes, &self.sealing) {
                return Ok(block);
            }
            tracing::warn!(file = side.name(), block = number, "a block of the vault cannot be read");
        }
        Err(VaultError::Damaged { file: Side::A.name(), block: number })
    }
}

impl<M> fmt::Debug for PairedVault<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairedVault")
    }
}

impl<M: Media> Vault for PairedVault<M> {
    fn key(&self, owner: Owner) -> Result<Option<SealKey>, ReadError> {
        let mark = {
            let mut cache = lock(&self.cache);
            match cache.key(owner) {
                Some(key) => return Ok(Some(key)),
                None => cache.mark(),
            }
        };
        let seed = self.seed(owner).map_err(VaultError::into_read_error)?;
        if seed == DESTROYED {
            return Ok(None);
        }
        let key = SealKey::derive(Cipher::ChaCha20Poly1305, &seed, owner);
        lock(&self.cache).keep_key(owner, &key, mark);
        Ok(Some(key))
    }

    fn check(&self, owner: Owner) -> Result<(), ReadError> {
        self.seed(owner).map(drop).map_err(VaultError::into_read_error)
    }

    fn room(&self, workspace: WorkspaceId) -> Option<u64> {
        let blocks = self.count(workspace);
        (blocks > 0).then(|| chats_in(workspace, blocks))
    }

    fn extend(&self, wanted: &[(WorkspaceId, u64)]) -> Result<(), VaultError> {
        if wanted.iter().all(|(workspace, chats)| self.count(*workspace) >= blocks_for(*chats)) {
            return Ok(());
        }
        let mut writing = self.lock_to_write()?;
        let mut missing: Vec<BlockName> = wanted.iter().flat_map(|wanted| self.missing(*wanted)).collect();
        missing.sort_unstable();
        missing.dedup();
        missing.chunks(BATCH_BLOCKS as usize).try_for_each(|names| self.append(&mut writing, names))
    }

    fn destroy(&self, owner: Owner) -> Result<(), VaultError> {
        self.put(owner, DESTROYED)
    }

    fn renew(&self, owner: Owner) -> Result<(), VaultError> {
        self.put(owner, self.randomness.seed()?)
    }

    fn unique(&self) -> [u8; 16] {
        self.unique.next()
    }

    fn erased_up_to(&self) -> Position {
        self.erased_up_to
    }
}

fn new_block(randomness: &Randomness, name: BlockName) -> io::Result<Block> {
    let seeds: Vec<Seed> = (0..SEEDS).map(|_| randomness.seed()).collect::<io::Result<_>>()?;
    Ok(Block::new(name, seeds.into_iter()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
