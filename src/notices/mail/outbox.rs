//! The last e-mails of each workspace, as notes beside the records: each has a slot, split into parts that fit into a
//! note.

use std::collections::BTreeMap;

use events::ids::WorkspaceId;
use events::log::{Log, NOTE_BYTES_MAX, Note, ReadError};
use events::notes::{Space, slot_of};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Fault, Mail};

/// Number of e-mails kept for each workspace.
pub const KEPT: usize = 100;

/// Size of the header of each part: the e-mail's number, and its number of parts.
const HEAD_BYTES: usize = 9;
const PART_BYTES: usize = NOTE_BYTES_MAX - HEAD_BYTES;
/// Our own e-mails are shorter; a longer one is refused.
const PARTS_MAX: usize = 32;
const NOTES_MAX: usize = KEPT * PARTS_MAX;

/// An e-mail as the API shows it and as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailView {
    /// What stands before the `@` of its Message-ID.
    pub id: String,
    /// When what it tells of happened: RFC 3339, UTC.
    pub at: String,
    /// The recipient's address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// For those who read no HTML.
    pub text: String,
    /// The same as a page.
    pub html: String,
    /// What became of it.
    pub state: MailState,
    /// Since when it is in that state, or when it was last tried: RFC 3339, UTC.
    pub state_at: String,
    /// Why it could not be handed over the last time.
    pub error: Option<String>,
}

/// What became of an e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// It is here and nowhere else.
    Kept,
    /// The mail server has taken it.
    HandedOver,
    /// The mail server did not take it.
    Failing,
}

impl MailView {
    pub(super) fn new(mail: &Mail, state: MailState, state_at: String, error: Option<String>) -> Self {
        Self {
            id: mail.id.clone(),
            at: mail.at.to_string(),
            to: mail.to.address.clone(),
            subject: mail.subject.clone(),
            text: mail.text.clone(),
            html: mail.html.clone(),
            state,
            state_at,
            error,
        }
    }
}

/// An e-mail in its slot.
pub(super) struct Stored {
    slot: u8,
    /// Rises with each new e-mail.
    pub(super) number: u64,
    parts: u8,
    /// `None` if parts are missing or cannot be read.
    pub(super) view: Option<MailView>,
}

/// All e-mails of a workspace, by slot.
pub(super) fn read(log: &dyn Log, workspace: WorkspaceId) -> Result<Vec<Stored>, ReadError> {
    let prefix = Space::Mails.slots(workspace);
    let mut slots: BTreeMap<u8, Vec<Vec<u8>>> = BTreeMap::new();
    for (key, value) in log.notes(&prefix, &prefix, NOTES_MAX)? {
        if let Some(slot) = slot_of(&key) {
            slots.entry(slot).or_default().push(value);
        }
    }
    Ok(slots.into_iter().map(|(slot, notes)| stored(slot, &notes)).collect())
}

/// The notes that store an e-mail: in the slot that it has already, a free one, or that of the oldest e-mail.
pub(super) fn notes(workspace: WorkspaceId, kept: &[Stored], view: &MailView) -> Result<Vec<Note>, Fault> {
    let place = place(kept, &view.id);
    let bytes = serde_json::to_vec(view).map_err(|_| Fault::Unfit)?;
    let chunks: Vec<&[u8]> = bytes.chunks(PART_BYTES).collect();
    if chunks.len() > PARTS_MAX {
        return Err(Fault::Unfit);
    }
    let parts = u8::try_from(chunks.len()).map_err(|_| Fault::Unfit)?;
    let written = (0..parts).zip(chunks).map(|(part, chunk)| {
        let value = [&place.number.to_be_bytes(), [parts].as_slice(), chunk].concat();
        (Space::Mails.slot(workspace, place.slot, part), Some(value))
    });
    let removed = (parts..place.parts).map(|part| (Space::Mails.slot(workspace, place.slot, part), None));
    Ok(written.chain(removed).collect())
}

/// The slot for an e-mail, with its number and the number of parts that are stored there now.
fn place(kept: &[Stored], id: &str) -> Stored {
    let is_this = |stored: &&Stored| stored.view.as_ref().is_some_and(|view| view.id == id);
    if let Some(Stored { slot, number, parts, .. }) = kept.iter().find(is_this) {
        return Stored { slot: *slot, number: *number, parts: *parts, view: None };
    }
    let number = kept.iter().map(|stored| stored.number).max().map_or(1, |newest| newest.saturating_add(1));
    let mut slots = (0..=u8::MAX).take(KEPT);
    let free = slots.find(|slot| kept.iter().all(|stored| stored.slot != *slot));
    let oldest = kept.iter().min_by_key(|stored| stored.number).map(|stored| (stored.slot, stored.parts));
    let (slot, parts) = free.map(|slot| (slot, 0)).or(oldest).unwrap_or_default();
    Stored { slot, number, parts, view: None }
}

fn stored(slot: u8, notes: &[Vec<u8>]) -> Stored {
    let parts = u8::try_from(notes.len()).unwrap_or(u8::MAX);
    let number = notes.first().and_then(|note| note.first_chunk()).map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let head = [number.to_be_bytes().as_slice(), &[parts]].concat();
    let chunks: Option<Vec<&[u8]>> = notes.iter().map(|note| note.strip_prefix(head.as_slice())).collect();
    let view = chunks.and_then(|chunks| serde_json::from_slice(&chunks.concat()).ok());
    Stored { slot, number, parts, view }
}
