//! Writes all events of messages straight into a log, commit by commit as actors do. Knows nothing of what is
//! measured.

mod message;
mod tenant;

use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use events::event::Event;
use events::ids::{StreamId, WebhookId, WorkspaceId};
use events::index::Index;
use events::log::{Log, Note, ReadError};
use events::notes::{self, Space};
use events::record::{Cause, Position, Revision};
use events::sequencer::{AppendError, Inbox, NewCommit, Sequencer};
use events::store::data_dir::{DataDir, DataDirError, DataDirOptions};
use events::store::sled_log::SledLog;
use events::time::Timestamp;
use events::vault::{Vault, VaultError};
use events::watermark::Watermark;
use events::who::Who;
use events::writer::{Writer, WriterError};
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::oneshot;

pub use tenant::Tenant;

/// Waits for the writer after this many commits, so that as many are in flight as in a gateway.
const UNDER_WAY: u64 = 4_096;
/// Decides everything here: the webhook of a workspace that does not exist, so that no event concerns it.
pub(super) const DECIDER: StreamId = StreamId::Webhook(WebhookId::of(WorkspaceId::nth(900_000)));
pub(super) const NEVER_CONCERNED: Revision = 0;

/// The reason why a log could not be written.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    #[error(transparent)]
    Open(#[from] DataDirError),
    /// No seeds could be made.
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A commit could not be sequenced.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// A commit could not be stored.
    #[error(transparent)]
    Write(#[from] WriterError),
    /// The writer's thread ended.
    #[error("the log's writer ended")]
    Ended,
}

/// Chats for which seeds are made at once.
const CHATS_AHEAD: u64 = 1_000;

/// Writes into one log.
pub struct LogGenerator {
    log: Arc<SledLog>,
    vault: Arc<dyn Vault>,
    sequencer: Sequencer,
    writing: JoinHandle<Result<(), WriterError>>,
    at: Timestamp,
    commits: u64,
    before: Option<oneshot::Receiver<()>>,
}

impl LogGenerator {
    /// Opens or creates the log in a directory, at this time of the rules' clock.
    pub fn open(directory: &Path, cache_mb: u64, at: Timestamp) -> Result<Self, GenerateError> {
        let options = DataDirOptions { cache_mb, master_key_file: None, now: at, without_vault: false };
        let DataDir { log, vault, .. } = DataDir::open(directory, options)?;
        Self::with(log, vault, at)
    }

    /// Goes on with a log whose seeds are in this vault, at this time of the rules' clock.
    pub fn with(log: Arc<SledLog>, vault: Arc<dyn Vault>, at: Timestamp) -> Result<Self, GenerateError> {
        let shared: Arc<dyn Log> = Arc::<SledLog>::clone(&log);
        let index = Arc::new(Index::open(Arc::clone(&shared), Arc::clone(&vault))?);
        let watermark = Watermark::at(log.head().position);
        let (work, given) = unbounded_channel();
        let writer = Writer::new(shared, Arc::clone(&index), watermark.clone());
        let writing = thread::spawn(move || writer.run(given));
        let mut sequencer = Sequencer::new(index, watermark, work);
        sequencer.register(DECIDER, Inbox::default());
        sequencer.replayed(DECIDER, NEVER_CONCERNED);
        let at = at.max(log.head().recorded_at);
        Ok(Self { log, vault, sequencer, writing, at, commits: 0, before: None })
    }

    /// Advances the rules' clock.
    pub fn pass(&mut self, ms: u64) {
        self.at = self.at.plus_ms(ms);
    }

    /// Returns the time of the rules' clock.
    pub const fn now(&self) -> Timestamp {
        self.at
    }

    /// Returns the number of events.
    pub const fn events(&self) -> Position {
        self.sequencer.head()
    }

    /// Returns the store, for its figures.
    pub const fn log(&self) -> &Arc<SledLog> {
        &self.log
    }

    /// Appends one commit.
    pub fn commit(&mut self, workspace: WorkspaceId, events: Vec<Event>) -> Result<(), GenerateError> {
        self.make_room(&events)?;
        let cause = Cause::outside(Who::Inbound);
        let commit = NewCommit { workspace, recorded_at: self.at, cause, events };
        self.sequencer.append(DECIDER, NEVER_CONCERNED, commit)?;
        self.commits += 1;
        if self.commits.is_multiple_of(UNDER_WAY) {
            self.catch_up()?;
        }
        Ok(())
    }

    /// Makes the seeds that these events need.
    fn make_room(&self, events: &[Event]) -> Result<(), GenerateError> {
        for event in events {
            let (workspace, chats) = match event {
                Event::WorkspaceCreated(e) => (e.workspace, 0),
                Event::ChatOpened(e) => (e.workspace, e.chat.nth_of_workspace()),
                _ => continue,
            };
            if self.vault.room(workspace).is_none_or(|room| room < chats) {
                self.vault.extend(&[(workspace, chats.saturating_add(CHATS_AHEAD))])?;
            }
        }
        Ok(())
    }

    /// Waits until the previous group of commits is durable, while the current group is being written.
    fn catch_up(&mut self) -> Result<(), GenerateError> {
        self.sequencer.store_index(false)?;
        let settled = self.sequencer.settle()?;
        if let Some(before) = self.before.replace(settled) {
            // The writer's own error says more; it is returned at the end.
            let _ = before.blocking_recv();
        }
        Ok(())
    }

    /// Writes the checkpoint that a gateway writes every second: it lists the streams with something due, and covers
    /// all others.
    pub fn checkpoint(&mut self, due: impl IntoIterator<Item = StreamId>) -> Result<(), GenerateError> {
        let note = |stream: StreamId| (notes::agenda(stream), Some(Vec::new()));
        let mut all: Vec<Note> = due.into_iter().map(note).collect();
        all.push((Space::AgendaCovered.key(&[]), Some(self.events().to_be_bytes().to_vec())));
        Ok(self.sequencer.note(all)?)
    }

    /// Waits until everything is durable, including the index.
    pub fn settle(&mut self) -> Result<(), GenerateError> {
        self.sequencer.store_index(true)?;
        self.sequencer.settle()?.blocking_recv().map_err(|_| GenerateError::Ended)
    }

    /// Makes everything durable and closes the log.
    pub fn finish(mut self) -> Result<(), GenerateError> {
        let settled = self.settle();
        let Self { sequencer, writing, .. } = self;
        drop(sequencer);
        writing.join().map_err(|_| GenerateError::Ended)??;
        settled
    }
}

#[cfg(test)]
mod tests;
