//! Reads request bodies: bounded in size and time, as bytes, whatever the content type says.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{BytesMut, Payload};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::Refused;
use super::json;
pub(super) use super::json::object;
use crate::config::Limits;

/// A body that is too large is read on, up to so many times the limit, so that its sender gets to see the answer.
const PATIENCE: usize = 4;

/// The whole body.
pub(super) async fn read(payload: Payload, limits: Limits) -> Result<BytesMut, Refused> {
    let mut body = BytesMut::new();
    read_into(&mut body, payload, limits).await?;
    Ok(body)
}

/// Reads the body; what has come of a refused one is in `body` all the same.
pub(super) async fn read_into(body: &mut BytesMut, payload: Payload, limits: Limits) -> Result<(), Refused> {
    let deadline = Duration::from_millis(limits.body_deadline_ms);
    match tokio::time::timeout(deadline, gather(body, payload, limits.body_bytes)).await {
        Ok(gathered) => gathered,
        Err(_) => Err(Refused::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", "The request body came too slowly")),
    }
}

async fn gather(body: &mut BytesMut, mut payload: Payload, limit: usize) -> Result<(), Refused> {
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
    Ok(())
}

/// A JSON object of a known shape; what does not fit is named.
pub(super) fn typed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    let object = json::object(body)?;
    T::deserialize(Value::Object(object)).map_err(|error| {
        let what = error.to_string();
        let code = if what.starts_with("missing field") { "missing_field" } else { "invalid_value" };
        Refused::bad(code, what)
    })
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
