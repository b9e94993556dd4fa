//! What a transport reports without being asked. All of it may come twice, late and in any order.

use events::ids::MessageId;
use events::time::Timestamp;

/// Something that happened at `WhatsApp` or on an account's phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update {
    /// A message of ours got further.
    Status(StatusUpdate),
    /// Somebody wrote to an account, or its owner typed on the phone itself.
    Message(IncomingMessage),
    /// An account's connection came or went.
    Connection(Connection),
}

/// How far a sent message got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusUpdate {
    /// The phone of the account that sent the message, as the command spelled it.
    pub account_phone: String,
    /// The message.
    pub id: MessageId,
    /// How far it got.
    pub status: Status,
}

/// How far a sent message got, the nearer first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It is on the recipient's phone.
    Delivered,
    /// The recipient opened it.
    Read,
}

/// A message that no gateway sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingMessage {
    /// The account that it came to, or was typed on: `+` and digits.
    pub account_phone: String,
    /// `WhatsApp`'s own id of it, the same however often it is reported.
    pub wire_id: String,
    /// The conversation: `+` and digits for a person, otherwise the JID of a group (`@g.us`) or of a hidden number
    /// (`@lid`).
    pub chat: String,
    /// What the contact calls itself, or the group's subject; empty if unknown.
    pub chat_name: String,
    /// Who said it, spelled as `chat` is; empty for our own side and for an unknown member of a group.
    pub sender: String,
    /// What that person calls itself; empty if unknown.
    pub sender_name: String,
    /// Whether it was typed on the account's own phone.
    pub from_me: bool,
    /// Plain text; empty where there is only a file.
    pub text: String,
    /// What came along.
    pub file: Option<IncomingFile>,
    /// When it was said, by the clock of `WhatsApp`.
    pub at: Timestamp,
}

/// What is known of a file without fetching it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingFile {
    /// Its name.
    pub name: String,
    /// Its length, in bytes.
    pub size: u64,
    /// Its media type, as the sender says.
    pub mime: String,
}

/// Whether an account can send and hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The account: `+` and digits.
    pub account_phone: String,
    /// Whether it can from now on.
    pub connected: bool,
}
