//! Measures the log alone, without actors and HTTP: commits are sequenced, encoded, chained, written and synced in
//! batches.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actors::runtime::clock::wall_now;
use events::codec::{CodecError, encode_record};
use events::event::Event;
use events::index::Index;
use events::log::{Log, LogStats};
use events::record::{Cause, Record};
use events::sequencer::{Inbox, NewCommit, Sequencer};
use events::store::data_dir::{DataDir, DataDirOptions};
use events::store::sled_log::SledLog;
use events::time::Timestamp;
use events::vault::{MemoryVault, Vault};
use events::watermark::Watermark;
use events::who::Who;
use events::writer::{Work, Writer};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

use super::synthetic::{DECIDER, GenerateError, NEVER_CONCERNED, Tenant};

const CHATS: u64 = 1_000;

/// A log that grows batch by batch, on the current thread.
pub struct Appending {
    log: Arc<SledLog>,
    sequencer: Sequencer,
    writer: Writer,
    work: UnboundedReceiver<Work>,
    tenant: Tenant,
    at: Timestamp,
    nth: u64,
}

impl Appending {
    /// Creates the log in a directory.
    pub fn open(directory: &Path, cache_mb: u64) -> Result<Self, GenerateError> {
        Self::open_with(directory, cache_mb, None)
    }

    /// The same with another vault than the directory's own.
    pub fn open_with(directory: &Path, cache_mb: u64, other: Option<Arc<dyn Vault>>) -> Result<Self, GenerateError> {
        let options =
            DataDirOptions { cache_mb, master_key_file: None, now: Timestamp::default(), without_vault: false };
        let DataDir { log, vault, .. } = DataDir::open(directory, options)?;
        let vault: Arc<dyn Vault> = if let Some(other) = other { other } else { vault };
        let shared: Arc<dyn Log> = Arc::<SledLog>::clone(&log);
        let index = Arc::new(Index::open(Arc::clone(&shared), Arc::clone(&vault))?);
        let watermark = Watermark::at(log.head().position);
        let (given, work) = unbounded_channel();
        let writer = Writer::new(shared, Arc::clone(&index), watermark.clone());
        let mut sequencer = Sequencer::new(index, watermark, given);
        sequencer.register(DECIDER, Inbox::default());
        sequencer.replayed(DECIDER, NEVER_CONCERNED);
        let tenant = Tenant::nth(0, 1, CHATS);
        vault.extend(&[(tenant.workspace, CHATS)])?;
        Ok(Self { log, sequencer, writer, work, tenant, at: wall_now(), nth: 0 })
    }

    /// Appends this many commits, each a queued and charged message, and waits until they are durable. Returns how
    /// long that took.
    pub fn batch(&mut self, commits: usize) -> Result<Duration, GenerateError> {
        let batch: Vec<NewCommit> = (0..commits).map(|_| self.next()).collect();
        let begun = Instant::now();
        for commit in batch {
            self.sequencer.append(DECIDER, NEVER_CONCERNED, commit)?;
        }
        self.sequencer.store_index(false)?;
        while let Ok(first) = self.work.try_recv() {
            let prepared = self.writer.prepare(Some(first), &mut self.work)?;
            self.writer.write(&prepared)?;
            self.writer.sync(prepared)?;
        }
        Ok(begun.elapsed())
    }

    /// Returns the log's figures so far.
    pub fn stats(&self) -> LogStats {
        self.log.stats()
    }

    fn next(&mut self) -> NewCommit {
        self.nth += 1;
        let events = self.tenant.queued(self.at, self.nth);
        let cause = Cause::outside(Who::Inbound);
        NewCommit { workspace: self.tenant.workspace, recorded_at: self.at, cause, events }
    }
}

/// Returns the bytes of one such commit, as the log stores them.
pub fn commit_bytes() -> Result<Vec<u8>, CodecError> {
    let tenant = Tenant::nth(0, 1, CHATS);
    let (at, cause) = (wall_now(), Cause::outside(Who::Inbound));
    let events: Vec<Event> = tenant.queued(at, CHATS);
    let mut bytes = Vec::new();
    let record = Record { first: 1, recorded_at: at, workspace: tenant.workspace, cause, events };
    encode_record(&record, &MemoryVault::endless(), &mut bytes)?;
    Ok(bytes)
}

/// An encoding error counts as a write error.
impl From<CodecError> for GenerateError {
    fn from(error: CodecError) -> Self {
        Self::Write(error.into())
    }
}

#[cfg(test)]
mod tests {
    use events::codec::Opening;

    use super::*;

    #[test]
    fn a_batch_is_one_sync_and_holds_all_its_commits() {
        let folder = tempfile::tempdir().unwrap();
        let mut appending = Appending::open(folder.path(), 16).unwrap();
        let before = appending.stats();
        appending.batch(5).unwrap();
        appending.batch(256).unwrap();
        let LogStats { batches, syncs, commits, .. } = appending.stats();
        let added = (batches - before.batches, syncs - before.syncs, commits - before.commits);
        assert_eq!(added, (2, 2, 261));
        events::verify::verify(appending.log.as_ref(), Opening::Shut, |_| {}).unwrap();
    }

    #[test]
    fn a_commit_has_as_many_bytes_as_a_short_message_and_its_charge() {
        assert!((100..300).contains(&commit_bytes().unwrap().len()));
    }
}
