//! The JSON body of a report, with its keys in the order that receivers are used to.

mod html;
mod moment;
mod sides;

use std::borrow::Cow;
use std::fmt;

use events::ids::{ChatId, MessageId};
use events::personal::Personal;
use serde::{Serialize, Serializer};

use self::html::Aggregation;
use self::moment::Seconds;
use self::sides::{Side, phone};
use super::bundle::{Attachment, Bundle, Direction, Said};

/// Why a bundle has no body. Each is a fault of the code that made the bundle.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// There is nothing to report.
    #[error("a bundle without a message")]
    Empty,
    /// Only the aggregated format has room for several messages.
    #[error("{0} messages in a bundle that is not aggregated")]
    NotAggregated(usize),
    /// Writing the JSON failed.
    #[error("a bundle cannot be written as JSON")]
    Json(#[source] serde_json::Error),
}

/// The body of a report; the same bundle always gives the same bytes. `base_url` is the gateway's public URL, without
/// a slash at the end.
///
/// A message with a file has `attachments` as its last key: one object with `temporary_download_url` (only if there
/// is one), `filename`, `size` in bytes and `mimetype`, the names that `TimelinesAI` uses in its newer webhooks.
pub fn json(bundle: &Bundle, base_url: &str) -> Result<Vec<u8>, BodyError> {
    let (first, last) = bundle.messages.first().zip(bundle.messages.last()).ok_or(BodyError::Empty)?;
    let (whatsapp_account, chat) = (Account::of(bundle), Conversation::of(bundle, base_url));
    let bytes = if bundle.aggregated {
        serde_json::to_vec(&Aggregated {
            whatsapp_account,
            chat,
            messages: Messages(bundle),
            first_message_timestamp: Seconds(first.at),
            last_message_timestamp: Seconds(last.at),
            aggregation: Aggregation { bundle, first, base_url },
        })
    } else if bundle.messages.len() == 1 {
        serde_json::to_vec(&Single { whatsapp_account, chat, message: Line::of(bundle, first) })
    } else {
        return Err(BodyError::NotAggregated(bundle.messages.len()));
    };
    bytes.map_err(BodyError::Json)
}

/// A text as receivers get it: with U+FFFD in place of NUL, which databases never accept.
#[derive(Clone, Copy)]
struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    fn shown(self) -> Cow<'a, str> {
        if self.0.contains('\0') { self.0.replace('\0', "\u{fffd}").into() } else { self.0.into() }
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.shown())
    }
}

#[derive(Serialize)]
struct Single<'a> {
    whatsapp_account: Account<'a>,
    chat: Conversation<'a>,
    message: Line<'a>,
}

#[derive(Serialize)]
struct Aggregated<'a> {
    whatsapp_account: Account<'a>,
    chat: Conversation<'a>,
    messages: Messages<'a>,
    first_message_timestamp: Seconds,
    last_message_timestamp: Seconds,
    aggregation: Aggregation<'a>,
}

#[derive(Serialize)]
struct Account<'a> {
    full_name: Text<'a>,
    email: Text<'a>,
    phone: &'a str,
}

impl<'a> Account<'a> {
    fn of(bundle: &'a Bundle) -> Self {
        let account = &bundle.account;
        let (full_name, email) = (Text(account.full_name.reveal()), Text(account.email.reveal()));
        Self { full_name, email, phone: account.phone.reveal() }
    }
}

/// The chat and the people on its side of the report.
#[derive(Serialize)]
struct Conversation<'a> {
    full_name: Text<'a>,
    responsible_name: Text<'a>,
    responsible_email: Text<'a>,
    chat_url: ChatUrl<'a>,
    #[serde(serialize_with = "shown")]
    chat_id: ChatId,
    is_new_chat: bool,
    is_group: bool,
    phone: &'a str,
}

impl<'a> Conversation<'a> {
    fn of(bundle: &'a Bundle, base_url: &'a str) -> Self {
        let chat = &bundle.chat;
        let responsible = chat.responsible.as_ref();
        Self {
            full_name: Text(chat.full_name.reveal()),
            responsible_name: Text(responsible.map_or("", |responsible| responsible.full_name.reveal())),
            responsible_email: Text(responsible.map_or("", |responsible| responsible.email.reveal())),
            chat_url: ChatUrl { base_url, chat: chat.id },
            chat_id: chat.id,
            is_new_chat: chat.is_new_chat,
            is_group: chat.is_group,
            phone: phone(bundle),
        }
    }
}

struct ChatUrl<'a> {
    base_url: &'a str,
    chat: ChatId,
}

impl fmt::Display for ChatUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/chat/{}/messages/", self.base_url, self.chat)
    }
}

impl Serialize for ChatUrl<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        shown(self, serializer)
    }
}

/// The messages of a bundle, serialized one by one without collecting them first.
struct Messages<'a>(&'a Bundle);

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.messages.iter().map(|said| Line::of(self.0, said)))
    }
}

/// A message of the body.
#[derive(Serialize)]
struct Line<'a> {
    direction: &'static str,
    timestamp: Seconds,
    message_id: MessageId,
    sender: Side<'a>,
    recipient: Side<'a>,
    text: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<[File<'a>; 1]>,
}

impl<'a> Line<'a> {
    fn of(bundle: &'a Bundle, said: &'a Said) -> Self {
        Self {
            direction: match said.direction {
                Direction::Sent => "sent",
                Direction::Received => "received",
            },
            timestamp: Seconds(said.at),
            message_id: said.id,
            sender: Side::sender(bundle, said),
            recipient: Side::recipient(bundle, said),
            text: Text(said.text.reveal()),
            attachments: said.file.as_ref().map(|file| [File::of(file)]),
        }
    }
}

#[derive(Serialize)]
struct File<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    temporary_download_url: Option<&'a str>,
    filename: Text<'a>,
    size: u64,
    mimetype: Text<'a>,
}

impl<'a> File<'a> {
    fn of(file: &'a Attachment) -> Self {
        Self {
            temporary_download_url: file.url.as_ref().map(Personal::reveal),
            filename: Text(file.name.reveal()),
            size: file.size,
            mimetype: Text(&file.mime),
        }
    }
}

fn shown<T: fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[cfg(test)]
mod tests;
