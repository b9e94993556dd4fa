//! Parses JSON objects from bytes, and explains what is wrong with anything else.

mod foreign;
mod lossy;
mod mistake;
mod number;
mod same;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::str::Utf8Error;

use actix_web::http::header::HeaderMap;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use self::lossy::Lossy;
pub(super) use self::number::whole;
pub(super) use self::same::one_spelling;

use crate::service::refusal::Refusal;

/// The largest number of fields in an object.
const FIELDS_MAX: usize = 1_000;
/// How many fields to search for nested ones.
const LOOKED_INTO_MAX: usize = 20;
/// Windows programs often write it at the beginning.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// An object whose values are not parsed yet, so that numbers keep their digits.
#[derive(Debug, Default)]
pub(super) struct Object<'a> {
    /// The whole body.
    text: &'a str,
    /// Names and values; the last value of a repeated name.
    pub(super) fields: BTreeMap<String, &'a RawValue>,
    /// Names that occur more than once.
    pub(super) repeated: Vec<String>,
    count: usize,
}

/// Parses one JSON object, leaving its values unparsed.
pub(super) fn fields(body: &[u8]) -> Result<Object<'_>, Refusal> {
    let text = text(body)?;
    let object: Object = serde_json::from_str(text).map_err(|error| refusal(text, &error))?;
    let object = Object { text, ..object };
    if object.count > FIELDS_MAX {
        return Err(Refusal::new("invalid_value", format!("The request body has more than {FIELDS_MAX} fields")));
    }
    if object.fields.values().any(|value| value.get().starts_with(['{', '[']))
        && let Some(mistake) = mistake::first(text)
    {
        return Err(explained(text, &mistake));
    }
    Ok(object)
}

/// Improves the refusal of a body if its headers say what it really is.
pub(super) fn explain(refused: Refusal, headers: &HeaderMap, body: &[u8]) -> Refusal {
    if refused.code() != "invalid_json" {
        return refused;
    }
    if let Some(cause) = foreign::of_headers(headers) {
        return invalid(1, 1, &cause);
    }
    match (std::str::from_utf8(body), foreign::charset(headers)) {
        (Err(error), Some(charset)) => not_utf_8(body, error, &format!("it is declared as {charset}")),
        _ => refused,
    }
}

/// Parses one JSON object.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let text = text(body)?;
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(not_an_object(text)),
        Err(error) => Err(refusal(text, &error)),
    }
}

impl Object<'_> {
    /// Returns a field as text, a number with its digits as written; `None` if it is `null` or absent.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, Refusal> {
        let Some(value) = self.fields.get(name) else { return Ok(None) };
        let value = value.get();
        let what = match value.chars().next() {
            Some('"') => return serde_json::from_str(value).map(Some).map_err(|error| self.broken(value, &error)),
            Some('-' | '0'..='9') => return Ok(Some(value.to_owned())),
            Some('n') => return Ok(None),
            Some('[') => "a list",
            Some('{') => "an object",
            _ => value,
        };
        Err(Refusal::invalid(name, format!("{name} must be a text, not {what}")))
    }

    /// Like `text`, with a replacement character for half an emoji; the flag is true if there was one.
    pub(super) fn lossy_text(&self, name: &'static str) -> Result<(Option<String>, bool), Refusal> {
        let raw = self.fields.get(name).map_or("", |value| value.get());
        // Most texts have no backslash, and a single character is found faster.
        if raw.starts_with('"') && raw.contains('\\') && raw.contains("\\u") {
            let lossy: Lossy = serde_json::from_str(raw).map_err(|error| self.broken(raw, &error))?;
            return Ok((Some(lossy.text), lossy.is_broken));
        }
        Ok((self.text(name)?, false))
    }

    /// True if a field is a JSON number with a fraction or an exponent. The field must be known to be a number or a
    /// string: `true` would match as well.
    pub(super) fn is_number_in_disguise(&self, name: &str) -> bool {
        let raw = self.fields.get(name).map_or("", |value| value.get());
        !raw.starts_with('"') && raw.contains(['.', 'e', 'E'])
    }

    /// Returns the first field that holds an object, as such or as a string, with one of these fields in it.
    pub(super) fn holding(&self, wanted: &[&str]) -> Option<&str> {
        let has_one = |text: &str| {
            let inner: Result<Object, _> = serde_json::from_str(text);
            inner.is_ok_and(|inner| wanted.iter().any(|name| inner.fields.contains_key(*name)))
        };
        let found = self.fields.iter().take(LOOKED_INTO_MAX).find(|(_, value)| match value.get().as_bytes().first() {
            Some(b'{') => has_one(value.get()),
            Some(b'"') => serde_json::from_str::<String>(value.get()).is_ok_and(|text| has_one(&text)),
            _ => false,
        });
        found.map(|(name, _)| name.as_str())
    }

    /// Like `text`, for a field that identifies something: returns a whole number as its digits, however it is
    /// written; the inner `Err` holds any other number.
    pub(super) fn identifier(&self, name: &'static str) -> Result<Result<Option<String>, &str>, Refusal> {
        match self.fields.get(name).map(|value| value.get()) {
            Some(value) if value.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
                Ok(whole(value).map(Some).ok_or(value))
            }
            _ => self.text(name).map(Ok),
        }
    }

    /// The refusal of a string with an invalid escape.
    fn broken(&self, value: &str, error: &serde_json::Error) -> Refusal {
        let begins = value.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        let (line, column) = mistake::place(self.text, begins);
        invalid(line, column, &cause_of(error))
    }
}

/// Decodes the body as UTF-8, without a byte order mark.
fn text(body: &[u8]) -> Result<&str, Refusal> {
    let text = std::str::from_utf8(body).map_err(|error| match foreign::of_bytes(body) {
        Some(cause) => invalid(1, 1, &cause),
        None => not_utf_8(body, error, "it looks like ISO-8859-1 or Windows-1252"),
    })?;
    Ok(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text))
}

fn not_utf_8(body: &[u8], error: Utf8Error, what: &str) -> Refusal {
    let before = String::from_utf8_lossy(body.get(..error.valid_up_to()).unwrap_or_default());
    let byte = error.valid_up_to() + 1;
    let (line, column) = mistake::place(&before, before.len());
    invalid(line, column, &format!("the body is not UTF-8, byte {byte} is wrong: {what}; send it as UTF-8"))
}

fn refusal(text: &str, error: &serde_json::Error) -> Refusal {
    if let Some(mistake) = mistake::first(text) {
        return explained(text, &mistake);
    }
    if error.classify() == Category::Data {
        return not_an_object(text);
    }
    invalid(error.line(), error.column(), &cause_of(error))
}

/// Describes an error in a body without a syntax mistake.
fn cause_of(error: &serde_json::Error) -> String {
    let what = error.to_string();
    if what.contains("escape") {
        return "this text has half an emoji: \\ud800 to \\udfff stand in pairs only".to_owned();
    }
    what.split(" at line ").next().unwrap_or_default().to_owned()
}

fn explained(text: &str, mistake: &mistake::Mistake) -> Refusal {
    let (line, column) = mistake::place(text, mistake.at);
    invalid(line, column, &mistake.cause)
}

fn invalid(line: usize, column: usize, cause: &str) -> Refusal {
    Refusal::new("invalid_json", format!("Invalid JSON at line {line}, column {column}: {cause}"))
}

fn not_an_object(text: &str) -> Refusal {
    let refused = Refusal::new("not_an_object", "The request body must be one JSON object");
    let text = text.trim_start();
    if text.starts_with("\"{") || text.starts_with("\"\\u007b") {
        return refused.hinting("The object stands in quotes: it was turned into JSON twice");
    }
    if text.starts_with('[') {
        return refused.hinting("Send one message in each request, without [ and ] around it");
    }
    refused
}

impl<'a> Deserialize<'a> for Object<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collect)
    }
}

struct Collect;

impl<'a> Visitor<'a> for Collect {
    type Value = Object<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Object<'a>, A::Error> {
        let mut object = Object::default();
        while object.count < FIELDS_MAX
            && let Some((name, value)) = map.next_entry::<String, &RawValue>()?
        {
            object.count += 1;
            let once_more = object.fields.contains_key(&name);
            if once_more && !object.repeated.contains(&name) {
                object.repeated.push(name.clone());
            }
            object.fields.insert(name, value);
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            object.count += 1;
        }
        Ok(object)
    }
}
