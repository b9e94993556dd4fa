//! A short form of a report: direction, chat, text.

use serde_json::Value;

/// The short form of a report, or of any other body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Gist {
    /// `sent` or `received`, taken from the first message; empty if it is no report.
    pub(super) direction: String,
    /// The chat's name, else its phone; empty if it has neither.
    pub(super) chat: String,
    /// The first message's text; the body itself if it is no report.
    pub(super) text: String,
    /// Number of messages in the report.
    pub(super) messages: usize,
}

impl Gist {
    /// Reads a body by the field names of the outbound webhook; fields may be missing.
    pub(super) fn of(body: &[u8]) -> Self {
        let read: Option<Value> = serde_json::from_slice(body).ok();
        let report = read.as_ref().and_then(Self::read);
        report.unwrap_or_else(|| Self { text: String::from_utf8_lossy(body).into_owned(), ..Self::default() })
    }

    fn read(report: &Value) -> Option<Self> {
        let bundled = report.get("messages").and_then(Value::as_array).map(Vec::as_slice);
        let messages = bundled.or_else(|| report.get("message").map(std::slice::from_ref))?;
        let first = messages.first()?;
        let text = |value: &Value, name| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let chat = report.get("chat").map(|chat| [text(chat, "full_name"), text(chat, "phone")]);
        let chat = chat.into_iter().flatten().find(|name| !name.is_empty()).unwrap_or_default();
        Some(Self { direction: text(first, "direction"), chat, text: text(first, "text"), messages: messages.len() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn gist(body: &Value) -> Gist {
        Gist::of(body.to_string().as_bytes())
    }

    #[test]
    fn a_report_is_told_by_its_direction_chat_and_text() {
        let body = json!({"chat": {"full_name": "Mary Major", "phone": "+12025550101"},
            "message": {"direction": "received", "text": "hi"}});
        let (direction, chat, text) = ("received".to_owned(), "Mary Major".to_owned(), "hi".to_owned());
        assert_eq!(gist(&body), Gist { direction, chat, text, messages: 1 });
    }

    #[test]
    fn a_bundle_is_told_by_its_first_message() {
        let message = |text: &str| json!({"direction": "sent", "text": text});
        let body =
            json!({"chat": {"full_name": "", "phone": "+12025550101"}, "messages": [message("a"), message("b")]});
        let told = gist(&body);
        assert_eq!((&*told.direction, &*told.chat, &*told.text, told.messages), ("sent", "+12025550101", "a", 2));
    }

    #[test]
    fn what_is_no_report_is_told_as_it_is() {
        for body in ["", "hello", "{\"messages\":[]}", "[1]", "{\"text\":\"hi\"}"] {
            assert_eq!(Gist::of(body.as_bytes()), Gist { text: body.to_owned(), ..Gist::default() });
        }
    }
}
