//! Tells whether a row is about somebody: by a phone number however it is written, by an address, or by a name.

use events::characters;
use serde::Serialize;
use serde_json::Value;

/// The last digits of a phone number that are looked for, however the number is written before them.
const LAST_DIGITS: usize = 7;
/// Shorter names and addresses must be a whole value: as a part of a text they would be found everywhere.
const PART_CHARS_MIN: usize = 5;

/// What somebody is known by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traces {
    /// The ends of phone numbers.
    digits: Vec<String>,
    /// Names and addresses.
    words: Vec<String>,
}

impl Traces {
    /// Adds a phone number.
    pub fn phone(&mut self, phone: &str) {
        let digits = digits_of(phone);
        let end = digits.len().checked_sub(LAST_DIGITS).and_then(|from| digits.get(from..));
        self.digits.extend(end.map(str::to_owned));
    }

    /// Adds a name or an address. A name that is a phone number is one.
    pub fn word(&mut self, word: &str) {
        let word = characters::title(word);
        let is_number = word.starts_with('+') && word.chars().all(|c| c.is_ascii_digit() || "+-() .".contains(c));
        if is_number {
            self.phone(&word);
        } else if !word.is_empty() {
            self.words.push(word.into_owned());
        }
    }

    /// True if a row says any of it, in any of its texts or in JSON within one.
    pub fn are_in(&self, row: &impl Serialize) -> bool {
        serde_json::to_value(row).is_ok_and(|row| self.are_in_value(&row))
    }

    fn are_in_value(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.are_in_text(text),
            Value::Number(number) => self.are_in_text(&number.to_string()),
            Value::Array(values) => values.iter().any(|value| self.are_in_value(value)),
            Value::Object(fields) => fields.values().any(|value| self.are_in_value(value)),
            Value::Null | Value::Bool(_) => false,
        }
    }

    fn are_in_text(&self, text: &str) -> bool {
        let digits = digits_of(text);
        if self.digits.iter().any(|end| digits.contains(end.as_str())) {
            return true;
        }
        let composed = characters::title(text);
        let says =
            |word: &String| composed == *word || (word.chars().count() >= PART_CHARS_MIN && composed.contains(word));
        if self.words.iter().any(says) {
            return true;
        }
        // A body, which may hide what it says behind escapes.
        let is_json = text.trim_start().starts_with(['{', '[', '"']);
        is_json && serde_json::from_str::<Value>(text).is_ok_and(|value| self.are_in_value(&value))
    }
}

/// Returns all digits of a text in a row, those of other scripts too.
fn digits_of(text: &str) -> String {
    text.chars().filter_map(characters::digit).filter_map(|value| char::from_digit(u32::from(value), 10)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cleo() -> Traces {
        let mut traces = Traces::default();
        traces.phone("+12025550101");
        traces.word("Cleo Example");
        traces.word("133700000000001@lid");
        traces.word("Bo");
        traces
    }

    #[test]
    fn somebody_is_found_however_the_number_is_written() {
        for text in [
            "+12025550101",
            "1 (202) 555-0101",
            "tel:+1.202.555.0101",
            r#"{"phone": 12025550101, "text": "hi"}"#,
            r#"{"phone": "\u0031202555\u0030101"}"#,
            "12025550101@s.whatsapp.net",
            "\u{0661}2025550101",
        ] {
            assert!(cleo().are_in(&json!({"request": {"body": text}})), "{text}");
        }
    }

    #[test]
    fn somebody_is_found_by_names_and_addresses() {
        for text in ["Cleo Example", "for Cleo Example, at noon", r#"{"jid":"133700000000001@lid"}"#, r#"["Bo"]"#, "Bo"]
        {
            assert!(cleo().are_in(&json!([text])), "{text}");
        }
    }

    #[test]
    fn others_are_not() {
        for text in ["", "+12025550102", "Bob Example", r#"{"text":"Boats"}"#, "not JSON: {", "2025-11-30T03:41:19Z"] {
            assert!(!cleo().are_in(&json!({"request": {"body": text}})), "{text}");
        }
        assert!(!Traces::default().are_in(&json!(["+12025550101", "", null, true])));
    }
}
