//! The keys of the index, as types and as bytes.

use crate::characters;
use crate::ids::{AccountId, ChatId, MessageId, Position, StreamId, WorkspaceId};
use crate::personal::Digest;

pub(super) const COVERED: &[u8] = b"!covered";
pub(super) const IDEMPOTENCY: &[u8] = b"i";
/// What the notes of all chats begin with.
pub(super) const CHATS: &[u8] = b"c";

/// What has one value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lookup {
    /// The workspace behind an inbound token, by the token's SHA-256.
    Inbound(Digest),
    /// The workspace and number of an API key, by the key's SHA-256.
    ApiKey(Digest),
    /// The chat of an account with a recipient, by the digest of its canonical spelling.
    Peer(AccountId, Digest),
    /// What a chat is called and where it leads.
    Chat(ChatId),
    /// What a chat is called now, if it was renamed.
    Title(ChatId),
    /// Who is responsible for a chat.
    Responsible(ChatId),
    /// What a client's key stood for, by the key's digest.
    Idempotency(WorkspaceId, Digest),
    /// What an account is.
    Account(AccountId),
    /// Where a workspace's messages are reported, while they are.
    Reporting(WorkspaceId),
    /// Whether an account holds its number: from when it is connected until somebody ends that. A connection that was lost
    /// is held.
    Holds(AccountId),
    /// Whether somebody gave a chat its title, so that it does not follow `WhatsApp`.
    NamedByHand(ChatId),
    /// How many workspaces there are.
    Workspaces,
}

impl Lookup {
    /// The chat of an account with a recipient in canonical spelling.
    pub fn peer(account: AccountId, canonical: &str) -> Self {
        Self::Peer(account, Digest::of(canonical.as_bytes()))
    }

    /// What a client's key stood for.
    pub fn idempotency(workspace: WorkspaceId, key: &str) -> Self {
        Self::Idempotency(workspace, Digest::of(key.as_bytes()))
    }

    /// The key's bytes. Digests are cut to 128 bits where only an honest client could make two collide.
    pub(super) fn key(&self) -> Vec<u8> {
        match self {
            Self::Inbound(hash) => join(b't', &[&hash.0]),
            Self::ApiKey(hash) => join(b'k', &[&hash.0]),
            Self::Peer(account, hash) => join(b'p', &[&account.number().to_be_bytes(), half(hash)]),
            Self::Chat(chat) => join(b'c', &[&chat.number().to_be_bytes()]),
            Self::Title(chat) => join(b'T', &[&chat.number().to_be_bytes()]),
            Self::Responsible(chat) => join(b'R', &[&chat.number().to_be_bytes()]),
            Self::Idempotency(workspace, hash) => join(b'i', &[&workspace.number().to_be_bytes(), half(hash)]),
            Self::Account(account) => join(b'A', &[&account.number().to_be_bytes()]),
            Self::Reporting(workspace) => join(b'W', &[&workspace.number().to_be_bytes()]),
            Self::Holds(account) => join(b'H', &[&account.number().to_be_bytes()]),
            Self::NamedByHand(chat) => join(b'N', &[&chat.number().to_be_bytes()]),
            Self::Workspaces => b"!workspaces".to_vec(),
        }
    }
}

/// What several chats or accounts may have in common; members are their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shared {
    /// Chats of a workspace with one title.
    Title(WorkspaceId, Digest),
    /// Accounts with one number, in any workspace.
    Phone(Digest),
}

impl Shared {
    /// However the title is composed, and whatever unseen stands around it.
    pub(super) fn title(workspace: WorkspaceId, name: &str) -> Self {
        Self::exact_title(workspace, &characters::title(name))
    }

    pub(super) fn exact_title(workspace: WorkspaceId, name: &str) -> Self {
        Self::Title(workspace, Digest::of(name.as_bytes()))
    }

    pub(super) fn phone(phone: &str) -> Self {
        Self::Phone(Digest::of(phone.as_bytes()))
    }

    pub(super) fn prefix(&self) -> Vec<u8> {
        match self {
            Self::Title(workspace, hash) => join(b'n', &[&workspace.number().to_be_bytes(), half(hash)]),
            Self::Phone(hash) => join(b'a', &[half(hash)]),
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

/// What has many positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Series {
    /// The events of one actor.
    Stream(StreamId),
    /// The events of one message.
    Message(MessageId),
}

impl Series {
    pub(super) fn prefix(self) -> Vec<u8> {
        match self {
            Self::Stream(StreamId::Workspace(id)) => join(b's', &[b"w", &id.number().to_be_bytes()]),
            Self::Stream(StreamId::Account(id)) => join(b's', &[b"a", &id.number().to_be_bytes()]),
            Self::Stream(StreamId::Chat(id)) => join(b's', &[b"c", &id.number().to_be_bytes()]),
            Self::Stream(StreamId::Webhook(id)) => join(b's', &[b"h", &id.number().to_be_bytes()]),
            Self::Message(id) => join(b'm', &[&id.bits().to_be_bytes()]),
        }
    }

    /// The key of a block that begins at `first`.
    pub(super) fn block(self, first: Position) -> Vec<u8> {
        let mut key = self.prefix();
        key.extend_from_slice(&first.to_be_bytes());
        key
    }
}

/// Messages whose ids begin alike, as those do that were queued within 4 ms of each other: what is known of them from when
/// they were queued is stored together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(u64);

impl Moment {
    /// Bits of an id that tell its messages apart.
    const BITS: u32 = 25;

    pub(super) const fn of(message: MessageId) -> Self {
        Self(message.bits() >> Self::BITS)
    }

    /// What tells a message from others of its moment.
    pub(super) fn within(message: MessageId) -> u32 {
        u32::try_from(message.bits() & !(u64::MAX << Self::BITS)).unwrap_or_default()
    }

    pub(super) fn prefix(self) -> Vec<u8> {
        join(b'M', &[&self.0.to_be_bytes()])
    }

    /// The key of a block whose first message has its first position here.
    pub(super) fn block(self, first: Position) -> Vec<u8> {
        let mut key = self.prefix();
        key.extend_from_slice(&first.to_be_bytes());
        key
    }
}

/// The position that a block's key ends with.
pub(super) fn block_start(key: &[u8]) -> Position {
    key.last_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

fn half(hash: &Digest) -> &[u8] {
    hash.0.split_at(16).0
}

fn join(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = Vec::with_capacity(41);
    key.push(kind);
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}
