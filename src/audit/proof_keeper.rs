//! Follows the log on a thread of low priority: hashes the lines of what is durable, stores the hashes of their blocks, and
//! signs checkpoints. Only what is durable is ever signed, so that no crash takes back what a checkpoint says.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

use actors::runtime::shard::ShardHandle;
use events::checkpoint_key::CheckpointKey;
use events::founding::LogId;
use events::ids::Position;
use events::log::{Log, Note, ReadError};
use events::personal::Digest;
use events::proof::blocks::{self, Builder};
use events::proof::checkpoint::Checkpoint;
use events::proof::signed_head::SignedHead;
use events::secrets::Secrets;
use events::time::Timestamp;
use events::vault::Vault;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep, sleep_until};

use super::checkpoint_files::CheckpointFiles;
use super::checkpoint_keys::{self, KeyError};
use super::log_identity::log_id;
use super::proofs::{Ask, Proofs, Shared, Signed};

/// Records that are read at once.
const RECORDS_AT_ONCE: usize = 4_096;
/// After so many the thread offers its processor, a tenth of a millisecond at most after somebody wants it: however low a
/// thread's priority is, the scheduler lets it go on for milliseconds once it runs.
const RECORDS_IN_A_ROW: usize = 32;
/// What arrives within this time is hashed together.
const LINGER: Duration = Duration::from_millis(500);

/// Keeps the proofs of a log.
pub struct ProofKeeper {
    log: Arc<dyn Log>,
    id: LogId,
    key: CheckpointKey,
    builder: Builder,
    files: CheckpointFiles,
    every: Duration,
    shared: Arc<Shared>,
    asked: UnboundedReceiver<Ask>,
}

/// Warns if checkpoints were signed of events that the log does not have.
fn warn_of_older_copy(files: &CheckpointFiles, key: &CheckpointKey, id: LogId, events: Position) {
    match files.signed_by(&[key.verifier(id)], id) {
        Ok(signed) => {
            let signed = signed.kept.iter().map(|kept| kept.checkpoint.size).max().unwrap_or(0);
            if signed > events {
                let words =
                    "more events were signed than the log has: an older copy was put back, and what it lacks is lost";
                tracing::error!(signed, events, "{words}");
            }
        }
        Err(error) => tracing::warn!(%error, "the checkpoints that were kept cannot be read"),
    }
}

impl ProofKeeper {
    /// Prepares to follow a log, to which nobody writes yet.
    pub fn open(
        log: Arc<dyn Log>,
        vault: &dyn Vault,
        secrets: &dyn Secrets,
        files: CheckpointFiles,
        every: Duration,
        now: Timestamp,
    ) -> Result<(Proofs, Self), KeyError> {
        let id = log_id(log.as_ref())?;
        let key = checkpoint_keys::current(log.as_ref(), vault, secrets, id, now)?;
        warn_of_older_copy(&files, &key, id, log.head().position);
        let builder = Builder::new(id);
        let (proofs, shared, asked) = Proofs::new(id, key.verifier(id));
        Ok((proofs, Self { log, id, key, builder, files, every, shared, asked }))
    }

    /// Goes on where the stored hashes end, and follows the log until nobody can ask any more.
    pub async fn run(mut self, shard: ShardHandle) -> Result<(), ReadError> {
        let watermark = shard.watermark().clone();
        self.builder = Builder::resume(self.id, self.log.as_ref())?;
        let mut due = Instant::now();
        loop {
            self.advance(&shard, watermark.durable()).await?;
            if self.is_behind() && Instant::now() >= due {
                self.sign()?;
                due = Instant::now() + self.every;
            }
            let more = async {
                watermark.reached(self.builder.position().saturating_add(1)).await;
                sleep(LINGER).await;
            };
            tokio::select! {
                biased;
                asked = self.asked.recv() => {
                    let Some(Ask { at_least, answer }) = asked else { return Ok(()) };
                    let durable = watermark.reached(at_least).await;
                    self.advance(&shard, durable).await?;
                    // Whoever asked may be gone.
                    let _ = answer.send(self.newest()?);
                }
                () = more => {}
                () = sleep_until(due), if self.is_behind() => {}
            }
        }
    }

    /// True if events are not signed yet.
    fn is_behind(&self) -> bool {
        let newest = self.shared.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.as_ref().is_none_or(|newest| newest.size < self.builder.position())
    }

    async fn advance(&mut self, shard: &ShardHandle, to: Position) -> Result<(), ReadError> {
        while self.builder.position() < to && !self.asked.is_closed() {
            let notes = self.take(to)?;
            if !notes.is_empty() {
                // If they are not stored, the next start makes them again.
                let _ = shard.note(notes).await;
            }
            self.shared.position.store(self.builder.position(), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Takes some of the records up to a position; returns the notes that became whole.
    fn take(&mut self, to: Position) -> Result<Vec<Note>, ReadError> {
        let mut notes = Vec::new();
        let records = self.log.read(self.builder.position().saturating_add(1)).take(RECORDS_AT_ONCE);
        for (nth, stored) in records.enumerate() {
            let stored = stored?;
            if stored.first > to {
                break;
            }
            notes.extend(self.builder.take(&stored)?);
            if nth % RECORDS_IN_A_ROW == RECORDS_IN_A_ROW - 1 {
                thread::yield_now();
            }
        }
        Ok(blocks::newest(notes))
    }

    /// Returns a checkpoint of all that is in the tree.
    fn newest(&self) -> Result<Signed, ReadError> {
        let newest = self.shared.newest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        newest.filter(|newest| newest.size == self.builder.position()).map_or_else(|| self.sign(), Ok)
    }

    fn sign(&self) -> Result<Signed, ReadError> {
        let (log, generation, size, root) = (self.id, 0, self.builder.position(), self.builder.root());
        let note: Arc<str> = Checkpoint { log, generation, size, root }.signed(&[&self.key]).into();
        let (record, blocks) = (self.last_record()?, self.builder.stored());
        let head = SignedHead { log, generation, size, record, blocks }.signed(&[&self.key]);
        for (folder, error) in self.files.write(size, &note, &head) {
            tracing::warn!(folder = %folder.display(), %error, "a checkpoint cannot be written");
        }
        let signed = Signed { size, note };
        *self.shared.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(signed.clone());
        Ok(signed)
    }

    /// Returns the hash of the last record that is in the tree.
    fn last_record(&self) -> Result<Digest, ReadError> {
        let position = self.builder.position();
        let last = self.log.read(position).next().transpose()?;
        last.map(|record| record.hash).ok_or_else(|| ReadError::Damaged { position, what: "missing".to_owned() })
    }
}
