//! Upgrades an index of an older version, which stored titles as given, to titles as they are compared.

use super::entries::{ChatEntry, Entries};
use super::keys::{IndexKey, SetKey};
use super::{codec, damaged};
use crate::characters;
use crate::ids::ChatId;
use crate::log::{Log, ReadError};
use crate::notes::Space;
use crate::personal::Personal;

const CHATS_AT_ONCE: usize = 512;

/// Adds each stored chat whose title is compared as another text than it was stored as. Must run before the records
/// that the notes do not cover yet. Every start repeats it until the result is stored.
pub(super) fn compare(log: &dyn Log, entries: &mut Entries) -> Result<(), ReadError> {
    let mut start = Space::Chats.key(&[]);
    loop {
        let chats = log.notes(Space::Chats.prefix(), &start, CHATS_AT_ONCE)?;
        for (key, value) in &chats {
            if let Some(chat) = chat_of(key) {
                add(log, chat, value, entries)?;
            }
        }
        let Some((last, _)) = chats.last().filter(|_| chats.len() == CHATS_AT_ONCE) else { return Ok(()) };
        start.clone_from(last);
        start.push(0);
    }
}

/// Returns the chat that a note is about; `None` for notes with a longer key.
fn chat_of(key: &[u8]) -> Option<ChatId> {
    let number: [u8; 8] = Space::Chats.rest(key)?.try_into().ok()?;
    ChatId::new(u64::from_be_bytes(number))
}

fn add(log: &dyn Log, chat: ChatId, value: &[u8], entries: &mut Entries) -> Result<(), ReadError> {
    let entry: ChatEntry = codec::decode_value(value).map_err(|error| damaged(0, &error))?;
    let renamed: Option<Personal> = match log.note(&IndexKey::Title(chat).key())? {
        Some(title) => Some(codec::decode_value(&title).map_err(|error| damaged(0, &error))?),
        None => None,
    };
    let name = renamed.unwrap_or(entry.name);
    let name = name.reveal();
    if characters::title(name) != name {
        entries.share(SetKey::exact_title(chat.workspace(), name), chat.number(), false);
        entries.share(SetKey::title(chat.workspace(), name), chat.number(), true);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::Index;
    use super::*;
    use crate::ids::{AccountId, WorkspaceId};
    use crate::log::Batch;
    use crate::store::memory_log::MemoryLog;

    const OLD: &str = "Team Ko\u{308}ln ";

    /// The notes of an index that stored titles as they were given.
    fn old_notes(chat: ChatId, opened_as: &str, renamed: Option<&str>) -> Vec<crate::log::Note> {
        let account = AccountId::nth(chat.workspace(), 1).unwrap();
        let entry =
            ChatEntry { account, to: "+12025550101".into(), name: opened_as.into(), phone: None, is_group: false };
        let title = SetKey::exact_title(chat.workspace(), renamed.unwrap_or(opened_as));
        let mut notes = vec![
            (IndexKey::Chat(chat).key(), Some(codec::encode_value(&entry).unwrap())),
            (title.key(chat.number()), Some(Vec::new())),
            (Space::IndexCovered.key(&[]), Some(1_u64.to_be_bytes().to_vec())),
        ];
        let name = renamed.map(Personal::from);
        notes.extend(name.map(|name| (IndexKey::Title(chat).key(), Some(codec::encode_value(&name).unwrap()))));
        notes
    }

    #[test]
    fn titles_that_an_older_version_noted_as_they_were_given_are_found() {
        let workspace = WorkspaceId::nth(0);
        let chat = |nth| ChatId::nth(workspace, nth).unwrap();
        let log = Arc::new(MemoryLog::default());
        let mut notes = old_notes(chat(1), OLD, None);
        notes.extend(old_notes(chat(2), "Bob", Some(" Eve\u{a0}")));
        notes.extend(old_notes(chat(3), "Plain", None));
        log.write(&Batch { notes, ..Batch::default() }).unwrap();
        let index = Index::open(log).unwrap();
        for (name, wanted) in [("Team Köln", 1), (OLD, 1), ("Eve", 2), (" Eve ", 2), ("Plain", 3)] {
            assert_eq!(index.named(workspace, name, 9).unwrap(), [chat(wanted)], "{name:?}");
        }
        assert_eq!(index.named(workspace, "Bob", 9).unwrap(), []);
    }
}
