//! The keys of the index, as types and as bytes.

use std::ops::Bound;

use crate::ids::{AccountId, ChatId, MessageId, Position, StreamId, StreamKind, WorkspaceId};
use crate::notes::Space;
use crate::personal::{Digest, ShortDigest};
use crate::vault::Owner;

/// A key with a single value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndexKey {
    /// The workspace behind an inbound token, by the token's SHA-256.
    Inbound(Digest),
    /// The workspace and number of an API key, by the key's SHA-256.
    ApiKey(Digest),
    /// The chat of an account with a recipient, by the digest of its canonical spelling.
    Peer(AccountId, ShortDigest),
    /// The account and recipient of a chat, and its first title.
    Chat(ChatId),
    /// The current title of a chat, if it was renamed.
    Title(ChatId),
    /// The teammate responsible for a chat.
    Responsible(ChatId),
    /// The erasure of a chat.
    Erased(ChatId),
    /// The request that an idempotency key was used for, by the key's digest.
    Idempotency(WorkspaceId, ShortDigest),
    /// An account's phone number, its owner's name and address, and its transport.
    Account(AccountId),
    /// The webhook to which a workspace's messages are reported, as long as one is configured.
    Reporting(WorkspaceId),
    /// The webhook of a workspace's listeners, while any listen.
    Listening(WorkspaceId),
    /// True if an account holds its number: from when it is connected until somebody disconnects it. It still holds
    /// the number while its connection is lost.
    Holds(AccountId),
    /// True if a person gave a chat its title, so that the title no longer follows `WhatsApp`.
    NamedByHand(ChatId),
    /// The number of workspaces.
    Workspaces,
}

impl IndexKey {
    /// Returns the digest of a recipient.
    pub(super) const fn peer_digest(&self) -> Option<ShortDigest> {
        if let Self::Peer(_, digest) = self { Some(*digest) } else { None }
    }

    /// Returns whose key seals the stored value; `None` if it is stored as it is.
    pub(super) const fn owner(&self) -> Option<Owner> {
        match self {
            Self::Chat(chat) | Self::Title(chat) | Self::Responsible(chat) => Some(Owner::Chat(*chat)),
            Self::Account(account) => Some(Owner::Workspace(account.workspace())),
            _ => None,
        }
    }

    /// Encodes the key.
    pub(super) fn key(&self) -> Vec<u8> {
        match self {
            Self::Inbound(hash) => Space::InboundTokens.key(&[&hash.0]),
            Self::ApiKey(hash) => Space::ApiKeys.key(&[&hash.0]),
            Self::Peer(account, hash) => Space::Peers.key(&[&account.number().to_be_bytes(), &hash.0]),
            Self::Chat(chat) => Space::Chats.key(&[&chat.number().to_be_bytes()]),
            Self::Title(chat) => Space::ChatTitles.key(&[&chat.number().to_be_bytes()]),
            Self::Responsible(chat) => Space::Responsible.key(&[&chat.number().to_be_bytes()]),
            Self::Idempotency(workspace, hash) => Space::Idempotency.key(&[&workspace.number().to_be_bytes(), &hash.0]),
            Self::Erased(chat) => Space::ErasedChats.key(&[&chat.number().to_be_bytes()]),
            Self::Account(account) => Space::Accounts.key(&[&account.number().to_be_bytes()]),
            Self::Reporting(workspace) => Space::Reporting.key(&[&workspace.number().to_be_bytes()]),
            Self::Listening(workspace) => Space::Listening.key(&[&workspace.number().to_be_bytes()]),
            Self::Holds(account) => Space::Holds.key(&[&account.number().to_be_bytes()]),
            Self::NamedByHand(chat) => Space::NamedByHand.key(&[&chat.number().to_be_bytes()]),
            Self::Workspaces => Space::Workspaces.key(&[]),
        }
    }
}

/// A set of chats or accounts that share something; members are their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SetKey {
    /// Chats of a workspace with the same title.
    Title(WorkspaceId, ShortDigest),
    /// Accounts with the same phone number, in any workspace.
    Phone(ShortDigest),
}

impl SetKey {
    pub(super) fn prefix(&self) -> Vec<u8> {
        match self {
            Self::Title(workspace, hash) => Space::ChatsByTitle.key(&[&workspace.number().to_be_bytes(), &hash.0]),
            Self::Phone(hash) => Space::AccountsByPhone.key(&[&hash.0]),
        }
    }

    pub(super) fn key(&self, member: u64) -> Vec<u8> {
        let mut key = self.prefix();
        key.extend_from_slice(&member.to_be_bytes());
        key
    }

    pub(super) fn member(key: &[u8]) -> u64 {
        key.last_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }
}

/// A key with many positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Series {
    /// The events of one actor.
    Stream(StreamId),
    /// The events of one message.
    Message(MessageId),
    /// The erasures of chats, in all workspaces.
    Erasures,
}

/// A range of streams in their order; both ends may be left open.
pub type StreamRange = (Bound<StreamId>, Bound<StreamId>);

/// Returns the letter of a kind in the keys of its streams.
const fn letter(kind: StreamKind) -> &'static [u8] {
    match kind {
        StreamKind::Workspace => b"w",
        StreamKind::Account => b"a",
        StreamKind::Chat => b"c",
        StreamKind::Webhook => b"h",
        StreamKind::Log => b"l",
    }
}

impl Series {
    /// Returns the prefix of the blocks of all streams of a kind.
    pub(super) fn of_kind(kind: StreamKind) -> Vec<u8> {
        Space::Streams.key(&[letter(kind)])
    }

    pub(super) fn prefix(self) -> Vec<u8> {
        match self {
            Self::Stream(stream) => Space::Streams.key(&[letter(stream.kind()), &stream.number().to_be_bytes()]),
            Self::Erasures => Space::Erasures.key(&[]),
            Self::Message(id) => Space::Messages.key(&[&id.bits().to_be_bytes()]),
        }
    }

    /// Returns the key of the block that begins at `first`.
    pub(super) fn block(self, first: Position) -> Vec<u8> {
        let mut key = self.prefix();
        key.extend_from_slice(&first.to_be_bytes());
        key
    }
}

/// Messages whose ids begin with the same bits, as ids generated within the same 4 ms do. Their positions are stored
/// together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(u64);

impl Moment {
    /// The low bits of an id, which tell the messages of one moment apart.
    const BITS: u32 = 25;

    pub(super) const fn of(message: MessageId) -> Self {
        Self(message.bits() >> Self::BITS)
    }

    /// Returns the bits that tell a message apart from others of its moment.
    pub(super) fn within(message: MessageId) -> u32 {
        u32::try_from(message.bits() & !(u64::MAX << Self::BITS)).unwrap_or_default()
    }

    pub(super) fn prefix(self) -> Vec<u8> {
        Space::Moments.key(&[&self.0.to_be_bytes()])
    }

    /// Returns the key of a block whose first message has its first position here.
    pub(super) fn block(self, first: Position) -> Vec<u8> {
        let mut key = self.prefix();
        key.extend_from_slice(&first.to_be_bytes());
        key
    }
}

/// Returns the stream of this kind that a block's key names.
pub(super) fn stream_of(kind: StreamKind, key: &[u8]) -> Option<StreamId> {
    let number = key.strip_prefix(Series::of_kind(kind).as_slice())?.first_chunk::<8>()?;
    kind.stream(u64::from_be_bytes(*number))
}

/// Returns the position that a block's key ends with.
pub(super) fn block_start(key: &[u8]) -> Position {
    key.last_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}
