//! The log in memory, for tests and trials: the same guarantees, except that nothing survives the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ids::Position;
use crate::log::{
    Batch, Head, Log, LogStats, NOTE_BYTES_MAX, ReadError, Reader, Records, StoredNote, StoredRecord, WriteError,
};
use crate::secrets::Secrets;

#[derive(Default)]
pub struct MemoryLog {
    stored: Mutex<Stored>,
}

#[derive(Default)]
struct Stored {
    head: Option<Head>,
    records: BTreeMap<Position, StoredRecord>,
    notes: BTreeMap<Vec<u8>, Vec<u8>>,
    secrets: BTreeMap<Vec<u8>, Vec<u8>>,
    stats: LogStats,
}

impl MemoryLog {
    fn lock(&self) -> MutexGuard<'_, Stored> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record_after(&self, from: Position) -> Option<StoredRecord> {
        self.lock().records.range(from..).next().map(|(_, record)| record.clone())
    }
}

impl Log for MemoryLog {
    fn head(&self) -> Head {
        self.lock().head.unwrap_or(Head::EMPTY)
    }

    fn write(&self, batch: &Batch) -> Result<(), WriteError> {
        let head = self.head().position;
        if head != batch.after {
            return Err(WriteError::Conflict { expected: batch.after, head });
        }
        if let Some((_, Some(value))) =
            batch.notes.iter().find(|(_, value)| value.as_ref().is_some_and(|value| value.len() > NOTE_BYTES_MAX))
        {
            return Err(WriteError::NoteTooLong(value.len()));
        }
        let mut stored = self.lock();
        stored.head = batch.head.or(stored.head);
        stored.records.extend(batch.records.iter().map(|record| (record.first, record.clone())));
        for (key, value) in &batch.notes {
            match value {
                Some(value) => stored.notes.insert(key.clone(), value.clone()),
                None => stored.notes.remove(key),
            };
        }
        stored.stats.batches += 1;
        stored.stats.commits += batch.records.len() as u64;
        stored.stats.keys += (batch.records.len() + batch.notes.len()) as u64;
        Ok(())
    }

    fn sync(&self) -> Result<(), WriteError> {
        self.lock().stats.syncs += 1;
        Ok(())
    }

    fn read(&self, from: Position) -> Records<'_> {
        if from > self.head().position {
            return Box::new(std::iter::empty());
        }
        let mut reading = Cursor { log: self, next: from };
        reading.seek(from);
        Box::new(reading)
    }

    fn note(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.lock().notes.get(key).cloned())
    }

    fn notes(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<StoredNote>, ReadError> {
        let start = if from > prefix { from } else { prefix };
        let stored = self.lock();
        let found = stored.notes.range(start.to_vec()..).take_while(|(key, _)| key.starts_with(prefix));
        Ok(found.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn note_before(&self, prefix: &[u8], to: &[u8]) -> Result<Option<StoredNote>, ReadError> {
        let stored = self.lock();
        let last = stored.notes.range(..=to.to_vec()).next_back();
        Ok(last.filter(|(key, _)| key.starts_with(prefix)).map(|(key, value)| (key.clone(), value.clone())))
    }

    fn stats(&self) -> LogStats {
        self.lock().stats
    }
}

impl Secrets for MemoryLog {
    fn keep(&self, name: &[u8], secret: &[u8]) -> Result<(), WriteError> {
        if secret.len() > NOTE_BYTES_MAX {
            return Err(WriteError::NoteTooLong(secret.len()));
        }
        self.lock().secrets.insert(name.to_vec(), secret.to_vec());
        self.sync()
    }

    fn read(&self, name: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.lock().secrets.get(name).cloned())
    }

    fn list(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, ReadError> {
        let start = if from > prefix { from } else { prefix };
        let stored = self.lock();
        let names = stored.secrets.range(start.to_vec()..).map(|(name, _)| name);
        Ok(names.take_while(|name| name.starts_with(prefix)).take(limit).cloned().collect())
    }

    fn remove(&self, name: &[u8]) -> Result<(), WriteError> {
        self.lock().secrets.remove(name);
        self.sync()
    }
}

/// Reads records from a position on.
struct Cursor<'a> {
    log: &'a MemoryLog,
    next: Position,
}

impl Cursor<'_> {
    fn seek(&mut self, position: Position) {
        self.next = self.log.lock().records.range(..=position).next_back().map_or(position, |(first, _)| *first);
    }
}

impl Iterator for Cursor<'_> {
    type Item = Result<StoredRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.log.record_after(self.next)?;
        self.next = record.first.saturating_add(1);
        Some(Ok(record))
    }
}

impl Reader for Cursor<'_> {
    fn pass(&mut self, position: Position) -> Result<(), ReadError> {
        self.seek(position);
        Ok(())
    }
}
