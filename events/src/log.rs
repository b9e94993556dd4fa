//! The interface of a record store: take a batch, make it durable, read it back. Knows no stream and no index.

use bytes::Bytes;

use crate::ids::Position;
use crate::personal::Digest;
use crate::time::Timestamp;

/// The end of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Position of the last event; 0 in an empty log.
    pub position: Position,
    /// Hash of the last record.
    pub hash: Digest,
    /// Time of the last record's decision.
    pub recorded_at: Timestamp,
}

impl Head {
    /// The head of an empty log.
    pub const EMPTY: Self = Self { position: 0, hash: crate::chain::GENESIS, recorded_at: Timestamp::from_ms(0) };
}

/// A record as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Position of its first event.
    pub first: Position,
    /// Hash of the record before it, as its writer saw it.
    pub previous: Digest,
    /// The bytes that `codec` encoded; clones share them.
    pub bytes: Bytes,
    /// Its own hash.
    pub hash: Digest,
}

/// A value stored beside the records; `None` removes it. Its [`Space`](crate::notes::Space) says whether it can be
/// rebuilt from them.
pub type Note = (Vec<u8>, Option<Vec<u8>>);

/// A note's key and value.
pub type StoredNote = (Vec<u8>, Vec<u8>);

/// A set of writes that is stored whole or not at all.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Position of the last event before this batch; if the log's head differs, the write is a conflict.
    pub after: Position,
    /// Records in order, possibly none.
    pub records: Vec<StoredRecord>,
    /// The head once the batch is written; `None` when it has no records.
    pub head: Option<Head>,
    /// Values of at most [`NOTE_BYTES_MAX`] bytes.
    pub notes: Vec<Note>,
}

/// The longest note.
pub const NOTE_BYTES_MAX: usize = 4_096;
/// The longest key of a note.
pub const KEY_BYTES_MAX: usize = 512;

/// Why a batch was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Another writer wrote first. Nothing of the batch is stored.
    #[error("the log's head is {head}, not {expected}")]
    Conflict {
        /// The head that this writer expected.
        expected: Position,
        /// The actual head.
        head: Position,
    },
    /// The batch may be stored or not; only reading it again can tell.
    #[error("the outcome of a write is unknown")]
    Unknown(#[source] std::io::Error),
    /// A note is longer than [`NOTE_BYTES_MAX`]. Nothing of the batch is stored.
    #[error("a note of {0} bytes is too long")]
    NoteTooLong(usize),
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The disk or the store failed.
    #[error("the store cannot be read: {0}")]
    Store(std::io::Error),
    /// The stored bytes are not those that were written.
    #[error("{} is damaged: {what}", damaged_part(*position))]
    Damaged {
        /// Position of the first event of the damaged record; 0 if the store itself is damaged.
        position: Position,
        /// A description of the damage.
        what: String,
    },
}

fn damaged_part(position: Position) -> String {
    if position == 0 { "the store itself".to_owned() } else { format!("the record at position {position}") }
}

/// Counters of a log's work since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct LogStats {
    /// Batches written.
    pub batches: u64,
    /// Syncs of the file.
    pub syncs: u64,
    /// Records written.
    pub commits: u64,
    /// Keys written.
    pub keys: u64,
}

/// Records in order.
pub type Records<'a> = Box<dyn Reader + 'a>;

/// Reads records one by one.
pub trait Reader: Iterator<Item = Result<StoredRecord, ReadError>> {
    /// Skips ahead to the record that holds `position`, which must lie ahead; does not look at what it skips.
    fn pass(&mut self, position: Position) -> Result<(), ReadError>;
}

/// There is nothing to skip.
impl Reader for std::iter::Empty<Result<StoredRecord, ReadError>> {
    fn pass(&mut self, _: Position) -> Result<(), ReadError> {
        Ok(())
    }
}

/// An unreadable record cannot be skipped.
impl Reader for std::iter::Once<Result<StoredRecord, ReadError>> {
    fn pass(&mut self, _: Position) -> Result<(), ReadError> {
        Ok(())
    }
}

/// An append-only store of records and notes. One writer at a time.
pub trait Log: Send + Sync + 'static {
    /// Returns the end of the log.
    fn head(&self) -> Head;

    /// Stores a batch whole or not at all. Durable only after the next [`Log::sync`].
    fn write(&self, batch: &Batch) -> Result<(), WriteError>;

    /// Returns when everything written so far would survive a power cut.
    fn sync(&self) -> Result<(), WriteError>;

    /// Reads records in order, beginning with the one that holds position `from`.
    fn read(&self, from: Position) -> Records<'_>;

    /// Reads one note.
    fn note(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError>;

    /// Reads the notes whose keys begin with `prefix`, in the order of their keys, up to `limit`, beginning at `from`.
    fn notes(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<StoredNote>, ReadError>;

    /// Returns the last note whose key begins with `prefix` and is not after `to`.
    fn note_before(&self, prefix: &[u8], to: &[u8]) -> Result<Option<StoredNote>, ReadError>;

    /// Returns counters of the work done since the log was opened.
    fn stats(&self) -> LogStats;
}
