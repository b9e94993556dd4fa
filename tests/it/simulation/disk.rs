//! A disk that keeps what was synced; a crash loses any tail of the rest. Reads, writes and syncs may fail. Beside it is
//! the vault.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::iter::once;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use events::log::{
    Batch, Head, Log, LogStats, NOTE_BYTES_MAX, ReadError, Reader, Records, StoredNote, StoredRecord, WriteError,
};
use events::record::{Position, Record};
use events::secrets::Secrets;
use events::store::memory_log::MemoryLog;
use events::writer::{Work, Writer};
use tokio::sync::mpsc::UnboundedReceiver;

use super::ever_written::{EverWritten, Written, check_seeds};
use super::fate::Fate;
use super::vault::VaultDisk;

/// This many writes or syncs in ten thousand fail.
const WRITES_FAILING: u64 = 4;
/// This many reads in ten thousand fail, if reads may fail.
const READS_FAILING: u64 = 100;
/// And this many of those after one that failed: disks fail for a while.
const READS_FAILING_ON: u64 = 5_000;

/// The data that survives a crash.
#[derive(Clone)]
pub struct Disk {
    platter: Arc<Mutex<Platter>>,
    /// The vault beside the log.
    pub vault: VaultDisk,
    ever_written: Arc<Mutex<EverWritten>>,
}

#[derive(Default)]
struct Platter {
    head: Option<Head>,
    records: Vec<Written>,
    notes: BTreeMap<Vec<u8>, Vec<u8>>,
    secrets: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The undo record of each batch that was not synced, the oldest first.
    at_risk: VecDeque<Undo>,
    stats: LogStats,
    failed_reads: u64,
    /// True if the last read failed.
    read_failed: bool,
    reads_broken: bool,
}

/// The data that a batch replaced.
struct Undo {
    head: Option<Head>,
    records: usize,
    notes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// The disk as one life of a gateway uses it.
pub struct Mounted {
    disk: Disk,
    fate: Fate,
    failing: Failing,
}

/// The operations that may fail.
#[derive(Debug, Clone, Copy, Default)]
pub struct Failing {
    pub reads: bool,
    pub writes: bool,
}

impl Platter {
    fn store(&mut self, batch: &Batch, records: Vec<Written>) {
        let mut undo = Undo { head: self.head, records: self.records.len(), notes: Vec::new() };
        self.head = batch.head.or(self.head);
        self.records.extend(records);
        for (key, value) in &batch.notes {
            let before = match value {
                Some(value) => self.notes.insert(key.clone(), value.clone()),
                None => self.notes.remove(key),
            };
            undo.notes.push((key.clone(), before));
        }
        self.stats.batches += 1;
        self.stats.commits += batch.records.len() as u64;
        self.at_risk.push_back(undo);
    }

    fn undo(&mut self, undo: Undo) {
        self.head = undo.head;
        self.records.truncate(undo.records);
        for (key, before) in undo.notes.into_iter().rev() {
            match before {
                Some(value) => self.notes.insert(key, value),
                None => self.notes.remove(&key),
            };
        }
    }

    fn synced(&self) -> &[Written] {
        let synced = self.at_risk.front().map_or(self.records.len(), |undo| undo.records);
        &self.records[..synced]
    }
}

impl Disk {
    pub fn new(seed: u64) -> Self {
        Self { platter: Arc::default(), vault: VaultDisk::new(seed), ever_written: Arc::default() }
    }

    /// What was ever written.
    pub fn ever_written(&self) -> MutexGuard<'_, EverWritten> {
        self.ever_written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.platter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loses all batches that were not synced, except the first `kept` of them, and what the vault's copies lose. What is
    /// left of both must fit together.
    pub fn crash(&self, kept: usize, fate: &Fate) {
        self.lose(kept);
        let fits = self.vault.crash(fate).and_then(|()| check_seeds(self.platter().records.iter(), &self.vault));
        self.ever_written().note(fits);
    }

    fn lose(&self, kept: usize) {
        let mut platter = self.platter();
        while platter.at_risk.len() > kept {
            if let Some(undo) = platter.at_risk.pop_back() {
                platter.undo(undo);
            }
        }
        platter.at_risk.clear();
    }

    /// The number of batches that a crash may lose.
    pub fn at_risk(&self) -> usize {
        self.platter().at_risk.len()
    }

    /// The number of reads that have failed.
    pub fn failed_reads(&self) -> u64 {
        self.platter().failed_reads
    }

    /// Makes all later reads fail, or succeed again.
    pub fn break_reads(&self, broken: bool) {
        self.platter().reads_broken = broken;
    }

    /// Mounts the disk for a new life.
    pub fn mount(&self, fate: Fate, failing: Failing) -> Mounted {
        self.platter().read_failed = false;
        Mounted { disk: self.clone(), fate, failing }
    }

    /// Returns a copy of all synced records, without notes.
    pub fn bare_copy(&self) -> MemoryLog {
        self.bare_copy_to(Position::MAX)
    }

    /// Returns a copy of all that is written, with the notes beside the records.
    pub fn whole_copy(&self) -> MemoryLog {
        let copy = MemoryLog::default();
        let platter = self.platter();
        let records = platter.records.iter().map(|written| written.stored.clone()).collect();
        let notes = platter.notes.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
        copy.write(&Batch { after: 0, records, head: platter.head, notes }).unwrap();
        copy
    }

    /// Like [`Disk::bare_copy`], up to a position.
    pub fn bare_copy_to(&self, to: Position) -> MemoryLog {
        let copy = MemoryLog::default();
        let platter = self.platter();
        let records: Vec<_> = platter.synced().iter().take_while(|written| written.stored.first <= to).collect();
        let head = records.last().map(|Written { stored, record, .. }| Head {
            position: record.last(),
            hash: stored.hash,
            recorded_at: record.recorded_at,
        });
        let records = records.into_iter().map(|written| written.stored.clone()).collect();
        copy.write(&Batch { after: 0, records, head, notes: Vec::new() }).unwrap();
        copy
    }

    /// Returns the synced records with events after `position`, with the texts that they were written with.
    pub fn synced_after(&self, position: Position) -> Vec<Record> {
        let platter = self.platter();
        let synced = platter.synced();
        let from = synced.partition_point(|written| written.stored.first <= position);
        synced[from..].iter().map(|written| written.record.clone()).collect()
    }

    /// Returns the position of the last synced event.
    pub fn synced_to(&self) -> Position {
        let platter = self.platter();
        platter.at_risk.front().map_or(platter.head, |undo| undo.head).map_or(0, |head| head.position)
    }
}

impl Mounted {
    /// Reads what is about to be written, whatever becomes of it.
    fn witnessed(&self, batch: &Batch) -> Result<Vec<Written>, WriteError> {
        let mut ever_written = self.disk.ever_written();
        let records = batch.records.iter().map(|stored| ever_written.read(stored, &self.disk.vault));
        let read: Result<Vec<Written>, String> = records.collect();
        batch.notes.iter().for_each(|(key, value)| value.iter().for_each(|value| ever_written.keep(key, value)));
        read.map_err(|rule| {
            let error = io::Error::other(rule.clone());
            ever_written.note(Err(rule));
            WriteError::Unknown(error)
        })
    }

    fn try_read(&self) -> Result<(), ReadError> {
        let mut platter = self.disk.platter();
        let times = if platter.read_failed { READS_FAILING_ON } else { READS_FAILING };
        let fails = platter.reads_broken || self.failing.reads && self.fate.rare_fault("a read fails", times);
        platter.read_failed = fails;
        if fails {
            platter.failed_reads += 1;
            return Err(ReadError::Store(io::Error::other("the simulated disk does not read")));
        }
        Ok(())
    }
}

/// Reads one record after the other.
struct ReadingHead<'a> {
    disk: &'a Disk,
    at: usize,
}

impl ReadingHead<'_> {
    fn seek(&mut self, position: Position) {
        let behind = self.disk.platter().records.partition_point(|written| written.stored.first <= position);
        self.at = behind.saturating_sub(1);
    }
}

impl Iterator for ReadingHead<'_> {
    type Item = Result<StoredRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.disk.platter().records.get(self.at)?.stored.clone();
        self.at += 1;
        Some(Ok(record))
    }
}

impl Reader for ReadingHead<'_> {
    fn pass(&mut self, position: Position) -> Result<(), ReadError> {
        self.seek(position);
        Ok(())
    }
}

impl Log for Mounted {
    fn head(&self) -> Head {
        self.disk.platter().head.unwrap_or(Head::EMPTY)
    }

    fn write(&self, batch: &Batch) -> Result<(), WriteError> {
        let head = self.head().position;
        if head != batch.after {
            return Err(WriteError::Conflict { expected: batch.after, head });
        }
        if let Some(long) =
            batch.notes.iter().filter_map(|(_, value)| value.as_ref()).find(|v| v.len() > NOTE_BYTES_MAX)
        {
            return Err(WriteError::NoteTooLong(long.len()));
        }
        let records = self.witnessed(batch)?;
        let fails = self.failing.writes && self.fate.rare_fault("a write fails", WRITES_FAILING);
        if !fails || self.fate.below(2) == 0 {
            self.disk.platter().store(batch, records);
        }
        if fails { Err(WriteError::Unknown(io::Error::other("the simulated disk does not write"))) } else { Ok(()) }
    }

    fn sync(&self) -> Result<(), WriteError> {
        if self.failing.writes && self.fate.rare_fault("a sync fails", WRITES_FAILING) {
            return Err(WriteError::Unknown(io::Error::other("the simulated disk does not sync")));
        }
        let mut platter = self.disk.platter();
        platter.at_risk.clear();
        platter.stats.syncs += 1;
        Ok(())
    }

    fn read(&self, from: Position) -> Records<'_> {
        if let Err(error) = self.try_read() {
            return Box::new(once(Err(error)));
        }
        if from > self.head().position {
            return Box::new(std::iter::empty());
        }
        let mut head = ReadingHead { disk: &self.disk, at: 0 };
        head.seek(from);
        Box::new(head)
    }

    fn note(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.try_read()?;
        Ok(self.disk.platter().notes.get(key).cloned())
    }

    fn notes(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<StoredNote>, ReadError> {
        self.try_read()?;
        let start = if from > prefix { from } else { prefix };
        let platter = self.disk.platter();
        let found = platter.notes.range(start.to_vec()..).take_while(|(key, _)| key.starts_with(prefix));
        Ok(found.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn note_before(&self, prefix: &[u8], to: &[u8]) -> Result<Option<StoredNote>, ReadError> {
        self.try_read()?;
        let platter = self.disk.platter();
        let last = platter.notes.range(..=to.to_vec()).next_back();
        Ok(last.filter(|(key, _)| key.starts_with(prefix)).map(|(key, value)| (key.clone(), value.clone())))
    }

    fn stats(&self) -> LogStats {
        self.disk.platter().stats
    }
}

impl Secrets for Mounted {
    fn keep(&self, name: &[u8], secret: &[u8]) -> Result<(), WriteError> {
        self.disk.platter().secrets.insert(name.to_vec(), secret.to_vec());
        Ok(())
    }

    fn read(&self, name: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.try_read()?;
        Ok(self.disk.platter().secrets.get(name).cloned())
    }

    fn list(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, ReadError> {
        self.try_read()?;
        let start = if from > prefix { from } else { prefix };
        let platter = self.disk.platter();
        let names = platter.secrets.range(start.to_vec()..).map(|(name, _)| name);
        Ok(names.take_while(|name| name.starts_with(prefix)).take(limit).cloned().collect())
    }

    fn remove(&self, name: &[u8]) -> Result<(), WriteError> {
        self.disk.platter().secrets.remove(name);
        Ok(())
    }
}

/// Runs the writer as a task, with a port call before and after each step. An error ends the process, as in the real
/// gateway.
pub async fn write(mut writer: Writer, mut work: UnboundedReceiver<Work>, fate: Fate) {
    loop {
        let first = if writer.has_backlog() { work.try_recv().ok() } else { work.recv().await };
        if first.is_none() && !writer.has_backlog() {
            return;
        }
        fate.port(2).await;
        let prepared = writer.prepare(first, &mut work).unwrap();
        if writer.write(&prepared).is_err() {
            return fate.die().await;
        }
        fate.port(4).await;
        if writer.sync(prepared).is_err() {
            return fate.die().await;
        }
        fate.port(0).await;
    }
}
