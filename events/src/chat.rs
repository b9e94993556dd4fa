//! Events of a chat: how it began, how far its messages got. Frozen once released.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, ChatId, MessageId, WebhookId, WorkspaceId};
use crate::personal::Personal;
use crate::time::Timestamp;
use crate::who::Who;

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
    /// Who is owed a report of it: only where it counted as failed until now.
    pub owed: Option<WebhookId>,
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
    /// Who is owed a report of it: only where it counted as failed until now.
    pub owed: Option<WebhookId>,
}

/// The conversation got another title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatRenamed {
    /// Whose chat.
    pub workspace: WorkspaceId,
    /// Which chat.
    pub chat: ChatId,
    /// Its title so far.
    pub previous: Personal,
    /// Its title.
    pub name: Personal,
    /// Who renamed it; `transport`: the contact did.
    pub by: Who,
}

/// A teammate became responsible for the conversation, or nobody is any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatAssigned {
    /// Whose chat.
    pub workspace: WorkspaceId,
    /// Which chat.
    pub chat: ChatId,
    /// Who is responsible; `None`: nobody.
    pub responsible: Option<Responsible>,
    /// Who says so.
    pub by: Who,
}

/// Who answers a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Responsible {
    /// Full name.
    pub full_name: Personal,
    /// Address.
    pub email: Personal,
}

/// A file that came with a message; its bytes are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedFile {
    /// What it is called.
    pub name: Personal,
    /// How large it is, in bytes.
    pub size: u64,
    /// What it is said to be, such as `image/png`.
    pub mime: String,
}

/// Something was said in the conversation, and not through us: by the other side, or typed on the account's own phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageReceived {
    /// Its id: derived from account, chat, sender and wire id, so that what comes twice is recognised.
    pub message: MessageId,
    /// Whose chat.
    pub workspace: WorkspaceId,
    /// The account that heard it.
    pub account: AccountId,
    /// The conversation.
    pub chat: ChatId,
    /// Whether it was typed on the account's own phone.
    pub from_me: bool,
    /// Who said it: a phone or JID; empty for the account itself.
    pub sender: Personal,
    /// What the sender is called, where that is known.
    pub sender_name: Personal,
    /// What is said.
    pub text: Personal,
    /// What came along.
    pub file: Option<ReceivedFile>,
    /// When it was said.
    pub at: Timestamp,
    /// Who is owed a report of it.
    pub owed: Option<WebhookId>,
}
