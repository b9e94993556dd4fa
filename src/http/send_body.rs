//! What a CRM posts: read tolerantly, checked field by field, turned into a command.

mod file;
#[cfg(test)]
mod tests;

use actors::peer::{Peer, e164};
use actors::workspace::Recipient;
use events::account::{File, Origin};
use events::ids::ChatId;

use super::error::Refused;
use super::json::{self, Object};
use super::lookalikes;

pub(super) use self::file::file_name;

const ACTION: &str = "action";
const TEXT: &str = "text";
const FILE_URL: &str = "file_url";
const FILE_NAME: &str = "file_name";
const SENDER: &str = "whatsapp account phone";
const SENDER_PLAIN: &str = "whatsapp_account_phone";
/// The name that our own API has for the sender.
const SENDER_SHORT: &str = "account";
/// What the path says comes before all fields.
const PATH: &str = "the chat in the path";
/// In the order in which they count.
const RECIPIENTS: [&str; 4] = [CHAT_ID, "jid", "phone", CHAT_NAME];
const CHAT_ID: &str = "chat_id";
const CHAT_NAME: &str = "chat_name";
const KNOWN: [&str; 6] = [ACTION, TEXT, FILE_URL, FILE_NAME, SENDER, SENDER_PLAIN];

/// So many unknown fields are named; of more only the number is told.
const UNKNOWN_MAX: usize = 20;
const UNKNOWN_CHARS_MAX: usize = 64;
/// Nobody's number is longer.
const NUMBER_CHARS_MAX: usize = 255;
/// No chat's name is longer.
const CHAT_NAME_CHARS_MAX: usize = 1_000;

/// A body that passed all checks that need no state.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SendBody {
    pub(super) recipient: Recipient,
    /// The number to send from, if one is named.
    pub(super) sender: Option<String>,
    /// Empty only with a file.
    pub(super) text: String,
    pub(super) file: Option<File>,
    /// Names of fields that mean nothing here.
    pub(super) unknown_fields: Vec<String>,
}

impl SendBody {
    /// Reads a body that came in through this door, where the path may name the chat; what is odd but no reason to
    /// refuse goes to `warnings`.
    pub(super) fn parse(
        bytes: &[u8],
        door: Origin,
        chat: Option<ChatId>,
        text_chars: usize,
        warnings: &mut Vec<String>,
    ) -> Result<Self, Refused> {
        let mut fields = Fields { object: json::fields(bytes)?, is_api: door != Origin::Inbound, chat, warnings };
        let unknown_fields = fields.unknown();
        fields.repeated();
        fields.action()?;
        let file = fields.file()?;
        let text = fields.text(text_chars, file.is_some())?;
        let sender = fields.sender()?;
        let recipient = fields.recipient(sender.is_some())?;
        Ok(Self { recipient, sender, text, file, unknown_fields })
    }
}

struct Fields<'a> {
    object: Object<'a>,
    is_api: bool,
    chat: Option<ChatId>,
    warnings: &'a mut Vec<String>,
}

impl Fields<'_> {
    /// A field as text; numbers count as their digits, `null` and blank as absent.
    fn get(&self, name: &'static str) -> Result<Option<String>, Refused> {
        Ok(self.object.text(name)?.filter(|text| !text.trim().is_empty()))
    }

    /// As [`Fields::get`], of a phone or an id. No chat has an id that is not whole; a phone with a fraction would be
    /// somebody else's once its dot is gone.
    fn identifier(&self, name: &'static str) -> Result<Option<String>, Refused> {
        let text = match self.object.identifier(name)? {
            Ok(text) => text,
            Err(number) if name == CHAT_ID => Some(number.to_owned()),
            Err(_) => return Err(Refused::invalid(name, format!("{name} must be a text or a whole number"))),
        };
        Ok(text.filter(|text| !text.trim().is_empty()))
    }

    /// As [`Fields::get`], and not longer than any such name is.
    fn short(&self, name: &'static str) -> Result<Option<String>, Refused> {
        let (value, chars_max) = match name {
            CHAT_NAME => (self.get(name)?, CHAT_NAME_CHARS_MAX),
            _ => (self.identifier(name)?, NUMBER_CHARS_MAX),
        };
        match value {
            Some(text) if text.chars().count() > chars_max => {
                Err(Refused::invalid(name, format!("{name} has more than {chars_max} characters")))
            }
            other => Ok(other),
        }
    }

    fn is_known(&self, name: &str) -> bool {
        KNOWN.contains(&name) || RECIPIENTS.contains(&name) || (self.is_api && name == SENDER_SHORT)
    }

    fn unknown_names(&self) -> impl Iterator<Item = &str> {
        self.object.fields.keys().map(String::as_str).filter(|name| !self.is_known(name))
    }

    fn unknown(&mut self) -> Vec<String> {
        let names: Vec<&str> = self.unknown_names().take(UNKNOWN_MAX).collect();
        let cut = |name: &str| name.chars().take(UNKNOWN_CHARS_MAX).collect::<String>();
        let said = names.iter().map(|name| {
            let meant = lookalikes::meant(name).map(|field| format!(" Did you mean \"{field}\"?"));
            format!("Unknown field \"{}\" was ignored.{}", cut(name), meant.unwrap_or_default())
        });
        let (said, names) = (said.collect::<Vec<_>>(), names.iter().map(|name| cut(name)).collect());
        let more = self.unknown_names().count().saturating_sub(UNKNOWN_MAX);
        let more = (more > 0).then(|| format!("{more} more unknown fields were ignored"));
        self.warnings.extend(said.into_iter().chain(more));
        names
    }

    fn repeated(&mut self) {
        let said = self.object.repeated.iter().take(UNKNOWN_MAX).map(|name| {
            let name: String = name.chars().take(UNKNOWN_CHARS_MAX).collect();
            format!("\"{name}\" is given more than once: the last one counts")
        });
        self.warnings.extend(said);
    }

    /// `refused`, with a hint if an unknown field looks like one of `wanted`.
    fn hinting(&self, refused: Refused, wanted: &[&'static str]) -> Refused {
        let found = self.unknown_names().find_map(|name| {
            let field = lookalikes::meant(name)?;
            wanted.iter().find(|wanted| **wanted == field).map(|field| (name, *field))
        });
        match found {
            Some((name, field)) => {
                let name: String = name.chars().take(UNKNOWN_CHARS_MAX).collect();
                refused.naming(field).hinting(format!("Unknown field \"{name}\". Did you mean \"{field}\"?"))
            }
            None => refused,
        }
    }

    fn action(&self) -> Result<(), Refused> {
        match self.get(ACTION)? {
            Some(action) if action == "send" => Ok(()),
            Some(_) => Err(Refused::invalid(ACTION, "action must be \"send\"")),
            None if self.is_api => Ok(()),
            None => {
                let refused = Refused::bad("missing_field", "action is missing").naming(ACTION);
                Err(self.hinting(refused.hinting("Add \"action\": \"send\""), &[ACTION]))
            }
        }
    }

    fn file(&mut self) -> Result<Option<File>, Refused> {
        match (self.get(FILE_URL)?, self.get(FILE_NAME)?) {
            (None, None) => Ok(None),
            (Some(url), Some(name)) => file::checked(&url, &name, self.warnings).map(Some),
            (Some(_), None) => {
                let refused = Refused::bad("file_name_missing", "file_name must be given with file_url");
                Err(self.hinting(refused.naming(FILE_NAME), &[FILE_NAME]))
            }
            (None, Some(_)) => {
                let refused = Refused::bad("file_url_missing", "file_url must be given with file_name");
                Err(self.hinting(refused.naming(FILE_URL), &[FILE_URL]))
            }
        }
    }

    fn text(&self, text_chars: usize, has_file: bool) -> Result<String, Refused> {
        let text = match self.get(TEXT)? {
            Some(text) => text,
            None if has_file => return Ok(String::new()),
            None if self.object.fields.contains_key(TEXT) => {
                return Err(Refused::bad("empty_message", "text is empty, and there is no file").naming(TEXT));
            }
            None => {
                return Err(self.hinting(Refused::bad("missing_field", "text is missing").naming(TEXT), &[TEXT]));
            }
        };
        if text.chars().count() > text_chars {
            let message = format!("text has more than {text_chars} characters");
            return Err(Refused::bad("text_too_long", message).naming(TEXT));
        }
        Ok(text)
    }

    fn sender(&self) -> Result<Option<String>, Refused> {
        let short = if self.is_api { self.short(SENDER_SHORT)? } else { None };
        let mut given = [self.short(SENDER)?, self.short(SENDER_PLAIN)?, short].into_iter().flatten();
        let Some(first) = given.next() else { return Ok(None) };
        let canonical = |phone: &str| Peer::from_phone(phone).canonical;
        if given.any(|other| canonical(&other) != canonical(&first)) {
            let message = format!("\"{SENDER}\" and \"{SENDER_PLAIN}\" differ");
            return Err(Refused::bad("conflicting_fields", message).naming(SENDER));
        }
        Ok(Some(first))
    }

    /// The first of the four that is given.
    fn recipient(&mut self, has_sender: bool) -> Result<Recipient, Refused> {
        let mut given = Vec::new();
        given.extend(self.chat.map(|chat| (PATH, chat.to_string())));
        for name in RECIPIENTS {
            given.extend(self.short(name)?.map(|value| (name, value)));
        }
        let mut given = given.into_iter();
        let Some((counts, value)) = given.next() else { return Err(self.no_recipient()) };
        let quote = if counts == PATH { "" } else { "\"" };
        self.warnings
            .extend(given.map(|(ignored, _)| format!("\"{ignored}\" was ignored: {quote}{counts}{quote} counts")));
        if matches!(counts, PATH | CHAT_ID) && has_sender {
            self.warnings.push(format!("\"{SENDER}\" was ignored: the chat's own account sends"));
        }
        self.to(counts, &value)
    }

    fn to(&mut self, counts: &str, value: &str) -> Result<Recipient, Refused> {
        match counts {
            PATH | CHAT_ID => value
                .trim()
                .parse()
                .map(Recipient::Chat)
                .map_err(|_| Refused::not_found("chat_not_found", "Chat not found").naming(CHAT_ID)),
            "jid" => Peer::from_jid(value).map(Recipient::Peer).ok_or_else(|| {
                Refused::invalid("jid", "jid is not a WhatsApp JID")
                    .hinting("Such as 12025550101@s.whatsapp.net or 120363041234567890@g.us")
            }),
            "phone" => {
                if e164(value.trim()).is_none() {
                    self.warnings.push("\"phone\" is not in international format, such as +12025550101".to_owned());
                }
                Ok(Recipient::Peer(Peer::from_phone(value)))
            }
            _ => Ok(Recipient::Name(value.to_owned())),
        }
    }

    fn no_recipient(&self) -> Refused {
        let message = "No recipient: one of chat_id, jid, phone, chat_name must be given";
        self.hinting(Refused::bad("recipient_missing", message), &RECIPIENTS)
    }
}
