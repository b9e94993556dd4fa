//! What a store of records must do: take a batch, make it durable, read it back. Knows no stream and no index.

use bytes::Bytes;

use crate::ids::Position;
use crate::personal::Digest;
use crate::time::Timestamp;

/// How far a log reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Position of the last event; 0 in an empty log.
    pub position: Position,
    /// Hash of the last record.
    pub hash: Digest,
    /// When the last record was decided.
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
    /// What `codec` made of it; clones share it.
    pub bytes: Bytes,
    /// Its own hash.
    pub hash: Digest,
}

/// A value beside the records; `None` removes it. Whether it can be made again from them, its space says
/// ([`crate::notes::Space`]).
pub type Note = (Vec<u8>, Option<Vec<u8>>);

/// A note's key and value.
pub type StoredNote = (Vec<u8>, Vec<u8>);

/// What is written together: all of it or nothing.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Position of the last event before this batch: another head is a conflict.
    pub after: Position,
    /// Records in order, possibly none.
    pub records: Vec<StoredRecord>,
    /// The head once the batch is written; `None` when it has no records.
    pub head: Option<Head>,
    /// Look-up values, each at most [`NOTE_BYTES_MAX`] long.
    pub notes: Vec<Note>,
}

/// No note is longer.
pub const NOTE_BYTES_MAX: usize = 4_096;
/// No note has a longer key.
pub const KEY_BYTES_MAX: usize = 512;

/// Why a batch was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Somebody else wrote first. Nothing of the batch is stored.
    #[error("the log's head is {head}, not {expected}")]
    Conflict {
        /// Where this writer believed the head to be.
        expected: Position,
        /// Where it is.
        head: Position,
    },
    /// It may be stored or not; only reading it again can tell.
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
    #[error("the log cannot be read")]
    Store(#[source] std::io::Error),
    /// Stored bytes are not what was written.
    #[error("{} is damaged: {what}", damaged_part(*position))]
    Damaged {
        /// Position of the first event of the damaged record; 0 where the store itself is damaged.
        position: Position,
        /// What is wrong with it.
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
    /// Times the file was made durable.
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
    /// Goes on with the record that holds `position`, which lies ahead; what is passed over is not looked at.
    fn pass(&mut self, position: Position) -> Result<(), ReadError>;
}

/// There is nothing to pass over.
impl Reader for std::iter::Empty<Result<StoredRecord, ReadError>> {
    fn pass(&mut self, _: Position) -> Result<(), ReadError> {
        Ok(())
    }
}

/// What cannot be read cannot be passed over.
impl Reader for std::iter::Once<Result<StoredRecord, ReadError>> {
    fn pass(&mut self, _: Position) -> Result<(), ReadError> {
        Ok(())
    }
}

/// An append-only store of records and notes. One writer at a time.
pub trait Log: Send + Sync + 'static {
    /// How far it reaches.
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

    /// The last note whose key begins with `prefix` and is not after `to`.
    fn note_before(&self, prefix: &[u8], to: &[u8]) -> Result<Option<StoredNote>, ReadError>;

    /// What it did so far.
    fn stats(&self) -> LogStats;
}
