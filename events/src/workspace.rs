//! Events of a workspace: credits, accounts, keys. Frozen once released.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, MessageId, WorkspaceId};
use crate::personal::{Digest, Personal};
use crate::time::Timestamp;
use crate::who::Who;

/// A tenant came to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceCreated {
    /// Its number.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: Personal,
    /// The owner's full name.
    pub owner_name: Personal,
    /// Where the owner is mailed.
    pub owner_email: Personal,
    /// The owner's language, as a BCP 47 tag.
    pub language: String,
}

/// The workspace's name or its owner's particulars changed; all of them are given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerChanged {
    /// Which workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: Personal,
    /// The owner's full name.
    pub owner_name: Personal,
    /// Where the owner is mailed.
    pub owner_email: Personal,
    /// The owner's language, as a BCP 47 tag.
    pub language: String,
    /// Who changed it.
    pub by: Who,
}

/// Somebody who answers chats joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeammateAdded {
    /// Whose teammate.
    pub workspace: WorkspaceId,
    /// A number within the workspace, never used again.
    pub teammate: u32,
    /// Full name.
    pub full_name: Personal,
    /// Address: no two teammates of a workspace share one.
    pub email: Personal,
    /// Who added them.
    pub by: Who,
}

/// A teammate left; chats keep the name of whoever was responsible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeammateRemoved {
    /// Whose teammate.
    pub workspace: WorkspaceId,
    /// Who left.
    pub teammate: u32,
    /// Who removed them.
    pub by: Who,
}

/// An API key was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCreated {
    /// Whose key.
    pub workspace: WorkspaceId,
    /// A number within the workspace, never used again.
    pub key: u32,
    /// SHA-256 of the key.
    pub key_hash: Digest,
    /// What it is for.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// Who made it.
    pub by: Who,
}

/// An API key opens nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRevoked {
    /// Whose key.
    pub workspace: WorkspaceId,
    /// Which key.
    pub key: u32,
    /// SHA-256 of the key.
    pub key_hash: Digest,
    /// Who revoked it.
    pub by: Who,
}

/// The secret URL was made; the one before it stops at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundUrlGenerated {
    /// Whose URL.
    pub workspace: WorkspaceId,
    /// SHA-256 of the token.
    pub token_hash: Digest,
    /// SHA-256 of the token that stops.
    pub replaces: Option<Digest>,
    /// Who made it.
    pub by: Who,
}

/// The inbound webhook takes messages again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundEnabled {
    /// Whose webhook.
    pub workspace: WorkspaceId,
    /// Who switched it on.
    pub by: Who,
    /// Why.
    pub reason: String,
}

/// The inbound webhook refuses everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundDisabled {
    /// Whose webhook.
    pub workspace: WorkspaceId,
    /// Who switched it off.
    pub by: Who,
    /// Why.
    pub reason: String,
}

/// The inbound webhook refuses unknown fields and phones that are not E.164 from now on, or takes them again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundStrictChanged {
    /// Whose webhook.
    pub workspace: WorkspaceId,
    /// Whether it is strict now.
    pub strict: bool,
    /// Who changed it.
    pub by: Who,
}

/// The gap between two messages changed: for accounts to come, or for one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacingChanged {
    /// Whose accounts.
    pub workspace: WorkspaceId,
    /// Which account; `None`: those that are connected from now on.
    pub account: Option<AccountId>,
    /// Shortest gap between two messages, in milliseconds.
    pub gap_ms_min: u32,
    /// Longest gap between two messages, in milliseconds.
    pub gap_ms_max: u32,
    /// Who changed it.
    pub by: Who,
}

/// The operator gave credits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditsGranted {
    /// To whom.
    pub workspace: WorkspaceId,
    /// How many, at least 1.
    pub amount: u64,
    /// Why.
    pub reason: String,
    /// Who gave them.
    pub by: Who,
}

/// Credits were taken for a message that was queued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditCharged {
    /// Who paid.
    pub workspace: WorkspaceId,
    /// For which message.
    pub message: MessageId,
    /// How many.
    pub amount: u64,
}

/// The charge of a message that could not be sent was given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditRefunded {
    /// To whom.
    pub workspace: WorkspaceId,
    /// For which message.
    pub message: MessageId,
    /// How many: all that was charged.
    pub amount: u64,
    /// The failure's code.
    pub reason: String,
}

/// A `WhatsApp` number was connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountConnected {
    /// Whose account.
    pub workspace: WorkspaceId,
    /// Its id.
    pub account: AccountId,
    /// Its number, E.164.
    pub phone: Personal,
    /// Who answers on it.
    pub full_name: Personal,
    /// That person's address.
    pub email: Personal,
    /// What carries its messages, such as `simulator`.
    pub transport: String,
    /// Whether the transport takes our message id, so that a second send of it is harmless.
    pub own_message_id: bool,
    /// Shortest gap between two messages, in milliseconds.
    pub gap_ms_min: u32,
    /// Longest gap between two messages, in milliseconds.
    pub gap_ms_max: u32,
    /// Who connected it; a `transport` takes up again what it lost.
    pub by: Who,
}

/// The account cannot send: its queue stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountBlocked {
    /// Whose account.
    pub workspace: WorkspaceId,
    /// Which account.
    pub account: AccountId,
    /// Why: `account_blocked`, `account_unauthorised` or `account_misconfigured`.
    pub reason: String,
    /// When it may send again, where that is known.
    pub until: Option<Timestamp>,
}

/// The account may send again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountUnblocked {
    /// Whose account.
    pub workspace: WorkspaceId,
    /// Which account.
    pub account: AccountId,
}

/// The account has no connection: its queue is held for a time, then failed and refunded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDisconnected {
    /// Whose account.
    pub workspace: WorkspaceId,
    /// Which account.
    pub account: AccountId,
    /// Who ended it; what a `transport` ended, it may take up again by itself.
    pub by: Who,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// Somebody holds the account's queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPaused {
    /// Whose account.
    pub workspace: WorkspaceId,
    /// Which account.
    pub account: AccountId,
    /// Who.
    pub by: Who,
    /// Why.
    pub reason: String,
}

/// Somebody lets the account's queue go on, whether it was paused or blocked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountResumed {
    /// Whose account.
    pub workspace: WorkspaceId,
    /// Which account.
    pub account: AccountId,
    /// Who.
    pub by: Who,
    /// Why.
    pub reason: String,
}
