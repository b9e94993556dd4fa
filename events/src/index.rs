//! Look-ups by stream, message, recipient, key and token; all of it can be rebuilt from the records.
//!
//! Entries live in memory from the moment a commit is sequenced until they are stored as notes, so a decision sees
//! every sequenced commit. Stored notes cover the log up to a position; a start rebuilds the rest from the records.

mod entries;
mod find_by_name;
mod flush;
mod keys;
mod long;
mod stored_cache;
mod upgrade_titles;

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use entries::{AccountEntry, ChatEntry, KeyEntry, Remembered, ReportingEntry, Value, touched};
pub use flush::FlushBatch;
pub(crate) use flush::{Flushing, Reclaimed};
pub use keys::{IndexKey, Series};

use self::entries::{Change, Entries};
use self::flush::Packed;
use self::keys::{Moment, SetKey};
use self::long::Long;
use self::stored_cache::StoredCache;
use crate::codec::{self, decode};
use crate::ids::Position;
use crate::log::{Log, Note, ReadError};
use crate::notes::Space;
use crate::record::Record;

/// The most positions of a series in one note.
const BLOCK: usize = 400;
/// Entries are flushed once there are this many.
const STORE_AT: usize = 8_192;
const BLOCKS_AT_ONCE: usize = 16;
/// Version of the stored notes. Notes of an earlier version lack something, which is read from the records once.
const VERSION: u8 = 3;

/// The index of one log. Shared by all threads.
pub struct Index {
    log: Arc<dyn Log>,
    memory: Mutex<Memory>,
    in_parts: Mutex<Long>,
    /// True if something could not be made into a note. From then on nothing more counts as stored: memory keeps all
    /// of it, and the next start reads it from the records.
    stuck: AtomicBool,
}

/// Entries that are not stored yet: batches on their way to the disk, and the one still being filled.
#[derive(Default)]
struct Memory {
    flushing: Vec<Arc<Entries>>,
    active: Entries,
    /// Stored values; entries above go first.
    stored: StoredCache,
}

impl Index {
    /// Opens the index; reads from the records what the stored notes do not cover yet.
    pub fn open(log: Arc<dyn Log>) -> Result<Self, ReadError> {
        let (covered, version) = match log.note(Space::IndexCovered.prefix())? {
            Some(bytes) => (number(&bytes)?, bytes.get(8).copied().unwrap_or(0)),
            None => (0, VERSION),
        };
        let mut gathering = Entries::default();
        if version < VERSION {
            gathering = since_earlier_version(log.as_ref(), covered)?;
            upgrade_titles::compare(log.as_ref(), &mut gathering)?;
        }
        for stored in log.read(covered.saturating_add(1)) {
            let stored = stored?;
            gathering.add(&decode(&stored)?);
        }
        let in_parts = Mutex::new(Long::read(log.as_ref())?);
        let memory = Mutex::new(Memory { active: gathering, ..Memory::default() });
        Ok(Self { log, memory, in_parts, stuck: AtomicBool::new(false) })
    }

    fn in_parts(&self) -> MutexGuard<'_, Long> {
        self.in_parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the index as stuck, because something could not be made into a note, and logs the error.
    pub(crate) fn get_stuck(&self, error: &dyn std::fmt::Display) {
        tracing::error!(%error, "look-ups cannot be stored; they are kept in memory, and read from the log by the next start");
        self.stuck.store(true, Ordering::Release);
    }

    pub(crate) fn is_stuck(&self) -> bool {
        self.stuck.load(Ordering::Acquire)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, record: &Record) {
        self.memory().active.add(record);
    }

    /// Looks up a value; sees all sequenced commits.
    pub fn find<T: Value>(&self, lookup: &IndexKey) -> Result<Option<T>, ReadError> {
        self.find_durable(lookup, Position::MAX)
    }

    /// Looks up a value as of `position`, so that callers see only durable values. Only for values that never change
    /// between being set and being removed.
    pub fn find_durable<T: Value>(&self, lookup: &IndexKey, position: Position) -> Result<Option<T>, ReadError> {
        let (held, mark) = self.memory().held(lookup, position);
        let bytes = match held {
            Some(held) => held.bytes(),
            None => self.stored(lookup, mark)?,
        };
        bytes.map(|bytes| codec::decode_value(&bytes).map_err(|error| damaged(0, &error))).transpose()
    }

    /// Reads a stored value, and keeps it if it may be asked for again soon.
    fn stored(&self, lookup: &IndexKey, mark: u64) -> Result<Option<Vec<u8>>, ReadError> {
        let value = long::value(self.log.as_ref(), &lookup.key())?;
        if let Some(value) = value.as_deref().filter(|_| StoredCache::is_for(lookup)) {
            self.memory().stored.keep(lookup, value, mark);
        }
        Ok(value)
    }

    /// Returns the positions of a series' events from `from` to `to`, ascending, at most `limit`.
    pub fn positions(
        &self,
        series: Series,
        from: Position,
        to: Position,
        limit: usize,
    ) -> Result<Vec<Position>, ReadError> {
        // Memory before disk: entries that are stored in between are seen twice, never missed.
        let mut found = self.memory().series(series);
        self.packed_positions(series, &mut found)?;
        self.stored_positions(series, from, to, limit, &mut found)?;
        found.retain(|position| (from..=to).contains(position));
        found.sort_unstable();
        found.dedup();
        found.truncate(limit);
        Ok(found)
    }

    /// Returns the positions of a series' last events up to `to`, descending, at most `limit`.
    pub fn latest(&self, series: Series, to: Position, limit: usize) -> Result<Vec<Position>, ReadError> {
        let latest = |mut found: Vec<Position>| {
            found.retain(|position| *position <= to);
            found.sort_unstable_by_key(|position| std::cmp::Reverse(*position));
            found.dedup();
            found.truncate(limit);
            found
        };
        let mut found = latest(self.memory().series(series));
        // Entries that are only in memory are newer than all stored ones.
        if found.len() < limit {
            self.packed_positions(series, &mut found)?;
            self.stored_latest(series, to, limit, &mut found)?;
            found = latest(found);
        }
        Ok(found)
    }

    /// Adds the stored positions of a message that were packed together with those of messages queued at the same
    /// moment.
    fn packed_positions(&self, series: Series, found: &mut Vec<Position>) -> Result<(), ReadError> {
        let Series::Message(message) = series else { return Ok(()) };
        let prefix = Moment::of(message).prefix();
        let mut start = prefix.clone();
        loop {
            let blocks = self.log.notes(&prefix, &start, BLOCKS_AT_ONCE)?;
            for (_, block) in &blocks {
                let block: Packed = codec::decode_value(block).map_err(|error| damaged(0, &error))?;
                found.extend(block.of(message));
            }
            match blocks.last() {
                Some((key, _)) if blocks.len() == BLOCKS_AT_ONCE => {
                    start.clone_from(key);
                    start.push(0);
                }
                _ => return Ok(()),
            }
        }
    }

    fn stored_positions(
        &self,
        series: Series,
        from: Position,
        to: Position,
        limit: usize,
        found: &mut Vec<Position>,
    ) -> Result<(), ReadError> {
        let prefix = series.prefix();
        let mut start = prefix.clone();
        if from > 1 {
            let before = self.log.note_before(&prefix, &series.block(from))?;
            start = before.map_or(start, |(key, _)| key);
        }
        let mut usable = 0;
        loop {
            let blocks = self.log.notes(&prefix, &start, BLOCKS_AT_ONCE)?;
            for (_, block) in &blocks {
                let block = positions_of(block)?;
                usable += block.iter().filter(|position| **position >= from).count();
                found.extend(block);
            }
            match blocks.last() {
                Some((key, _)) if blocks.len() == BLOCKS_AT_ONCE && usable < limit && keys::block_start(key) <= to => {
                    start.clone_from(key);
                    start.push(0);
                }
                _ => return Ok(()),
            }
        }
    }

    fn stored_latest(
        &self,
        series: Series,
        to: Position,
        limit: usize,
        found: &mut Vec<Position>,
    ) -> Result<(), ReadError> {
        let prefix = series.prefix();
        let (mut end, mut usable) = (to, 0);
        while let Some((key, block)) = self.log.note_before(&prefix, &series.block(end))? {
            let block = positions_of(&block)?;
            usable += block.iter().filter(|position| **position <= to).count();
            found.extend(block);
            match keys::block_start(&key).checked_sub(1) {
                Some(before) if usable < limit => end = before,
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    /// Takes the entries gathered so far for storing; they cover all records up to `covers`. `None` if there are too
    /// few to be worth it, or, with `all`, none.
    pub(crate) fn begin_flush(&self, covers: Position, all: bool) -> Option<FlushBatch> {
        let mut memory = self.memory();
        if memory.active.len() == 0 || (!all && memory.active.len() < STORE_AT) {
            return None;
        }
        let entries = Arc::new(std::mem::take(&mut memory.active));
        memory.flushing.push(Arc::clone(&entries));
        Some(FlushBatch { entries, covers })
    }

    /// Forgets a batch that is stored now; the caller frees its memory little by little.
    pub(crate) fn finish_flush(&self, stored: Flushing) -> Reclaimed {
        if self.is_stuck() {
            return Reclaimed::default();
        }
        let changed: Vec<&IndexKey> = stored.entries.lookups().filter(|lookup| StoredCache::is_for(lookup)).collect();
        let mut memory = self.memory();
        memory.stored.forget(changed);
        memory.flushing.retain(|entries| !Arc::ptr_eq(entries, &stored.entries));
        drop(memory);
        stored.reclaim()
    }

    /// Returns removals for the notes of expired idempotency keys, at most `limit`.
    pub fn expired(&self, before: crate::time::Timestamp, limit: usize) -> Result<Vec<Note>, ReadError> {
        // Read memory before the disk: a key that was renewed but not stored yet must not be removed with its old
        // note.
        let renewed = self.memory().keys();
        let mut expired = Vec::new();
        let mut start = Space::Idempotency.key(&[]);
        loop {
            let found = self.log.notes(Space::Idempotency.prefix(), &start, 512)?;
            let Some((last, _)) = found.last() else { return Ok(expired) };
            start.clone_from(last);
            start.push(0);
            for (key, value) in found {
                let value: Remembered = codec::decode_value(&value).map_err(|error| damaged(0, &error))?;
                if value.at < before && expired.len() < limit && !renewed.contains(&key) {
                    expired.push((key, None));
                }
            }
            if expired.len() >= limit {
                return Ok(expired);
            }
        }
    }

    /// Filters those that may still be removed: a key can have been used again since it was found to be expired.
    pub fn still_expired(&self, before: crate::time::Timestamp, found: Vec<Note>) -> Result<Vec<Note>, ReadError> {
        let renewed = self.memory().keys();
        let mut still = Vec::with_capacity(found.len());
        for (key, _) in found {
            let value = self.log.note(&key)?.map(|value| codec::decode_value::<Remembered>(&value));
            match value.transpose().map_err(|error| damaged(0, &error))? {
                Some(value) if value.at < before && !renewed.contains(&key) => still.push((key, None)),
                _ => {}
            }
        }
        Ok(still)
    }
}

impl Memory {
    /// Returns what memory knows of a value, and the mark with which to keep one that is read instead.
    fn held(&mut self, lookup: &IndexKey, position: Position) -> (Option<Change>, u64) {
        let entry = self.get_at(lookup, position);
        let held = entry.or_else(|| self.stored.get(lookup).map(Change::Value));
        (held, self.stored.mark())
    }

    fn get_at(&self, lookup: &IndexKey, position: Position) -> Option<Change> {
        let leaving = self.flushing.iter().rev().map(AsRef::as_ref);
        std::iter::once(&self.active).chain(leaving).find_map(|entries| entries.get_at(lookup, position))
    }

    /// Returns the members whose membership is known in memory; the latest change wins.
    fn members(&self, shared: &SetKey) -> BTreeMap<u64, bool> {
        let all = self.flushing.iter().map(AsRef::as_ref).chain(std::iter::once(&self.active));
        all.flat_map(|entries| entries.members(shared)).collect()
    }

    /// Returns the note keys of all idempotency keys that are not stored yet.
    fn keys(&self) -> HashSet<Vec<u8>> {
        let all = self.flushing.iter().map(AsRef::as_ref).chain(std::iter::once(&self.active));
        all.flat_map(Entries::idempotency_keys).collect()
    }

    fn series(&self, series: Series) -> Vec<Position> {
        let all = self.flushing.iter().map(AsRef::as_ref).chain(std::iter::once(&self.active));
        all.flat_map(|entries| entries.positions(series)).collect()
    }
}

/// Collects what notes of an earlier version lack about the records that they cover.
fn since_earlier_version(log: &dyn Log, covered: Position) -> Result<Entries, ReadError> {
    let mut entries = Entries::default();
    for stored in log.read(1) {
        let record = decode(&stored?)?;
        if record.first > covered {
            break;
        }
        entries.add_again(&record);
    }
    Ok(entries)
}

fn damaged(position: Position, error: &codec::CodecError) -> ReadError {
    ReadError::Damaged { position, what: error.to_string() }
}

fn positions_of(block: &[u8]) -> Result<Vec<Position>, ReadError> {
    codec::decode_value(block).map_err(|error| damaged(0, &error))
}

fn number(bytes: &[u8]) -> Result<u64, ReadError> {
    let bytes = bytes.first_chunk::<8>().ok_or(ReadError::Damaged { position: 0, what: "short note".to_owned() })?;
    Ok(u64::from_be_bytes(*bytes))
}
