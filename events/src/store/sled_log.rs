//! The log on a local disk; the only file that names sled.
//!
//! Measured facts that shape it: `flush` is no fsync on Linux, so the file is synced after it; sled never syncs
//! values that it moves into blob files, so no value exceeds 4 KiB; each key costs CPU, so records share values.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use sled::{Db, IVec, Tree};

use super::catch_panic::without_panic;
use super::head_file::{HeadFile, LastHead};
pub use super::lifecycle::Closed;
use super::lifecycle::{self, Closing, Obstacle};
use super::pages::{self, PAGE_BYTES_MAX};
use crate::codec::{self, Opening};
use crate::ids::Position;
use crate::log::{Batch, Head, Log, LogStats, NOTE_BYTES_MAX, ReadError, Records, StoredNote, WriteError};
use crate::secrets::Secrets;

const RECORD: u8 = b'r';
const NOTE: u8 = b'n';
const SECRETS_TREE: &str = "secrets";

/// Why a log could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The log is already open.
    #[error("the data directory is in use by another process")]
    InUse,
    /// The disk or the store failed.
    #[error("the log cannot be opened")]
    Store(#[source] io::Error),
    /// The log is damaged, or its end cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// The store looks at what its cache holds after every 64 uses of each of its 256 parts. Who reads page after page, and
/// uses each once, has 16,384 pages in memory before the first one goes: 350 MiB, however small the cache. So with a
/// cache of less than this, each page is used so many times more.
const SMALL_CACHE_MB: u64 = 64;
const TOUCHES: u32 = 6;

pub struct SledLog {
    db: Db,
    secrets: Tree,
    file: File,
    head_file: HeadFile,
    head: Mutex<Head>,
    counters: Counters,
    /// How often more than once every page is asked for that is read one after another.
    touches: u32,
    /// Must be dropped last, so it is the last field.
    closing: Closing,
}

#[derive(Default)]
struct Counters {
    batches: AtomicU64,
    syncs: AtomicU64,
    commits: AtomicU64,
    keys: AtomicU64,
}

impl SledLog {
    /// Opens or creates the log in a directory; `cache_mb` limits the store's cache, in MiB.
    pub fn open(directory: &Path, cache_mb: u64) -> Result<Self, OpenError> {
        let path = directory.join("log");
        lifecycle::prepare(&path).map_err(|obstacle| match obstacle {
            Obstacle::InUse => OpenError::InUse,
            Obstacle::Disk(error) => OpenError::Store(error),
            Obstacle::Damage(what) => OpenError::Read(unsound(what)),
        })?;
        let (db, secrets) = without_panic(|| open_store(&path, cache_mb)).map_err(unsound)??;
        let file = File::options().read(true).write(true).open(path.join("db")).map_err(OpenError::Store)?;
        let (head_file, seen) = HeadFile::open(&path).map_err(OpenError::Store)?;
        let closing = Closing::of(path);
        let (head, counters) = (Mutex::new(Head::EMPTY), Counters::default());
        let touches = if cache_mb < SMALL_CACHE_MB { TOUCHES } else { 0 };
        let log = Self { db, secrets, file, head_file, head, counters, touches, closing };
        let head = log.read_head()?;
        log.set_head(head);
        log.compare(seen)?;
        log.sync_all(log.closing.folder()).map_err(OpenError::Store)?;
        Ok(log)
    }

    /// Returns a handle that tells when the log is closed for good: nobody writes any more, and sealing is over.
    pub fn closed(&self) -> Closed {
        self.closing.closed()
    }

    /// Checks that the last durable record is still there; an empty log had none.
    fn compare(&self, seen: Option<LastHead>) -> Result<(), ReadError> {
        let Some(seen) = seen.filter(|seen| seen.position > 0) else { return Ok(()) };
        let head = self.head().position;
        let damaged = |position, what: &str| ReadError::Damaged { position, what: what.to_owned() };
        if head < seen.position {
            return Err(damaged(head.saturating_add(1), "missing, as all up to the end"));
        }
        match Log::read(self, seen.position).next().transpose()? {
            Some(record) if record.hash != seen.hash => Err(damaged(seen.position, "another record in its place")),
            _ => Ok(()),
        }
    }

    /// Returns the bytes that the store takes on disk; 0 if that is unknown.
    pub fn bytes_on_disk(&self) -> u64 {
        self.db.size_on_disk().unwrap_or(0)
    }

    /// Syncs everything, including the directory entries of a new store.
    fn sync_all(&self, path: &Path) -> io::Result<()> {
        self.db.flush()?;
        self.file.sync_all()?;
        for folder in [Some(path), path.parent()].into_iter().flatten() {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    fn read_head(&self) -> Result<Head, ReadError> {
        let Some(last) = self.db.scan_prefix([RECORD]).keys().next_back() else { return Ok(Head::EMPTY) };
        let key = last.map_err(store)?;
        let (position, _) = parse_record_key(&key).ok_or_else(|| malformed_key(0))?;
        let last = self.records(position)?.last().ok_or_else(|| malformed_key(position))??;
        let record = codec::decode(&last, Opening::Shut)?;
        Ok(Head { position: record.last(), hash: last.hash, recorded_at: record.recorded_at })
    }

    /// Returns the records, beginning with the one that holds `from`. Most pages have one part: then one search is
    /// enough.
    fn records(&self, from: Position) -> Result<pages::Records<'_>, ReadError> {
        let mut before = self.db.range(record_key(0, 0)..=record_key(from, u16::MAX));
        let found = before.next_back().transpose().map_err(store)?.map(part).transpose()?;
        let (first, whole) = match found {
            Some((first, 0, page)) => (first, Some(Ok((first, page)))),
            Some((first, ..)) => (first, None),
            None => (from, None),
        };
        let rest = self.db.range(record_key(first, u16::from(whole.is_some()))..record_key(u64::MAX, u16::MAX));
        let rest = rest.map(|item| {
            let item = item.map_err(store)?;
            (0..self.touches).try_for_each(|_| self.db.contains_key(&item.0).map(drop)).map_err(store)?;
            part(item).map(|(first, _, bytes)| (first, bytes))
        });
        Ok(pages::Records::of(Box::new(whole.into_iter().chain(rest)), from))
    }

    fn set_head(&self, head: Head) {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = head;
    }

    fn encode(batch: &Batch) -> Result<(sled::Batch, u64), WriteError> {
        let mut out = sled::Batch::default();
        let mut keys = 0_u64;
        for (first, page) in pages::pack(&batch.records) {
            for (part, bytes) in (0_u16..).zip(page.chunks(PAGE_BYTES_MAX)) {
                out.insert(&record_key(first, part), bytes);
                keys += 1;
            }
        }
        for (key, value) in &batch.notes {
            match value {
                Some(value) if value.len() > NOTE_BYTES_MAX => return Err(WriteError::NoteTooLong(value.len())),
                Some(value) => out.insert(note_key(key), value.as_slice()),
                None => out.remove(note_key(key)),
            }
            keys += 1;
        }
        Ok((out, keys))
    }
}

impl Log for SledLog {
    fn head(&self) -> Head {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, batch: &Batch) -> Result<(), WriteError> {
        let head = self.head().position;
        if head != batch.after {
            return Err(WriteError::Conflict { expected: batch.after, head });
        }
        let (out, keys) = Self::encode(batch)?;
        self.db.apply_batch(out).map_err(|error| WriteError::Unknown(error.into()))?;
        if let Some(head) = batch.head {
            self.set_head(head);
        }
        self.counters.batches.fetch_add(1, Ordering::Relaxed);
        self.counters.commits.fetch_add(batch.records.len() as u64, Ordering::Relaxed);
        self.counters.keys.fetch_add(keys, Ordering::Relaxed);
        Ok(())
    }

    fn sync(&self) -> Result<(), WriteError> {
        let Head { position, hash, .. } = self.head();
        self.db.flush().map_err(|error| WriteError::Unknown(error.into()))?;
        self.file.sync_data().map_err(WriteError::Unknown)?;
        self.head_file.see(LastHead { position, hash }).map_err(WriteError::Unknown)?;
        self.counters.syncs.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn read(&self, from: Position) -> Records<'_> {
        if from > self.head().position {
            return Box::new(std::iter::empty());
        }
        match self.records(from) {
            Ok(records) => Box::new(records),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }

    fn note(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.db.get(note_key(key)).map_err(store)?.map(|value| value.to_vec()))
    }

    fn notes(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<StoredNote>, ReadError> {
        let start = note_key(if from > prefix { from } else { prefix });
        let wanted = note_key(prefix);
        let found = self.db.range(start..).take_while(|item| match item {
            Ok((key, _)) => key.starts_with(&wanted),
            Err(_) => true,
        });
        found.take(limit).map(|item| item.map(bare).map_err(store)).collect()
    }

    fn note_before(&self, prefix: &[u8], to: &[u8]) -> Result<Option<StoredNote>, ReadError> {
        let last = self.db.range(..=note_key(to)).next_back().transpose().map_err(store)?;
        Ok(last.filter(|(key, _)| key.starts_with(&note_key(prefix))).map(bare))
    }

    fn stats(&self) -> LogStats {
        LogStats {
            batches: self.counters.batches.load(Ordering::Relaxed),
            syncs: self.counters.syncs.load(Ordering::Relaxed),
            commits: self.counters.commits.load(Ordering::Relaxed),
            keys: self.counters.keys.load(Ordering::Relaxed),
        }
    }
}

impl Secrets for SledLog {
    fn keep(&self, name: &[u8], secret: &[u8]) -> Result<(), WriteError> {
        if secret.len() > NOTE_BYTES_MAX {
            return Err(WriteError::NoteTooLong(secret.len()));
        }
        self.secrets.insert(name, secret).map_err(|error| WriteError::Unknown(error.into()))?;
        self.sync()
    }

    fn read(&self, name: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.secrets.get(name).map_err(store)?.map(|value| value.to_vec()))
    }

    fn list(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, ReadError> {
        let names = self.secrets.range(from.max(prefix)..).keys();
        let wanted = names.take_while(|name| name.as_ref().map_or(true, |name| name.starts_with(prefix)));
        wanted.take(limit).map(|name| name.map(|name| name.to_vec()).map_err(store)).collect()
    }

    fn remove(&self, name: &[u8]) -> Result<(), WriteError> {
        self.secrets.remove(name).map_err(|error| WriteError::Unknown(error.into()))?;
        self.sync()
    }
}

/// Converts a part of a page without copying it; returns where its page begins, which part it is, and its bytes.
fn part((key, value): (IVec, IVec)) -> Result<(Position, u16, Bytes), ReadError> {
    let (first, part) = parse_record_key(&key).ok_or_else(|| malformed_key(0))?;
    Ok((first, part, Bytes::from_owner(value)))
}

fn record_key(position: Position, part: u16) -> [u8; 11] {
    let mut key = [RECORD; 11];
    let (_, rest) = key.split_at_mut(1);
    let (place, number) = rest.split_at_mut(8);
    place.copy_from_slice(&position.to_be_bytes());
    number.copy_from_slice(&part.to_be_bytes());
    key
}

fn parse_record_key(key: &[u8]) -> Option<(Position, u16)> {
    let (place, part) = key.strip_prefix(&[RECORD])?.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*place), u16::from_be_bytes(*part.first_chunk::<2>()?)))
}

/// Removes the mark of its kind from a note's key.
fn bare((key, value): (IVec, IVec)) -> StoredNote {
    (key.iter().skip(1).copied().collect(), value.to_vec())
}

fn note_key(key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len() + 1);
    out.push(NOTE);
    out.extend_from_slice(key);
    out
}

fn malformed_key(position: Position) -> ReadError {
    ReadError::Damaged { position, what: "malformed key".to_owned() }
}

/// Converts a sled error. A failure of sled's own checksums is damage; sled may say where.
fn store(error: sled::Error) -> ReadError {
    match error {
        sled::Error::Corruption { at: Some(at), .. } => unsound(format!("unreadable bytes of db at {at:?}")),
        sled::Error::Corruption { at: None, .. } => unsound("unreadable bytes".to_owned()),
        // We never open it with other settings, so the file was changed.
        sled::Error::Unsupported(what) => unsound(format!("conf has changed: {what}")),
        error => ReadError::Store(error.into()),
    }
}

/// The store itself is damaged: nobody knows which record is affected.
const fn unsound(what: String) -> ReadError {
    ReadError::Damaged { position: 0, what }
}

fn open_store(path: &Path, cache_mb: u64) -> Result<(Db, Tree), OpenError> {
    let config = sled::Config::new().path(path).cache_capacity(cache_mb.max(1) << 20);
    let db = config.open().map_err(|error| open_error(error, path))?;
    let secrets = db.open_tree(SECRETS_TREE).map_err(|error| OpenError::Read(store(error)))?;
    Ok((db, secrets))
}

fn open_error(error: sled::Error, path: &Path) -> OpenError {
    match store(error) {
        _ if lifecycle::is_locked(path) => OpenError::InUse,
        ReadError::Store(error) => OpenError::Store(error),
        damaged @ ReadError::Damaged { .. } => OpenError::Read(damaged),
    }
}

impl Drop for SledLog {
    fn drop(&mut self) {
        // A failure is only logged: at the next start the lost bytes show as a difference from the seal, or from the
        // head file.
        let flushed = self.db.flush().map(drop).map_err(io::Error::from);
        let synced = flushed.and_then(|()| self.file.sync_all()).and_then(|()| self.head_file.sync());
        if let Err(error) = synced {
            tracing::error!(%error, "the log cannot be closed cleanly");
        }
    }
}
