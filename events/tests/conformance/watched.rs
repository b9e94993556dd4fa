//! A log that notes the order of writes and syncs, and fails when it is told to.

use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use events::log::{Batch, Head, Log, LogStats, ReadError, Records, StoredNote, WriteError};
use events::record::Position;
use events::watermark::Watermark;

/// What was asked of a log, and how far the watermark was at that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogCall {
    Write { commits: usize, notes: usize, durable: Position },
    Sync { durable: Position },
}

/// What a log refuses to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    Nothing,
    Write,
    Sync,
}

/// Notes the order of writes and syncs.
pub struct Watched {
    inner: Arc<dyn Log>,
    broken: Broken,
    watermark: OnceLock<Watermark>,
    seen: Mutex<Vec<LogCall>>,
}

impl Watched {
    pub fn new(inner: Arc<dyn Log>, broken: Broken) -> Self {
        Self { inner, broken, watermark: OnceLock::new(), seen: Mutex::default() }
    }

    /// From now on this watermark is looked at.
    pub fn looks_at(&self, watermark: &Watermark) {
        self.watermark.set(watermark.clone()).ok().unwrap();
    }

    /// All that was asked, in order.
    pub fn seen(&self) -> Vec<LogCall> {
        self.seen.lock().unwrap().clone()
    }

    fn durable(&self) -> Position {
        self.watermark.get().unwrap().durable()
    }

    fn see(&self, seen: LogCall) {
        self.seen.lock().unwrap().push(seen);
    }
}

fn failure() -> WriteError {
    WriteError::Unknown(io::Error::other("no space left on device"))
}

impl Log for Watched {
    fn head(&self) -> Head {
        self.inner.head()
    }

    fn write(&self, batch: &Batch) -> Result<(), WriteError> {
        self.see(LogCall::Write { commits: batch.records.len(), notes: batch.notes.len(), durable: self.durable() });
        if self.broken == Broken::Write { Err(failure()) } else { self.inner.write(batch) }
    }

    fn sync(&self) -> Result<(), WriteError> {
        self.see(LogCall::Sync { durable: self.durable() });
        if self.broken == Broken::Sync { Err(failure()) } else { self.inner.sync() }
    }

    fn read(&self, from: Position) -> Records<'_> {
        self.inner.read(from)
    }

    fn note(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.inner.note(key)
    }

    fn notes(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<StoredNote>, ReadError> {
        self.inner.notes(prefix, from, limit)
    }

    fn note_before(&self, prefix: &[u8], to: &[u8]) -> Result<Option<StoredNote>, ReadError> {
        self.inner.note_before(prefix, to)
    }

    fn stats(&self) -> LogStats {
        self.inner.stats()
    }
}
