//! Defines all keys of notes, grouped into spaces; some spaces can be rebuilt from the records, others cannot.

use crate::ids::{StreamId, WorkspaceId};

/// A key space: notes of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// The position up to which the index's notes cover the log.
    IndexCovered,
    /// The number of workspaces.
    Workspaces,
    /// The workspace behind an inbound token.
    InboundTokens,
    /// The workspace and number of an API key.
    ApiKeys,
    /// The chat of an account with a recipient.
    Peers,
    /// The account, recipient and first title of a chat.
    Chats,
    /// The current title of a chat that was renamed.
    ChatTitles,
    /// The teammate responsible for a chat.
    Responsible,
    /// The erasure of a chat.
    ErasedChats,
    /// Positions of the erasures of all chats.
    Erasures,
    /// Chats to which a person gave a title.
    NamedByHand,
    /// Chats by their title.
    ChatsByTitle,
    /// An account's phone number, its owner's name and address, and its transport.
    Accounts,
    /// Accounts that hold their phone number.
    Holds,
    /// Accounts by phone number.
    AccountsByPhone,
    /// Requests by idempotency key.
    Idempotency,
    /// The webhook to which a workspace's messages are reported.
    Reporting,
    /// The webhook of a workspace's listeners, while any listen.
    Listening,
    /// Positions of an actor's events.
    Streams,
    /// Positions of a message's events.
    Messages,
    /// The same, for messages queued at one moment.
    Moments,
    /// Parts of values that are longer than a note.
    LongValues,
    /// Snapshots of actors' states.
    Snapshots,
    /// Actors with something outstanding.
    Agenda,
    /// The position up to which the agenda covers the log.
    AgendaCovered,
    /// Hashes of blocks of exported lines.
    ProofBlocks,
    /// Hashes of subtrees of such blocks.
    ProofSubtrees,
    /// The number of blocks that have hashes.
    ProofsCovered,
    /// The last requests to the inbound webhooks.
    Attempts,
    /// The highest number given to an attempt.
    NewestAttempt,
    /// The last tries of the outbound webhooks.
    Tries,
    /// The highest number given to a try.
    NewestTry,
    /// The last e-mails to owners.
    Mails,
}

/// The source of a space's notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The notes can be rebuilt from the records.
    Derived,
    /// No record contains what the notes say: a copy of the log must include them.
    Kept,
}

/// The keys of a space.
#[derive(Debug, Clone, Copy)]
enum Keys {
    /// Exactly this key.
    One(&'static [u8]),
    /// All keys with this prefix.
    Many(&'static [u8]),
}

/// First byte of the keys of notes that record how far other notes reach.
const MARK: u8 = b'!';
/// Initial capacity of a key, enough for most keys.
const KEY_BYTES: usize = 41;

impl Space {
    pub const ALL: [Self; 33] = [
        Self::IndexCovered,
        Self::Workspaces,
        Self::InboundTokens,
        Self::ApiKeys,
        Self::Peers,
        Self::Chats,
        Self::ChatTitles,
        Self::Responsible,
        Self::ErasedChats,
        Self::Erasures,
        Self::NamedByHand,
        Self::ChatsByTitle,
        Self::Accounts,
        Self::Holds,
        Self::AccountsByPhone,
        Self::Idempotency,
        Self::Reporting,
        Self::Listening,
        Self::Streams,
        Self::Messages,
        Self::Moments,
        Self::LongValues,
        Self::Snapshots,
        Self::Agenda,
        Self::AgendaCovered,
        Self::ProofBlocks,
        Self::ProofSubtrees,
        Self::ProofsCovered,
        Self::Attempts,
        Self::NewestAttempt,
        Self::Tries,
        Self::NewestTry,
        Self::Mails,
    ];

    /// Never change the keys of a space whose notes are kept.
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
            Self::ErasedChats => Keys::Many(b"E"),
            Self::Erasures => Keys::Many(b"x"),
            Self::NamedByHand => Keys::Many(b"N"),
            Self::ChatsByTitle => Keys::Many(b"n"),
            Self::Accounts => Keys::Many(b"A"),
            Self::Holds => Keys::Many(b"H"),
            Self::AccountsByPhone => Keys::Many(b"P"),
            Self::Idempotency => Keys::Many(b"i"),
            Self::Reporting => Keys::Many(b"W"),
            Self::Listening => Keys::Many(b"L"),
            Self::Streams => Keys::Many(b"s"),
            Self::Messages => Keys::Many(b"m"),
            Self::Moments => Keys::Many(b"M"),
            Self::LongValues => Keys::Many(b"+"),
            Self::Snapshots => Keys::Many(b"S/"),
            Self::Agenda => Keys::Many(b"a/"),
            Self::AgendaCovered => Keys::One(b"!agenda"),
            Self::ProofBlocks => Keys::Many(b"l/"),
            Self::ProofSubtrees => Keys::Many(b"l+/"),
            Self::ProofsCovered => Keys::One(b"!proofs"),
            Self::Attempts => Keys::Many(b"r/in/"),
            Self::NewestAttempt => Keys::One(b"r/newest"),
            Self::Tries => Keys::Many(b"r/out/"),
            Self::NewestTry => Keys::One(b"r/newest_out"),
            Self::Mails => Keys::Many(b"r/mail/"),
        }
    }

    /// True for what the index stores, the mark of how far it reaches excepted.
    pub(crate) const fn is_of_index(self) -> bool {
        let of_others = matches!(
            self,
            Self::IndexCovered
                | Self::Snapshots
                | Self::Agenda
                | Self::AgendaCovered
                | Self::ProofBlocks
                | Self::ProofSubtrees
                | Self::ProofsCovered
        );
        !of_others && matches!(self.origin(), Origin::Derived)
    }

    pub const fn origin(self) -> Origin {
        match self {
            Self::Attempts | Self::NewestAttempt | Self::Tries | Self::NewestTry | Self::Mails => Origin::Kept,
            _ => Origin::Derived,
        }
    }

    /// Returns the space that a key belongs to.
    pub fn of(key: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|space| match space.keys() {
            Keys::One(one) => key == one,
            Keys::Many(beginning) => key.starts_with(beginning),
        })
    }

    /// Returns the prefix of all keys in the space.
    pub const fn prefix(self) -> &'static [u8] {
        match self.keys() {
            Keys::One(bytes) | Keys::Many(bytes) => bytes,
        }
    }

    /// Builds a key from these parts; a space with a single key takes none.
    pub fn key(self, parts: &[&[u8]]) -> Vec<u8> {
        join(self.prefix(), parts)
    }

    /// Returns the part of a key after the space's prefix.
    pub fn rest(self, key: &[u8]) -> Option<&[u8]> {
        key.strip_prefix(self.prefix())
    }

    /// Returns the prefix of a workspace's notes, in a space of slots.
    pub fn slots(self, workspace: WorkspaceId) -> Vec<u8> {
        self.key(&[&workspace.number().to_be_bytes()])
    }

    /// Returns the key of one part of a slot's content.
    pub fn slot(self, workspace: WorkspaceId, slot: u8, part: u8) -> Vec<u8> {
        self.key(&[&workspace.number().to_be_bytes(), &[slot, part]])
    }
}

/// Returns the slot number in a key that [`Space::slot`] made.
pub fn slot_of(key: &[u8]) -> Option<u8> {
    key.last_chunk::<2>().map(|[slot, _part]| *slot)
}

/// Returns the key of an actor's note in the agenda.
pub fn agenda(stream: StreamId) -> Vec<u8> {
    Space::Agenda.key(&[stream.to_string().as_bytes()])
}

/// Returns the actor that an agenda key names.
pub fn agenda_stream(key: &[u8]) -> Option<StreamId> {
    std::str::from_utf8(Space::Agenda.rest(key)?).ok()?.parse().ok()
}

/// Returns the key of the head of an actor's snapshot.
pub(crate) fn snapshot(stream: StreamId) -> Vec<u8> {
    Space::Snapshots.key(&[stream.to_string().as_bytes()])
}

/// Returns the key of one part of the snapshot in one of an actor's two slots.
pub(crate) fn snapshot_part(stream: StreamId, slot: u8, part: u32) -> Vec<u8> {
    Space::Snapshots.key(&[stream.to_string().as_bytes(), &[b'/', slot], &part.to_be_bytes()])
}

/// True if the note records how far other notes reach.
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

    /// True if a key may belong to both.
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
        for key in [&b""[..], b"!", b"!coveredx", b"y", b"r/", b"r/newest_", b"a"] {
            assert_eq!(Space::of(key), None, "{key:?}");
        }
    }

    /// Existing data directories contain these keys: under other keys the notes would be lost.
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
    }
}
