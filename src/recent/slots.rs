//! Saves values in numbered slots beside the log's records: each value sealed as a whole, in parts that are short enough
//! for a note. A letter in front says under which of its workspace's seeds.

use std::collections::BTreeMap;

use events::history::History;
use events::ids::WorkspaceId;
use events::log::{Log, NOTE_BYTES_MAX, Note, ReadError};
use events::notes::{Space, slot_of};
use events::sealing::whole;
use events::vault::{Owner, Turn, Vault};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Most notes written in one batch: a commit waits no longer than one batch takes.
const NOTES_AT_ONCE: usize = 64;
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
    /// The seed under which it is sealed; `None` if it has no value.
    pub(crate) seed: Option<Seed>,
}

/// Where values are saved, and the seeds of the keys that seal them.
#[derive(Clone, Copy)]
pub(crate) struct Store<'a> {
    pub(crate) log: &'a dyn Log,
    pub(crate) vault: &'a dyn Vault,
}

impl<'a> Store<'a> {
    pub(crate) fn of(history: &'a History) -> Self {
        Self { log: history.log(), vault: history.vault() }
    }
}

/// The seed under which a value is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seed {
    /// One of the two that take turns, so that what is dropped can be made unreadable.
    Ring(Turn),
    /// That of the workspace.
    Workspace,
}

impl Seed {
    const fn letter(self) -> u8 {
        match self {
            Self::Ring(Turn::A) => b'A',
            Self::Ring(Turn::B) => b'B',
            Self::Workspace => b'W',
        }
    }

    fn of_letter(letter: u8) -> Option<Self> {
        [Self::Ring(Turn::A), Self::Ring(Turn::B), Self::Workspace].into_iter().find(|seed| seed.letter() == letter)
    }

    const fn owner(self, workspace: WorkspaceId) -> Owner {
        match self {
            Self::Ring(turn) => Owner::Ring(workspace, turn),
            Self::Workspace => Owner::Workspace(workspace),
        }
    }
}

/// Why a value cannot be put into a slot.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsaved {
    #[error("it needs more parts than a slot can hold")]
    TooLong,
    #[error("its seed is destroyed")]
    Destroyed,
    #[error(transparent)]
    Vault(#[from] ReadError),
}

/// Returns the notes that put a value into a slot, and its number of parts. Deletes those of the previous value's
/// `parts_before` that are left over.
pub(crate) fn notes(
    (vault, seed): (&dyn Vault, Seed),
    (space, workspace): (Space, WorkspaceId),
    (slot, number): (u8, u64),
    value: &impl Serialize,
    parts_before: u8,
) -> Result<(Vec<Note>, u8), Unsaved> {
    let plain = serde_json::to_vec(value).map_err(|_| Unsaved::TooLong)?;
    let sealed = whole::seal(vault, seed.owner(workspace), &space.slot(workspace, slot, 0), plain)?;
    let bytes = [[seed.letter()].as_slice(), &sealed.ok_or(Unsaved::Destroyed)?].concat();
    let chunks: Vec<&[u8]> = bytes.chunks(PART_BYTES).collect();
    let parts = u8::try_from(chunks.len()).ok().filter(|parts| usize::from(*parts) <= PARTS_MAX);
    let parts = parts.ok_or(Unsaved::TooLong)?;
    let written = (0..parts).zip(chunks).map(|(part, chunk)| {
        let note = [&number.to_be_bytes(), [parts].as_slice(), chunk].concat();
        (space.slot(workspace, slot, part), Some(note))
    });
    let removed = (parts..parts_before).map(|part| (space.slot(workspace, slot, part), None));
    Ok((written.chain(removed).collect(), parts))
}

/// Reads all slots of a workspace. A slot whose value is incomplete is still returned.
pub(crate) fn read<V: DeserializeOwned>(
    Store { log, vault }: Store<'_>,
    (space, workspace): (Space, WorkspaceId),
) -> Result<Vec<Stored<V>>, ReadError> {
    let prefix = space.slots(workspace);
    let mut slots: BTreeMap<u8, Vec<Vec<u8>>> = BTreeMap::new();
    for (key, note) in log.notes(&prefix, &prefix, NOTES_MAX)? {
        if let Some(slot) = slot_of(&key) {
            slots.entry(slot).or_default().push(note);
        }
    }
    let stored = |(slot, notes): (u8, Vec<Vec<u8>>)| stored(vault, (space, workspace, slot), &notes);
    slots.into_iter().map(stored).collect()
}

/// Removes all parts of a slot's value.
pub(crate) fn removals((space, workspace): (Space, WorkspaceId), slot: u8, held: Slot) -> Vec<Note> {
    (0..held.parts).map(|part| (space.slot(workspace, slot, part), None)).collect()
}

fn stored<V: DeserializeOwned>(
    vault: &dyn Vault,
    (space, workspace, slot): (Space, WorkspaceId, u8),
    notes: &[Vec<u8>],
) -> Result<Stored<V>, ReadError> {
    let parts = u8::try_from(notes.len()).unwrap_or(u8::MAX);
    let number = notes.first().and_then(|note| note.first_chunk()).map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let head = [number.to_be_bytes().as_slice(), &[parts]].concat();
    let chunks: Option<Vec<&[u8]>> = notes.iter().map(|note| note.strip_prefix(head.as_slice())).collect();
    let bytes = chunks.map(|chunks| chunks.concat()).unwrap_or_default();
    let none = Stored { slot, held: Slot { number, parts }, value: None, bytes: 0, seed: None };
    let Some((seed, sealed)) =
        bytes.split_first().and_then(|(letter, sealed)| Some((Seed::of_letter(*letter)?, sealed)))
    else {
        return Ok(none);
    };
    // What does not open is as good as gone: its seed may have been renewed since.
    let opened = match whole::open(vault, seed.owner(workspace), &space.slot(workspace, slot, 0), sealed) {
        Err(ReadError::Damaged { .. }) => None,
        opened => opened?,
    };
    let Some(plain) = opened else { return Ok(none) };
    let value = serde_json::from_slice(&plain).ok();
    Ok(Stored { value, bytes: plain.len(), seed: Some(seed), ..none })
}

/// Packs the notes of rows into batches that never split a row.
pub(super) fn packed(rows: Vec<Vec<Note>>) -> Vec<Vec<Note>> {
    let mut batches: Vec<Vec<Note>> = Vec::new();
    for row in rows {
        match batches.last_mut().filter(|batch| batch.len() + row.len() <= NOTES_AT_ONCE) {
            Some(batch) => batch.extend(row),
            None => batches.push(row),
        }
    }
    batches
}
