//! A disk that keeps what was synced and forgets, in a crash, any tail of what was not.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use events::log::{Batch, Head, Log, LogStats, ReadError, Records, StoredNote, StoredRecord, WriteError};
use events::memory_log::MemoryLog;
use events::record::{Position, Record, decode};
use events::writer::{Work, Writer};
use tokio::sync::mpsc::UnboundedReceiver;

use super::fate::Fate;

/// What outlives a crash.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<Platter>>);

#[derive(Default)]
struct Platter {
    batches: Vec<Arc<Batch>>,
    synced: usize,
    secrets: Vec<(Vec<u8>, Vec<u8>)>,
}

/// The disk as one life of a gateway sees it.
pub struct Mounted {
    disk: Disk,
    seen: MemoryLog,
}

impl Disk {
    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was not synced, but for the first `kept` batches of it.
    pub fn crash(&self, kept: usize) {
        let mut platter = self.platter();
        let kept = platter.synced + kept;
        platter.batches.truncate(kept);
        platter.synced = platter.batches.len();
    }

    /// Batches that a crash may forget.
    pub fn at_risk(&self) -> usize {
        let platter = self.platter();
        platter.batches.len() - platter.synced
    }

    /// The disk for a new life.
    pub fn mount(&self) -> Mounted {
        let seen = MemoryLog::default();
        let platter = self.platter();
        for batch in &platter.batches {
            seen.write(batch).unwrap();
        }
        for (name, secret) in &platter.secrets {
            seen.keep_secret(name, secret).unwrap();
        }
        drop(platter);
        Mounted { disk: self.clone(), seen }
    }

    /// A copy of all synced records without any notes.
    pub fn bare_copy(&self) -> MemoryLog {
        let copy = MemoryLog::default();
        let platter = self.platter();
        for batch in platter.batches.iter().take(platter.synced) {
            copy.write(&Batch { notes: Vec::new(), ..Batch::clone(batch) }).unwrap();
        }
        copy
    }

    /// Synced records whose events lie behind `position`.
    pub fn synced_after(&self, position: Position) -> Vec<Record> {
        let platter = self.platter();
        let mut batches: Vec<_> = platter.batches.iter().take(platter.synced).rev().collect();
        let known = batches.iter().position(|batch| batch.head.is_some_and(|head| head.position <= position));
        batches.truncate(known.unwrap_or(batches.len()));
        let records = batches.into_iter().rev().flat_map(|batch| batch.records.iter());
        records.filter(|stored: &&StoredRecord| stored.first > position).map(|stored| decode(stored).unwrap()).collect()
    }
}

impl Log for Mounted {
    fn head(&self) -> Head {
        self.seen.head()
    }

    fn write(&self, batch: &Batch) -> Result<(), WriteError> {
        self.seen.write(batch)?;
        self.disk.platter().batches.push(Arc::new(batch.clone()));
        Ok(())
    }

    fn sync(&self) -> Result<(), WriteError> {
        let mut platter = self.disk.platter();
        platter.synced = platter.batches.len();
        drop(platter);
        self.seen.sync()
    }

    fn read(&self, from: Position) -> Records<'_> {
        self.seen.read(from)
    }

    fn note(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.seen.note(key)
    }

    fn notes(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<StoredNote>, ReadError> {
        self.seen.notes(prefix, from, limit)
    }

    fn note_before(&self, prefix: &[u8], to: &[u8]) -> Result<Option<StoredNote>, ReadError> {
        self.seen.note_before(prefix, to)
    }

    fn stats(&self) -> LogStats {
        self.seen.stats()
    }

    fn keep_secret(&self, name: &[u8], secret: &[u8]) -> Result<(), WriteError> {
        self.disk.platter().secrets.push((name.to_vec(), secret.to_vec()));
        self.seen.keep_secret(name, secret)
    }

    fn secret(&self, name: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.seen.secret(name)
    }
}

/// The writer as a task, with a port call before and after each step.
pub async fn write(mut writer: Writer, mut work: UnboundedReceiver<Work>, fate: Fate) {
    loop {
        let first = if writer.has_backlog() { work.try_recv().ok() } else { work.recv().await };
        if first.is_none() && !writer.has_backlog() {
            return;
        }
        fate.port(2).await;
        let prepared = writer.prepare(first, &mut work).unwrap();
        writer.write(&prepared).unwrap();
        fate.port(4).await;
        writer.sync(prepared).unwrap();
        fate.port(0).await;
    }
}
