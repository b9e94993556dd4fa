//! States kept beside the records, so that a wake-up need not read a long past: only a shortcut, good for nothing else.
//!
//! A snapshot is a stream's state as of a position, in notes: its parts, then a head that names them. The two latest
//! take turns in two slots, so that what was stored last is whole whenever a power cut comes. Whatever is not exactly as
//! it should be is passed over, and the past is read from the records: of another version of the rules, newer than the
//! log, damaged.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::codec::{self, CodecError};
use crate::ids::{Position, Revision, StreamId};
use crate::log::{Log, NOTE_BYTES_MAX, Note, ReadError};
use crate::notes;
use crate::personal::Digest;

/// What names the parts of a stream's latest snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Which rules folded the state.
    pub rules: u64,
    /// Everything up to here is in it.
    pub position: Position,
    /// Events of the stream up to there.
    pub revision: Revision,
    /// Length of its bytes.
    pub bytes: u64,
    digest: Digest,
    slot: u8,
    /// How many parts each slot has.
    parts: [u32; 2],
}

/// The place of a snapshot to be stored.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Whose state it is.
    pub stream: StreamId,
    /// Which rules folded it.
    pub rules: u64,
    /// Everything up to here is in it.
    pub position: Position,
    /// Events of the stream up to there.
    pub revision: Revision,
}

/// The notes that keep a state, to be written in this order behind all records up to its position; and its head.
pub fn store<S: Serialize>(place: Place, state: &S, before: Option<&Head>) -> Result<(Vec<Note>, Head), CodecError> {
    let Place { stream, rules, position, revision } = place;
    let bytes = codec::encode_state(state)?;
    let slot = before.map_or(0, |head| head.slot ^ 1);
    let mut parts = before.map_or([0; 2], |head| head.parts);
    let chunks = bytes.chunks(NOTE_BYTES_MAX);
    let count = u32::try_from(chunks.len()).map_err(|_| CodecError::TooLarge)?;
    let mut stored: Vec<Note> = (0..)
        .zip(chunks)
        .map(|(part, chunk)| (notes::snapshot_part(stream, slot, part), Some(chunk.to_vec())))
        .collect();
    if let Some(held) = parts.get_mut(usize::from(slot)) {
        stored.extend((count..*held).map(|part| (notes::snapshot_part(stream, slot, part), None)));
        *held = count;
    }
    let head = Head { rules, position, revision, bytes: bytes.len() as u64, digest: Digest::of(&bytes), slot, parts };
    let named = codec::encode_value(&head)?;
    stored.push((notes::snapshot(stream), Some([Digest::of(&named).0.as_slice(), &named].concat())));
    Ok((stored, head))
}

/// The state that a stream's latest snapshot keeps, if these rules made it and it is whole and not newer than `to`.
pub fn load<S: DeserializeOwned>(
    log: &dyn Log,
    stream: StreamId,
    head: &Head,
    rules: u64,
    to: Position,
) -> Result<Option<S>, ReadError> {
    if head.rules != rules || head.position > to {
        return Ok(None);
    }
    let parts = head.parts.get(usize::from(head.slot)).copied().unwrap_or(0);
    let mut bytes = Vec::new();
    for part in 0..parts {
        let Some(note) = log.note(&notes::snapshot_part(stream, head.slot, part))? else { return Ok(None) };
        bytes.extend_from_slice(&note);
    }
    if Digest::of(&bytes) != head.digest {
        return Ok(None);
    }
    Ok(codec::decode_state(&bytes).ok())
}

/// What names a stream's latest snapshot, whoever made it.
pub fn head(log: &dyn Log, stream: StreamId) -> Result<Option<Head>, ReadError> {
    let note = log.note(&notes::snapshot(stream))?;
    let parts = note.as_ref().and_then(|note| note.split_first_chunk());
    let named = parts.filter(|(digest, named)| Digest::of(named) == Digest(**digest)).map(|(_, named)| named);
    Ok(named.and_then(|named| codec::decode_value(named).ok()))
}
