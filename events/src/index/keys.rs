//! The keys of the index, as types and as bytes.

use crate::characters;
use crate::ids::{AccountId, ChatId, MessageId, Position, StreamId, WorkspaceId};
use crate::notes::{self, Space};
use crate::personal::Digest;

/// A key with a single value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndexKey {
    /// The workspace behind an inbound token, by the token's SHA-256.
    Inbound(Digest),
    /// The workspace and number of an API key, by the key's SHA-256.
    ApiKey(Digest),
    /// The chat of an account with a recipient, by the digest of its canonical spelling.
    Peer(AccountId, Digest),
    /// The account and recipient of a chat, and its first title.
    Chat(ChatId),
    /// The current title of a chat, if it was renamed.
    Title(ChatId),
    /// The teammate responsible for a chat.
    Responsible(ChatId),
    /// The request that an idempotency key was used for, by the key's digest.
    Idempotency(WorkspaceId, Digest),
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
    /// Returns the key of an account's chat with a recipient in canonical spelling.
    pub fn peer(account: AccountId, canonical: &str) -> Self {
        Self::Peer(account, Digest::of(canonical.as_bytes()))
    }

    /// Returns the key of an idempotency key.
    pub fn idempotency(workspace: WorkspaceId, key: &str) -> Self {
        Self::Idempotency(workspace, Digest::of(key.as_bytes()))
    }

    /// Encodes the key. Digests are cut to 128 bits where only an honest client could make two collide.
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
    Title(WorkspaceId, Digest),
    /// Accounts with the same phone number, in any workspace.
    Phone(Digest),
    /// The same, under the key that an index before version 3 used.
    EarlierPhone(Digest),
}

impl SetKey {
    /// The key of a title as it is compared: composed, and without invisible characters at both ends.
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

/// A key with many positions.
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

/// Returns the position that a block's key ends with.
pub(super) fn block_start(key: &[u8]) -> Position {
    key.last_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

fn half(hash: &Digest) -> &[u8] {
    hash.0.split_at(16).0
}
