//! The bytes of a block of seeds: a plain header with its sum, and 252 seeds that are sealed under the master key.

use super::place::{BlockName, DESTROYED, SEEDS, Seed};
use super::seal_key::{NONCE_BYTES, SealKey, TAG_BYTES};

/// Bytes of every block, the header block included.
pub(super) const BLOCK_BYTES: usize = 4_096;
/// What every block begins with.
pub(super) const MAGIC: [u8; 4] = *b"TDV1";

const SEED_BYTES: usize = 16;
const SUM_BYTES: usize = 12;
/// Magic, workspace, index and version, which are sealed with the seeds but readable without the key.
const NAME_BYTES: usize = 4 + 8 + 4 + 8;

/// What the blocks of one log are sealed with.
pub(super) struct Sealing {
    pub(super) key: SealKey,
    /// The log's id, so that a block of another log's vault is no block of this one.
    pub(super) log: [u8; 16],
}

/// A block that was opened.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) name: BlockName,
    /// Grows with every change of a seed, so that the newer one of two copies is known.
    pub(super) version: u64,
    /// There are always [`SEEDS`].
    seeds: Vec<Seed>,
}

impl Block {
    /// Makes the first version of a block.
    pub(super) fn new(name: BlockName, seeds: impl Iterator<Item = Seed>) -> Self {
        let mut seeds: Vec<Seed> = seeds.take(SEEDS as usize).collect();
        seeds.resize(SEEDS as usize, DESTROYED);
        Self { name, version: 1, seeds }
    }

    /// Returns the seed of a slot.
    pub(super) fn seed(&self, slot: u32) -> Seed {
        self.seeds.get(slot as usize).copied().unwrap_or(DESTROYED)
    }

    /// Returns the next version of the block, with another seed in a slot.
    pub(super) fn with(&self, slot: u32, seed: Seed) -> Self {
        let mut next = self.clone();
        next.version = self.version.saturating_add(1);
        if let Some(place) = next.seeds.get_mut(slot as usize) {
            *place = seed;
        }
        next
    }

    /// Returns the bytes of the block. The nonce must be a new one.
    pub(super) fn encode(&self, sealing: &Sealing, nonce: [u8; NONCE_BYTES]) -> Vec<u8> {
        let (workspace, index) = self.name;
        let mut bytes = Vec::with_capacity(BLOCK_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&workspace.to_le_bytes());
        bytes.extend_from_slice(&index.to_le_bytes());
        bytes.extend_from_slice(&self.version.to_le_bytes());
        let aad = [bytes.as_slice(), &sealing.log].concat();
        bytes.extend_from_slice(&nonce);
        let sum = sum(&bytes);
        bytes.extend_from_slice(&sealing.key.seal(nonce, &aad, self.seeds.concat()));
        bytes.extend_from_slice(&sum);
        bytes
    }

    /// Opens a block; `None` if its bytes are not those that were written for this log under this key.
    pub(super) fn decode(bytes: &[u8], sealing: &Sealing) -> Option<Self> {
        let plain = PlainHeader::of(bytes)?;
        let (head, rest) = bytes.split_at_checked(NAME_BYTES + NONCE_BYTES)?;
        let (sealed, _) = rest.split_at_checked(SEEDS as usize * SEED_BYTES + TAG_BYTES)?;
        let aad = [head.get(..NAME_BYTES)?, &sealing.log].concat();
        let opened = sealing.key.open(plain.nonce, &aad, sealed.to_vec())?;
        let (seeds, _) = opened.as_chunks::<SEED_BYTES>();
        Some(Self { name: plain.name, version: plain.version, seeds: seeds.to_vec() })
    }
}

/// What can be read of a block without the key.
pub(super) struct PlainHeader {
    pub(super) name: BlockName,
    version: u64,
    nonce: [u8; NONCE_BYTES],
}

impl PlainHeader {
    /// Reads the plain header; `None` if it does not agree with its sum.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(NAME_BYTES + NONCE_BYTES)?;
        if bytes.len() != BLOCK_BYTES || !rest.ends_with(&sum(head)) {
            return None;
        }
        let (workspace, rest) = head.strip_prefix(&MAGIC)?.split_first_chunk()?;
        let (index, rest) = rest.split_first_chunk()?;
        let (version, nonce) = rest.split_first_chunk()?;
        let name = (u64::from_le_bytes(*workspace), u32::from_le_bytes(*index));
        Some(Self { name, version: u64::from_le_bytes(*version), nonce: *nonce.first_chunk()? })
    }
}

/// Finds a damaged plain header without the key. It is no proof against people.
fn sum(head: &[u8]) -> [u8; SUM_BYTES] {
    blake3::hash(head).as_bytes().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealing(key: u8, log: u8) -> Sealing {
        Sealing { key: SealKey::of_master([key; 32]), log: [log; 16] }
    }

    fn block() -> Block {
        Block::new((1001, 3), (1..).map(|number| [number; 16]))
    }

    fn bytes() -> Vec<u8> {
        block().encode(&sealing(1, 2), [9; NONCE_BYTES])
    }

    #[test]
    fn a_block_is_read_as_it_is_written() {
        let block = block().with(0, DESTROYED).with(251, [0xAA; 16]);
        let bytes = block.encode(&sealing(1, 2), [9; NONCE_BYTES]);
        assert_eq!(bytes.len(), BLOCK_BYTES);
        let read = Block::decode(&bytes, &sealing(1, 2)).unwrap();
        assert!(read == block && read.version == 3);
        assert_eq!([0, 1, 250, 251, 252].map(|slot| read.seed(slot)[0]), [0, 2, 251, 0xAA, 0]);
    }

    #[test]
    fn of_another_key_or_log_it_cannot_be_opened() {
        assert!(Block::decode(&bytes(), &sealing(2, 2)).is_none());
        assert!(Block::decode(&bytes(), &sealing(1, 3)).is_none());
    }

    #[test]
    fn every_flipped_bit_is_found() {
        for at in 0..BLOCK_BYTES {
            let mut changed = bytes();
            changed[at] ^= 0x10;
            assert!(Block::decode(&changed, &sealing(1, 2)).is_none(), "{at}");
            let is_plain = !(NAME_BYTES + NONCE_BYTES..BLOCK_BYTES - SUM_BYTES).contains(&at);
            assert_eq!(PlainHeader::of(&changed).is_none(), is_plain, "{at}");
        }
    }

    #[test]
    fn a_part_of_a_block_is_none() {
        let bytes = bytes();
        for length in [0, 4, 35, 36, 4_068, 4_095] {
            assert!(Block::decode(&bytes[..length], &sealing(1, 2)).is_none(), "{length}");
        }
        assert!(Block::decode(&[bytes, vec![0]].concat(), &sealing(1, 2)).is_none());
        assert!(Block::decode(&[0; BLOCK_BYTES], &sealing(1, 2)).is_none());
    }
}
