//! Stores rows as notes beside the log's records: each row has a slot, in parts that are short enough for the store.

use std::collections::BTreeMap;

use events::ids::WorkspaceId;
use events::log::{Log, NOTE_BYTES_MAX, Note, ReadError};
use events::notes::slot_of;
use serde::de::DeserializeOwned;

use super::Row;
use super::ring::{Slot, Stored};

/// Before each part: the row's number, and the number of its parts.
const HEAD_BYTES: usize = 9;
const PART_BYTES: usize = NOTE_BYTES_MAX - HEAD_BYTES;
/// Most parts of a row; no row needs more.
const PARTS_MAX: usize = 64;
/// Slots of a workspace times parts.
const NOTES_MAX: usize = 256 * PARTS_MAX;

/// Returns the notes that put a row into its slot, and its number of parts. Deletes the parts of the slot's previous
/// row beyond that.
pub(super) fn notes<R: Row>(
    workspace: WorkspaceId,
    slot: u8,
    number: u64,
    view: &R::View,
    parts_before: u8,
) -> (Vec<Note>, u8) {
    let bytes = serde_json::to_vec(view).unwrap_or_default();
    let chunks: Vec<&[u8]> = bytes.chunks(PART_BYTES).take(PARTS_MAX).collect();
    let parts = u8::try_from(chunks.len()).unwrap_or(u8::MAX);
    let written = (0..parts).zip(chunks).map(|(part, chunk)| {
        let value = [&number.to_be_bytes(), [parts].as_slice(), chunk].concat();
        (R::NOTES.slot(workspace, slot, part), Some(value))
    });
    let removed = (parts..parts_before).map(|part| (R::NOTES.slot(workspace, slot, part), None));
    (written.chain(removed).collect(), parts)
}

/// The note with the highest number given.
pub(super) fn newest<R: Row>(number: u64) -> Note {
    (R::NEWEST.key(&[]), Some(number.to_be_bytes().to_vec()))
}

/// Reads the highest number given when rows were last saved.
pub(super) fn read_newest<R: Row>(log: &dyn Log) -> Result<u64, ReadError> {
    let note = log.note(R::NEWEST.prefix())?;
    Ok(note.and_then(|note| note.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))).unwrap_or(0))
}

/// Reads all rows of a workspace. An incomplete row is left out, but its slot is still returned.
pub(super) fn read<R: Row>(log: &dyn Log, workspace: WorkspaceId) -> Result<Vec<Stored<R::View>>, ReadError> {
    let prefix = R::NOTES.slots(workspace);
    let mut slots: BTreeMap<u8, Vec<Vec<u8>>> = BTreeMap::new();
    for (key, value) in log.notes(&prefix, &prefix, NOTES_MAX)? {
        if let Some(slot) = slot_of(&key) {
            slots.entry(slot).or_default().push(value);
        }
    }
    Ok(slots.into_iter().filter_map(|(slot, parts)| stored(slot, &parts)).collect())
}

fn stored<V: DeserializeOwned>(slot: u8, notes: &[Vec<u8>]) -> Option<Stored<V>> {
    let parts = u8::try_from(notes.len()).unwrap_or(u8::MAX);
    let number = u64::from_be_bytes(*notes.first()?.first_chunk()?);
    let head = [number.to_be_bytes().as_slice(), &[parts]].concat();
    let chunks: Option<Vec<&[u8]>> = notes.iter().map(|note| note.strip_prefix(head.as_slice())).collect();
    let bytes = chunks.map(|chunks| chunks.concat()).unwrap_or_default();
    let view = serde_json::from_slice(&bytes).ok();
    Some(Stored { slot, held: Slot { number, parts }, view, bytes: bytes.len() })
}
