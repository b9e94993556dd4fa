//! Stores actors' states beside the records, so that a wake-up need not replay a long past. Nothing else relies on
//! them.
//!
//! A snapshot is a stream's state as of a position, stored as notes: its parts, then a head that names them. The two
//! latest snapshots alternate between two slots, so that the last complete one survives a power cut at any moment. A
//! snapshot that is damaged, newer than wanted, or made by another version of the rules is ignored, and the state is
//! replayed from the records. States that hold texts are sealed as wholes.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::codec::{self, CodecError};
use crate::ids::{Position, Revision, StreamId};
use crate::log::{Log, NOTE_BYTES_MAX, Note, ReadError};
use crate::notes;
use crate::personal::Digest;
use crate::sealing::whole;
use crate::vault::{Owner, Vault};

/// The head of a stream's latest snapshot, which names its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The version of the rules that folded the state.
    pub rules: u64,
    /// All events up to here are in the state.
    pub position: Position,
    /// Number of the stream's events up to there.
    pub revision: Revision,
    digest: Digest,
    slots: Slots,
}

/// Where a stream's latest snapshot is, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots {
    /// Length of the stored state.
    pub bytes: u64,
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

/// A state on its way to the writer, which seals it.
pub struct Pending {
    place: Place,
    state: Vec<u8>,
    before: Option<Slots>,
    slots: Slots,
}

/// Encodes a state, to be stored after all records up to its position; returns it with the place that it takes.
pub fn prepare<S: Serialize>(place: Place, state: &S, before: Option<Slots>) -> Result<(Pending, Slots), CodecError> {
    let state = codec::encode_state(state)?;
    let bytes = state.len() + owner(place.stream).map_or(0, |_| whole::OVERHEAD_BYTES);
    let count = u32::try_from(bytes.div_ceil(NOTE_BYTES_MAX)).map_err(|_| CodecError::TooLarge)?;
    let slot = before.map_or(0, |held| held.slot ^ 1);
    let mut parts = before.map_or([0; 2], |held| held.parts);
    if let Some(held) = parts.get_mut(usize::from(slot)) {
        *held = count;
    }
    let slots = Slots { bytes: bytes as u64, slot, parts };
    Ok((Pending { place, state, before, slots }, slots))
}

impl Pending {
    /// Returns the notes that store the state, to be written in this order; none if it belongs to somebody whose key
    /// is destroyed.
    pub fn notes(self, vault: &dyn Vault) -> Result<Vec<Note>, ReadError> {
        let Self { place: Place { stream, rules, position, revision }, state, before, slots } = self;
        let head_key = notes::snapshot(stream);
        let sealed = match owner(stream) {
            Some(owner) => whole::seal(vault, owner, &head_key, state)?,
            None => Some(state),
        };
        let Some(bytes) = sealed else { return Ok(Vec::new()) };
        let chunks = (0..).zip(bytes.chunks(NOTE_BYTES_MAX));
        let mut stored: Vec<Note> = chunks
            .map(|(part, chunk)| (notes::snapshot_part(stream, slots.slot, part), Some(chunk.to_vec())))
            .collect();
        let earlier = before.and_then(|before| before.parts.get(usize::from(slots.slot)).copied()).unwrap_or_default();
        let count = u32::try_from(stored.len()).unwrap_or(u32::MAX);
        stored.extend((count..earlier).map(|part| (notes::snapshot_part(stream, slots.slot, part), None)));
        let head = Head { rules, position, revision, digest: Digest::of(&bytes), slots };
        let damaged = |error: CodecError| ReadError::Damaged { position: 0, what: error.to_string() };
        let named = codec::encode_value(&head).map_err(damaged)?;
        stored.push((head_key, Some([Digest::of(&named).0.as_slice(), &named].concat())));
        Ok(stored)
    }
}

impl Head {
    pub const fn slots(&self) -> Slots {
        self.slots
    }
}

/// Returns whose key seals a stream's states; accounts hold ids and no texts.
const fn owner(stream: StreamId) -> Option<Owner> {
    match stream {
        StreamId::Chat(chat) => Some(Owner::Chat(chat)),
        StreamId::Workspace(_) | StreamId::Webhook(_) => Some(Owner::Workspace(stream.workspace())),
        StreamId::Account(_) | StreamId::Log => None,
    }
}

/// What became of a stream's latest snapshot.
#[derive(Debug, PartialEq, Eq)]
pub enum Loaded<S> {
    State(S),
    /// Other rules folded it.
    OtherRules,
    /// It is newer than wanted.
    Newer,
    /// Its owner's key is destroyed.
    Erased,
    /// It is damaged or incomplete.
    Damaged,
}

/// Loads the state of a stream's latest snapshot, if these rules made it, it is whole and not newer than `to`, and its
/// owner's key is not destroyed.
pub fn load<S: DeserializeOwned>(
    log: &dyn Log,
    vault: &dyn Vault,
    stream: StreamId,
    head: &Head,
    rules: u64,
    to: Position,
) -> Result<Option<S>, ReadError> {
    let loaded = examine(log, vault, stream, head, rules, to)?;
    Ok(if let Loaded::State(state) = loaded { Some(state) } else { None })
}

/// Like [`load`], and says why there is no state.
pub fn examine<S: DeserializeOwned>(
    log: &dyn Log,
    vault: &dyn Vault,
    stream: StreamId,
    head: &Head,
    rules: u64,
    to: Position,
) -> Result<Loaded<S>, ReadError> {
    if head.rules != rules {
        return Ok(Loaded::OtherRules);
    }
    if head.position > to {
        return Ok(Loaded::Newer);
    }
    let parts = head.slots.parts.get(usize::from(head.slots.slot)).copied().unwrap_or(0);
    let mut bytes = Vec::new();
    for part in 0..parts {
        let Some(note) = log.note(&notes::snapshot_part(stream, head.slots.slot, part))? else {
            return Ok(Loaded::Damaged);
        };
        bytes.extend_from_slice(&note);
    }
    if Digest::of(&bytes) != head.digest {
        return Ok(Loaded::Damaged);
    }
    let state = match owner(stream) {
        Some(owner) => whole::open(vault, owner, &notes::snapshot(stream), &bytes)?,
        None => Some(bytes),
    };
    let Some(state) = state else { return Ok(Loaded::Erased) };
    Ok(codec::decode_state(&state).map_or(Loaded::Damaged, Loaded::State))
}

/// Reads the head of a stream's latest snapshot, whichever rules made it.
pub fn head(log: &dyn Log, stream: StreamId) -> Result<Option<Head>, ReadError> {
    let note = log.note(&notes::snapshot(stream))?;
    let parts = note.as_ref().and_then(|note| note.split_first_chunk());
    let named = parts.filter(|(digest, named)| Digest::of(named) == Digest(**digest)).map(|(_, named)| named);
    Ok(named.and_then(|named| codec::decode_value(named).ok()))
}
