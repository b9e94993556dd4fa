//! Brings the stored notes up to date at a start: reads the records that they do not cover, and makes all of them again
//! if they have another layout. Takes constant memory, however long the log is.

use std::collections::{BTreeMap, BTreeSet};

use super::keys::SetKey;
use super::{Index, damaged};
use crate::codec::{CodecError, Opening, decode, decode_value};
use crate::event::Event;
use crate::ids::{AccountId, ChatId, Position, WorkspaceId};
use crate::log::{Batch, Log, Note, ReadError, WriteError};
use crate::notes::Space;

/// The layout of the notes. Notes of another layout are removed and made again from the records.
const LAYOUT: u16 = 1;
/// Notes removed per batch.
const REMOVED_AT_ONCE: usize = 1_024;
/// Notes written per batch.
const WRITTEN_AT_ONCE: usize = 128;

/// Makes the note that records how far the notes reach, and their layout.
pub(super) fn covers(position: Position) -> Note {
    let value = [position.to_be_bytes().as_slice(), &LAYOUT.to_be_bytes()].concat();
    (Space::IndexCovered.key(&[]), Some(value))
}

/// Returns the position up to which notes of today's layout cover the records; `None` if there are none.
pub(super) fn known(log: &dyn Log) -> Result<Option<Position>, ReadError> {
    let note = log.note(Space::IndexCovered.prefix())?;
    let parts = note.as_deref().and_then(<[u8]>::split_first_chunk::<8>);
    let today = parts.filter(|(_, layout)| *layout == LAYOUT.to_be_bytes());
    Ok(today.map(|(position, _)| Position::from_be_bytes(*position)))
}

/// Does the same, and removes all notes of another layout.
pub(super) fn covered(log: &dyn Log) -> Result<Position, ReadError> {
    if let Some(position) = known(log)? {
        return Ok(position);
    }
    // The mark first: as long as it is missing, the next start goes on with the removal.
    if log.note(Space::IndexCovered.prefix())?.is_some() {
        write(log, vec![(Space::IndexCovered.key(&[]), None)])?;
    }
    for space in Space::ALL.into_iter().filter(|space| space.is_of_index()) {
        loop {
            let found = log.notes(space.prefix(), space.prefix(), REMOVED_AT_ONCE)?;
            let removals: Vec<Note> = found.into_iter().map(|(key, _)| (key, None)).collect();
            let count = removals.len();
            write(log, removals)?;
            if count < REMOVED_AT_ONCE {
                break;
            }
        }
    }
    Ok(0)
}

impl Index {
    /// True if the stored notes have today's layout, and cover some of the records.
    pub fn is_made(log: &dyn Log) -> Result<bool, ReadError> {
        Ok(known(log)?.is_some())
    }

    /// Adds the records behind `covered`; stores entries as soon as there are enough.
    pub(super) fn read_records(&self, covered: Position) -> Result<(), ReadError> {
        let mut erased = BTreeMap::new();
        for stored in self.log.read(covered.saturating_add(1)) {
            let record = decode(&stored?, Opening::With(self.vault.as_ref()))?;
            let ready = self.ready(record.workspace, &record.events)?;
            self.add(&record, &ready);
            erased.extend(record.events.iter().filter_map(|event| match event {
                Event::ChatErased(e) => Some((e.chat, e.account)),
                _ => None,
            }));
            self.store_now(record.last())?;
        }
        self.drop_notes_of(&erased)
    }

    /// Removes notes that lead to these erased chats. Their keys may be gone already, and then nothing else tells under
    /// which recipients and titles they were stored.
    fn drop_notes_of(&self, erased: &BTreeMap<ChatId, AccountId>) -> Result<(), ReadError> {
        let accounts: BTreeSet<AccountId> = erased.values().copied().collect();
        for account in &accounts {
            let is_chat = |_: &[u8], value: &[u8]| Ok(erased.contains_key(&decode_value::<ChatId>(value)?));
            self.drop_notes(&Space::Peers.key(&[&account.number().to_be_bytes()]), is_chat)?;
        }
        let workspaces: BTreeSet<WorkspaceId> = accounts.iter().map(|account| account.workspace()).collect();
        for workspace in workspaces {
            let is_chat = |key: &[u8], _: &[u8]| {
                Ok(ChatId::new(SetKey::member(key)).is_some_and(|chat| erased.contains_key(&chat)))
            };
            self.drop_notes(&Space::ChatsByTitle.key(&[&workspace.number().to_be_bytes()]), is_chat)?;
        }
        Ok(())
    }

    /// Removes the notes below a prefix that are to go.
    fn drop_notes(
        &self,
        prefix: &[u8],
        goes: impl Fn(&[u8], &[u8]) -> Result<bool, CodecError>,
    ) -> Result<(), ReadError> {
        let mut from = prefix.to_vec();
        loop {
            let found = self.log.notes(prefix, &from, REMOVED_AT_ONCE)?;
            let Some((last, _)) = found.last() else { return Ok(()) };
            from.clone_from(last);
            from.push(0);
            let mut removals = Vec::new();
            for (key, value) in found {
                if goes(&key, &value).map_err(|error| damaged(0, &error))? {
                    removals.push((key, None));
                }
            }
            write(self.log.as_ref(), removals)?;
        }
    }

    /// Stores the entries if there are enough, in the calling thread.
    fn store_now(&self, covers: Position) -> Result<(), ReadError> {
        let Some(batch) = self.begin_flush(covers, false) else { return Ok(()) };
        let mut flushing = batch.begin();
        while !flushing.is_over() {
            let mut notes = Vec::with_capacity(WRITTEN_AT_ONCE);
            while notes.len() < WRITTEN_AT_ONCE && !flushing.is_over() {
                flushing.next(self, &mut notes);
            }
            write(self.log.as_ref(), notes)?;
        }
        // Without a mark of its own on the disk, a part of the notes would do no harm: it would be written again.
        self.log.sync().map_err(unwritten)?;
        self.finish_flush(flushing);
        Ok(())
    }
}

fn write(log: &dyn Log, notes: Vec<Note>) -> Result<(), ReadError> {
    if notes.is_empty() {
        return Ok(());
    }
    log.write(&Batch { after: log.head().position, notes, ..Batch::default() }).map_err(unwritten)
}

fn unwritten(error: WriteError) -> ReadError {
    ReadError::Store(std::io::Error::other(error))
}
