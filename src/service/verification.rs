//! The verification of a whole log.

use std::ops::ControlFlow;

use events::checkpoint_key::VerifierKey;
use events::ids::Position;
use events::log::ReadError;
use events::personal::Digest;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use crate::audit::comparison::Comparison;
use crate::audit::verification::{self, Sound, Unsound};
use crate::audit::verifications::{self, Busy};
use crate::gateway::Gateway;

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

/// Returns the verdict on a log. It is a fault if there is none, because the log could not be read to its end.
pub fn verdict(outcome: &Result<Sound, Unsound>) -> Result<Verdict, &Unsound> {
    match outcome {
        Ok(Sound { position, hash, root, checkpoints, covered, .. }) => Ok(Verdict::Verified {
            ok: true,
            position: *position,
            hash: *hash,
            root: *root,
            checkpoints: *checkpoints,
            covered: *covered,
        }),
        Err(fault @ (Unsound::Cancelled | Unsound::Read(ReadError::Store(_)))) => Err(fault),
        Err(Unsound::Read(ReadError::Damaged { position, what })) if *position > 0 => {
            Ok(Verdict::damaged(*position, what.clone()))
        }
        Err(fault) => Ok(Verdict::damaged(0, fault.to_string())),
    }
}

/// How far a verification has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Position of the last event that was verified.
    pub done: Position,
    /// Position of the last event of the log when it began.
    pub all: Position,
}

/// A verification that somebody asked for. It is given up with this, unless somebody else has asked for the same.
pub struct Verification(verifications::Verification);

impl Verification {
    pub fn progress(&self) -> Progress {
        let (done, all) = self.0.progress();
        Progress { done, all }
    }

    pub async fn verdict(&self) -> Result<Verdict, Refusal> {
        verdict(&*self.0.outcome().await).map_err(|fault| Refusal::fault(fault))
    }
}

/// Begins to verify the log of a gateway, or joins a verification that does the same. The log is compared with the
/// checkpoints that the gateway has kept, and with those that its operator kept elsewhere.
pub fn begin(gateway: &Gateway, notes: Vec<String>, key: Option<String>) -> Result<Verification, Refusal> {
    if notes.len() > CHECKPOINTS_MAX {
        let words = format!("checkpoints must be at most {CHECKPOINTS_MAX}");
        return Err(Refusal::invalid("checkpoints", words));
    }
    let key = key.map(|key| key.parse()).transpose();
    let key = key.map_err(|error: events::checkpoint_key::NoVerifierKey| Refusal::invalid("key", error.to_string()))?;
    let (history, files) = (gateway.shard.history().clone(), gateway.verifications.files().clone());
    let (asked, all) = ((notes.clone(), key.as_ref().map(VerifierKey::to_string)), history.head().position);
    let work = move |told: &mut dyn FnMut(Position) -> ControlFlow<()>| {
        let Comparison { checkpoints, others, damaged, .. } = Comparison::gather(&history, &files, &notes, key)?;
        if others + damaged > 0 {
            tracing::info!(others, damaged, "some kept checkpoints are signed by others or damaged, and not compared");
        }
        verification::verify(history.log(), checkpoints, told)
    };
    let begun = gateway.verifications.join_or_start(asked, all, gateway.reading, work);
    let busy = |Busy| Refusal::unavailable("Another verification is under way: it reads the whole log");
    begun.map(Verification).map_err(busy)
}
