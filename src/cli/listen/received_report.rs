//! The output for one received request: a line for people, an object for machines.

use serde_json::{Map, Value, json};

use super::received::Received;
use super::report::Gist;
use crate::cli::activity_line::{DIM, GREEN, RED, YELLOW, clock, paint, shortened};
use crate::outbound::Signature;

const CHAT_CHARS: usize = 20;
const TEXT_CHARS: usize = 40;
const NOTE_CHARS: usize = 100;

/// One received request and the response to it.
pub(super) struct ReceivedReport<'a> {
    pub(super) received: &'a Received,
    pub(super) id: Option<&'a str>,
    /// `None` if no key was given.
    pub(super) signature: Option<Signature>,
    pub(super) is_duplicate: bool,
    pub(super) status: u16,
    /// The error if it could not be passed on.
    pub(super) fault: Option<String>,
}

impl ReceivedReport<'_> {
    /// Formats one line with its line break. Text from others cannot control the terminal.
    pub(super) fn line(&self, colour: bool) -> String {
        let gist = Gist::of(&self.received.body);
        let (word, worth) = word(self.signature);
        let status_colour = if self.status < 300 { GREEN } else { RED };
        // The answer to a copy goes to nobody.
        let status = if self.received.counts {
            paint(colour, status_colour, &self.status.to_string())
        } else {
            paint(colour, DIM, "copy")
        };
        let (at, signature) =
            (paint(colour, DIM, &clock(self.received.at)), paint(colour, worth, &format!("{word:<7}")));
        let [direction, chat] = [&gist.direction, &gist.chat].map(|text| shortened(or_dash(text), CHAT_CHARS));
        let text = format!("\"{}\"", shortened(&gist.text, TEXT_CHARS));
        let id = shortened(self.id.unwrap_or("-"), NOTE_CHARS);
        let notes = self.notes(gist.messages, colour);
        format!("  {at}  {status}  {signature}  {direction:<8}  {chat:<20}  {text:<42}  {id}{notes}\n")
    }

    fn notes(&self, messages: usize, colour: bool) -> String {
        let bundle = (messages > 1).then(|| format!("{messages} messages"));
        let duplicate = self.is_duplicate.then(|| paint(colour, YELLOW, "duplicate"));
        let fault = self.fault.as_ref().map(|fault| paint(colour, RED, &shortened(fault, NOTE_CHARS)));
        [bundle, duplicate, fault].into_iter().flatten().flat_map(|note| ["  ".to_owned(), note]).collect()
    }

    /// Formats one JSON object with its line break; nothing is left out.
    pub(super) fn json(&self) -> String {
        let Received { at, method, path, headers, body, counts } = self.received;
        let text = || Value::String(String::from_utf8_lossy(body).into_owned());
        let headers = headers.iter().map(|(name, value)| (name.clone(), String::from_utf8_lossy(value).into()));
        let told = json!({
            "at": at.to_string(),
            "method": method,
            "path": path,
            "webhook_id": self.id,
            "signature": self.signature.map(|signature| word(Some(signature)).0),
            "duplicate": self.is_duplicate,
            "counts": counts,
            "status": self.status,
            "fault": self.fault,
            "headers": headers.collect::<Map<_, _>>(),
            "body": serde_json::from_slice(body).unwrap_or_else(|_| text()),
        });
        format!("{told}\n")
    }
}

/// Returns the verdict on a signature in one word, and its colour.
const fn word(signature: Option<Signature>) -> (&'static str, &'static str) {
    match signature {
        None => ("-", DIM),
        Some(Signature::Valid) => ("valid", GREEN),
        Some(Signature::Stale) => ("stale", YELLOW),
        Some(Signature::Invalid) => ("invalid", RED),
        Some(Signature::Missing) => ("missing", RED),
    }
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

#[cfg(test)]
mod tests {
    use events::time::Timestamp;

    use super::*;

    fn received() -> Received {
        let body = br#"{"chat":{"full_name":"Mary Major"},"message":{"direction":"sent","text":"lorem ipsum"}}"#;
        Received {
            at: Timestamp::from_ms(1_614_147_929_007),
            method: "POST".to_owned(),
            path: "/hook?a=1".to_owned(),
            headers: vec![("webhook-id".to_owned(), b"17".to_vec())],
            body: body.to_vec(),
            counts: true,
        }
    }

    /// Returns the plain line, the coloured line and the JSON.
    fn told(received: &Received, change: impl FnOnce(&mut ReceivedReport<'_>)) -> [String; 3] {
        let signature = Some(Signature::Valid);
        let mut told =
            ReceivedReport { received, id: Some("17"), signature, is_duplicate: false, status: 200, fault: None };
        change(&mut told);
        [told.line(false), told.line(true), told.json()]
    }

    #[test]
    fn a_report_is_one_line() {
        let wanted = "  06:25:29  200  valid    sent      Mary Major            \"lorem ipsum\"                               17\n";
        assert_eq!(told(&received(), |_| {})[0], wanted);
    }

    #[test]
    fn what_is_odd_stands_at_the_end_of_the_line() {
        let odd = |told: &mut ReceivedReport<'_>| {
            told.is_duplicate = true;
            told.fault = Some("no connection\x1b[2J".to_owned());
            told.signature = None;
            told.status = 502;
        };
        let body = b"{\"messages\":[{\"text\":\"a\\u001b[2J\"},{}]}".to_vec();
        let [line, coloured, _] = told(&Received { body, ..received() }, odd);
        assert!(line.contains("  502  -        -         -    "), "{line}");
        assert!(line.contains("\"a·[2J\"") && !line.contains('\x1b'), "{line}");
        assert!(line.ends_with("  17  2 messages  duplicate  no connection·[2J\n"), "{line}");
        assert!(coloured.contains("\x1b[33mduplicate\x1b[0m"));
    }

    #[test]
    fn machines_get_all_of_it_in_one_line() {
        let [.., json] = told(&received(), |told| told.signature = Some(Signature::Stale));
        let read: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json.lines().count(), 1);
        assert_eq!((&read["at"], &read["signature"]), (&json!("2021-02-24T06:25:29.007Z"), &json!("stale")));
        assert_eq!((&read["path"], &read["headers"]["webhook-id"]), (&json!("/hook?a=1"), &json!("17")));
        assert_eq!(read["body"]["message"]["text"], "lorem ipsum");
        let [.., json] = told(&Received { body: b"no json".to_vec(), ..received() }, |_| {});
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["body"], "no json");
    }

    #[test]
    fn a_copy_has_no_answer() {
        let [line, _, json] = told(&Received { counts: false, ..received() }, |_| {});
        assert!(line.starts_with("  06:25:29  copy  valid "), "{line}");
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["counts"], false);
    }
}
