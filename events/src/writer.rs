//! Then durability: what was sequenced meanwhile becomes one batch, is synced once, and raises the watermark.

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
use crate::watermark::Watermark;

/// Commits of one batch at most.
pub const BATCH_COMMITS_MAX: usize = 256;
/// A batch is closed when it has grown beyond this.
pub const BATCH_BYTES_MAX: usize = 4 << 20;

/// Notes of the index and of snapshots in one batch at most.
pub const BATCH_NOTES_MAX: usize = 128;
/// With commits, a batch takes this part of the notes that wait, so that storing them delays no commit for long.
const NOTES_PART: usize = 64;
const BATCH_NOTES_MIN: usize = 8;
/// Entries that are freed after a batch; all at once where more runs of them wait.
const FREED_AT_ONCE: usize = 512;
const SPENT_MAX: usize = 2;

/// What the writer is given, in order.
pub enum Work {
    /// A commit with its place.
    Commit(Arc<Record>),
    /// Entries of the index that cover everything before them.
    Index(FlushBatch),
    /// Other notes, all in one batch.
    Notes(Vec<Note>),
    /// Notes that may take several batches, in this order.
    Snapshot(Vec<Note>),
    /// Tells when everything before it is durable, the index included.
    Settle(oneshot::Sender<()>),
}

/// Why the writer had to give up. There is no second attempt: after a failed sync nobody knows what is on the disk.
#[derive(Debug, thiserror::Error)]
pub enum WriterError {
    /// A record has no bytes.
    #[error(transparent)]
    Encode(#[from] CodecError),
    /// The log did not take it.
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
    /// About how many notes that is.
    waiting: usize,
    spent: VecDeque<Reclaimed>,
    /// Marks that stay where they are, for something behind them was left out: the next start reads it from the records.
    stuck: BTreeSet<Vec<u8>>,
}

/// What is stored when there is room in a batch.
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
            // Where processors are short, whoever is about to commit goes first: a sync for many costs no more than one for
            // few.
            std::thread::yield_now();
            let prepared = self.prepare(first, &mut work)?;
            self.write(&prepared)?;
            self.sync(prepared)?;
        }
    }

    /// Whether there is something to write even without new work.
    pub fn has_backlog(&self) -> bool {
        !self.backlog.is_empty()
    }

    /// Encodes the first piece of work and what waits behind it, as much as fits into one batch.
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

    /// Takes a piece of work; says how many bytes of the batch it needs.
    fn take(&mut self, work: Work, prepared: &mut Prepared) -> Result<usize, CodecError> {
        match work {
            Work::Commit(record) => return prepared.chain(&record),
            Work::Notes(notes) => prepared.batch.notes.extend(self.fitting(notes)),
            Work::Snapshot(notes) => {
                let notes = self.fitting(notes);
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

    /// Notes that go together, or none of them if one is too long: the log goes on without them. The
    /// marks among them stay where they are from then on.
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

    /// Adds what waits for room.
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

    /// Hands the batch to the log. Nothing is durable yet.
    pub fn write(&mut self, prepared: &Prepared) -> Result<(), WriterError> {
        self.log.write(&prepared.batch)?;
        self.head = prepared.head;
        Ok(())
    }

    /// Makes it durable, and says so.
    pub fn sync(&mut self, prepared: Prepared) -> Result<(), WriterError> {
        self.log.sync()?;
        let Prepared { head, stored, settled, .. } = prepared;
        self.watermark.raise(head.position);
        self.forget(stored);
        for told in settled {
            // Whoever asked may have gone.
            let _ = told.send(());
        }
        Ok(())
    }

    /// Lets go of what is stored, a part at a time.
    fn forget(&mut self, stored: Vec<Flushing>) {
        self.spent.extend(stored.into_iter().map(|stored| self.index.finish_flush(stored)));
        let count = if self.spent.len() > SPENT_MAX { usize::MAX } else { FREED_AT_ONCE };
        if self.spent.front_mut().is_some_and(|spent| !spent.free(count)) {
            self.spent.pop_front();
        }
    }
}

impl Prepared {
    /// Adds a commit to the chain; says how many bytes it takes.
    fn chain(&mut self, record: &Record) -> Result<usize, CodecError> {
        let mut bytes = Vec::with_capacity(512);
        codec::encode_record(record, &mut bytes)?;
        let previous = self.head.hash;
        let hash = chain::link(&previous, &bytes);
        self.head = Head { position: record.last(), hash, recorded_at: record.recorded_at };
        let length = bytes.len();
        self.batch.records.push(StoredRecord { first: record.first, previous, bytes: bytes.into(), hash });
        Ok(length)
    }
}
