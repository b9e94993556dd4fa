//! The hashes that are stored of the lines, so that no proof reads the whole log: of every block of 256 lines the subtree
//! over them and the hash of the last one. All follow from the records; if one is missing, they are made again.

use crate::chain;
use crate::codec::{self, Opening};
use crate::founding::LogId;
use crate::ids::Position;
use crate::log::{Log, Note, ReadError, StoredRecord};
use crate::notes::Space;
use crate::personal::Digest;
use crate::proof::line::{self, Line, LineHash};
use crate::proof::tree::Frontier;

/// Lines of a block: the leaves of a subtree of this level.
pub const BLOCK_LINES: u64 = 1 << BLOCK_LEVEL;
pub(super) const BLOCK_LEVEL: u32 = 8;
/// The level of the subtrees that are stored above the blocks.
pub(super) const HIGH_LEVEL: u32 = 16;
/// Blocks below such a subtree.
const BLOCKS_PER_HIGH: u64 = 1 << (HIGH_LEVEL - BLOCK_LEVEL);
/// Bytes of a hash.
const HASH: usize = 32;
/// Blocks in a note, and subtrees in a note: 4 KiB are the most.
const BLOCKS_PER_NOTE: u64 = 64;
const HIGHS_PER_NOTE: u64 = 128;
/// Another layout makes all notes anew.
const LAYOUT: u8 = 1;

/// What is stored of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// The hash of the subtree over its lines.
    pub tree: Digest,
    /// The hash of its last line.
    pub last: LineHash,
}

/// Returns how many blocks the notes cover.
pub fn covered(log: &dyn Log) -> Result<u64, ReadError> {
    let Some(note) = log.note(&Space::ProofsCovered.key(&[]))? else { return Ok(0) };
    match codec::decode_value(&note) {
        Ok((LAYOUT, blocks)) => Ok(blocks),
        Ok(_) | Err(_) => Ok(0),
    }
}

/// Returns a block; `None` if its note is not there.
pub fn block(log: &dyn Log, number: u64) -> Result<Option<Block>, ReadError> {
    let note = log.note(&block_key(number))?.unwrap_or_default();
    let place = usize::try_from(number % BLOCKS_PER_NOTE).unwrap_or(usize::MAX).saturating_mul(2 * HASH);
    let found = note.get(place..).and_then(|rest| rest.split_first_chunk::<HASH>());
    let found = found.and_then(|(tree, rest)| Some((tree, rest.first_chunk::<HASH>()?)));
    Ok(found.map(|(tree, last)| Block { tree: Digest(*tree), last: LineHash(Digest(*last)) }))
}

/// Returns the hash of a subtree of [`HIGH_LEVEL`]; `None` if its note is not there.
pub(super) fn high(log: &dyn Log, number: u64) -> Result<Option<Digest>, ReadError> {
    let note = log.note(&high_key(number))?.unwrap_or_default();
    let place = usize::try_from(number % HIGHS_PER_NOTE).unwrap_or(usize::MAX).saturating_mul(HASH);
    Ok(note.get(place..).and_then(|rest| rest.first_chunk::<HASH>()).copied().map(Digest))
}

fn block_key(number: u64) -> Vec<u8> {
    Space::ProofBlocks.key(&[&(number / BLOCKS_PER_NOTE).to_be_bytes()])
}

fn high_key(number: u64) -> Vec<u8> {
    Space::ProofSubtrees.key(&[&(number / HIGHS_PER_NOTE).to_be_bytes()])
}

/// Makes the hashes of all lines in their order.
pub struct Builder {
    id: LogId,
    /// Number of whole blocks.
    blocks: u64,
    /// The tree over whole blocks, and that over the lines of the block that is open.
    whole: Frontier,
    open: Frontier,
    last: Option<LineHash>,
    /// The open notes.
    blocks_note: Vec<u8>,
    highs_note: Vec<u8>,
    /// The hashes of the blocks since the last subtree of [`HIGH_LEVEL`].
    since_high: Vec<Digest>,
    /// The chain of all that is stored of whole blocks.
    stored: Digest,
}

impl Builder {
    /// Begins before the first line.
    pub fn new(id: LogId) -> Self {
        let (whole, open, last) = (Frontier::default(), Frontier::default(), None);
        let (blocks_note, highs_note, since_high) = (Vec::new(), Vec::new(), Vec::new());
        Self { id, blocks: 0, whole, open, last, blocks_note, highs_note, since_high, stored: chain::GENESIS }
    }

    /// Goes on behind the blocks that the notes cover; begins anew if any of the notes is missing.
    pub fn resume(id: LogId, log: &dyn Log) -> Result<Self, ReadError> {
        Self::resume_within(id, log, Position::MAX)
    }

    /// Like [`resume`](Self::resume), behind the blocks that end at this position or before.
    pub fn resume_within(id: LogId, log: &dyn Log, position: Position) -> Result<Self, ReadError> {
        let mut builder = Self::new(id);
        for number in 0..covered(log)?.min(position / BLOCK_LINES) {
            let Some(block) = block(log, number)? else { return Ok(Self::new(id)) };
            builder.join(block);
            let high = number / BLOCKS_PER_HIGH;
            if builder.since_high.is_empty() && self::high(log, high)? != builder.last_high() {
                return Ok(Self::new(id));
            }
        }
        Ok(builder)
    }

    /// Returns the position of the last line.
    pub const fn position(&self) -> Position {
        self.whole.size().saturating_add(self.open.size())
    }

    /// Returns the hash of the last line.
    pub const fn last(&self) -> Option<LineHash> {
        self.last
    }

    /// True if the last line ended a block.
    pub const fn is_at_block(&self) -> bool {
        self.blocks > 0 && self.open.size() == 0
    }

    /// Returns the last whole block.
    pub fn last_block(&self) -> Option<Block> {
        let (rest, last) = self.blocks_note.split_last_chunk::<HASH>()?;
        let tree = rest.last_chunk::<HASH>()?;
        Some(Block { tree: Digest(*tree), last: LineHash(Digest(*last)) })
    }

    /// Returns the hash of all that is stored of whole blocks.
    pub const fn stored(&self) -> Digest {
        self.stored
    }

    /// Returns the root of the tree over all lines.
    pub fn root(&self) -> Digest {
        self.whole.beside(&self.open).root()
    }

    /// Takes the next record; returns the notes of the blocks that became whole with it.
    pub fn take(&mut self, stored: &StoredRecord) -> Result<Vec<Note>, ReadError> {
        let mut notes = Vec::new();
        for line in line::lines(stored, Opening::Shut)? {
            if line.position > self.position() {
                notes.extend(self.push(&line));
            }
        }
        Ok(notes)
    }

    /// Takes the next line; returns the notes of the block that became whole with it.
    pub fn push(&mut self, line: &Line) -> Vec<Note> {
        let hash = line.hash(self.id, self.last);
        self.open.push(hash.leaf());
        self.last = Some(hash);
        if self.open.size() < BLOCK_LINES {
            return Vec::new();
        }
        let tree = std::mem::take(&mut self.open).root();
        self.join(Block { tree, last: hash });
        self.notes()
    }

    /// Adds a whole block.
    fn join(&mut self, block: Block) {
        let Block { tree, last } = block;
        self.whole.join(tree, BLOCK_LEVEL);
        self.last = Some(last);
        self.stored = chain::link(&self.stored, &[tree.0, last.0.0].concat());
        if self.blocks.is_multiple_of(BLOCKS_PER_NOTE) {
            self.blocks_note.clear();
        }
        self.blocks_note.extend_from_slice(&tree.0);
        self.blocks_note.extend_from_slice(&last.0.0);
        self.blocks += 1;
        self.since_high.push(tree);
        if self.blocks.is_multiple_of(BLOCKS_PER_HIGH) {
            if (self.blocks / BLOCKS_PER_HIGH - 1).is_multiple_of(HIGHS_PER_NOTE) {
                self.highs_note.clear();
            }
            let mut high = Frontier::default();
            self.since_high.drain(..).for_each(|tree| high.push(tree));
            self.highs_note.extend_from_slice(&high.root().0);
        }
    }

    fn last_high(&self) -> Option<Digest> {
        self.highs_note.last_chunk::<HASH>().copied().map(Digest)
    }

    /// The notes that the last block changed, with the mark of how far they reach.
    fn notes(&self) -> Vec<Note> {
        let last = self.blocks.saturating_sub(1);
        let mark = codec::encode_value(&(LAYOUT, self.blocks)).unwrap_or_default();
        let mut notes =
            vec![(block_key(last), Some(self.blocks_note.clone())), (Space::ProofsCovered.key(&[]), Some(mark))];
        if self.since_high.is_empty() {
            notes.push((high_key(last / BLOCKS_PER_HIGH), Some(self.highs_note.clone())));
        }
        notes
    }
}

/// Returns the last one of several notes with one key.
pub fn newest(notes: Vec<Note>) -> Vec<Note> {
    let newest: std::collections::BTreeMap<_, _> = notes.into_iter().collect();
    newest.into_iter().collect()
}
