//! Writes records that come from elsewhere into an empty log, in constant memory: their positions, times and texts are what
//! they were, their seals and their chain are new.

use std::sync::Arc;

use crate::chain;
use crate::codec::{self, CodecError, Resealing};
use crate::ids::{ChatId, WorkspaceId};
use crate::log::{Batch, Head, Log, ReadError, StoredRecord, WriteError};
use crate::record::Record;
use crate::vault::{Owner, Vault, VaultError};

/// The most records in one batch, and about the most bytes.
const BATCH_RECORDS: usize = 256;
const BATCH_BYTES: usize = 4 << 20;
/// Chats for which seeds are made at once.
const SEEDS_AT_ONCE: u64 = 4_032;
/// The log is made durable after so many batches, so that the end takes no longer than the rest.
const SYNC_EVERY: usize = 64;

/// Why a record was not written.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error(transparent)]
    Encode(#[from] CodecError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// An event concerns a workspace or a chat before that was created.
    #[error("it concerns somebody whom no event before it created")]
    Beyond,
}

/// Writes records in their order.
pub struct Rebuild {
    log: Arc<dyn Log>,
    vault: Arc<dyn Vault>,
    head: Head,
    pending: Vec<StoredRecord>,
    bytes: usize,
    batches: usize,
}

impl Rebuild {
    /// The log must be empty. The vault makes new seeds.
    pub fn into(log: Arc<dyn Log>, vault: Arc<dyn Vault>) -> Self {
        Self { head: log.head(), log, vault, pending: Vec::new(), bytes: 0, batches: 0 }
    }

    /// Takes the next record, and how its texts were sealed: an entry for each event.
    pub fn take(&mut self, record: &Record, before: &[Option<Resealing>]) -> Result<(), RebuildError> {
        self.make_seeds(record)?;
        let mut bytes = Vec::new();
        codec::encode_resealed(record, before, self.vault.as_ref(), &mut bytes)?;
        let previous = self.head.hash;
        let hash = chain::link(&previous, &bytes);
        self.head = Head { position: record.last(), hash, recorded_at: record.recorded_at };
        self.bytes += bytes.len();
        self.pending.push(StoredRecord { first: record.first, previous, bytes: bytes.into(), hash });
        if self.pending.len() >= BATCH_RECORDS || self.bytes >= BATCH_BYTES {
            self.write()?;
        }
        Ok(())
    }

    /// Writes what is left, and makes all of it durable.
    pub fn finish(mut self) -> Result<Head, RebuildError> {
        self.write()?;
        self.log.sync()?;
        Ok(self.head)
    }

    /// Makes sure that everybody whose texts the record has got a seed before.
    fn make_seeds(&self, record: &Record) -> Result<(), RebuildError> {
        for event in &record.events {
            match event.owner() {
                Owner::Chat(chat) => self.room(chat.workspace(), chat.nth_of_workspace())?,
                Owner::Workspace(workspace) => self.room(workspace, 0)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes seeds for so many chats of a workspace. Workspaces and chats are numbered without gaps: a number far beyond
    /// would only fill the disk.
    fn room(&self, workspace: WorkspaceId, chats: u64) -> Result<(), RebuildError> {
        let room = self.vault.room(workspace);
        if room.is_some_and(|room| room >= chats) {
            return Ok(());
        }
        let before = workspace.ordinal().checked_sub(1).map(WorkspaceId::nth).filter(|_| workspace != WorkspaceId::LOG);
        let follows = before.is_none_or(|before| self.vault.room(before).is_some());
        if !follows || chats > room.unwrap_or(0).saturating_add(1) {
            return Err(RebuildError::Beyond);
        }
        let more = if chats == 0 { 0 } else { chats.saturating_add(SEEDS_AT_ONCE).min(ChatId::NTH_MAX) };
        Ok(self.vault.extend(&[(workspace, more)])?)
    }

    fn write(&mut self) -> Result<(), RebuildError> {
        let records = std::mem::take(&mut self.pending);
        self.bytes = 0;
        if records.is_empty() {
            return Ok(());
        }
        let after = self.log.head().position;
        self.log.write(&Batch { after, records, head: Some(self.head), notes: Vec::new() })?;
        self.batches += 1;
        if self.batches.is_multiple_of(SYNC_EVERY) {
            self.log.sync()?;
        }
        Ok(())
    }
}
