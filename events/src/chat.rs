//! Events of a chat: how it began, how far its messages got. Frozen once released.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, ChatId, MessageId, WorkspaceId};
use crate::personal::Personal;
use crate::time::Timestamp;

/// A conversation began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatOpened {
    /// Whose chat.
    pub workspace: WorkspaceId,
    /// The account that talks.
    pub account: AccountId,
    /// Its id.
    pub chat: ChatId,
    /// What makes it one conversation: the recipient in canonical spelling.
    pub peer: Personal,
    /// The recipient as the transport gets it.
    pub to: Personal,
    /// Its title.
    pub name: Personal,
    /// The person's number, where it is known.
    pub phone: Option<Personal>,
    /// Whether it is a group.
    pub is_group: bool,
}

/// The recipient's phone has the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageDelivered {
    /// Which message.
    pub message: MessageId,
    /// The conversation.
    pub chat: ChatId,
    /// When we learnt it.
    pub at: Timestamp,
}

/// The recipient has read the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRead {
    /// Which message.
    pub message: MessageId,
    /// The conversation.
    pub chat: ChatId,
    /// When we learnt it.
    pub at: Timestamp,
}
