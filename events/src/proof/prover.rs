//! Reads hashes of lines and of subtrees from the stored blocks and, within a block, from the records.

use crate::codec::Opening;
use crate::founding::LogId;
use crate::ids::Position;
use crate::log::{Log, ReadError};
use crate::personal::Digest;
use crate::proof::blocks::{self, BLOCK_LEVEL, BLOCK_LINES, Block, HIGH_LEVEL};
use crate::proof::line::{self, LineHash};
use crate::proof::tree::{self, Subtrees};

/// Proves what stands in a log. Everything asked for must be durable.
pub struct Prover<'a> {
    log: &'a dyn Log,
    id: LogId,
    /// Number of blocks whose hashes are stored.
    covered: u64,
    /// The hashes of the lines of the block that was read last.
    read: Option<(u64, Vec<LineHash>)>,
}

impl<'a> Prover<'a> {
    pub fn new(log: &'a dyn Log, id: LogId) -> Result<Self, ReadError> {
        Ok(Self { log, id, covered: blocks::covered(log)?, read: None })
    }

    /// Returns the hash of the line of an event; `None` for position 0.
    pub fn hash(&mut self, position: Position) -> Result<Option<LineHash>, ReadError> {
        let Some(index) = position.checked_sub(1) else { return Ok(None) };
        let (block, place) = (index / BLOCK_LINES, index % BLOCK_LINES);
        if place == BLOCK_LINES - 1 && block < self.covered {
            return self.block(block).map(|block| Some(block.last));
        }
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        let hash = self.lines(block)?.get(place).copied();
        hash.map(Some).ok_or_else(|| missing(position))
    }

    /// Returns the root of the tree over the first `size` lines.
    pub fn root(&mut self, size: Position) -> Result<Digest, ReadError> {
        tree::root(self, size)
    }

    /// Proves that an event is among the first `size`; hashes from the line upwards.
    pub fn inclusion(&mut self, position: Position, size: Position) -> Result<Vec<Digest>, ReadError> {
        tree::inclusion(self, position.saturating_sub(1), size)
    }

    /// Proves that the first `before` lines are the beginning of the first `size`.
    pub fn consistency(&mut self, before: Position, size: Position) -> Result<Vec<Digest>, ReadError> {
        tree::consistency(self, before, size)
    }

    fn block(&self, number: u64) -> Result<Block, ReadError> {
        blocks::block(self.log, number)?.ok_or_else(|| missing_note("a block of lines"))
    }

    /// Returns the hashes of the lines of a block, as many as there are.
    fn lines(&mut self, number: u64) -> Result<&[LineHash], ReadError> {
        if self.read.as_ref().is_none_or(|(read, _)| *read != number) {
            let hashes = self.read_lines(number)?;
            self.read = Some((number, hashes));
        }
        Ok(self.read.as_ref().map_or(&[], |(_, hashes)| hashes))
    }

    fn read_lines(&self, number: u64) -> Result<Vec<LineHash>, ReadError> {
        let known = number.min(self.covered);
        let mut last = known.checked_sub(1).map(|before| self.block(before)).transpose()?.map(|block| block.last);
        let (first, wanted) = (known * BLOCK_LINES + 1, number * BLOCK_LINES + 1);
        let mut hashes = Vec::new();
        for stored in self.log.read(first) {
            for line in line::lines(&stored?, Opening::Shut)? {
                if line.position >= first {
                    let hash = line.hash(self.id, last);
                    last = Some(hash);
                    hashes.extend((line.position >= wanted).then_some(hash));
                }
                if hashes.len() as u64 == BLOCK_LINES {
                    return Ok(hashes);
                }
            }
        }
        Ok(hashes)
    }
}

impl Subtrees for Prover<'_> {
    type Error = ReadError;

    fn subtree(&mut self, level: u32, nth: u64) -> Result<Digest, ReadError> {
        let blocks_below = 1_u64.checked_shl(level.saturating_sub(BLOCK_LEVEL)).unwrap_or(u64::MAX);
        let is_stored = nth.saturating_add(1).saturating_mul(blocks_below) <= self.covered;
        if level == HIGH_LEVEL && is_stored {
            return blocks::high(self.log, nth)?.ok_or_else(|| missing_note("a subtree"));
        }
        if level == BLOCK_LEVEL && is_stored {
            return self.block(nth).map(|block| block.tree);
        }
        if level > BLOCK_LEVEL {
            let (left, right) = (self.subtree(level - 1, nth * 2)?, self.subtree(level - 1, nth * 2 + 1)?);
            return Ok(tree::node(&left, &right));
        }
        let (leaves, from) = (1_usize << level, (nth << level) % BLOCK_LINES);
        let hashes = self.lines((nth << level) / BLOCK_LINES)?;
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let of_it = hashes.get(from..).and_then(|rest| rest.get(..leaves));
        let folded = of_it.and_then(|of_it| tree::fold(of_it.iter().map(LineHash::leaf).collect()));
        folded.ok_or_else(|| missing(nth << level))
    }
}

fn missing(position: Position) -> ReadError {
    ReadError::Damaged { position, what: "missing".to_owned() }
}

fn missing_note(what: &str) -> ReadError {
    ReadError::Damaged { position: 0, what: format!("the stored hash of {what} is missing") }
}
