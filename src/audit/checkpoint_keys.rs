//! The keys that sign a log's checkpoints: the log names each, one after another.

use events::checkpoint_key::{CheckpointKey, VerifierKey};
use events::codec::{self, Opening};
use events::event::Event;
use events::founding::{CheckpointKeyChanged, LogId};
use events::history::History;
use events::ids::StreamId;
use events::index::Series;
use events::log::{Log, ReadError};
use events::secrets::Secrets;
use events::store::data_dir::{self, CHECKPOINT_KEY};
use events::time::Timestamp;
use events::vault::Vault;

use super::proof_keeper::ProofError;

/// The most keys that are read: each but the first one stands for a lost vault or an import.
const KEYS_MAX: usize = 1_000;

/// Returns the keys that a log names, the newest first. They prove nothing against whoever may change the whole log.
pub fn named(history: &History) -> Result<Vec<VerifierKey>, ReadError> {
    let (log, series) = (history.log(), Series::Stream(StreamId::Log));
    let mut keys = Vec::new();
    for position in history.index().latest(series, log.head().position, KEYS_MAX)? {
        let stored = log.read(position).next().transpose()?;
        let stored = stored.ok_or_else(|| ReadError::Damaged { position, what: "missing".to_owned() })?;
        let record = codec::decode(&stored, Opening::Shut)?;
        keys.extend(record.events.iter().filter_map(of_event));
    }
    Ok(keys)
}

/// Returns the key that an event names.
pub fn of_event(event: &Event) -> Option<VerifierKey> {
    match event {
        Event::LogCreated(created) => created.checkpoint_key.parse().ok(),
        Event::CheckpointKeyChanged(changed) => changed.checkpoint_key.parse().ok(),
        _ => None,
    }
}

/// Returns the key that signs from now on. If there is none, because it was lost with the vault or did not come along with
/// an export, makes another one and has the log name it. Nobody else may write to the log meanwhile.
pub(super) fn current(
    log: &dyn Log,
    vault: &dyn Vault,
    secrets: &dyn Secrets,
    id: LogId,
    now: Timestamp,
) -> Result<CheckpointKey, ProofError> {
    let kept = secrets.read(CHECKPOINT_KEY)?.and_then(|seed| seed.try_into().ok());
    if let Some(seed) = kept {
        return Ok(CheckpointKey::of_seed(seed)?);
    }
    let key = CheckpointKey::random()?;
    let checkpoint_key = key.verifier(id).to_string();
    tracing::warn!(key = checkpoint_key, "the key that signed checkpoints is not there; from now on another one signs");
    // Named before it is kept: a key that is named and lost again has signed nothing.
    data_dir::append(log, vault, now, CheckpointKeyChanged { checkpoint_key, at: now }.into())?;
    secrets.keep(CHECKPOINT_KEY, &key.seed())?;
    Ok(key)
}
