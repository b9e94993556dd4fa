//! What a log is compared with: checkpoints that somebody kept elsewhere, and those that its gateway has kept.

use events::checkpoint_key::VerifierKey;
use events::history::History;
use events::log::ReadError;

use super::checkpoint_files::{CheckpointFiles, SignedCheckpoints};
use super::checkpoint_keys;
use super::kept_checkpoint::KeptCheckpoint;
use super::log_identity::log_id;
use super::verification::Unsound;

/// Checkpoints whose signatures are verified, and what was left out.
#[derive(Debug)]
pub struct Comparison {
    pub checkpoints: Vec<KeptCheckpoint>,
    /// Number of those that the gateway has kept and other keys have signed.
    pub others: usize,
    /// Number of files that are no checkpoints any more.
    pub damaged: usize,
    /// True unless the log does not name the key that was asked for.
    pub is_key_named: bool,
}

impl Comparison {
    /// Opens the notes that were given and those that were kept with this key; without one, with each that the log names.
    /// Then a checkpoint of this log that none of them has signed is an alarm: whoever rewrites a log can have it name
    /// another key, but cannot sign with the one of before.
    pub fn gather(
        history: &History,
        files: &CheckpointFiles,
        given: &[String],
        key: Option<VerifierKey>,
    ) -> Result<Self, Unsound> {
        let named = checkpoint_keys::named(history)?;
        let is_key_named = key.as_ref().is_none_or(|key| named.contains(key));
        let (is_own, keys) = (key.is_none(), key.map_or(named, |key| vec![key]));
        let mut checkpoints = opened(given, &keys)?;
        let signed = files.signed_by(&keys, log_id(history.log())?).map_err(ReadError::Store)?;
        let SignedCheckpoints { kept, others, stranger, damaged } = signed;
        if let Some(size) = stranger.filter(|_| is_own) {
            return Err(Unsound::Stranger(size));
        }
        checkpoints.extend(kept);
        Ok(Self { checkpoints, others, damaged, is_key_named })
    }
}

/// Opens the checkpoints that were kept elsewhere.
pub fn opened(given: &[String], keys: &[VerifierKey]) -> Result<Vec<KeptCheckpoint>, Unsound> {
    let open = |(nth, note): (usize, &String)| {
        KeptCheckpoint::open(note, None, keys).map_err(|error| Unsound::Note { nth: nth + 1, error })
    };
    given.iter().enumerate().map(open).collect()
}
