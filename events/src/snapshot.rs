//! Stores actors' states beside the records, so that a wake-up need not replay a long past. Nothing else relies on
//! them.
//!
//! A snapshot is a stream's state as of a position, stored as notes: its parts, then a head that names them. The two
//! latest snapshots alternate between two slots, so that the last complete one survives a power cut at any moment. A
//! snapshot that is damaged, newer than wanted, or made by another version of the rules is ignored, and the state is
//! replayed from the records.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::codec::{self, CodecError};
use crate::ids::{Position, Revision, StreamId};
use crate::log::{Log, NOTE_BYTES_MAX, Note, ReadError};
use crate::notes;
use crate::personal::Digest;

/// The head of a stream's latest snapshot, which names its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The version of the rules that folded the state.
    pub rules: u64,
    /// All events up to here are in the state.
    pub position: Position,
    /// Number of the stream's events up to there.
    pub revision: Revision,
    /// Length of the encoded state.
    pub bytes: u64,
    digest: Digest,
    slot: u8,
    /// The number of parts in each slot.
    parts: [u32; 2],
}

/// Identifies a snapshot that is to be stored.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub stream: StreamId,
    /// The version of the rules that folded the state.
    pub rules: u64,
    /// All events up to here are in the state.
    pub position: Position,
    /// Number of the stream's events up to there.
    pub revision: Revision,
}

/// Returns the notes that store a state, to be written in this order after all records up to its position, and its
/// head.
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

/// Loads the state of a stream's latest snapshot, if these rules made it and it is whole and not newer than `to`.
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

/// Reads the head of a stream's latest snapshot, whichever rules made it.
pub fn head(log: &dyn Log, stream: StreamId) -> Result<Option<Head>, ReadError> {
    let note = log.note(&notes::snapshot(stream))?;
    let parts = note.as_ref().and_then(|note| note.split_first_chunk());
    let named = parts.filter(|(digest, named)| Digest::of(named) == Digest(**digest)).map(|(_, named)| named);
    Ok(named.and_then(|named| codec::decode_value(named).ok()))
}
