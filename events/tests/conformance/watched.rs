//! A log that records the order of writes and syncs, and fails on request.

use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use events::log::{Batch, Head, Log, LogStats, ReadError, Records, StoredNote, WriteError};
use events::record::Position;
use events::watermark::Watermark;

/// A call to a log, and the durable position at that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogCall {
    Write { commits: usize, notes: usize, durable: Position },
    Sync { durable: Position },
}

/// The call that a log fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    Nothing,
    Write,
    Sync,
}

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

    /// Reads this watermark from now on.
    pub fn looks_at(&self, watermark: &Watermark) {
        self.watermark.set(watermark.clone()).ok().unwrap();
    }

    /// Returns all calls, in order.
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
