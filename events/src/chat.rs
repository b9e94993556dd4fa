//! Events of a chat: how it began, and how far its messages got. Frozen once released.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, ChatId, MessageId, WebhookId, WorkspaceId};
use crate::personal::Personal;
use crate::time::Timestamp;
use crate::who::Who;

/// A conversation began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatOpened {
    pub workspace: WorkspaceId,
    /// The account that holds the conversation.
    pub account: AccountId,
    pub chat: ChatId,
    /// The recipient in canonical spelling; identifies the conversation within its account.
    pub peer: Personal,
    /// The recipient as the transport gets it.
    pub to: Personal,
    /// The chat's title.
    pub name: Personal,
    /// The person's phone number, if known.
    pub phone: Option<Personal>,
    pub is_group: bool,
}

/// The message arrived on the recipient's phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageDelivered {
    pub message: MessageId,
    pub chat: ChatId,
    /// Time at which the gateway learnt it.
    pub at: Timestamp,
    /// The webhook to which this must be reported; set only if the message counted as failed until now.
    pub owed: Option<WebhookId>,
}

/// The recipient read the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRead {
    pub message: MessageId,
    pub chat: ChatId,
    /// Time at which the gateway learnt it.
    pub at: Timestamp,
    /// The webhook to which this must be reported; set only if the message counted as failed until now.
    pub owed: Option<WebhookId>,
}

/// The chat got another title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatRenamed {
    pub workspace: WorkspaceId,
    pub chat: ChatId,
    /// The old title.
    pub previous: Personal,
    /// The new title.
    pub name: Personal,
    /// `transport` means that the contact renamed it.
    pub by: Who,
}

/// A teammate became responsible for the conversation, or nobody is responsible any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatAssigned {
    pub workspace: WorkspaceId,
    pub chat: ChatId,
    /// The teammate who is responsible; `None` for nobody.
    pub responsible: Option<Responsible>,
    pub by: Who,
}

/// The teammate who answers a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Responsible {
    pub full_name: Personal,
    /// The e-mail address.
    pub email: Personal,
}

/// A file that came with a message; its bytes are not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedFile {
    pub name: Personal,
    /// In bytes.
    pub size: u64,
    /// The media type that the sender declared, such as `image/png`.
    pub mime: String,
}

/// A message appeared in the conversation that the gateway did not send: it came from the other side, or was typed on
/// the account's own phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageReceived {
    /// Derived from account, chat, sender and wire id, so that duplicates are recognised.
    pub message: MessageId,
    pub workspace: WorkspaceId,
    /// The account that received it.
    pub account: AccountId,
    pub chat: ChatId,
    /// True if it was typed on the account's own phone.
    pub from_me: bool,
    /// The sender's phone number or JID; empty for the account itself.
    pub sender: Personal,
    /// The sender's name, if known.
    pub sender_name: Personal,
    pub text: Personal,
    /// The attached file.
    pub file: Option<ReceivedFile>,
    /// Time at which it was written.
    pub at: Timestamp,
    /// The webhook to which this must be reported.
    pub owed: Option<WebhookId>,
}
