//! The verification of a whole log.

use events::checkpoint_key::VerifierKey;
use events::history::History;
use events::ids::Position;
use events::log::ReadError;
use events::personal::Digest;
use events::proof::checkpoint::Checkpoint;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::refusal::Refusal;
use crate::audit::verification::{self, Sound, Unsound, Witness};
use crate::gateway::Gateway;

/// One verification at a time.
static TURN: Semaphore = Semaphore::const_new(1);
/// The most checkpoints that are compared at once.
const CHECKPOINTS_MAX: usize = 1_000;

/// The result of verifying a log from its first record to its last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Verdict {
    /// The log is intact.
    Verified {
        /// Always true.
        ok: bool,
        /// Position of the last event.
        position: Position,
        /// Hash of the last record.
        hash: Digest,
        /// Root of the tree over all lines.
        root: Digest,
        /// Number of checkpoints that agree.
        checkpoints: usize,
        /// The largest size of them: nothing is proved of what lies behind; 0 if there are none.
        covered: Position,
    },
    /// The log is damaged.
    Damaged {
        /// Always false.
        ok: bool,
        /// The first record that is wrong; 0 if it is not one of them: the store itself, or a checkpoint.
        position: Position,
        /// What is wrong.
        what: String,
    },
}

impl Verdict {
    const fn damaged(position: Position, what: String) -> Self {
        Self::Damaged { ok: false, position, what }
    }
}

/// Verifies a log, and compares it with what was kept of it; `told` gets the position after each record.
pub fn verdict(history: &History, witnesses: Vec<Witness>, told: impl FnMut(Position)) -> Result<Verdict, ReadError> {
    match verification::verify(history.log(), witnesses, told) {
        Ok(Sound { position, hash, root, checkpoints, covered, .. }) => {
            Ok(Verdict::Verified { ok: true, position, hash, root, checkpoints, covered })
        }
        Err(Unsound::Read(error @ ReadError::Store(_))) => Err(error),
        Err(Unsound::Read(ReadError::Damaged { position, what })) if position > 0 => {
            Ok(Verdict::damaged(position, what))
        }
        Err(fault) => Ok(Verdict::damaged(0, fault.to_string())),
    }
}

/// Opens the notes that somebody kept.
pub fn opened(notes: &[String], key: &VerifierKey) -> Result<Vec<Checkpoint>, String> {
    let open = |(nth, note): (usize, &String)| {
        Checkpoint::open(note, key).map_err(|error| format!("checkpoint {}: {error}", nth + 1))
    };
    notes.iter().enumerate().map(open).collect()
}

/// Verifies the log of a gateway, and compares it with checkpoints that its operator kept elsewhere.
pub async fn verify(gateway: &Gateway, notes: Vec<String>, key: Option<String>) -> Result<Verdict, Refusal> {
    if notes.len() > CHECKPOINTS_MAX {
        let words = format!("checkpoints must be at most {CHECKPOINTS_MAX}");
        return Err(Refusal::invalid("checkpoints", words));
    }
    let key = key.map(|key| key.parse()).transpose();
    let key = key.map_err(|error: events::checkpoint_key::NoVerifierKey| Refusal::invalid("key", error.to_string()))?;
    let witnesses = match opened(&notes, key.as_ref().unwrap_or_else(|| gateway.proofs.key())) {
        Ok(checkpoints) => checkpoints.into_iter().map(Witness::from).collect(),
        Err(what) => return Ok(Verdict::damaged(0, what)),
    };
    let turn = TURN.try_acquire();
    let _turn = turn.map_err(|_| Refusal::unavailable("Another verification is under way: it reads the whole log"))?;
    Ok(gateway.shard.history().run(move |history| verdict(history, witnesses, |_| {})).await?)
}
