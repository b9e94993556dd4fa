//! Reads request bodies as bytes, with limits on size and time, whatever the content type says.

use std::time::Duration;

use actix_web::http::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use actix_web::web::{BytesMut, Payload};
use futures_util::StreamExt;
use serde::de::{Deserialize as _, DeserializeOwned, Deserializer, Error as _};
use serde_json::{Number, Value};

use super::json;
pub(super) use super::json::object;
use crate::config::Limits;
use crate::service::refusal::Refusal;

/// A body that is too large is read on, up to this many times the limit, so that the client gets to see the response.
const PATIENCE: usize = 4;

/// Returns how many bytes of body the request's headers announce, at most.
pub(super) fn expected_bytes(headers: &HeaderMap, limits: Limits) -> u64 {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.trim().parse().ok());
    match length {
        Some(length) => length,
        None if headers.contains_key(TRANSFER_ENCODING) => limits.body_bytes.saturating_mul(PATIENCE) as u64,
        None => 0,
    }
}

/// Reads the whole body.
pub(super) async fn read(payload: Payload, limits: Limits) -> Result<BytesMut, Refusal> {
    let mut body = BytesMut::new();
    read_into(&mut body, payload, limits).await?;
    Ok(body)
}

/// Reads the body into `body`. If it is refused, `body` holds what arrived until then, up to the limit.
pub(super) async fn read_into(body: &mut BytesMut, payload: Payload, limits: Limits) -> Result<(), Refusal> {
    let deadline = Duration::from_millis(limits.body_deadline_ms);
    match tokio::time::timeout(deadline, gather(body, payload, limits.body_bytes)).await {
        Ok(gathered) => gathered,
        Err(_) => Err(Refusal::new("request_timeout", "The request body came too slowly")),
    }
}

async fn gather(body: &mut BytesMut, mut payload: Payload, limit: usize) -> Result<(), Refusal> {
    let mut received = 0_usize;
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|_| Refusal::new("invalid_json", "The request body broke off"))?;
        received = received.saturating_add(piece.len());
        if received <= limit {
            body.extend_from_slice(&piece);
        } else if received > limit.saturating_mul(PATIENCE) {
            break;
        }
    }
    if received > limit {
        return Err(Refusal::new("body_too_large", format!("The request body has more than {limit} bytes")));
    }
    Ok(())
}

/// Parses a JSON object as a known type; the refusal names the field that does not fit.
pub(super) fn typed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let object = json::object(body)?;
    serde_path_to_error::deserialize(Value::Object(object)).map_err(|error| {
        let path = error.path().to_string();
        let what = error.inner().to_string();
        let missing = what.strip_prefix("missing field `").and_then(|name| name.strip_suffix('`'));
        let code = if missing.is_some() { "missing_field" } else { "invalid_value" };
        let param = match (path.as_str(), missing) {
            (".", None) => None,
            (".", Some(name)) => Some(name.to_owned()),
            (within, Some(name)) => Some(format!("{within}.{name}")),
            (field, None) => Some(field.to_owned()),
        };
        let refused = Refusal::new(code, what);
        match param {
            Some(param) => refused.naming(param),
            None => refused,
        }
    })
}

/// Reads a whole number, which some clients write with a fraction: `2.0`.
pub(super) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = Number::deserialize(deserializer)?;
    let whole = json::whole(&number.to_string()).and_then(|digits| digits.parse().ok());
    whole.ok_or_else(|| D::Error::custom(format_args!("{number} is not a whole number from 0")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_named() {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only read")]
        struct Owner {
            email: String,
        }
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only read")]
        struct Body {
            owner: Owner,
            credits: u64,
        }
        for (body, wanted) in [
            (r#"{"owner": {"email": "a"}}"#, ("missing_field", Some("credits"))),
            (r#"{"owner": {}, "credits": 1}"#, ("missing_field", Some("owner.email"))),
            (r#"{"owner": {"email": 5}, "credits": 1}"#, ("invalid_value", Some("owner.email"))),
            (r#"{"owner": {"email": "a"}, "credits": -5}"#, ("invalid_value", Some("credits"))),
            (r#"{"owner": {"email": "a"}, "credits": 1, "foo": 1}"#, ("invalid_value", Some("foo"))),
        ] {
            let refused = typed::<Body>(body.as_bytes()).unwrap_err();
            assert_eq!((refused.code(), refused.param()), wanted, "{body}");
        }
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_fraction_of_nothing() {
        for (text, wanted) in
            [("7", Some(7)), ("7.0", Some(7)), ("7e1", Some(70)), ("7.5", None), ("-1", None), ("\"7\"", None)]
        {
            let mut deserializer = serde_json::Deserializer::from_str(text);
            assert_eq!(whole(&mut deserializer).ok(), wanted, "{text}");
        }
    }
}
