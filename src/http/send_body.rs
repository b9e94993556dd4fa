//! The body that a CRM posts: parsed tolerantly, checked field by field, turned into a command.

mod file;
mod lookalikes;
#[cfg(test)]
mod tests;
mod text;

use actors::peer::Peer;
use actors::phone::Oddity;
use actors::workspace::{Doubt, Recipient};
use events::account::{File, Origin};
use events::characters::{is_blank, is_unseen};
use events::ids::ChatId;

use super::json::{self, Object};

pub(super) use self::file::{file_name, short_enough};

use crate::service::refusal::Refusal;

const ACTION: &str = "action";
const TEXT: &str = "text";
const FILE_URL: &str = "file_url";
const FILE_NAME: &str = "file_name";
const SENDER: &str = "whatsapp account phone";
const SENDER_PLAIN: &str = "whatsapp_account_phone";
/// The sender's name in our own API.
const SENDER_SHORT: &str = "account";
/// The chat in the path takes precedence over all fields.
const PATH: &str = "the chat in the path";
/// In order of precedence.
const RECIPIENTS: [&str; 4] = [CHAT_ID, JID, PHONE, CHAT_NAME];
const CHAT_ID: &str = "chat_id";
const JID: &str = "jid";
const PHONE: &str = "phone";
const CHAT_NAME: &str = "chat_name";
const KNOWN: [&str; 6] = [ACTION, TEXT, FILE_URL, FILE_NAME, SENDER, SENDER_PLAIN];

/// Fields by which a nested object is recognised as the real body.
const HELD: [&str; 6] = [ACTION, TEXT, CHAT_ID, JID, PHONE, CHAT_NAME];

/// How many unknown fields are named; further ones are only counted.
const UNKNOWN_MAX: usize = 20;
const UNKNOWN_CHARS_MAX: usize = 64;
/// No real number is longer.
const NUMBER_CHARS_MAX: usize = 255;
/// No chat's name is longer.
const CHAT_NAME_CHARS_MAX: usize = 1_000;

/// A body that has passed all checks that need no state.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SendBody {
    pub(super) recipient: Recipient,
    /// The number to send from, if given.
    pub(super) sender: Option<String>,
    pub(super) text: String,
    pub(super) file: Option<File>,
    /// Names of unknown fields.
    pub(super) unknown_fields: Vec<String>,
    /// A doubt, for which only a strict webhook refuses the message.
    pub(super) doubt: Option<Doubt>,
}

impl SendBody {
    /// Parses a body of this origin; `chat` is the chat in the path, if any. Oddities that are no reason to refuse
    /// the message become `warnings`.
    pub(super) fn parse(
        bytes: &[u8],
        origin: Origin,
        chat: Option<ChatId>,
        text_chars: usize,
        warnings: &mut Vec<String>,
    ) -> Result<Self, Refusal> {
        let object = json::fields(bytes)?;
        let mut fields = Fields { object, is_api: origin != Origin::Inbound, chat, doubt: None, warnings };
        let unknown_fields = fields.unknown();
        fields.repeated();
        fields.action()?;
        let file = fields.file()?;
        let text = fields.text(text_chars, file.is_some())?;
        let sender = fields.sender()?;
        let recipient = fields.recipient(sender.is_some())?;
        let doubt = fields.doubt;
        Ok(Self { recipient, sender, text, file, unknown_fields, doubt })
    }
}

/// Returns the names of message fields in a query string, where they are not read; at most a few.
pub(super) fn named_in_query(query: &str) -> Vec<String> {
    let names = url::form_urlencoded::parse(query.as_bytes()).take(UNKNOWN_MAX).map(|(name, _)| name);
    let is_field =
        |name: &str| KNOWN.contains(&name) || RECIPIENTS.contains(&name) || lookalikes::meant(name).is_some();
    let names = names.filter(|name| is_field(name));
    names.map(|name| name.chars().take(UNKNOWN_CHARS_MAX).collect()).collect()
}

struct Fields<'a> {
    object: Object<'a>,
    is_api: bool,
    chat: Option<ChatId>,
    doubt: Option<Doubt>,
    warnings: &'a mut Vec<String>,
}

impl Fields<'_> {
    /// Returns a field as text; numbers count as their digits, `null` and blank as absent.
    fn get(&self, name: &'static str) -> Result<Option<String>, Refusal> {
        Ok(self.object.text(name)?.filter(|text| !is_blank(text)))
    }

    /// Like [`Fields::get`], for text that people read: half an emoji is repaired, and in `text` U+0000 is dropped.
    fn read(&mut self, name: &'static str) -> Result<Option<String>, Refusal> {
        let (text, is_broken) = self.object.lossy_text(name)?;
        let Some(text) = text else { return Ok(None) };
        if name == FILE_NAME && text.contains('\0') {
            return Err(file::with_control_characters());
        }
        let (text, broken) = text::mended(text, is_broken);
        for what in broken {
            self.warnings.push(format!("\"{name}\" has {what}"));
            self.doubt.get_or_insert(Doubt::Text(format!("{name} has {what}")));
        }
        Ok(Some(text).filter(|text| !is_blank(text)))
    }

    /// Like [`Fields::get`], for a phone or an id. A chat id that is not whole matches no chat. A phone with a
    /// fraction is refused: without its dot it would be somebody else's number.
    fn identifier(&self, name: &'static str) -> Result<Option<String>, Refusal> {
        let text = match self.object.identifier(name)? {
            Ok(text) => text,
            Err(number) if name == CHAT_ID => Some(number.to_owned()),
            Err(_) => return Err(Refusal::invalid(name, format!("{name} must be a text or a whole number"))),
        };
        Ok(text.filter(|text| !is_blank(text)))
    }

    /// Like [`Fields::get`], with a limit on the length.
    fn short(&self, name: &'static str) -> Result<Option<String>, Refusal> {
        let (value, chars_max) = match name {
            CHAT_NAME => (self.get(name)?, CHAT_NAME_CHARS_MAX),
            _ => (self.identifier(name)?, NUMBER_CHARS_MAX),
        };
        match value {
            Some(text) if text.chars().count() > chars_max => {
                Err(Refusal::invalid(name, format!("{name} has more than {chars_max} characters")))
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

    /// Adds a hint to `refused` if the fields are nested in another one, or if an unknown field looks like one of
    /// `wanted`.
    fn hinting(&self, refused: Refusal, wanted: &[&'static str]) -> Refusal {
        if let Some(holder) = self.object.holding(&HELD) {
            let holder: String = holder.chars().take(UNKNOWN_CHARS_MAX).collect();
            return refused.hinting(format!("The fields stand inside \"{holder}\": send what it holds, without it"));
        }
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

    fn action(&self) -> Result<(), Refusal> {
        match self.get(ACTION)? {
            Some(action) if action == "send" => Ok(()),
            Some(_) => Err(Refusal::invalid(ACTION, "action must be \"send\"")),
            None if self.is_api => Ok(()),
            None => {
                let refused = Refusal::new("missing_field", "action is missing").naming(ACTION);
                Err(self.hinting(refused.hinting("Add \"action\": \"send\""), &[ACTION]))
            }
        }
    }

    fn file(&mut self) -> Result<Option<File>, Refusal> {
        match (self.get(FILE_URL)?, self.read(FILE_NAME)?) {
            (None, None) => Ok(None),
            (Some(url), Some(name)) => file::checked(&url, &name, self.warnings).map(Some),
            (Some(_), None) => {
                let refused = Refusal::new("file_name_missing", "file_name must be given with file_url");
                Err(self.hinting(refused.naming(FILE_NAME), &[FILE_NAME]))
            }
            (None, Some(_)) => {
                let refused = Refusal::new("file_url_missing", "file_url must be given with file_name");
                Err(self.hinting(refused.naming(FILE_URL), &[FILE_URL]))
            }
        }
    }

    fn text(&mut self, text_chars: usize, has_file: bool) -> Result<String, Refusal> {
        let text = match self.read(TEXT)? {
            Some(text) => text,
            None if has_file => return Ok(String::new()),
            None if self.object.fields.contains_key(TEXT) => {
                return Err(Refusal::new("empty_message", "text is empty, and there is no file").naming(TEXT));
            }
            None => {
                return Err(self.hinting(Refusal::new("missing_field", "text is missing").naming(TEXT), &[TEXT]));
            }
        };
        if text.chars().count() > text_chars {
            let message = format!("text has more than {text_chars} characters");
            return Err(Refusal::new("text_too_long", message).naming(TEXT));
        }
        self.warnings.extend(text::oddities(&text).into_iter().map(|what| format!("\"{TEXT}\" has {what}")));
        Ok(text)
    }

    fn sender(&self) -> Result<Option<String>, Refusal> {
        let short = if self.is_api { self.short(SENDER_SHORT)? } else { None };
        let mut given = [self.short(SENDER)?, self.short(SENDER_PLAIN)?, short].into_iter().flatten();
        let Some(first) = given.next() else { return Ok(None) };
        let canonical = |phone: &str| Peer::from_phone(phone).canonical;
        if given.any(|other| canonical(&other) != canonical(&first)) {
            let message = format!("\"{SENDER}\" and \"{SENDER_PLAIN}\" differ");
            return Err(Refusal::new("conflicting_fields", message).naming(SENDER));
        }
        Ok(Some(first))
    }

    /// Returns the first of the chat in the path and the four fields that is given.
    fn recipient(&mut self, has_sender: bool) -> Result<Recipient, Refusal> {
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

    fn to(&mut self, counts: &str, value: &str) -> Result<Recipient, Refusal> {
        match counts {
            PATH | CHAT_ID => value
                .trim_matches(is_unseen)
                .parse()
                .map(Recipient::Chat)
                .map_err(|_| Refusal::new("chat_not_found", "Chat not found").naming(CHAT_ID)),
            JID => Peer::from_jid(value).map(Recipient::Peer).ok_or_else(|| {
                Refusal::invalid("jid", "jid is not a WhatsApp JID")
                    .hinting("Such as 12025550101@s.whatsapp.net or 120363041234567890@g.us")
            }),
            PHONE => Ok(Recipient::Peer(self.phone(value))),
            _ => Ok(Recipient::Name(value.to_owned())),
        }
    }

    /// Reads a phone, and warns about anything odd in it.
    fn phone(&mut self, value: &str) -> Peer {
        let (peer, read) = Peer::read_phone(value);
        let disguised = self.object.is_number_in_disguise(PHONE).then_some(Oddity::JsonNumber);
        let why = match read {
            Err(no_number) => format!("is no number: {no_number}. Write it like +12025550101"),
            Ok(oddities) => {
                let said: Vec<String> = disguised.iter().chain(&oddities).map(ToString::to_string).collect();
                if said.is_empty() {
                    return peer;
                }
                format!("was read as {}: {}", peer.canonical, said.join("; "))
            }
        };
        self.warnings.push(format!("\"{PHONE}\" {why}"));
        // Replaces a doubt about the text: a doubt about the phone takes precedence.
        self.doubt = Some(Doubt::Phone(why));
        peer
    }

    fn no_recipient(&self) -> Refusal {
        let message = "No recipient: one of chat_id, jid, phone, chat_name must be given";
        self.hinting(Refusal::new("recipient_missing", message), &RECIPIENTS)
    }
}
