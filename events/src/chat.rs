//! Events of a chat: how it began, and how far its messages got. Frozen once released.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, ChatId, MessageId, WebhookId, WireId, WorkspaceId};
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

/// The kind of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// A phone number as it was dialled.
    Phone,
    /// A phone number as `WhatsApp` spells it, which may differ: some countries have two spellings.
    SpelledPhone,
    /// A JID that hides the number, such as `123@lid`.
    Lid,
    /// A business-scoped user id, such as `US.13491`.
    Bsuid,
}

impl AddressKind {
    /// True for a phone number, however it is spelled.
    pub const fn is_phone(self) -> bool {
        matches!(self, Self::Phone | Self::SpelledPhone)
    }
}

/// Another address of the chat's person became known: it leads to this chat from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatAddressLearnt {
    pub workspace: WorkspaceId,
    /// The account that holds the conversation.
    pub account: AccountId,
    pub chat: ChatId,
    pub kind: AddressKind,
    /// In canonical spelling.
    pub address: Personal,
}

/// Somebody asked to erase everything that is known of the person or group of this chat. The chat takes no more
/// messages; what is queued fails, and what is owed of it is dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatErased {
    pub workspace: WorkspaceId,
    /// The account that holds the conversation.
    pub account: AccountId,
    pub chat: ChatId,
    pub by: Who,
    /// The reason given. It belongs to the workspace and stays.
    pub reason: Personal,
    pub at: Timestamp,
}

/// The key of an erased chat is destroyed: its texts and names can never be read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatKeyDestroyed {
    pub workspace: WorkspaceId,
    pub chat: ChatId,
    pub at: Timestamp,
}

/// What a received message is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    #[default]
    Text,
    Image,
    Video,
    Document,
    /// A voice message.
    Voice,
    Audio,
    Sticker,
    Location,
    Contacts,
    Poll,
    Order,
    /// The answer to a form.
    Form,
    /// A picture or video that can be seen once.
    ViewOnce,
    /// Something that Tidings does not know.
    Unknown,
}

/// A file that came with a message; its bytes are not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedFile {
    pub name: Personal,
    /// In bytes.
    pub size: u64,
    /// The media type that the sender declared, such as `image/png`: type and subtype only.
    pub mime: String,
    /// The provider's reference, with which the file can be fetched.
    pub reference: Option<Personal>,
}

/// The most bytes of a message's particulars.
pub const PARTICULARS_BYTES_MAX: usize = 16 << 10;

/// A message appeared in the conversation that the gateway did not send: it came from the other side, or was typed on
/// the account's own phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageReceived {
    /// Derived from account, sender and wire id, so that duplicates are recognised.
    pub message: MessageId,
    pub workspace: WorkspaceId,
    /// The account that received it.
    pub account: AccountId,
    pub chat: ChatId,
    /// True if it was typed on the account's own phone.
    pub from_me: bool,
    pub kind: MessageKind,
    /// The sender's phone number or JID; empty for the account itself.
    pub sender: Personal,
    /// The sender's address as `WhatsApp` spelled it, if that differs.
    pub address: Option<Personal>,
    /// The sender's name, if known.
    pub sender_name: Personal,
    pub text: Personal,
    /// What a kind other than text consists of, as a JSON object: the place of a location, the names of contacts. At
    /// most [`PARTICULARS_BYTES_MAX`] bytes.
    pub particulars: Option<Personal>,
    /// The attached file.
    pub file: Option<ReceivedFile>,
    /// The bytes that its text and file take in a report at most.
    pub report_bytes: u32,
    /// The id under which `WhatsApp` speaks of it.
    pub wire_id: Option<WireId>,
    /// The message that it answers.
    pub reply_to: Option<WireId>,
    /// Time at which it was written.
    pub at: Timestamp,
    /// The webhook to which this must be reported.
    pub owed: Option<WebhookId>,
}
