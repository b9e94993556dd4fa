//! The keys that sign a log's checkpoints: the log names each, one after another.

use events::checkpoint_key::{CheckpointKey, NoKey, VerifierKey};
use events::codec::{self, Opening};
use events::event::Event;
use events::founding::{CheckpointKeyChanged, LogId};
use events::history::History;
use events::ids::StreamId;
use events::index::Series;
use events::log::{Log, ReadError, WriteError};
use events::secrets::Secrets;
use events::store::data_dir::{self, CHECKPOINT_KEY};
use events::time::Timestamp;
use events::vault::Vault;

/// The most keys that are read: each but the first one stands for a lost vault or an import.
const KEYS_MAX: usize = 1_000;

/// Why no checkpoint can be signed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    NoKey(#[from] NoKey),
}

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
) -> Result<CheckpointKey, KeyError> {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use events::founding::{FORMAT, LogCreated};
    use events::history::ReadMode;
    use events::index::Index;
    use events::store::memory_log::MemoryLog;
    use events::vault::MemoryVault;

    use super::*;

    const LOG: LogId = LogId([7; 16]);

    #[test]
    fn a_log_without_its_key_names_another_one_once() {
        let (log, vault) = (Arc::new(MemoryLog::default()), Arc::new(MemoryVault::endless()));
        let first = CheckpointKey::of_seed([1; 32]).unwrap().verifier(LOG);
        let (created_at, later) = (Timestamp::from_ms(9_000), Timestamp::from_ms(10_000));
        let created = LogCreated { log: LOG, format: FORMAT, created_at, checkpoint_key: first.to_string() };
        data_dir::found(log.as_ref(), vault.as_ref(), created).unwrap();
        let named = || {
            let index = Index::open(Arc::<MemoryLog>::clone(&log), Arc::<MemoryVault>::clone(&vault)).unwrap();
            named(&History::new(Arc::<MemoryLog>::clone(&log), Arc::new(index), ReadMode::Inline)).unwrap()
        };
        assert_eq!(named(), std::slice::from_ref(&first));
        let current = |now| current(log.as_ref(), vault.as_ref(), log.as_ref(), LOG, now).unwrap().verifier(LOG);
        // A clock that went back does not bring the log back.
        let second = current(Timestamp::from_ms(1));
        assert_eq!(log.head().recorded_at, created_at);
        assert_eq!((current(later), named()), (second.clone(), vec![second, first]));
        assert_eq!(log.head().position, 2);
        events::verify::verify(log.as_ref(), Opening::Shut, |_| {}).unwrap();
    }
}
