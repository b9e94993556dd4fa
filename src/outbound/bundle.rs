//! Messages of one chat that are reported together, with the names that this report uses.

use events::chat::Responsible;
use events::ids::{ChatId, MessageId};
use events::personal::Personal;
use events::time::Timestamp;

/// One report. Its body depends on nothing else, apart from the gateway's own URL, and so is the same at every try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// True if the body is in the aggregated format; otherwise there is exactly one message.
    pub aggregated: bool,
    /// Our side.
    pub account: AccountSide,
    /// The other side.
    pub chat: ChatSide,
    /// At least one, the oldest first.
    pub messages: Vec<Said>,
}

/// The connected account, with its names at the time when the bundle was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSide {
    /// The person who answers on it.
    pub full_name: Personal,
    /// That person's e-mail address.
    pub email: Personal,
    /// The account's number, E.164.
    pub phone: Personal,
}

/// The chat, with its names at the time when the bundle was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatSide {
    pub id: ChatId,
    /// The chat's title.
    pub full_name: Personal,
    /// The person's number; empty if unknown, and never shown for a group.
    pub phone: Personal,
    pub is_group: bool,
    /// True if this is the first report of the chat.
    pub is_new_chat: bool,
    /// The person who answers the chat; `None` if nobody is assigned.
    pub responsible: Option<Responsible>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From us, by any way: a webhook, the API, a teammate or the phone itself.
    Sent,
    /// From the other side.
    Received,
}

/// One message of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub id: MessageId,
    pub direction: Direction,
    /// When it was written.
    pub at: Timestamp,
    /// The teammate who sent it in Tidings; `None` if it was sent in another way or received.
    pub sent_by: Option<Personal>,
    /// The text; may be empty if there is a file.
    pub text: Personal,
    pub file: Option<Attachment>,
}

/// A file of a message. Only reports that include attachments have any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub name: Personal,
    /// Size in bytes.
    pub size: u64,
    /// The media type, such as `image/png`.
    pub mime: String,
    /// The URL of the file; `None` for a received one, whose bytes are not kept.
    pub url: Option<Personal>,
}
