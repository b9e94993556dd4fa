//! Events of a workspace: credits, accounts, keys. Frozen once released.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, MessageId, WorkspaceId};
use crate::personal::{Digest, Personal};
use crate::time::Timestamp;
use crate::who::Who;

/// A tenant was created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceCreated {
    pub workspace: WorkspaceId,
    pub name: Personal,
    /// The owner's full name.
    pub owner_name: Personal,
    /// The owner's e-mail address.
    pub owner_email: Personal,
    /// The owner's language, as a BCP 47 tag.
    pub language: String,
}

/// The workspace's name or its owner's details changed; the event holds all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerChanged {
    pub workspace: WorkspaceId,
    pub name: Personal,
    /// The owner's full name.
    pub owner_name: Personal,
    /// The owner's e-mail address.
    pub owner_email: Personal,
    /// The owner's language, as a BCP 47 tag.
    pub language: String,
    pub by: Who,
}

/// A teammate who answers chats joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeammateAdded {
    pub workspace: WorkspaceId,
    /// Number within the workspace; never reused.
    pub teammate: u32,
    pub full_name: Personal,
    /// E-mail address; unique within the workspace.
    pub email: Personal,
    pub by: Who,
}

/// A teammate left; chats keep the name of the teammate who was responsible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeammateRemoved {
    pub workspace: WorkspaceId,
    pub teammate: u32,
    pub by: Who,
}

/// An API key was created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCreated {
    pub workspace: WorkspaceId,
    /// Number within the workspace; never reused.
    pub key: u32,
    /// SHA-256 of the key.
    pub key_hash: Digest,
    /// The key's purpose.
    pub name: Personal,
    pub at: Timestamp,
    pub by: Who,
}

/// An API key was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRevoked {
    pub workspace: WorkspaceId,
    pub key: u32,
    /// SHA-256 of the key.
    pub key_hash: Digest,
    pub by: Who,
}

/// The secret inbound URL was generated; the previous one stops working at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundUrlGenerated {
    pub workspace: WorkspaceId,
    /// SHA-256 of the token.
    pub token_hash: Digest,
    /// SHA-256 of the token that stops working.
    pub replaces: Option<Digest>,
    pub by: Who,
}

/// The inbound webhook accepts messages again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundEnabled {
    pub workspace: WorkspaceId,
    pub by: Who,
    /// The reason given.
    pub reason: Personal,
}

/// The inbound webhook rejects everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundDisabled {
    pub workspace: WorkspaceId,
    pub by: Who,
    /// The reason given.
    pub reason: Personal,
}

/// The inbound webhook rejects unknown fields and phones that are not E.164 from now on, or accepts them again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundStrictChanged {
    pub workspace: WorkspaceId,
    /// True if it is strict now.
    pub strict: bool,
    pub by: Who,
}

/// The gap between two messages changed: for accounts connected from now on, or for one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacingChanged {
    pub workspace: WorkspaceId,
    /// The account; `None` for accounts that are connected from now on.
    pub account: Option<AccountId>,
    /// Shortest gap between two messages, in milliseconds.
    pub gap_ms_min: u32,
    /// Longest gap between two messages, in milliseconds.
    pub gap_ms_max: u32,
    pub by: Who,
}

/// The operator granted credits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditsGranted {
    pub workspace: WorkspaceId,
    /// At least 1.
    pub amount: u64,
    /// The reason given.
    pub reason: Personal,
    pub by: Who,
}

/// Credits were charged for a queued message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditCharged {
    /// The workspace that pays.
    pub workspace: WorkspaceId,
    pub message: MessageId,
    pub amount: u64,
}

/// The charge of a message that could not be sent was refunded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditRefunded {
    pub workspace: WorkspaceId,
    pub message: MessageId,
    /// The full charge.
    pub amount: u64,
    /// The failure's code.
    pub reason: String,
}

/// A `WhatsApp` number was connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountConnected {
    pub workspace: WorkspaceId,
    pub account: AccountId,
    /// The phone number, in E.164.
    pub phone: Personal,
    /// The person who answers on it.
    pub full_name: Personal,
    /// That person's e-mail address.
    pub email: Personal,
    /// The name of the transport, such as `simulator`.
    pub transport: String,
    /// The provider's own name for the account, such as a phone number id.
    pub provider_account: Option<String>,
    /// SHA-256 of the token in the address at which the provider calls back.
    pub callback: Option<Digest>,
    /// True if the transport accepts our message id, so that sending a message twice is harmless.
    pub own_message_id: bool,
    /// Shortest gap between two messages, in milliseconds.
    pub gap_ms_min: u32,
    /// Longest gap between two messages, in milliseconds.
    pub gap_ms_max: u32,
    /// `transport` if it restored a connection that it had lost.
    pub by: Who,
}

/// The account cannot send: its queue stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountBlocked {
    pub workspace: WorkspaceId,
    pub account: AccountId,
    /// The reason: `account_blocked`, `account_unauthorised` or `account_misconfigured`.
    pub reason: String,
    /// Time from which it may send again, if known.
    pub until: Option<Timestamp>,
}

/// The account may send again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountUnblocked {
    pub workspace: WorkspaceId,
    pub account: AccountId,
}

/// The account has no connection: its queue is held for a time, then its messages fail and are refunded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDisconnected {
    pub workspace: WorkspaceId,
    pub account: AccountId,
    /// A connection that `transport` ended may come back by itself.
    pub by: Who,
    /// The reason given.
    pub reason: Personal,
    pub at: Timestamp,
}

/// Somebody paused the account's queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPaused {
    pub workspace: WorkspaceId,
    pub account: AccountId,
    pub by: Who,
    /// The reason given.
    pub reason: Personal,
}

/// Somebody resumed the account's queue, whether it was paused or blocked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountResumed {
    pub workspace: WorkspaceId,
    pub account: AccountId,
    pub by: Who,
    /// The reason given.
    pub reason: Personal,
}
