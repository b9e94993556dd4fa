//! Then durability: what was sequenced meanwhile becomes one batch, is synced once, and raises the watermark.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;

use crate::chain;
use crate::codec::{self, CodecError};
use crate::index::{Index, Leaving};
use crate::log::{Batch, Head, Log, Note, StoredRecord, WriteError};
use crate::record::Record;
use crate::watermark::Watermark;

/// Commits of one batch at most.
pub const BATCH_COMMITS_MAX: usize = 256;
/// A batch is closed when it has grown beyond this.
pub const BATCH_BYTES_MAX: usize = 4 << 20;

/// What the writer is given, in order.
pub enum Work {
    /// A commit with its place.
    Commit(Arc<Record>),
    /// Entries of the index that cover everything before them.
    Index(Leaving),
    /// Other notes.
    Notes(Vec<Note>),
}

/// Why the writer had to give up. There is no second attempt: after a failed sync nobody knows what is on the disk.
#[derive(Debug, thiserror::Error)]
pub enum WriterError {
    /// A record or note has no bytes.
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
}

/// A batch that is ready to be written.
pub struct Prepared {
    batch: Batch,
    head: Head,
    leaving: Vec<Leaving>,
}

impl Writer {
    /// Continues after the log's head.
    pub fn new(log: Arc<dyn Log>, index: Arc<Index>, watermark: Watermark) -> Self {
        let head = log.head();
        Self { log, index, watermark, head }
    }

    /// Writes until the last sender is gone. `durable` is told of each rise of the watermark.
    pub fn run(mut self, mut work: UnboundedReceiver<Work>, durable: impl Fn()) -> Result<(), WriterError> {
        while let Some(first) = work.blocking_recv() {
            let prepared = self.prepare(first, &mut work)?;
            self.write(&prepared)?;
            self.sync(&prepared)?;
            durable();
        }
        Ok(())
    }

    /// Encodes the first piece of work and what waits behind it, as much as fits into one batch.
    pub fn prepare(&self, first: Work, work: &mut UnboundedReceiver<Work>) -> Result<Prepared, WriterError> {
        let batch = Batch { after: self.head.position, ..Batch::default() };
        let mut prepared = Prepared { batch, head: self.head, leaving: Vec::new() };
        let mut next = Some(first);
        let mut bytes = 0;
        while let Some(piece) = next {
            bytes += prepared.take(piece)?;
            let full = prepared.batch.records.len() >= BATCH_COMMITS_MAX || bytes >= BATCH_BYTES_MAX;
            next = if full { None } else { work.try_recv().ok() };
        }
        prepared.batch.head = (!prepared.batch.records.is_empty()).then_some(prepared.head);
        Ok(prepared)
    }

    /// Hands the batch to the log. Nothing is durable yet.
    pub fn write(&mut self, prepared: &Prepared) -> Result<(), WriterError> {
        self.log.write(&prepared.batch)?;
        self.head = prepared.head;
        Ok(())
    }

    /// Makes it durable, and says so.
    pub fn sync(&self, prepared: &Prepared) -> Result<(), WriterError> {
        self.log.sync()?;
        prepared.leaving.iter().for_each(|leaving| self.index.left(leaving));
        self.watermark.raise(prepared.head.position);
        Ok(())
    }
}

impl Prepared {
    /// Adds a piece of work; says how many bytes it took.
    fn take(&mut self, work: Work) -> Result<usize, CodecError> {
        match work {
            Work::Commit(record) => self.chain(&record),
            Work::Notes(notes) => {
                self.batch.notes.extend(notes);
                Ok(0)
            }
            Work::Index(leaving) => {
                self.batch.notes.extend(leaving.notes()?);
                self.leaving.push(leaving);
                Ok(0)
            }
        }
    }

    fn chain(&mut self, record: &Record) -> Result<usize, CodecError> {
        let mut bytes = Vec::with_capacity(512);
        codec::encode_record(record, &mut bytes)?;
        let previous = self.head.hash;
        let hash = chain::link(&previous, &bytes);
        self.head = Head { position: record.last(), hash, recorded_at: record.recorded_at };
        let length = bytes.len();
        self.batch.records.push(StoredRecord { first: record.first, previous, bytes, hash });
        Ok(length)
    }
}
