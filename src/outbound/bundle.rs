//! What is reported together: messages of one chat, with the names that count for this report.

use events::chat::Responsible;
use events::ids::{ChatId, MessageId};
use events::personal::Personal;
use events::time::Timestamp;

/// One report. Its body is a function of it, the same at every try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Whether the body is the one with several messages; otherwise there is exactly one.
    pub aggregated: bool,
    /// Our side.
    pub account: AccountSide,
    /// The other side.
    pub chat: ChatSide,
    /// At least one, the oldest first.
    pub messages: Vec<Said>,
}

/// The connected account, as it was called when the bundle was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSide {
    /// Who answers on it.
    pub full_name: Personal,
    /// That person's address.
    pub email: Personal,
    /// Its number, E.164.
    pub phone: Personal,
}

/// The conversation, as it was called when the bundle was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatSide {
    /// Its id.
    pub id: ChatId,
    /// Its title.
    pub full_name: Personal,
    /// The person's number; empty where it is not known, and never shown of a group.
    pub phone: Personal,
    /// Whether it is a group.
    pub is_group: bool,
    /// Whether this is the first report of the chat.
    pub is_new_chat: bool,
    /// Who answers it; `None`: nobody is assigned.
    pub responsible: Option<Responsible>,
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From us, by whatever way: a webhook, the API, a teammate or the phone itself.
    Sent,
    /// From the other side.
    Received,
}

/// One message of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its id.
    pub id: MessageId,
    /// Which way it went.
    pub direction: Direction,
    /// When it was said.
    pub at: Timestamp,
    /// The teammate who sent it in Tidings; `None` for one that came otherwise, and for a received one.
    pub sent_by: Option<Personal>,
    /// What was said; may be empty beside a file.
    pub text: Personal,
    /// What came along.
    pub file: Option<Attachment>,
}

/// A file of a message. Only reports that include attachments have any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// What it is called.
    pub name: Personal,
    /// How large it is, in bytes.
    pub size: u64,
    /// What it is, such as `image/png`.
    pub mime: String,
    /// Where it can be had; `None` for a received one, whose bytes are not kept.
    pub url: Option<Personal>,
}
