//! All keys of notes: which spaces there are, and which of them can be made again from the records.

use crate::ids::{StreamId, WorkspaceId};

/// A space of keys: notes of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// How far the notes of the index reach.
    IndexCovered,
    /// How many workspaces there are.
    Workspaces,
    /// The workspace behind an inbound token.
    InboundTokens,
    /// The workspace and number of an API key.
    ApiKeys,
    /// The chat of an account with a recipient.
    Peers,
    /// What a chat is called and where it leads.
    Chats,
    /// What a chat is called since it was renamed.
    ChatTitles,
    /// Who is responsible for a chat.
    Responsible,
    /// Chats to which somebody gave a title.
    NamedByHand,
    /// Chats by their title.
    ChatsByTitle,
    /// What an account is.
    Accounts,
    /// Accounts that hold their number.
    Holds,
    /// Accounts by their number.
    AccountsByPhone,
    /// What clients' keys stood for.
    Idempotency,
    /// Where the messages of a workspace are reported.
    Reporting,
    /// Positions of the events of an actor.
    Streams,
    /// Positions of the events of a message.
    Messages,
    /// The same, of messages that were queued at one moment.
    Moments,
    /// Parts of values that are longer than a note.
    LongValues,
    /// States of actors.
    Snapshots,
    /// Actors with something outstanding.
    Agenda,
    /// How far the agenda reaches.
    AgendaCovered,
    /// The last requests to the inbound webhooks.
    Attempts,
    /// The highest number that one of them got.
    NewestAttempt,
    /// The last tries of the outbound webhooks.
    Tries,
    /// The highest number that one of them got.
    NewestTry,
    /// The last e-mails to owners.
    Mails,
}

/// Where the notes of a space come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// They can be made again from the records.
    Derived,
    /// No record says what they say: whoever copies a log must copy them.
    Kept,
}

/// The keys of a space.
#[derive(Debug, Clone, Copy)]
enum Keys {
    /// This one.
    One(&'static [u8]),
    /// All that begin so.
    Many(&'static [u8]),
}

/// Where accounts stood by their number in an index before version 3, among the keys of the agenda. Nothing is written
/// there any more.
const EARLIER_ACCOUNTS_BY_PHONE: &[u8] = b"a";

/// Keys of notes that say how far others reach begin so.
const MARK: u8 = b'!';
/// Most keys are no longer.
const KEY_BYTES: usize = 41;

impl Space {
    /// All of them.
    pub const ALL: [Self; 27] = [
        Self::IndexCovered,
        Self::Workspaces,
        Self::InboundTokens,
        Self::ApiKeys,
        Self::Peers,
        Self::Chats,
        Self::ChatTitles,
        Self::Responsible,
        Self::NamedByHand,
        Self::ChatsByTitle,
        Self::Accounts,
        Self::Holds,
        Self::AccountsByPhone,
        Self::Idempotency,
        Self::Reporting,
        Self::Streams,
        Self::Messages,
        Self::Moments,
        Self::LongValues,
        Self::Snapshots,
        Self::Agenda,
        Self::AgendaCovered,
        Self::Attempts,
        Self::NewestAttempt,
        Self::Tries,
        Self::NewestTry,
        Self::Mails,
    ];

    /// Never changed for a space of notes that are kept.
    const fn keys(self) -> Keys {
        match self {
            Self::IndexCovered => Keys::One(b"!covered"),
            Self::Workspaces => Keys::One(b"!workspaces"),
            Self::InboundTokens => Keys::Many(b"t"),
            Self::ApiKeys => Keys::Many(b"k"),
            Self::Peers => Keys::Many(b"p"),
            Self::Chats => Keys::Many(b"c"),
            Self::ChatTitles => Keys::Many(b"T"),
            Self::Responsible => Keys::Many(b"R"),
            Self::NamedByHand => Keys::Many(b"N"),
            Self::ChatsByTitle => Keys::Many(b"n"),
            Self::Accounts => Keys::Many(b"A"),
            Self::Holds => Keys::Many(b"H"),
            Self::AccountsByPhone => Keys::Many(b"P"),
            Self::Idempotency => Keys::Many(b"i"),
            Self::Reporting => Keys::Many(b"W"),
            Self::Streams => Keys::Many(b"s"),
            Self::Messages => Keys::Many(b"m"),
            Self::Moments => Keys::Many(b"M"),
            Self::LongValues => Keys::Many(b"+"),
            Self::Snapshots => Keys::Many(b"S/"),
            Self::Agenda => Keys::Many(b"a/"),
            Self::AgendaCovered => Keys::One(b"!agenda"),
            Self::Attempts => Keys::Many(b"r/in/"),
            Self::NewestAttempt => Keys::One(b"r/newest"),
            Self::Tries => Keys::Many(b"r/out/"),
            Self::NewestTry => Keys::One(b"r/newest_out"),
            Self::Mails => Keys::Many(b"r/mail/"),
        }
    }

    /// Whether its notes can be made again.
    pub const fn origin(self) -> Origin {
        match self {
            Self::Attempts | Self::NewestAttempt | Self::Tries | Self::NewestTry | Self::Mails => Origin::Kept,
            _ => Origin::Derived,
        }
    }

    /// The space that a key belongs to.
    pub fn of(key: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|space| match space.keys() {
            Keys::One(one) => key == one,
            Keys::Many(beginning) => key.starts_with(beginning),
        })
    }

    /// What all of its keys begin with.
    pub const fn prefix(self) -> &'static [u8] {
        match self.keys() {
            Keys::One(bytes) | Keys::Many(bytes) => bytes,
        }
    }

    /// The key of these parts; of none where the space has one key.
    pub fn key(self, parts: &[&[u8]]) -> Vec<u8> {
        join(self.prefix(), parts)
    }

    /// What a key has behind the space's beginning.
    pub fn rest(self, key: &[u8]) -> Option<&[u8]> {
        key.strip_prefix(self.prefix())
    }

    /// What the notes of a workspace begin with, in a space of slots.
    pub fn slots(self, workspace: WorkspaceId) -> Vec<u8> {
        self.key(&[&workspace.number().to_be_bytes()])
    }

    /// A part of what stands in a slot of a workspace.
    pub fn slot(self, workspace: WorkspaceId, slot: u8, part: u8) -> Vec<u8> {
        self.key(&[&workspace.number().to_be_bytes(), &[slot, part]])
    }
}

/// The slot of a key that [`Space::slot`] made.
pub fn slot_of(key: &[u8]) -> Option<u8> {
    key.last_chunk::<2>().map(|[slot, _part]| *slot)
}

/// The note by which the agenda names an actor.
pub fn agenda(stream: StreamId) -> Vec<u8> {
    Space::Agenda.key(&[stream.to_string().as_bytes()])
}

/// The actor that such a note names.
pub fn agenda_stream(key: &[u8]) -> Option<StreamId> {
    std::str::from_utf8(Space::Agenda.rest(key)?).ok()?.parse().ok()
}

/// The head of an actor's snapshot.
pub(crate) fn snapshot(stream: StreamId) -> Vec<u8> {
    Space::Snapshots.key(&[stream.to_string().as_bytes()])
}

/// A part of the snapshot in one of an actor's two slots.
pub(crate) fn snapshot_part(stream: StreamId, slot: u8, part: u32) -> Vec<u8> {
    Space::Snapshots.key(&[stream.to_string().as_bytes(), &[b'/', slot], &part.to_be_bytes()])
}

/// Where an account stood by its number in an index before version 3.
pub(crate) fn earlier_accounts_by_phone(hash: &[u8]) -> Vec<u8> {
    join(EARLIER_ACCOUNTS_BY_PHONE, &[hash])
}

/// Whether the note says how far others reach.
pub(crate) fn is_mark(key: &[u8]) -> bool {
    key.first() == Some(&MARK)
}

fn join(beginning: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut key = Vec::with_capacity(KEY_BYTES);
    key.extend_from_slice(beginning);
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::ids::{AccountId, ChatId, WebhookId};

    /// Whether a key may belong to both.
    fn overlap(one: Keys, other: Keys) -> bool {
        match (one, other) {
            (Keys::One(one), Keys::One(other)) => one == other,
            (Keys::One(one), Keys::Many(beginning)) | (Keys::Many(beginning), Keys::One(one)) => {
                one.starts_with(beginning)
            }
            (Keys::Many(one), Keys::Many(other)) => one.starts_with(other) || other.starts_with(one),
        }
    }

    #[test]
    fn no_two_spaces_overlap() {
        assert_eq!(Space::ALL.iter().collect::<BTreeSet<_>>().len(), Space::ALL.len());
        for (nth, one) in Space::ALL.iter().enumerate() {
            for other in Space::ALL.iter().skip(nth + 1) {
                assert!(!overlap(one.keys(), other.keys()), "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn every_key_belongs_to_the_space_that_made_it() {
        let one = |space: Space| matches!(space.keys(), Keys::One(_));
        for space in Space::ALL {
            let key = if one(space) { space.key(&[]) } else { space.key(&[b"/\xff"]) };
            assert_eq!(Space::of(&key), Some(space));
        }
        for key in [&b""[..], b"!", b"!coveredx", b"x", b"r/", b"r/newest_", b"a"] {
            assert_eq!(Space::of(key), None, "{key:?}");
        }
    }

    /// Directories have these: another key would lose what is kept there.
    #[test]
    fn notes_that_are_kept_stay_where_they_are() {
        let kept = Space::ALL.into_iter().filter(|space| space.origin() == Origin::Kept);
        let prefixes: Vec<_> = kept.map(|space| std::str::from_utf8(space.prefix()).unwrap()).collect();
        assert_eq!(prefixes, ["r/in/", "r/newest", "r/out/", "r/newest_out", "r/mail/"]);
        let key = Space::Mails.slot(WorkspaceId::nth(0), 7, 2);
        assert_eq!(key, b"r/mail/\0\0\0\0\0\0\x03\xe9\x07\x02");
        assert!(key.starts_with(&Space::Mails.slots(WorkspaceId::nth(0))));
        assert_eq!(slot_of(&key), Some(7));
    }

    #[test]
    fn the_agenda_names_every_kind_of_actor() {
        let workspace = WorkspaceId::nth(0);
        for stream in [
            StreamId::Workspace(workspace),
            StreamId::Account(AccountId::nth(workspace, 1).unwrap()),
            StreamId::Chat(ChatId::nth(workspace, 7).unwrap()),
            StreamId::Webhook(WebhookId::of(workspace)),
        ] {
            assert_eq!(agenda_stream(&agenda(stream)), Some(stream));
        }
        assert_eq!(agenda(StreamId::Workspace(workspace)), b"a/workspace/1001");
        assert_eq!(agenda_stream(&earlier_accounts_by_phone(b"/workspace/\xff")), None);
    }
}
