//! A data directory as a whole: the file that names it, the log, and the vault beside it. Makes a new one, and refuses
//! one whose parts do not belong together.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::head_file::HeadFile;
use super::identity::{self, Identity, IdentityError};
use super::lost_vault::{self, Lost, ReplaceError};
use super::master_key_file::{self, MasterKeyError};
use super::sealed_secrets::SealedSecrets;
use super::sled_log::{OpenError, SledLog};
use super::vault_check::{self, CheckError};
use crate::chain;
use crate::checkpoint_key::CheckpointKey;
use crate::codec::{self, Opening};
use crate::event::Event;
use crate::founding::{FORMAT, LogCreated, LogId};
use crate::ids::{Position, WorkspaceId};
use crate::index::Index;
use crate::log::{Batch, Head, Log, ReadError, StoredRecord, WriteError};
use crate::record::{Cause, Record};
use crate::secrets::Secrets;
use crate::time::Timestamp;
use crate::vault::{FileVault, MasterKey, Opened, Vault, VaultError};
use crate::who::Who;

/// The index of a log with fewer events is made anew in little memory however the store is opened.
const LONG: Position = 20_000;
/// How often, and how long after one another, the store is looked at until it has let go of its files.
const LOOKS: u32 = 2_000;
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// The vault's folder in the data directory.
pub const VAULT: &str = "vault";
/// The name among the secrets of the seed of the key that signs checkpoints.
pub const CHECKPOINT_KEY: &[u8] = b"checkpoint_key/1";

/// The parts of an open data directory.
pub struct DataDir {
    pub log: Arc<SledLog>,
    pub vault: Arc<dyn Vault>,
    pub secrets: Arc<dyn Secrets>,
    pub identity: Identity,
    /// What was damaged in one copy of the vault and mended from the other, in words for people.
    pub mended: Vec<String>,
    /// What was lost with the vault, if it was replaced now.
    pub lost: Option<Lost>,
}

/// How to open a data directory.
#[derive(Debug, Clone, Copy)]
pub struct DataDirOptions<'a> {
    /// Limits the store's cache, in MiB.
    pub cache_mb: u64,
    /// The file with the master key; without one it is kept in the directory itself.
    pub master_key_file: Option<&'a Path>,
    /// The time at which a new log is created.
    pub now: Timestamp,
    /// True to go on without a vault that cannot be opened: all texts are erased.
    pub without_vault: bool,
}

/// Why a data directory cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    #[error(transparent)]
    Log(#[from] OpenError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// There is nothing to open.
    #[error("there is no event log in {}", .0.display())]
    NoLog(PathBuf),
    /// The log was written before data directories had a file that names them.
    #[error("this data directory was written by an earlier version of tidings, whose format this one does not read")]
    Earlier,
    /// The file and the log name two different logs.
    #[error("{} is that of another log; put back the one that was beside this log", identity::NAME)]
    OtherIdentity,
    /// A new log could not be written.
    #[error("the log cannot be created")]
    Create(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<ReplaceError> for DataDirError {
    fn from(error: ReplaceError) -> Self {
        match error {
            ReplaceError::Vault(error) => Self::Vault(error),
            ReplaceError::MasterKey(error) => Self::MasterKey(error),
            ReplaceError::Log(error) => error.into(),
        }
    }
}

impl From<ReadError> for DataDirError {
    fn from(error: ReadError) -> Self {
        Self::Log(OpenError::Read(error))
    }
}

impl From<CheckError> for DataDirError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Read(error) => error.into(),
            CheckError::Vault(error) => error.into(),
        }
    }
}

impl DataDir {
    /// Opens a data directory, or makes one if there is no log. If the index of a long log has to be made anew, makes it
    /// with a small cache first: while everything is read and written, the store holds more in memory than its cache.
    pub fn open(directory: &Path, options: DataDirOptions<'_>) -> Result<Self, DataDirError> {
        let known = identity::read(directory)?;
        if known.is_none() && HeadFile::has_records(&directory.join("log")) {
            return Err(DataDirError::Earlier);
        }
        let log = Arc::new(SledLog::open(directory, options.cache_mb)?);
        if log.head().position < LONG || Index::is_made(log.as_ref())? {
            return Self::on(log, known, directory, options);
        }
        tracing::info!("the look-ups are made anew from the log; this takes a while");
        drop(log);
        let small = open_again(directory, (options.cache_mb / 8).max(1))?;
        let Self { log, vault, secrets, mended, lost, .. } = Self::on(small, known, directory, options)?;
        drop(secrets);
        drop(Index::open(log, vault)?);
        let options = DataDirOptions { without_vault: false, ..options };
        let opened = Self::on(open_again(directory, options.cache_mb)?, known, directory, options)?;
        Ok(Self { mended, lost, ..opened })
    }

    /// Opens what lies beside the log.
    fn on(
        log: Arc<SledLog>,
        known: Option<Identity>,
        directory: &Path,
        options: DataDirOptions<'_>,
    ) -> Result<Self, DataDirError> {
        let DataDirOptions { master_key_file: named, now, without_vault, .. } = options;
        let is_new = log.head() == Head::EMPTY;
        let identity = match known {
            Some(identity) => identity,
            None if is_new => new_identity(directory, now)?,
            None => return Err(DataDirError::Earlier),
        };
        if !is_new {
            check(log.as_ref(), &identity)?;
        }
        let opened = keys(directory, named, &identity, log.as_ref());
        let (Opened { vault, mended }, lost) = match opened {
            Err(error) if without_vault && !is_new && is_lost(&error) => {
                let (own, folder) = (master_key_file::own(directory), directory.join(VAULT));
                let key_file = named.unwrap_or(&own);
                let (lost, master) = lost_vault::replace(&folder, key_file, &log, identity.log)?;
                (open_vault(directory, &identity, &master, false)?, Some(lost))
            }
            opened => (opened?, None),
        };
        let vault: Arc<dyn Vault> = Arc::new(vault);
        vault.extend(&[(WorkspaceId::LOG, 0)])?;
        let secrets: Arc<dyn Secrets> = Arc::new(SealedSecrets::new(Arc::clone(&log), Arc::clone(&vault)));
        if is_new {
            create(log.as_ref(), vault.as_ref(), secrets.as_ref(), &identity)?;
        }
        Ok(Self { log, vault, secrets, identity, mended, lost })
    }
}

/// Opens a log that was open a moment ago: the store lets go of its files a little later.
fn open_again(directory: &Path, cache_mb: u64) -> Result<Arc<SledLog>, OpenError> {
    for _ in 0..LOOKS {
        match SledLog::open(directory, cache_mb) {
            Err(OpenError::InUse) => thread::sleep(LOOK_AGAIN),
            opened => return opened.map(Arc::new),
        }
    }
    SledLog::open(directory, cache_mb).map(Arc::new)
}

/// Opens the vault with the master key, and compares it with the log.
fn keys(
    directory: &Path,
    named: Option<&Path>,
    identity: &Identity,
    log: &dyn Log,
) -> Result<Opened<FileVault>, DataDirError> {
    let is_new = log.head() == Head::EMPTY;
    let master = master_key(directory, named, is_new)?;
    let opened = open_vault(directory, identity, &master, is_new)?;
    let again = vault_check::agree(log, &opened.vault)?;
    if again > 0 {
        tracing::warn!("an older vault was put back: {again} chats that were erased are erased again");
    }
    Ok(opened)
}

/// True if the seeds cannot be had, whatever is tried again: not if a disk failed, or a later version is needed.
const fn is_lost(error: &DataDirError) -> bool {
    matches!(
        error,
        DataDirError::Vault(
            VaultError::WrongKey
                | VaultError::OtherLog
                | VaultError::Damaged { .. }
                | VaultError::Missing
                | VaultError::Older(_)
                | VaultError::Newer(_)
                | VaultError::Ahead(_)
        ) | DataDirError::MasterKey(MasterKeyError::Missing { .. } | MasterKeyError::NoKey { .. })
    )
}

fn new_identity(directory: &Path, now: Timestamp) -> Result<Identity, DataDirError> {
    let random = CheckpointKey::random().map_err(|error| DataDirError::Create(error.into()))?.seed();
    let log = LogId(random.first_chunk().copied().unwrap_or_default());
    let identity = Identity { format: FORMAT, log, created_at: now };
    identity::write(directory, &identity)?;
    Ok(identity)
}

/// Reads the master key; makes one for a new log, unless the operator names a file.
fn master_key(directory: &Path, named: Option<&Path>, is_new: bool) -> Result<MasterKey, MasterKeyError> {
    let own = master_key_file::own(directory);
    match master_key_file::read(named.unwrap_or(&own)) {
        Err(MasterKeyError::Missing { .. }) if named.is_none() && is_new && !directory.join(VAULT).exists() => {
            master_key_file::make(&own)
        }
        read => read,
    }
}

/// Opens the vault; makes one beside a new log.
fn open_vault(
    directory: &Path,
    identity: &Identity,
    master: &MasterKey,
    is_new: bool,
) -> Result<Opened<FileVault>, DataDirError> {
    let folder = directory.join(VAULT);
    match FileVault::open(&folder, identity.log.0, master) {
        Err(VaultError::Missing) if is_new => {
            let vault = FileVault::create(&folder, identity.log.0, master)?;
            Ok(Opened { vault, mended: Vec::new() })
        }
        opened => Ok(opened?),
    }
}

/// Checks that the log begins as the file says.
fn check(log: &dyn Log, identity: &Identity) -> Result<(), DataDirError> {
    let first = log.read(1).next().transpose()?;
    let record = first.map(|stored| codec::decode(&stored, Opening::Shut)).transpose()?;
    match record.as_ref().and_then(|record| record.events.first()) {
        Some(Event::LogCreated(created)) if created.log == identity.log => Ok(()),
        Some(Event::LogCreated(_)) => Err(DataDirError::OtherIdentity),
        _ => Err(ReadError::Damaged { position: 1, what: "the log does not begin with its creation".to_owned() })?,
    }
}

/// Writes the first record.
fn create(log: &dyn Log, vault: &dyn Vault, secrets: &dyn Secrets, identity: &Identity) -> Result<(), DataDirError> {
    let key = CheckpointKey::random().map_err(|error| DataDirError::Create(error.into()))?;
    secrets.keep(CHECKPOINT_KEY, &key.seed()).map_err(|error| DataDirError::Create(error.into()))?;
    let Identity { format, log: id, created_at } = *identity;
    let created = LogCreated { log: id, format, created_at, checkpoint_key: key.verifier(id).to_string() };
    found(log, vault, created).map_err(|error| DataDirError::Create(error.into()))
}

/// Writes the first record of an empty log. Durable when this returns.
pub fn found(log: &dyn Log, vault: &dyn Vault, created: LogCreated) -> Result<(), WriteError> {
    append(log, vault, created.created_at, created.into())
}

/// Appends a record of an event that concerns the log itself; its time is not before that of the last record. Nobody else
/// may write meanwhile. Durable when this returns.
pub fn append(log: &dyn Log, vault: &dyn Vault, at: Timestamp, event: Event) -> Result<(), WriteError> {
    let Head { position, hash: previous, recorded_at } = log.head();
    let (first, recorded_at) = (position.saturating_add(1), if position == 0 { at } else { at.max(recorded_at) });
    let (workspace, cause) = (WorkspaceId::LOG, Cause::outside(Who::System));
    let record = Record { first, recorded_at, workspace, cause, events: vec![event] };
    let mut bytes = Vec::new();
    let unwritable = |error| WriteError::Unknown(std::io::Error::other(error));
    codec::encode_record(&record, vault, &mut bytes).map_err(unwritable)?;
    let hash = chain::link(&previous, &bytes);
    let stored = StoredRecord { first, previous, bytes: bytes.into(), hash };
    let head = Head { position: first, hash, recorded_at };
    log.write(&Batch { after: position, records: vec![stored], head: Some(head), notes: Vec::new() })?;
    log.sync()
}
