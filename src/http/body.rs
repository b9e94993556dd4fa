//! Reads request bodies: bounded in size and time, as bytes, whatever the content type says.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{BytesMut, Payload};
use futures_util::StreamExt;
use serde::de::{Deserialize as _, DeserializeOwned, Deserializer, Error as _};
use serde_json::{Map, Number, Value};

use super::error::Refused;
use crate::config::Limits;

/// A body that is too large is read on, up to so many times the limit, so that its sender gets to see the answer.
const PATIENCE: usize = 4;

/// The whole body.
pub(super) async fn read(payload: Payload, limits: Limits) -> Result<BytesMut, Refused> {
    let deadline = Duration::from_millis(limits.body_deadline_ms);
    match tokio::time::timeout(deadline, gather(payload, limits.body_bytes)).await {
        Ok(body) => body,
        Err(_) => Err(Refused::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", "The request body came too slowly")),
    }
}

async fn gather(mut payload: Payload, limit: usize) -> Result<BytesMut, Refused> {
    let mut body = BytesMut::new();
    let mut received = 0_usize;
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|_| Refused::bad("invalid_json", "The request body broke off"))?;
        received = received.saturating_add(piece.len());
        if received <= limit {
            body.extend_from_slice(&piece);
        } else if received > limit.saturating_mul(PATIENCE) {
            break;
        }
    }
    if received > limit {
        return Err(Refused::bad("body_too_large", format!("The request body has more than {limit} bytes")));
    }
    Ok(body)
}

/// A JSON object.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Refused> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Refused::bad("not_an_object", "The request body must be one JSON object")),
        Err(error) => Err(invalid_json(body, &error)),
    }
}

/// A JSON object of a known shape; what does not fit is named.
pub(super) fn typed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    let object = object(body)?;
    T::deserialize(Value::Object(object)).map_err(|error| {
        let what = error.to_string();
        let code = if what.starts_with("missing field") { "missing_field" } else { "invalid_value" };
        Refused::bad(code, what)
    })
}

/// A whole number of which some tools write the fraction too: `2.0`.
pub(super) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = Number::deserialize(deserializer)?;
    let digits = number.to_string();
    let digits = digits.strip_suffix(".0").unwrap_or(&digits);
    digits.parse().map_err(|_| D::Error::custom(format_args!("{number} is not a whole number from 0")))
}

/// A text that is not blank and not longer than `chars_max` characters.
pub(super) fn bounded(param: &'static str, text: &str, chars_max: usize) -> Result<(), Refused> {
    if text.trim().is_empty() {
        return Err(Refused::invalid(param, format!("{param} is empty")));
    }
    if text.chars().count() > chars_max {
        return Err(Refused::invalid(param, format!("{param} has more than {chars_max} characters")));
    }
    Ok(())
}

/// Where the JSON ends to be JSON, and the likely cause.
fn invalid_json(body: &[u8], error: &serde_json::Error) -> Refused {
    let (line, column) = (error.line(), error.column());
    if let Some((line, before)) = missing_comma(body, error) {
        let message = format!(
            "Invalid JSON at line {}, column {column}: a comma is missing after {before} on line {line}",
            error.line()
        );
        return Refused::bad("invalid_json", message);
    }
    let what = error.to_string();
    let what = what.split(" at line ").next().unwrap_or_default();
    Refused::bad("invalid_json", format!("Invalid JSON at line {line}, column {column}: {what}"))
}

/// The line whose end lacks a comma, and what stands on it.
fn missing_comma(body: &[u8], error: &serde_json::Error) -> Option<(usize, String)> {
    if !error.to_string().starts_with("expected `,` or") {
        return None;
    }
    let text = std::str::from_utf8(body).ok()?;
    let lines: Vec<&str> = text.lines().take(error.line()).collect();
    let (found, earlier) = lines.split_last()?;
    let same_line = found.chars().take(error.column().saturating_sub(1)).collect::<String>();
    let at = |text: &str| (!text.trim().is_empty()).then(|| text.trim().chars().take(120).collect::<String>());
    if let Some(before) = at(&same_line) {
        return Some((error.line(), before));
    }
    let (number, before) = earlier.iter().enumerate().rev().find_map(|(i, line)| Some((i + 1, at(line)?)))?;
    Some((number, before))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> String {
        object(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_missing_comma_is_named_with_its_line() {
        let manual =
            "{\n  \"action\": \"send\",\n  \"jid\": \"x\",\n  \"text\": \"lorem ipsum\"\n  \"file_url\": \"y\"\n}";
        assert!(message(manual).contains("a comma is missing after \"text\": \"lorem ipsum\" on line 4"));
        assert!(message("{\"a\": 1 \"b\": 2}").contains("a comma is missing after {\"a\": 1 on line 1"));
    }

    #[test]
    fn other_mistakes_are_named_with_line_and_column() {
        assert_eq!(message(""), "invalid_json: Invalid JSON at line 1, column 0: EOF while parsing a value");
        assert!(message("{\n\"a\": hello}").contains("line 2, column 6"));
        assert!(message(&"[".repeat(100_000)).contains("recursion limit exceeded"));
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_fraction_of_nothing() {
        for (text, wanted) in [("7", Some(7)), ("7.0", Some(7)), ("7.5", None), ("-1", None), ("\"7\"", None)] {
            let mut deserializer = serde_json::Deserializer::from_str(text);
            assert_eq!(whole(&mut deserializer).ok(), wanted, "{text}");
        }
    }

    #[test]
    fn only_an_object_will_do() {
        for body in ["[]", "null", "1", "\"x\""] {
            assert!(message(body).starts_with("not_an_object"), "{body}");
        }
    }
}
