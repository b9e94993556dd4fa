//! What a CRM posts: read tolerantly, checked field by field, turned into a command.

use actors::peer::Peer;
use actors::workspace::{LookedUp, Recipient, Submit};
use events::account::Origin;
use events::ids::MessageId;
use events::personal::Digest;
use events::record::Idempotency;
use serde_json::{Map, Value};

use super::body;
use super::error::Refused;

/// Names under which users write recipients, and what they mean: the manual's translations translate field names.
const LOOKALIKES: &[(&str, &str)] = &[
    ("chatid", "chat_id"),
    ("phone", "phone"),
    ("phonenumber", "phone"),
    ("phone_number", "phone"),
    ("telefon", "phone"),
    ("teléfono", "phone"),
    ("telefono", "phone"),
    ("telephone", "phone"),
    ("फोन", "phone"),
    ("फ़ोन", "phone"),
    ("τηλέφωνο", "phone"),
    ("number", "phone"),
    ("to", "phone"),
    ("jid", "jid"),
    ("chatname", "chat_name"),
];

/// A body that passed all checks that need no state.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SendBody {
    recipient: Recipient,
    sender: Option<String>,
    text: String,
}

impl SendBody {
    /// Reads a body.
    pub(super) fn parse(bytes: &[u8], text_chars: usize) -> Result<Self, Refused> {
        let fields = Fields(body::object(bytes)?);
        fields.action()?;
        fields.no_file()?;
        let text = fields.text(text_chars)?;
        let sender = fields.sender()?;
        let recipient = fields.recipient()?;
        Ok(Self { recipient, sender, text })
    }

    /// The command that the body stands for.
    pub(super) fn into_command(
        self,
        message: MessageId,
        token_hash: Digest,
        idempotency: Option<Idempotency>,
    ) -> Submit {
        let Self { recipient, sender, text } = self;
        let token_hash = Some(token_hash);
        let looked_up = LookedUp::default();
        Submit { message, token_hash, recipient, sender, text, origin: Origin::Inbound, idempotency, looked_up }
    }
}

struct Fields(Map<String, Value>);

impl Fields {
    /// A field as text; numbers count as their digits, `null` and blank as absent.
    fn get(&self, name: &'static str) -> Result<Option<String>, Refused> {
        let text = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return Err(Refused::invalid(name, format!("{name} must be a text"))),
        };
        Ok(if text.trim().is_empty() { None } else { Some(text) })
    }

    fn action(&self) -> Result<(), Refused> {
        match self.get("action")? {
            Some(action) if action == "send" => Ok(()),
            Some(_) => Err(Refused::invalid("action", "action must be \"send\"")),
            None => {
                Err(Refused::bad("missing_field", "action is missing").naming("action").hinting("\"action\": \"send\""))
            }
        }
    }

    fn no_file(&self) -> Result<(), Refused> {
        match (self.get("file_url")?, self.get("file_name")?) {
            (None, None) => Ok(()),
            (Some(_), None) => {
                Err(Refused::bad("file_name_missing", "file_name must be given with file_url").naming("file_name"))
            }
            (None, Some(_)) => {
                Err(Refused::bad("file_url_missing", "file_url must be given with file_name").naming("file_url"))
            }
            (Some(_), Some(_)) => Err(Refused::invalid("file_url", "this version sends texts only, no files")),
        }
    }

    fn text(&self, text_chars: usize) -> Result<String, Refused> {
        let Some(text) = self.get("text")? else {
            return Err(if self.0.contains_key("text") {
                Refused::bad("empty_message", "text is empty, and there is no file").naming("text")
            } else {
                Refused::bad("missing_field", "text is missing").naming("text")
            });
        };
        if text.chars().count() > text_chars {
            let message = format!("text has more than {text_chars} characters");
            return Err(Refused::bad("text_too_long", message).naming("text"));
        }
        Ok(text)
    }

    fn sender(&self) -> Result<Option<String>, Refused> {
        const NAME: &str = "whatsapp account phone";
        let (spaced, plain) = (self.get(NAME)?, self.get("whatsapp_account_phone")?);
        match (spaced, plain) {
            (Some(spaced), Some(plain)) if spaced != plain => {
                let message = "\"whatsapp account phone\" and \"whatsapp_account_phone\" differ";
                Err(Refused::bad("conflicting_fields", message).naming(NAME))
            }
            (spaced, plain) => Ok(spaced.or(plain)),
        }
    }

    /// The first of `chat_id`, `jid`, `phone`, `chat_name`.
    fn recipient(&self) -> Result<Recipient, Refused> {
        if let Some(id) = self.get("chat_id")? {
            let chat = id.trim().parse();
            return chat
                .map(Recipient::Chat)
                .map_err(|_| Refused::not_found("chat_not_found", "Chat not found").naming("chat_id"));
        }
        if let Some(jid) = self.get("jid")? {
            let peer = Peer::from_jid(&jid).map(Recipient::Peer);
            return peer.ok_or_else(|| {
                Refused::invalid("jid", "jid is not a WhatsApp JID")
                    .hinting("Such as 12025550101@s.whatsapp.net or 120363041234567890@g.us")
            });
        }
        if let Some(phone) = self.get("phone")? {
            return Ok(Recipient::Peer(Peer::from_phone(&phone)));
        }
        if self.get("chat_name")?.is_some() {
            return Err(Refused::invalid("chat_name", "this version finds chats by chat_id, jid or phone only"));
        }
        Err(self.no_recipient())
    }

    fn no_recipient(&self) -> Refused {
        let refused =
            Refused::bad("recipient_missing", "No recipient: one of chat_id, jid, phone, chat_name must be given");
        let meant = self.0.keys().find_map(|key| {
            let lower = key.to_lowercase();
            LOOKALIKES.iter().find(|(name, _)| *name == lower).map(|(_, field)| (key, *field))
        });
        match meant {
            Some((key, field)) if key != field => {
                refused.naming(field).hinting(format!("Unknown field \"{key}\". Did you mean \"{field}\"?"))
            }
            _ => refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<SendBody, Refused> {
        SendBody::parse(body.as_bytes(), 10)
    }

    fn code(body: &str) -> String {
        parse(body).unwrap_err().to_string().split(':').next().unwrap_or_default().to_owned()
    }

    #[test]
    fn the_shortest_body_is_read() {
        let body = parse(r#"{"action":"send","phone":"+12025550101","text":"hi"}"#).unwrap();
        assert_eq!(body.recipient, Recipient::Peer(Peer::from_phone("+12025550101")));
        assert_eq!((body.sender, body.text.as_str()), (None, "hi"));
    }

    #[test]
    fn numbers_count_as_their_digits() {
        let body = parse(r#"{"action":"send","phone":12025550101,"text":7}"#).unwrap();
        assert_eq!(body.recipient, Recipient::Peer(Peer::from_phone("12025550101")));
        assert_eq!(body.text, "7");
    }

    #[test]
    fn the_first_of_several_recipients_counts() {
        let body = parse(r#"{"action":"send","text":"x","phone":"1","jid":"12025550101@c.us"}"#).unwrap();
        assert_eq!(Some(body.recipient), Peer::from_jid("12025550101@c.us").map(Recipient::Peer));
    }

    #[test]
    fn text_is_kept_as_it_is_and_counted_in_characters() {
        let body = |text: &str| format!(r#"{{"action":"send","phone":"+12025550101","text":"{text}"}}"#);
        assert_eq!(parse(&body(" é\\n ")).unwrap().text, " é\n ");
        assert!(parse(&body("éééééééééé")).is_ok());
        assert_eq!(code(&body("ééééééééééé")), "text_too_long");
    }

    #[test]
    fn each_mistake_has_its_code() {
        let to = r#""phone":"+12025550101""#;
        for (body, wanted) in [
            (format!(r#"{{{to},"text":"x"}}"#), "missing_field"),
            (format!(r#"{{"action":"receive",{to},"text":"x"}}"#), "invalid_value"),
            (format!(r#"{{"action":"send",{to}}}"#), "missing_field"),
            (format!(r#"{{"action":"send",{to},"text":" "}}"#), "empty_message"),
            (format!(r#"{{"action":"send",{to},"text":["x"]}}"#), "invalid_value"),
            (format!(r#"{{"action":"send",{to},"text":"x","file_url":"u"}}"#), "file_name_missing"),
            (format!(r#"{{"action":"send",{to},"text":"x","file_name":"n"}}"#), "file_url_missing"),
            (r#"{"action":"send","text":"x"}"#.to_owned(), "recipient_missing"),
            (r#"{"action":"send","text":"x","jid":"nobody"}"#.to_owned(), "invalid_value"),
            (r#"{"action":"send","text":"x","chat_id":"abc"}"#.to_owned(), "chat_not_found"),
            (
                format!(
                    r#"{{"action":"send",{to},"text":"x","whatsapp account phone":"1","whatsapp_account_phone":"2"}}"#
                ),
                "conflicting_fields",
            ),
        ] {
            assert_eq!(code(&body), wanted, "{body}");
        }
    }

    #[test]
    fn a_translated_field_name_is_recognised() {
        for name in ["telefon", "teléfono", "telephone", "फोन", "τηλέφωνο", "Phone", "TELEFON"] {
            let refused = parse(&format!(r#"{{"action":"send","text":"x","{name}":"+12025550101"}}"#)).unwrap_err();
            assert!(format!("{refused:?}").contains("Did you mean \\\"phone\\\"?"), "{name}");
        }
    }
}
