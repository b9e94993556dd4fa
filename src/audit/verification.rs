//! Checks a log itself: the chain of its records, the lines that are made of them, the stored hashes of those, and every
//! checkpoint that somebody kept.
//!
//! If a signed head was kept with each checkpoint, the chain of the records is compared with that, and only what was
//! written after the newest one is made into lines: several times as fast. A head vouches for nothing but the checkpoint
//! that it was kept with: whoever has the log's own key can sign another one.

use std::cmp::Reverse;
use std::io;
use std::ops::ControlFlow;

use events::codec::Opening;
use events::founding::LogId;
use events::ids::Position;
use events::log::{Log, ReadError};
use events::personal::Digest;
use events::proof::blocks::{self, BLOCK_LINES, Builder};
use events::proof::checker::Fault;
use events::proof::line;
use events::proof::note::NoteError;
use events::proof::prover::Prover;
use events::verify;

use super::kept_checkpoint::KeptCheckpoint;
use super::log_identity::log_id;

/// A log that is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sound {
    pub log: LogId,
    /// Position of the last event.
    pub position: Position,
    /// Hash of the last record.
    pub hash: Digest,
    /// Root of the tree over all lines.
    pub root: Digest,
    /// Number of checkpoints that agree, and the largest size of them; 0 if there are none.
    pub checkpoints: usize,
    pub covered: Position,
    /// Up to here the records were compared with signed heads, and no line was made.
    pub by_heads: Position,
}

/// Why a log is not.
#[derive(Debug, thiserror::Error)]
pub enum Unsound {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("{0}")]
    Checkpoint(Fault),
    /// A checkpoint that was given is none, or signed by a key that was not asked for.
    #[error("checkpoint {nth}: {error}")]
    Note {
        /// Its number among those that were given, from 1.
        nth: usize,
        error: NoteError,
    },
    /// Somebody else signs for this log, or the key that the log names is not the one of then.
    #[error(
        "a checkpoint of {0} events that was kept names this log, and is signed by a key that the log does not name; \
         verify with the key that you trust"
    )]
    Stranger(Position),
    /// Whoever was told did not want to know more.
    #[error("the verification was cancelled")]
    Cancelled,
}

/// Checks a log from its first record to its last; `told` gets the position after each, from the first one again if what
/// was kept needs a closer look; it may end the walk.
pub fn verify(
    log: &dyn Log,
    mut checkpoints: Vec<KeptCheckpoint>,
    mut told: impl FnMut(Position) -> ControlFlow<()>,
) -> Result<Sound, Unsound> {
    let id = log_id(log)?;
    if let Some(other) = checkpoints.iter().find(|kept| kept.checkpoint.log != id) {
        return Err(Unsound::Checkpoint(Fault::OtherCheckpoint(other.checkpoint.log)));
    }
    checkpoints.sort_by_key(|kept| Reverse(kept.checkpoint.size));
    let walk = Walk::by_heads(log, id, &checkpoints)?;
    if let Some(sound) = walk.map(|walk| walk.run(log, &mut told)).transpose()?.and_then(Result::ok) {
        return Ok(sound);
    }
    Walk::by_lines(log, id, &checkpoints)?.run(log, &mut told)?.map_err(Unsound::Checkpoint)
}

/// A walk through a log.
struct Walk {
    id: LogId,
    builder: Builder,
    /// Number of blocks whose hashes are stored.
    covered: u64,
    /// Whatever was kept.
    all: usize,
    covers: Position,
    /// What is still to be compared, the last one first; and up to where the heads are compared.
    left: Vec<KeptCheckpoint>,
    by_heads: Position,
    /// The size of the first checkpoint that does not agree.
    rewritten: Option<Position>,
}

impl Walk {
    /// Compares the root of every checkpoint with that of the lines.
    fn by_lines(log: &dyn Log, id: LogId, checkpoints: &[KeptCheckpoint]) -> Result<Self, ReadError> {
        Ok(Self {
            id,
            builder: Builder::new(id),
            covered: blocks::covered(log)?,
            all: checkpoints.len(),
            covers: checkpoints.first().map_or(0, |largest| largest.checkpoint.size),
            left: checkpoints.to_vec(),
            by_heads: 0,
            rewritten: None,
        })
    }

    /// Compares records with heads up to the last of those; `None` if the log does not reach that far, a checkpoint
    /// before that has none, or the stored hashes are not those of then.
    fn by_heads(log: &dyn Log, id: LogId, checkpoints: &[KeptCheckpoint]) -> Result<Option<Self>, ReadError> {
        let Some(newest) = checkpoints.iter().find_map(|kept| kept.head) else { return Ok(None) };
        if newest.size > log.head().position {
            return Ok(None);
        }
        let before = checkpoints.iter().filter(|kept| kept.checkpoint.size <= newest.size);
        let builder = Builder::resume_within(id, log, newest.size)?;
        if builder.stored() != newest.blocks {
            return Ok(None);
        }
        let mut prover = Prover::new(log, id)?;
        for KeptCheckpoint { checkpoint, head } in before {
            if head.is_none() || prover.root(checkpoint.size)? != checkpoint.root {
                return Ok(None);
            }
        }
        Ok(Some(Self { builder, by_heads: newest.size, ..Self::by_lines(log, id, checkpoints)? }))
    }

    /// Walks from the first record to the last.
    fn run(
        mut self,
        log: &dyn Log,
        told: &mut impl FnMut(Position) -> ControlFlow<()>,
    ) -> Result<Result<Sound, Fault>, Unsound> {
        let (known, mut cancelled) = (self.builder.position(), false);
        let walked = verify::walk(log, known, Opening::Shut, |stored, last, record| {
            let lines = record.map(|record| line::lines_of(record, stored, Opening::Shut)).transpose()?;
            for line in lines.iter().flatten().filter(|line| line.position > known) {
                self.builder.push(line);
                compare_block(log, &self.builder, self.covered)?;
                self.compare_roots();
            }
            self.compare_heads(last, stored.hash);
            cancelled = told(last).is_break();
            if cancelled { Err(ReadError::Store(io::ErrorKind::Interrupted.into())) } else { Ok(()) }
        });
        if cancelled {
            return Err(Unsound::Cancelled);
        }
        let head = walked?;
        let Self { id, all, covers, by_heads, .. } = self;
        Ok(match (self.rewritten, self.left.last()) {
            (Some(size), _) => Err(Fault::Rewritten(size)),
            (None, Some(next)) => Err(Fault::CutOff { size: next.checkpoint.size, events: head.position }),
            (None, None) => Ok(Sound {
                log: id,
                position: head.position,
                hash: head.hash,
                root: self.builder.root(),
                checkpoints: all,
                covered: covers,
                by_heads,
            }),
        })
    }

    /// Compares the checkpoints of all lines up to the last one.
    fn compare_roots(&mut self) {
        let (size, by_heads) = (self.builder.position(), self.by_heads);
        while let Some(KeptCheckpoint { checkpoint, .. }) =
            self.left.pop_if(|next| next.checkpoint.size > by_heads && next.checkpoint.size <= size)
        {
            if checkpoint.size == size && checkpoint.root != self.builder.root() {
                self.rewritten.get_or_insert(size);
            }
        }
    }

    /// Compares the heads up to the record that ends at this position.
    fn compare_heads(&mut self, last: Position, record: Digest) {
        let by_heads = self.by_heads.min(last);
        while let Some(KeptCheckpoint { checkpoint, head }) = self.left.pop_if(|next| next.checkpoint.size <= by_heads)
        {
            if head.is_none_or(|head| (head.size, head.record) != (last, record)) {
                self.rewritten.get_or_insert(checkpoint.size);
            }
        }
    }
}

/// Compares the stored hashes of a block that became whole.
fn compare_block(log: &dyn Log, builder: &Builder, covered: u64) -> Result<(), ReadError> {
    let Some(whole) = builder.position().checked_div(BLOCK_LINES).filter(|_| builder.is_at_block()) else {
        return Ok(());
    };
    let number = whole.saturating_sub(1);
    if number < covered && blocks::block(log, number)? != builder.last_block() {
        let position = number.saturating_mul(BLOCK_LINES).saturating_add(1);
        return Err(ReadError::Damaged { position, what: "the stored hashes of its block do not fit".to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
