//! Checks a log itself: the chain of its records, the lines that are made of them, the stored hashes of those, and every
//! checkpoint that somebody kept.

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
use events::proof::checkpoint::Checkpoint;
use events::proof::line;
use events::verify;

use super::proof_keeper::log_id;

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
}

/// Why a log is not.
#[derive(Debug, thiserror::Error)]
pub enum Unsound {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("{0}")]
    Checkpoint(Fault),
    /// Whoever was told did not want to know more.
    #[error("the verification was cancelled")]
    Cancelled,
}

/// Checks a log from its first record to its last; `told` gets the position after each, and may end the walk. The signatures
/// of the checkpoints must have been verified.
pub fn verify(
    log: &dyn Log,
    mut checkpoints: Vec<Checkpoint>,
    mut told: impl FnMut(Position) -> ControlFlow<()>,
) -> Result<Sound, Unsound> {
    let id = log_id(log)?;
    if let Some(other) = checkpoints.iter().find(|checkpoint| checkpoint.log != id) {
        return Err(Unsound::Checkpoint(Fault::OtherCheckpoint(other.log)));
    }
    checkpoints.sort_by_key(|checkpoint| Reverse(checkpoint.size));
    let (all, covers) = (checkpoints.len(), checkpoints.first().map_or(0, |largest| largest.size));
    let covered = blocks::covered(log)?;
    let (mut builder, mut rewritten, mut cancelled) = (Builder::new(id), None, false);
    let walked = verify::walk(log, Opening::Shut, |stored, record| {
        for line in line::lines_of(record, stored, Opening::Shut)? {
            builder.push(&line);
            compare_block(log, &builder, covered)?;
            while let Some(checkpoint) = checkpoints.pop_if(|next| next.size <= builder.position()) {
                if checkpoint.size == builder.position() && checkpoint.root != builder.root() {
                    rewritten.get_or_insert(checkpoint.size);
                }
            }
        }
        cancelled = told(builder.position()).is_break();
        if cancelled { Err(ReadError::Store(io::ErrorKind::Interrupted.into())) } else { Ok(()) }
    });
    if cancelled {
        return Err(Unsound::Cancelled);
    }
    let head = walked?;
    if let Some(size) = rewritten {
        return Err(Unsound::Checkpoint(Fault::Rewritten(size)));
    }
    if let Some(Checkpoint { size, .. }) = checkpoints.pop() {
        return Err(Unsound::Checkpoint(Fault::CutOff { size, events: head.position }));
    }
    Ok(Sound {
        log: id,
        position: head.position,
        hash: head.hash,
        root: builder.root(),
        checkpoints: all,
        covered: covers,
    })
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
