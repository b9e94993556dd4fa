//! Events of a workspace: credits, accounts, keys. Frozen once released.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, MessageId, WorkspaceId};
use crate::personal::{Digest, Personal};
use crate::time::Timestamp;

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

/// An API key was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCreated {
    /// Whose key.
    pub workspace: WorkspaceId,
    /// SHA-256 of the key.
    pub key_hash: Digest,
}

/// The secret URL was made; the one before it stops at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundUrlGenerated {
    /// Whose URL.
    pub workspace: WorkspaceId,
    /// SHA-256 of the token.
    pub token_hash: Digest,
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
    pub by: String,
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
