//! Saves values in numbered slots beside the log's records: each value in parts that are short enough for a note.

use std::collections::BTreeMap;

use events::ids::WorkspaceId;
use events::log::{Log, NOTE_BYTES_MAX, Note, ReadError};
use events::notes::{Space, slot_of};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Size of the header of each part: the value's number, and its number of parts.
const HEAD_BYTES: usize = 9;
const PART_BYTES: usize = NOTE_BYTES_MAX - HEAD_BYTES;
/// Most parts of a value; no row and no e-mail of ours needs more.
const PARTS_MAX: usize = 64;
/// Slots of a workspace times parts.
const NOTES_MAX: usize = 256 * PARTS_MAX;

/// The content of a slot: the value's number, and the number of parts in which it is saved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) number: u64,
    pub(crate) parts: u8,
}

/// A value loaded from its slot.
pub(crate) struct Stored<V> {
    pub(crate) slot: u8,
    pub(crate) held: Slot,
    /// `None` if parts are missing or cannot be read.
    pub(crate) value: Option<V>,
    pub(crate) bytes: usize,
}

/// The value needs more parts than a slot can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Returns the notes that put a value into a slot, and its number of parts. Deletes those of the previous value's
/// `parts_before` that are left over.
pub(crate) fn notes(
    (space, workspace): (Space, WorkspaceId),
    (slot, number): (u8, u64),
    value: &impl Serialize,
    parts_before: u8,
) -> Result<(Vec<Note>, u8), TooLong> {
    let bytes = serde_json::to_vec(value).map_err(|_| TooLong)?;
    let chunks: Vec<&[u8]> = bytes.chunks(PART_BYTES).collect();
    let parts = u8::try_from(chunks.len()).ok().filter(|parts| usize::from(*parts) <= PARTS_MAX).ok_or(TooLong)?;
    let written = (0..parts).zip(chunks).map(|(part, chunk)| {
        let note = [&number.to_be_bytes(), [parts].as_slice(), chunk].concat();
        (space.slot(workspace, slot, part), Some(note))
    });
    let removed = (parts..parts_before).map(|part| (space.slot(workspace, slot, part), None));
    Ok((written.chain(removed).collect(), parts))
}

/// Reads all slots of a workspace. A slot whose value is incomplete is still returned.
pub(crate) fn read<V: DeserializeOwned>(
    log: &dyn Log,
    (space, workspace): (Space, WorkspaceId),
) -> Result<Vec<Stored<V>>, ReadError> {
    let prefix = space.slots(workspace);
    let mut slots: BTreeMap<u8, Vec<Vec<u8>>> = BTreeMap::new();
    for (key, note) in log.notes(&prefix, &prefix, NOTES_MAX)? {
        if let Some(slot) = slot_of(&key) {
            slots.entry(slot).or_default().push(note);
        }
    }
    Ok(slots.into_iter().map(|(slot, notes)| stored(slot, &notes)).collect())
}

fn stored<V: DeserializeOwned>(slot: u8, notes: &[Vec<u8>]) -> Stored<V> {
    let parts = u8::try_from(notes.len()).unwrap_or(u8::MAX);
    let number = notes.first().and_then(|note| note.first_chunk()).map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let head = [number.to_be_bytes().as_slice(), &[parts]].concat();
    let chunks: Option<Vec<&[u8]>> = notes.iter().map(|note| note.strip_prefix(head.as_slice())).collect();
    let bytes = chunks.map(|chunks| chunks.concat()).unwrap_or_default();
    Stored { slot, held: Slot { number, parts }, value: serde_json::from_slice(&bytes).ok(), bytes: bytes.len() }
}
