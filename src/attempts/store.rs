//! Attempts as notes beside the records: a slot for each, in parts that are short enough for the store.

use std::collections::BTreeMap;

use events::ids::WorkspaceId;
use events::log::{Log, NOTE_BYTES_MAX, Note, ReadError};

use super::ring::{Slot, Stored};
use super::view::AttemptView;

/// No other notes begin so.
const PREFIX: &[u8] = b"r/in/";
/// The highest number that was given when attempts were saved last.
const NEWEST: &[u8] = b"r/newest";
/// In front of each part: the attempt's number, and how many parts it has.
const HEAD_BYTES: usize = 9;
const PART_BYTES: usize = NOTE_BYTES_MAX - HEAD_BYTES;
/// Nothing that is kept of an attempt takes more parts.
const PARTS_MAX: usize = 64;
/// Slots of a workspace, times parts.
const NOTES_MAX: usize = 256 * PARTS_MAX;

/// The notes that put an attempt into its slot, and how many parts it takes; what the slot's former attempt took beyond
/// that is removed.
pub(super) fn notes(
    workspace: WorkspaceId,
    slot: u8,
    number: u64,
    view: &AttemptView,
    parts_before: u8,
) -> (Vec<Note>, u8) {
    let bytes = serde_json::to_vec(view).unwrap_or_default();
    let chunks: Vec<&[u8]> = bytes.chunks(PART_BYTES).take(PARTS_MAX).collect();
    let parts = u8::try_from(chunks.len()).unwrap_or(u8::MAX);
    let written = (0..parts).zip(chunks).map(|(part, chunk)| {
        let value = [&number.to_be_bytes(), [parts].as_slice(), chunk].concat();
        (key(workspace, slot, part), Some(value))
    });
    let removed = (parts..parts_before).map(|part| (key(workspace, slot, part), None));
    (written.chain(removed).collect(), parts)
}

/// The note of the highest number that was given.
pub(super) fn newest(number: u64) -> Note {
    (NEWEST.to_vec(), Some(number.to_be_bytes().to_vec()))
}

/// The highest number that was given when attempts were saved last.
pub(super) fn read_newest(log: &dyn Log) -> Result<u64, ReadError> {
    let note = log.note(NEWEST)?;
    Ok(note.and_then(|note| note.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))).unwrap_or(0))
}

/// All attempts of a workspace. What is not whole is passed over; its slot is known all the same.
pub(super) fn read(log: &dyn Log, workspace: WorkspaceId) -> Result<Vec<Stored>, ReadError> {
    let prefix = prefix(workspace);
    let mut slots: BTreeMap<u8, Vec<Vec<u8>>> = BTreeMap::new();
    for (key, value) in log.notes(&prefix, &prefix, NOTES_MAX)? {
        if let Some([slot, _part]) = key.last_chunk::<2>() {
            slots.entry(*slot).or_default().push(value);
        }
    }
    Ok(slots.into_iter().filter_map(|(slot, parts)| stored(slot, &parts)).collect())
}

fn stored(slot: u8, notes: &[Vec<u8>]) -> Option<Stored> {
    let parts = u8::try_from(notes.len()).unwrap_or(u8::MAX);
    let number = u64::from_be_bytes(*notes.first()?.first_chunk()?);
    let head = [number.to_be_bytes().as_slice(), &[parts]].concat();
    let chunks: Option<Vec<&[u8]>> = notes.iter().map(|note| note.strip_prefix(head.as_slice())).collect();
    let bytes = chunks.map(|chunks| chunks.concat()).unwrap_or_default();
    let view = serde_json::from_slice(&bytes).ok();
    Some(Stored { slot, held: Slot { number, parts }, view, bytes: bytes.len() })
}

fn prefix(workspace: WorkspaceId) -> Vec<u8> {
    [PREFIX, &workspace.number().to_be_bytes()].concat()
}

fn key(workspace: WorkspaceId, slot: u8, part: u8) -> Vec<u8> {
    [prefix(workspace), vec![slot, part]].concat()
}
