//! Goes on without a vault that is lost: makes a new one, and removes what nobody can open any more. The records stay as they
//! are; their texts are erased.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::master_key_file::{self, MasterKeyError};
use super::sled_log::SledLog;
use crate::codec::{self, Opening};
use crate::event::Event;
use crate::founding::LogId;
use crate::ids::{Position, WorkspaceId};
use crate::log::{Batch, Log, Note, ReadError, WriteError};
use crate::notes::Space;
use crate::secrets::Secrets;
use crate::vault::file_vault::move_aside;
use crate::vault::{FileVault, MasterKey, VaultError};

/// Notes and secrets removed at once.
const AT_ONCE: usize = 1_024;
/// What is sealed beside the records, and the mark without which the index is made again.
const SEALED: [Space; 7] = [
    Space::IndexCovered,
    Space::Snapshots,
    Space::Attempts,
    Space::NewestAttempt,
    Space::Tries,
    Space::NewestTry,
    Space::Mails,
];

/// What was lost with a vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The texts of all records up to this position are erased.
    pub erased_up_to: Position,
    /// The number of secrets that were removed.
    pub secrets: usize,
    /// Where the files that could not be opened are now.
    pub moved: Vec<PathBuf>,
}

/// Why a lost vault cannot be replaced.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    #[error(transparent)]
    Log(#[from] ReadError),
}

/// Replaces the vault of a log. Whenever it is interrupted, there is no vault, or the whole new one.
pub(super) fn replace(
    folder: &Path,
    key_file: &Path,
    log: &SledLog,
    id: LogId,
) -> Result<(Lost, MasterKey), ReplaceError> {
    let mut moved = Vec::new();
    let master = master_key(key_file, &mut moved)?;
    let erased_up_to = log.head().position;
    let wanted = owners(log)?;
    for space in SEALED {
        remove(log, space)?;
    }
    let secrets = remove_secrets(log).map_err(unwritten)?;
    log.sync().map_err(unwritten)?;
    moved.extend(FileVault::replace_lost(folder, id.0, &master, erased_up_to, &wanted)?);
    Ok((Lost { erased_up_to, secrets, moved }, master))
}

/// Reads the master key; makes one if its file is not there or holds no key.
fn master_key(file: &Path, moved: &mut Vec<PathBuf>) -> Result<MasterKey, MasterKeyError> {
    match master_key_file::read(file) {
        Err(MasterKeyError::Missing { .. } | MasterKeyError::NoKey { .. }) => {
            let aside = move_aside(file).map_err(|source| MasterKeyError::Io { path: file.to_owned(), source })?;
            moved.extend(aside);
            master_key_file::make(file)
        }
        read => read,
    }
}

/// Returns all workspaces of the log, and how many chats each has: whatever happens to them next needs seeds.
fn owners(log: &SledLog) -> Result<Vec<(WorkspaceId, u64)>, ReadError> {
    let mut chats = BTreeMap::from([(WorkspaceId::LOG, 0)]);
    for stored in Log::read(log, 1) {
        let record = codec::decode(&stored?, Opening::Shut)?;
        let known = chats.entry(record.workspace).or_default();
        for event in &record.events {
            if let Event::ChatOpened(opened) = event {
                *known = opened.chat.nth_of_workspace().max(*known);
            }
        }
    }
    Ok(chats.into_iter().collect())
}

fn remove(log: &SledLog, space: Space) -> Result<(), ReadError> {
    loop {
        let found = log.notes(space.prefix(), space.prefix(), AT_ONCE)?;
        let removals: Vec<Note> = found.into_iter().map(|(key, _)| (key, None)).collect();
        if removals.is_empty() {
            return Ok(());
        }
        log.write(&Batch { after: log.head().position, notes: removals, ..Batch::default() }).map_err(unwritten)?;
    }
}

fn remove_secrets(log: &SledLog) -> Result<usize, WriteError> {
    let mut count = 0;
    loop {
        let names = log.list(b"", b"", AT_ONCE).map_err(|error| WriteError::Unknown(std::io::Error::other(error)))?;
        if names.is_empty() {
            return Ok(count);
        }
        for name in names {
            Secrets::remove(log, &name)?;
            count += 1;
        }
    }
}

fn unwritten(error: WriteError) -> ReadError {
    ReadError::Store(std::io::Error::other(error))
}
