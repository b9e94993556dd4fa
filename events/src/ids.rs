//! Ids, parsed once: numbers below 2^53, so that every JSON reader keeps them exact.

mod stream_kind;

use std::fmt;
use std::str::FromStr;

use crate::hex;
use crate::personal::Personal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::stream_kind::StreamKind;

/// The largest integer that JavaScript keeps exact; no id is larger.
pub const ID_MAX: u64 = (1 << 53) - 1;
const ACCOUNTS_PER_WORKSPACE: u64 = 10_000;
const CHATS_PER_WORKSPACE: u64 = 100_000_000;
const WEBHOOKS_PER_WORKSPACE: u64 = 100;
/// The number of the listeners' webhook within its workspace: the last one.
const LISTENERS: u64 = WEBHOOKS_PER_WORKSPACE - 1;
const FIRST_WORKSPACE: u64 = 1001;
/// The last workspace all of whose chats have an id.
const LAST_WORKSPACE: u64 = ID_MAX / CHATS_PER_WORKSPACE - 1;

/// Place of an event in the whole log, counted from 1 without gaps. 0 is the place before the first event.
pub type Position = u64;

/// Number of events in one stream.
pub type Revision = u64;

/// The text is not an id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct InvalidId;

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident, $is_one:ident $(($each:ident))?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub struct $name(u64);

        impl $name {
            pub const fn number(self) -> u64 {
                self.0
            }

            /// Takes a number; `None` if nothing can have it as its id.
            pub const fn new(number: u64) -> Option<Self> {
                if $is_one(number $(, $each)?) { Some(Self(number)) } else { None }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(u64::deserialize(deserializer)?).ok_or_else(|| D::Error::custom(InvalidId))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let canonical = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
                let number = text.parse().map_err(|_| InvalidId)?;
                if canonical { Self::new(number).ok_or(InvalidId) } else { Err(InvalidId) }
            }
        }
    };
}

number_id!(
    /// A tenant. Numbered from 1001.
    WorkspaceId,
    is_workspace
);
number_id!(
    /// One connected phone number. The id is the workspace's number and four digits.
    AccountId,
    is_within_workspace(ACCOUNTS_PER_WORKSPACE)
);
number_id!(
    /// One conversation of one account. The id is the workspace's number and eight digits.
    ChatId,
    is_within_workspace(CHATS_PER_WORKSPACE)
);
number_id!(
    /// One outbound webhook. The id is the workspace's number and two digits.
    WebhookId,
    is_within_workspace(WEBHOOKS_PER_WORKSPACE)
);

const fn is_workspace(number: u64) -> bool {
    number >= FIRST_WORKSPACE && number <= LAST_WORKSPACE
}

/// True if the number is that of a workspace and a number within it, counted from 1.
const fn is_within_workspace(number: u64, each: u64) -> bool {
    !number.is_multiple_of(each) && is_workspace(number / each)
}

impl WorkspaceId {
    /// The log itself, as the owner of what concerns no workspace.
    pub const LOG: Self = Self(0);

    /// Returns the id of a new workspace when `before` workspaces exist already.
    pub const fn nth(before: u64) -> Self {
        Self::nth_of_shard(before, 0, 1)
    }

    /// Returns the id of a new workspace in one shard of several, when `before` workspaces exist in it already: each
    /// shard numbers its own without asking the others.
    pub const fn nth_of_shard(before: u64, shard: u64, shards: u64) -> Self {
        Self(FIRST_WORKSPACE.saturating_add(before.saturating_mul(shards)).saturating_add(shard))
    }

    /// Returns how many workspaces were created before this one.
    pub const fn ordinal(self) -> u64 {
        self.0.saturating_sub(FIRST_WORKSPACE)
    }
}

impl AccountId {
    /// Returns the `nth` account of a workspace, counted from 1; `None` when all numbers are used up.
    pub fn nth(workspace: WorkspaceId, nth: u64) -> Option<Self> {
        let number = workspace.0.checked_mul(ACCOUNTS_PER_WORKSPACE)?.checked_add(nth)?;
        if nth == 0 || nth >= ACCOUNTS_PER_WORKSPACE { None } else { Self::new(number) }
    }

    /// Returns the workspace whose number the id begins with.
    pub const fn workspace(self) -> WorkspaceId {
        WorkspaceId(self.0 / ACCOUNTS_PER_WORKSPACE)
    }
}

impl ChatId {
    /// The number of the last chat that a workspace can have.
    pub const NTH_MAX: u64 = CHATS_PER_WORKSPACE - 1;

    /// Returns the `nth` chat of a workspace, counted from 1; `None` when all numbers are used up.
    pub fn nth(workspace: WorkspaceId, nth: u64) -> Option<Self> {
        let number = workspace.0.checked_mul(CHATS_PER_WORKSPACE)?.checked_add(nth)?;
        if nth == 0 || nth >= CHATS_PER_WORKSPACE { None } else { Self::new(number) }
    }

    /// Returns the chat's number within its workspace, counted from 1.
    pub const fn nth_of_workspace(self) -> u64 {
        self.0 % CHATS_PER_WORKSPACE
    }

    /// Returns the workspace whose number the id begins with.
    pub const fn workspace(self) -> WorkspaceId {
        WorkspaceId(self.0 / CHATS_PER_WORKSPACE)
    }
}

impl WebhookId {
    /// Returns the `nth` outbound webhook of a workspace, counted from 1; `None` when all numbers are used up.
    pub fn nth(workspace: WorkspaceId, nth: u64) -> Option<Self> {
        let number = workspace.0.checked_mul(WEBHOOKS_PER_WORKSPACE)?.checked_add(nth)?;
        if nth == 0 || nth >= WEBHOOKS_PER_WORKSPACE { None } else { Self::new(number) }
    }

    /// Returns the webhook of the programs that listen on the gateway's machine, which every workspace has too.
    pub const fn of_listeners(workspace: WorkspaceId) -> Self {
        Self(workspace.0.saturating_mul(WEBHOOKS_PER_WORKSPACE).saturating_add(LISTENERS))
    }

    /// True if its reports are for listening programs only, and owed to nobody once these have gone.
    pub const fn is_of_listeners(self) -> bool {
        self.0 % WEBHOOKS_PER_WORKSPACE == LISTENERS
    }

    /// Returns the first webhook, which every workspace has.
    pub const fn of(workspace: WorkspaceId) -> Self {
        Self(workspace.0.saturating_mul(WEBHOOKS_PER_WORKSPACE).saturating_add(1))
    }

    /// Returns the workspace whose number the id begins with.
    pub const fn workspace(self) -> WorkspaceId {
        WorkspaceId(self.0 / WEBHOOKS_PER_WORKSPACE)
    }
}

/// A message's 64-bit id: generated for a message to send, derived for a received one. Human-readable formats such as
/// JSON get it as text, because JSON readers do not keep 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(u64);

impl MessageId {
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for MessageId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() { written(deserializer) } else { u64::deserialize(deserializer).map(Self) }
    }
}

impl Serialize for MessageId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = *b"wa_backend:3EB00000000000000000";
        hex::write_upper(self.0, &mut text);
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl FromStr for MessageId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let bare = text.strip_prefix("wa_backend:").unwrap_or(text);
        let digits = bare.strip_prefix("3EB0").ok_or(InvalidId)?;
        let upper = digits.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
        if digits.len() != 16 || !upper {
            return Err(InvalidId);
        }
        u64::from_str_radix(digits, 16).map(Self).map_err(|_| InvalidId)
    }
}

/// The id under which `WhatsApp` speaks of a message, in its own spelling. Sealed, because some providers write the
/// phone number of the contact into it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WireId(pub Personal);

impl From<&str> for WireId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// Reads an id from the text that stands for it in JSON.
fn written<'de, D: Deserializer<'de>, T: FromStr<Err = InvalidId>>(deserializer: D) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// One bundle to be delivered to one outbound webhook. Its id is that of its first message, which is in no other
/// bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId(MessageId);

impl DeliveryId {
    /// Returns the id of the delivery whose first message is `first`.
    pub const fn of(first: MessageId) -> Self {
        Self(first)
    }

    /// Returns the first message of the delivery.
    pub const fn first(self) -> MessageId {
        self.0
    }
}

impl Serialize for DeliveryId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for DeliveryId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            written(deserializer)
        } else {
            MessageId::deserialize(deserializer).map(Self)
        }
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = *b"dlv_0000000000000000";
        hex::write_upper(self.0.0, &mut text);
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl FromStr for DeliveryId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let digits = text.strip_prefix("dlv_").ok_or(InvalidId)?;
        format!("3EB0{digits}").parse().map(Self)
    }
}

/// Names a stream: all events that concern one actor, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum StreamId {
    /// Credits, accounts, settings.
    Workspace(WorkspaceId),
    /// Queue, tries, outcomes.
    Account(AccountId),
    /// The messages of a chat, and how far they got.
    Chat(ChatId),
    /// Reports to the CRM.
    Webhook(WebhookId),
    /// What concerns the log itself and no workspace.
    Log,
}

impl StreamId {
    /// Returns the workspace that the stream belongs to.
    pub const fn workspace(self) -> WorkspaceId {
        match self {
            Self::Log => WorkspaceId::LOG,
            Self::Workspace(id) => id,
            Self::Account(id) => id.workspace(),
            Self::Chat(id) => id.workspace(),
            Self::Webhook(id) => id.workspace(),
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workspace(id) => write!(f, "workspace/{id}"),
            Self::Account(id) => write!(f, "account/{id}"),
            Self::Chat(id) => write!(f, "chat/{id}"),
            Self::Webhook(id) => write!(f, "webhook/{id}"),
            Self::Log => f.write_str("log"),
        }
    }
}

impl FromStr for StreamId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.split_once('/') {
            Some(("workspace", id)) => id.parse().map(Self::Workspace),
            Some(("account", id)) => id.parse().map(Self::Account),
            Some(("chat", id)) => id.parse().map(Self::Chat),
            Some(("webhook", id)) => id.parse().map(Self::Webhook),
            None if text == "log" => Ok(Self::Log),
            _ => Err(InvalidId),
        }
    }
}

#[cfg(test)]
mod tests;
