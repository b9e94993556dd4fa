//! Look-ups by stream, message, recipient, key and token; all of it can be rebuilt from the records.
//!
//! Entries live in memory from the moment a commit is sequenced until they are stored as notes, so a decision sees
//! every sequenced commit. Stored notes cover the log up to a position; a start rebuilds the rest from the records.
//! Names and addresses in notes are sealed, and found by digests under a key of the workspace.

pub(crate) mod beside_vault;
mod entries;
mod find_by_name;
mod flush;
mod keys;
mod long;
mod lookup_keys;
mod positions;
mod remake;
mod stored_cache;
mod streams;
mod values;

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use entries::Ready;
pub use entries::touched;
pub use flush::FlushBatch;
pub(crate) use flush::{Flushing, Reclaimed};
pub use keys::{IndexKey, Series, StreamRange};
pub use values::{AccountEntry, ChatEntry, ErasedEntry, KeyEntry, Remembered, ReportingEntry, Value};

use self::entries::{Change, Entries};
use self::keys::SetKey;
use self::long::Long;
use self::lookup_keys::{LookupKeys, WorkspaceKeys};
use self::positions::StreamLengths;
use self::stored_cache::{Stored, StoredCache};
use crate::chat::{ChatAddressLearnt, ChatErased};
use crate::codec::{self, decode_value};
use crate::event::Event;
use crate::ids::{ChatId, Position, WorkspaceId};
use crate::log::{Log, Note, ReadError};
use crate::notes::Space;
use crate::personal::{Digest, ShortDigest};
use crate::record::{Idempotency, Record};
use crate::sealing::whole;
use crate::vault::Vault;

/// The most positions of a series in one note.
const BLOCK: usize = 400;
/// Entries are flushed once there are this many.
const STORE_AT: usize = 8_192;
/// The most stored values forgotten while others wait for the memory.
const FORGOTTEN_AT_ONCE: usize = 256;

/// The index of one log. Shared by all threads.
pub struct Index {
    log: Arc<dyn Log>,
    vault: Arc<dyn Vault>,
    keys: LookupKeys,
    memory: Mutex<Memory>,
    in_parts: Mutex<Long>,
    stream_lengths: Mutex<StreamLengths>,
    /// The log's head when it was opened: up to here, notes that nothing covers may be stored.
    opened_at: Position,
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
    /// Opens the index; reads from the records what the stored notes do not cover yet, and makes all of them again if
    /// they have another layout. Nobody else may write to the log meanwhile.
    pub fn open(log: Arc<dyn Log>, vault: Arc<dyn Vault>) -> Result<Self, ReadError> {
        let covered = remake::covered(log.as_ref())?;
        let index = Self {
            in_parts: Mutex::new(Long::read(log.as_ref())?),
            keys: LookupKeys::new(Arc::clone(&vault)),
            memory: Mutex::default(),
            stream_lengths: Mutex::default(),
            opened_at: log.head().position,
            stuck: AtomicBool::new(false),
            log,
            vault,
        };
        index.read_records(covered)?;
        Ok(index)
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

    fn stream_lengths(&self) -> MutexGuard<'_, StreamLengths> {
        self.stream_lengths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn vault(&self) -> &dyn Vault {
        self.vault.as_ref()
    }

    /// Reads what must be known before a commit of this workspace with these events can be added. A commit that has
    /// its position must be added, so this comes before it gets one.
    pub(crate) fn ready(&self, workspace: WorkspaceId, events: &[Event]) -> Result<Ready, ReadError> {
        let keys = self.keys.of(workspace)?;
        let mut changed = Vec::new();
        for event in events {
            match event {
                Event::ChatErased(ChatErased { chat, .. }) => changed.push(*chat),
                Event::ChatAddressLearnt(ChatAddressLearnt { account, chat, address, .. }) => {
                    changed.push(*chat);
                    let peer = address.readable().and_then(|address| keys.peer(*account, address));
                    // The address may have led to another chat until now.
                    changed.extend(peer.map(|peer| self.find::<ChatId>(&peer)).transpose()?.flatten());
                }
                _ => {}
            }
        }
        let mut chats = Vec::new();
        for chat in changed {
            if let Some(entry) = self.find(&IndexKey::Chat(chat))? {
                chats.push((chat, entry, self.find(&IndexKey::Title(chat))?));
            }
        }
        Ok(Ready { keys, chats })
    }

    pub(crate) fn add(&self, record: &Record, ready: &Ready) {
        self.memory().active.add(record, ready);
    }

    /// Turns a client's idempotency key, and a digest of its request, into what is stored of them.
    pub fn idempotency(&self, workspace: WorkspaceId, key: &str, body: &Digest) -> Result<Idempotency, ReadError> {
        self.keys_of(workspace)?.idempotency(key, body).ok_or_else(|| ReadError::Damaged {
            position: 0,
            what: format!("the key for look-ups of workspace {workspace} is destroyed"),
        })
    }

    /// Returns the digest under which the log keeps a client's idempotency key; `None` if the workspace has no key for
    /// look-ups, so that nothing of it can be found.
    pub fn idempotency_digest(&self, workspace: WorkspaceId, key: &str) -> Result<Option<ShortDigest>, ReadError> {
        Ok(self.keys_of(workspace)?.idempotency_digest(key))
    }

    fn keys_of(&self, workspace: WorkspaceId) -> Result<WorkspaceKeys, ReadError> {
        self.keys.of(workspace)
    }

    /// Looks up a value; sees all sequenced commits.
    pub fn find<T: Value>(&self, lookup: &IndexKey) -> Result<Option<T>, ReadError> {
        self.find_durable(lookup, Position::MAX)
    }

    /// Looks up a value as of `position`, so that callers see only durable values. Only for values that never change
    /// between being set and being removed.
    pub fn find_durable<T: Value>(&self, lookup: &IndexKey, position: Position) -> Result<Option<T>, ReadError> {
        let (held, mark) = self.memory().held(lookup, position);
        match held {
            Some(held) => decoded(held),
            None => decoded(self.stored(lookup, mark)?),
        }
    }

    /// Looks up a value in memory; `None` if the disk has to be read for it.
    pub fn find_at_hand<T: Value>(&self, lookup: &IndexKey) -> Result<Option<Option<T>>, ReadError> {
        let (held, _) = self.memory().held(lookup, Position::MAX);
        held.map(decoded).transpose()
    }

    /// Reads a stored value, and keeps it, or that there is none, for the next time.
    fn stored(&self, lookup: &IndexKey, mark: u64) -> Result<Option<Vec<u8>>, ReadError> {
        let value = self.opened(lookup, long::value(self.log.as_ref(), &lookup.key())?)?;
        self.memory().stored.keep(lookup, value.as_deref(), mark);
        Ok(value)
    }

    /// Opens a stored value, if its kind is sealed; what is erased is not there any more.
    fn opened(&self, lookup: &IndexKey, stored: Option<Vec<u8>>) -> Result<Option<Vec<u8>>, ReadError> {
        let (Some(owner), Some(sealed)) = (lookup.owner(), &stored) else { return Ok(stored) };
        whole::open(self.vault.as_ref(), owner, &lookup.key(), sealed)
    }

    /// Seals a value that is to be stored, if its kind is sealed; the value of an owner whose key is destroyed is
    /// removed.
    fn sealed(&self, lookup: &IndexKey, value: Option<Vec<u8>>) -> Result<Option<Vec<u8>>, ReadError> {
        match (lookup.owner(), value) {
            (Some(owner), Some(plain)) => whole::seal(self.vault.as_ref(), owner, &lookup.key(), plain),
            (_, value) => Ok(value),
        }
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
        // A few at a time, because decisions wait meanwhile; until the end, memory answers with the entries.
        let mut changed = stored.entries.lookups().peekable();
        while changed.peek().is_some() {
            self.memory().stored.forget(changed.by_ref().take(FORGOTTEN_AT_ONCE));
        }
        drop(changed);
        let mut memory = self.memory();
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
                let value: Remembered = decode_value(&value).map_err(|error| damaged(0, &error))?;
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
            let value = self.log.note(&key)?.map(|value| decode_value::<Remembered>(&value));
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
    fn held(&mut self, lookup: &IndexKey, position: Position) -> (Option<Stored>, u64) {
        let entry = self.get_at(lookup, position).map(Change::bytes);
        let held = entry.or_else(|| self.stored.get(lookup));
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

fn decoded<T: Value>(bytes: Option<Vec<u8>>) -> Result<Option<T>, ReadError> {
    bytes.map(|bytes| decode_value(&bytes).map_err(|error| damaged(0, &error))).transpose()
}

fn damaged(position: Position, error: &codec::CodecError) -> ReadError {
    ReadError::Damaged { position, what: error.to_string() }
}
