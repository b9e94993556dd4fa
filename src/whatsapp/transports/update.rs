//! Updates that a transport reports on its own. Any of them may come twice, late and in any order.

use actors::account::outcome::Permanent;
use events::time::Timestamp;

/// Something that happened at `WhatsApp` or on an account's phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update {
    /// A message of ours was sent, delivered, read or refused.
    Status(StatusUpdate),
    /// Somebody wrote to an account, or its owner typed on the phone itself.
    Message(Box<IncomingMessage>),
    /// An account was connected or disconnected.
    Connection(Connection),
}

/// The new status of a message that was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusUpdate {
    /// The phone of the account that sent the message, spelled as in the command.
    pub account_phone: String,
    /// The id under which `WhatsApp` knows the message.
    pub wire_id: String,
    pub status: Status,
}

/// The status of a message that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// `WhatsApp` sent it.
    Sent,
    /// It is on the recipient's phone.
    Delivered,
    /// The recipient opened it.
    Read,
    /// It was not sent after all.
    Failed(Permanent),
}

/// A message that no gateway sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingMessage {
    /// The account that received it, or on whose phone it was typed: `+` and digits.
    pub account_phone: String,
    /// `WhatsApp`'s own id of the message, the same each time it is reported.
    pub wire_id: String,
    /// The conversation: `+` and digits for a person, otherwise the JID of a group (`@g.us`) or of a hidden number
    /// (`@lid`).
    pub chat: String,
    /// The contact's own name, or the group's subject; empty if unknown.
    pub chat_name: String,
    /// The person who wrote it, spelled like `chat`; empty for our own side and for an unknown member of a group.
    pub sender: String,
    /// Another address of the person who wrote it or for whom it was typed, if the update names one.
    pub also: Option<String>,
    /// That person's own name; empty if unknown.
    pub sender_name: String,
    /// True if it was typed on the account's own phone.
    pub from_me: bool,
    /// Plain text; empty if there is only a file.
    pub text: String,
    /// The attached file.
    pub file: Option<IncomingFile>,
    /// When it was written, by `WhatsApp`'s clock.
    pub at: Timestamp,
}

/// Details of a file that are known without fetching it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingFile {
    pub name: String,
    /// Length in bytes.
    pub size: u64,
    /// The media type that the sender names.
    pub mime: String,
}

/// A change of an account's connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The account: `+` and digits.
    pub account_phone: String,
    /// True if the account can send and receive from now on.
    pub connected: bool,
}
