//! Tells whether a row is about somebody: by a phone number however it is written, by an address, by a name, or by the
//! id of the chat.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use events::characters;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::Value;

/// The last digits of a phone number that are looked for, however the number is written before them.
const LAST_DIGITS: usize = 7;
/// Shorter names and addresses must be a whole value: as a part of a text they would be found everywhere.
const PART_CHARS_MIN: usize = 5;
/// Shorter texts are not taken for base64.
const ENCODED_CHARS_MIN: usize = 12;
/// How often a text is decoded that was encoded more than once.
const DEPTH_MAX: u32 = 4;

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

    /// True if a row says any of it, in any of its texts: as it stands, in JSON within a text, or behind escapes. True
    /// also for what cannot be read: rather one row less.
    pub fn are_in(&self, row: &impl Serialize) -> bool {
        if self.digits.is_empty() && self.words.is_empty() {
            return false;
        }
        let mut texts = BTreeSet::new();
        let is_read = serde_json::to_value(row).is_ok_and(|row| gather(&row, DEPTH_MAX, &mut texts));
        !is_read || texts.iter().any(|text| self.are_in_text(text)) || self.are_in_pieces(&texts)
    }

    fn are_in_text(&self, text: &str) -> bool {
        let digits = digits_of(text);
        let says =
            |word: &String| text == word || (word.chars().count() >= PART_CHARS_MIN && text.contains(word.as_str()));
        self.digits.iter().any(|end| digits.contains(end.as_str())) || self.words.iter().any(says)
    }

    /// True if every piece of a name stands somewhere in the row, as first and last name in two fields do.
    fn are_in_pieces(&self, texts: &BTreeSet<String>) -> bool {
        let pieces = |text: &str| text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect::<Vec<_>>();
        let said: BTreeSet<String> = texts.iter().flat_map(|text| pieces(text)).collect();
        self.words.iter().any(|word| {
            let mut of_name = pieces(word);
            of_name.retain(|piece| !piece.is_empty());
            of_name.len() > 1 && of_name.iter().all(|piece| said.contains(piece))
        })
    }
}

/// Gathers all texts of a value, and what they hold encoded; false if one of them cannot be read.
fn gather(value: &Value, depth: u32, texts: &mut BTreeSet<String>) -> bool {
    match value {
        Value::String(text) => gather_text(text, depth, texts),
        Value::Number(number) => {
            texts.insert(number.to_string());
            true
        }
        Value::Array(values) => values.iter().all(|value| gather(value, depth, texts)),
        Value::Object(fields) => {
            fields.iter().all(|(name, value)| gather_text(name, depth, texts) && gather(value, depth, texts))
        }
        Value::Null | Value::Bool(_) => true,
    }
}

fn gather_text(text: &str, depth: u32, texts: &mut BTreeSet<String>) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return true };
    if !texts.insert(characters::title(text).into_owned()) {
        return true;
    }
    let is_json = text.trim_start().starts_with(['{', '[', '"']);
    let within = if is_json { serde_json::from_str::<Value>(text).ok() } else { None };
    let is_read = match &within {
        Some(value) => gather(value, depth, texts),
        None => [unescaped(text), percent_decoded(text), base64_decoded(text)]
            .iter()
            .flatten()
            .all(|decoded| gather_text(decoded, depth, texts)),
    };
    // What is no text, such as a compressed body, was kept with this in place of its bytes.
    is_read && !text.contains(char::REPLACEMENT_CHARACTER)
}

/// Reads `\u00e9` and the like, as JSON has it, in what is no JSON as a whole.
fn unescaped(text: &str) -> Option<String> {
    let mut units = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\u") {
        units.extend(before.encode_utf16());
        let unit = after.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
        units.extend(unit);
        rest = after.get(if unit.is_some() { 4 } else { 0 }..).unwrap_or_default();
    }
    units.extend(rest.encode_utf16());
    let decoded: String = char::decode_utf16(units).filter_map(Result::ok).collect();
    Some(decoded).filter(|decoded| decoded != text)
}

/// Reads a form or a part of a URL.
fn percent_decoded(text: &str) -> Option<String> {
    let decoded: String =
        percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().replace(char::REPLACEMENT_CHARACTER, "");
    Some(decoded).filter(|decoded| decoded != text)
}

fn base64_decoded(text: &str) -> Option<String> {
    let text: String = text.split_ascii_whitespace().collect();
    if text.len() < ENCODED_CHARS_MIN {
        return None;
    }
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let read = |alphabet| GeneralPurpose::new(alphabet, lenient).decode(&text).ok();
    String::from_utf8(read(&STANDARD).or_else(|| read(&URL_SAFE))?).ok()
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
    fn somebody_is_found_behind_what_a_client_encoded() {
        for body in [
            "action=send&name=Cleo+Example&text=hi",
            "name=%43leo%20Ex%61mple",
            "phone=%31%32%30%32555%30101",
            r#"{"name": "Cl\u0065o Example", "#,
            r#"{"phone": "\u0031202555\u0030101", "#,
            r#"{"first": "Cleo", "last": "EXAMPLE"}"#,
            r#"{"first": "Cleo", "#.to_owned().as_str(),
            "eyJuYW1lIjoiQ2xlbyBFeGFtcGxlIn0=",
            "eyJuYW1lIjoiQ2xlbyBFeGFtcGxlIn0",
            r#"{"data": "eyJuYW1lIjoiQ2xlbyBFeGFtcGxlIn0="}"#,
            "\u{1f}\u{fffd}\u{8}compressed",
        ] {
            let is_half = body.starts_with(r#"{"first": "Cleo", "#) && !body.ends_with('}');
            assert_eq!(cleo().are_in(&json!({"request": {"body": body}})), !is_half, "{body}");
        }
    }

    #[test]
    fn somebody_is_found_by_the_id_of_the_chat() {
        let mut traces = Traces::default();
        traces.word("100100000007");
        for body in [r#"{"chat_id": 100100000007}"#, r#"{"chat_id": "100100000007"}"#, "chat_id=100100000007"] {
            assert!(traces.are_in(&json!({"request": {"body": body}})), "{body}");
        }
        assert!(!traces.are_in(&json!({"request": {"body": r#"{"chat_id": 100100000008}"#}})));
    }

    #[test]
    fn others_are_not() {
        for text in ["", "+12025550102", "Bob Example", r#"{"text":"Boats"}"#, "not JSON: {", "2025-11-30T03:41:19Z"] {
            assert!(!cleo().are_in(&json!({"request": {"body": text}})), "{text}");
        }
        assert!(!Traces::default().are_in(&json!(["+12025550101", "", null, true])));
    }
}
