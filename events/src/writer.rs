//! Makes sequenced commits durable: what waits becomes one batch, is synced once, and raises the watermark.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;

use crate::chain;
use crate::codec::{self, CodecError};
use crate::index::{FlushBatch, Flushing, Index, Reclaimed};
use crate::log::{Batch, Head, KEY_BYTES_MAX, Log, NOTE_BYTES_MAX, Note, StoredRecord, WriteError};
use crate::notes::is_mark;
use crate::record::Record;
use crate::snapshot::Pending;
use crate::vault::Vault;
use crate::watermark::Watermark;

/// The most commits in one batch.
pub const BATCH_COMMITS_MAX: usize = 256;
/// A batch is closed once it has grown beyond this.
pub const BATCH_BYTES_MAX: usize = 4 << 20;

/// The most notes of the index and of snapshots in one batch.
pub const BATCH_NOTES_MAX: usize = 128;
/// A batch with commits takes one in this many of the waiting notes, so that storing them delays no commit for long.
const NOTES_PART: usize = 64;
const BATCH_NOTES_MIN: usize = 8;
/// Entries to free after each batch. If more than `SPENT_MAX` runs of entries wait, a whole run is freed.
const FREED_AT_ONCE: usize = 512;
const SPENT_MAX: usize = 2;

/// Most records fit.
const RECORD_BYTES: usize = 1_024;

/// Work for the writer, in order.
pub enum Work {
    /// A commit with its position.
    Commit(Arc<Record>),
    /// Entries of the index that cover everything before them.
    Index(FlushBatch),
    /// Other notes, all in one batch.
    Notes(Vec<Note>),
    /// A state whose notes may take several batches.
    Snapshot(Box<Pending>),
    /// Answered when everything before it is durable, the index included.
    Settle(oneshot::Sender<()>),
}

/// Why the writer gave up. It makes no second attempt: after a failed sync nobody knows what is on the disk.
#[derive(Debug, thiserror::Error)]
pub enum WriterError {
    /// A record could not be encoded.
    #[error(transparent)]
    Encode(#[from] CodecError),
    /// The log could not be written or synced.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Makes sequenced commits durable.
pub struct Writer {
    log: Arc<dyn Log>,
    index: Arc<Index>,
    watermark: Watermark,
    head: Head,
    backlog: VecDeque<Later>,
    /// Roughly the number of notes in the backlog.
    waiting: usize,
    spent: VecDeque<Reclaimed>,
    /// Marks that are no longer moved on, because notes that they would cover were left out: the next start reads
    /// those from the records.
    stuck: BTreeSet<Vec<u8>>,
}

/// Work that waits for room in a batch.
enum Later {
    Note(Note),
    Storing(Flushing),
    Settled(oneshot::Sender<()>),
}

impl Later {
    fn needs_room(&self) -> bool {
        match self {
            Self::Note(_) => true,
            Self::Storing(storing) => !storing.is_over(),
            Self::Settled(_) => false,
        }
    }
}

/// A batch that is ready to be written.
pub struct Prepared {
    batch: Batch,
    head: Head,
    stored: Vec<Flushing>,
    settled: Vec<oneshot::Sender<()>>,
}

impl Writer {
    /// Continues after the log's head.
    pub fn new(log: Arc<dyn Log>, index: Arc<Index>, watermark: Watermark) -> Self {
        let head = log.head();
        let (backlog, spent, stuck) = (VecDeque::new(), VecDeque::new(), BTreeSet::new());
        Self { log, index, watermark, head, backlog, waiting: 0, spent, stuck }
    }

    /// Writes until the last sender is gone.
    pub fn run(mut self, mut work: UnboundedReceiver<Work>) -> Result<(), WriterError> {
        loop {
            let first = if self.has_backlog() { work.try_recv().ok() } else { work.blocking_recv() };
            if first.is_none() && !self.has_backlog() {
                return Ok(());
            }
            // If CPUs are scarce, let threads that are about to commit go first: one sync for many commits costs no
            // more than one for few.
            std::thread::yield_now();
            let prepared = self.prepare(first, &mut work)?;
            self.write(&prepared)?;
            self.sync(prepared)?;
        }
    }

    /// True if there is something to write even without new work.
    pub fn has_backlog(&self) -> bool {
        !self.backlog.is_empty()
    }

    /// Encodes the first piece of work and those that wait behind it, as many as fit into one batch.
    pub fn prepare(
        &mut self,
        first: Option<Work>,
        work: &mut UnboundedReceiver<Work>,
    ) -> Result<Prepared, WriterError> {
        let batch = Batch { after: self.head.position, ..Batch::default() };
        let mut prepared = Prepared { batch, head: self.head, stored: Vec::new(), settled: Vec::new() };
        let mut next = first;
        let mut bytes = 0;
        while let Some(piece) = next {
            bytes += self.take(piece, &mut prepared)?;
            let full = prepared.batch.records.len() >= BATCH_COMMITS_MAX || bytes >= BATCH_BYTES_MAX;
            next = if full { None } else { work.try_recv().ok() };
        }
        self.fill(&mut prepared);
        prepared.batch.head = (!prepared.batch.records.is_empty()).then_some(prepared.head);
        Ok(prepared)
    }

    /// Takes a piece of work; returns how many bytes it adds to the batch.
    fn take(&mut self, work: Work, prepared: &mut Prepared) -> Result<usize, CodecError> {
        match work {
            Work::Commit(record) => return prepared.chain(&record, self.index.vault()),
            Work::Notes(notes) => prepared.batch.notes.extend(self.fitting(notes)),
            Work::Snapshot(pending) => {
                let notes = match pending.notes(self.index.vault()) {
                    Ok(notes) => self.fitting(notes),
                    Err(error) => {
                        tracing::warn!(%error, "a snapshot cannot be sealed and is left out");
                        Vec::new()
                    }
                };
                self.waiting += notes.len();
                self.backlog.extend(notes.into_iter().map(Later::Note));
            }
            Work::Index(leaving) => {
                let storing = leaving.begin();
                self.waiting += storing.about();
                self.backlog.push_back(Later::Storing(storing));
            }
            Work::Settle(told) => self.backlog.push_back(Later::Settled(told)),
        }
        Ok(0)
    }

    /// Returns these notes, or none of them if one is too long: they belong together, and the log goes on without
    /// them. The marks among them are no longer moved on from then on.
    fn fitting(&mut self, mut notes: Vec<Note>) -> Vec<Note> {
        let unfit = |(key, value): &Note| {
            key.len() > KEY_BYTES_MAX || value.as_ref().is_some_and(|value| value.len() > NOTE_BYTES_MAX)
        };
        if let Some(count) = Some(notes.iter().filter(|note| unfit(note)).count()).filter(|count| *count > 0) {
            tracing::error!(count, "notes are too long to be stored and are left out with those beside them");
            let marks = notes.drain(..).map(|(key, _)| key).filter(|key| is_mark(key));
            self.stuck.extend(marks);
        } else if !self.stuck.is_empty() {
            notes.retain(|(key, _)| !self.stuck.contains(key));
        }
        notes
    }

    /// Fills the batch with waiting work.
    fn fill(&mut self, prepared: &mut Prepared) {
        let part = (self.waiting / NOTES_PART).clamp(BATCH_NOTES_MIN, BATCH_NOTES_MAX);
        let room = if prepared.batch.records.is_empty() { BATCH_NOTES_MAX } else { part };
        let mut taken = 0;
        while let Some(later) = self.backlog.pop_front_if(|later| taken < room || !later.needs_room()) {
            match later {
                Later::Note(note) => prepared.batch.notes.push(note),
                Later::Settled(told) => {
                    prepared.settled.push(told);
                    continue;
                }
                Later::Storing(storing) if storing.is_over() => {
                    prepared.stored.push(storing);
                    continue;
                }
                Later::Storing(mut storing) => {
                    storing.next(&self.index, &mut prepared.batch.notes);
                    self.backlog.push_front(Later::Storing(storing));
                }
            }
            taken += 1;
        }
        self.waiting = if self.has_backlog() { self.waiting.saturating_sub(taken) } else { 0 };
    }

    /// Writes the batch to the log. Nothing is durable yet.
    pub fn write(&mut self, prepared: &Prepared) -> Result<(), WriterError> {
        self.log.write(&prepared.batch)?;
        self.head = prepared.head;
        Ok(())
    }

    /// Makes the batch durable, raises the watermark, and answers those who wait for it.
    pub fn sync(&mut self, prepared: Prepared) -> Result<(), WriterError> {
        self.log.sync()?;
        let Prepared { head, stored, settled, .. } = prepared;
        self.watermark.raise(head.position);
        self.forget(stored);
        for told in settled {
            // The receiver may be gone.
            let _ = told.send(());
        }
        Ok(())
    }

    /// Frees the memory of what is stored, a part at a time.
    fn forget(&mut self, stored: Vec<Flushing>) {
        self.spent.extend(stored.into_iter().map(|stored| self.index.finish_flush(stored)));
        let count = if self.spent.len() > SPENT_MAX { usize::MAX } else { FREED_AT_ONCE };
        if self.spent.front_mut().is_some_and(|spent| !spent.free(count)) {
            self.spent.pop_front();
        }
    }
}

impl Prepared {
    /// Seals and encodes a commit and adds it to the hash chain; returns how many bytes it takes.
    fn chain(&mut self, record: &Record, vault: &dyn Vault) -> Result<usize, CodecError> {
        let mut bytes = Vec::with_capacity(RECORD_BYTES);
        codec::encode_record(record, vault, &mut bytes)?;
        let previous = self.head.hash;
        let hash = chain::link(&previous, &bytes);
        self.head = Head { position: record.last(), hash, recorded_at: record.recorded_at };
        let length = bytes.len();
        // Without spare capacity, the shared bytes need no further allocation.
        let bytes = bytes.into_boxed_slice().into();
        self.batch.records.push(StoredRecord { first: record.first, previous, bytes, hash });
        Ok(length)
    }
}
