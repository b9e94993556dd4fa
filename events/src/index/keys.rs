//! The keys of the index, as types and as bytes.

use crate::characters;
use crate::ids::{AccountId, ChatId, MessageId, Position, StreamId, WorkspaceId};
use crate::notes::{self, Space};
use crate::personal::Digest;

/// What has one value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndexKey {
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

impl IndexKey {
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
            Self::Inbound(hash) => Space::InboundTokens.key(&[&hash.0]),
            Self::ApiKey(hash) => Space::ApiKeys.key(&[&hash.0]),
            Self::Peer(account, hash) => Space::Peers.key(&[&account.number().to_be_bytes(), half(hash)]),
            Self::Chat(chat) => Space::Chats.key(&[&chat.number().to_be_bytes()]),
            Self::Title(chat) => Space::ChatTitles.key(&[&chat.number().to_be_bytes()]),
            Self::Responsible(chat) => Space::Responsible.key(&[&chat.number().to_be_bytes()]),
            Self::Idempotency(workspace, hash) => {
                Space::Idempotency.key(&[&workspace.number().to_be_bytes(), half(hash)])
            }
            Self::Account(account) => Space::Accounts.key(&[&account.number().to_be_bytes()]),
            Self::Reporting(workspace) => Space::Reporting.key(&[&workspace.number().to_be_bytes()]),
            Self::Holds(account) => Space::Holds.key(&[&account.number().to_be_bytes()]),
            Self::NamedByHand(chat) => Space::NamedByHand.key(&[&chat.number().to_be_bytes()]),
            Self::Workspaces => Space::Workspaces.key(&[]),
        }
    }
}

/// What several chats or accounts may have in common; members are their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SetKey {
    /// Chats of a workspace with one title.
    Title(WorkspaceId, Digest),
    /// Accounts with one number, in any workspace.
    Phone(Digest),
    /// The same where an index before version 3 has them.
    EarlierPhone(Digest),
}

impl SetKey {
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

    pub(super) fn earlier_phone(phone: &str) -> Self {
        Self::EarlierPhone(Digest::of(phone.as_bytes()))
    }

    pub(super) fn prefix(&self) -> Vec<u8> {
        match self {
            Self::Title(workspace, hash) => Space::ChatsByTitle.key(&[&workspace.number().to_be_bytes(), half(hash)]),
            Self::Phone(hash) => Space::AccountsByPhone.key(&[half(hash)]),
            Self::EarlierPhone(hash) => notes::earlier_accounts_by_phone(half(hash)),
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
            Self::Stream(StreamId::Workspace(id)) => Space::Streams.key(&[b"w", &id.number().to_be_bytes()]),
            Self::Stream(StreamId::Account(id)) => Space::Streams.key(&[b"a", &id.number().to_be_bytes()]),
            Self::Stream(StreamId::Chat(id)) => Space::Streams.key(&[b"c", &id.number().to_be_bytes()]),
            Self::Stream(StreamId::Webhook(id)) => Space::Streams.key(&[b"h", &id.number().to_be_bytes()]),
            Self::Message(id) => Space::Messages.key(&[&id.bits().to_be_bytes()]),
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
        Space::Moments.key(&[&self.0.to_be_bytes()])
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
