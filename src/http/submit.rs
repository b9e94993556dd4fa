//! The steps that are common to all routes for sending: read headers and body, submit, build the response.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use actors::workspace::Accepted;
use events::account::Origin;
use events::ids::ChatId;
use events::personal::Digest;
use serde_json::{Value, json};

use super::json as bodies;
use super::send_body::SendBody;
use crate::gateway::Gateway;
use crate::service::refusal::Refusal;
use crate::service::scope::Scope;
use crate::service::submit::{self, Message, Outcome, VerdictView};

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const DRY_RUN: &str = "dry-run";
const CREDITS_REMAINING: HeaderName = HeaderName::from_static("x-credits-remaining");
const QUEUE_POSITION: HeaderName = HeaderName::from_static("x-queue-position");
const ESTIMATED_SEND_AT: HeaderName = HeaderName::from_static("x-estimated-send-at");
const KEY_CHARS_MAX: usize = 255;

/// What a request's path says of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct FromPath {
    /// SHA-256 of the inbound token in the request's path; our own API has none.
    pub(super) token_hash: Option<Digest>,
    /// The chat in the path.
    pub(super) chat: Option<ChatId>,
}

/// Submits a message, or makes a dry run. Oddities become `warnings`.
pub(super) fn submit<'a>(
    scope: Scope<'a>,
    from_path: FromPath,
    headers: &HeaderMap,
    bytes: &[u8],
    warnings: &'a mut Vec<String>,
) -> Result<impl Future<Output = Result<Outcome, Refusal>> + use<'a>, Refusal> {
    let message = read(scope, from_path, headers, bytes, warnings)?;
    submit::submit(scope, message, warnings)
}

fn read(
    scope: Scope<'_>,
    FromPath { token_hash, chat }: FromPath,
    headers: &HeaderMap,
    bytes: &[u8],
    warnings: &mut Vec<String>,
) -> Result<Message, Refusal> {
    let idempotency = idempotency(headers, bytes)?;
    let dry_run = dry_run(headers)?;
    let origin = if token_hash.is_some() { Origin::Inbound } else { Origin::Api };
    let body = SendBody::parse(bytes, origin, chat, scope.gateway.limits.text_chars, warnings)
        .map_err(|refusal| bodies::explain(refusal, headers, bytes))?;
    let SendBody { recipient, sender, text, file, unknown_fields, doubt } = body;
    Ok(Message { recipient, sender, text, file, unknown_fields, doubt, origin, token_hash, idempotency, dry_run })
}

/// Adds the headers of an accepted message: balance, queue position, estimated time of sending, replay mark.
pub(super) fn dress(answer: &mut HttpResponseBuilder, gateway: &Gateway, accepted: &Accepted) {
    answer.insert_header((CREDITS_REMAINING, HeaderValue::from(accepted.balance)));
    if let Some(account) = accepted.account {
        let queued = gateway.shard.queued(account);
        let now = gateway.shard.clock().now();
        let leaves_at = queued.and_then(|queued| queued.empty_at).unwrap_or(now).max(now);
        answer.insert_header((QUEUE_POSITION, HeaderValue::from(queued.map_or(1, |queued| queued.waiting))));
        answer.insert_header((ESTIMATED_SEND_AT, leaves_at.to_string()));
    }
    if accepted.replayed {
        answer.insert_header((HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true")));
    }
}

/// Builds the response to a dry run.
pub(super) fn verdict(verdict: &VerdictView) -> HttpResponse {
    let balance = HeaderValue::from(verdict.balance);
    HttpResponse::Ok().insert_header((CREDITS_REMAINING, balance)).json(verdict_body(verdict))
}

pub(super) fn verdict_body(verdict: &VerdictView) -> Value {
    json!({"status": "success", "data": verdict})
}

/// Reads the client's idempotency key, 1 to 255 visible characters, and makes a digest of the body.
fn idempotency(headers: &HeaderMap, body: &[u8]) -> Result<Option<(String, Digest)>, Refusal> {
    let Some(value) = single(headers, IDEMPOTENCY_KEY, "Idempotency-Key")? else { return Ok(None) };
    let key = value
        .to_str()
        .ok()
        .map(|key| unquoted(key.trim()))
        .filter(|key| (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()));
    match key {
        Some(key) => Ok(Some((key.to_owned(), Digest::of(&bodies::one_spelling(body))))),
        None => Err(Refusal::invalid("Idempotency-Key", "Idempotency-Key must be 1 to 255 visible characters")),
    }
}

/// Returns a header's value; refuses two different ones, since nobody knows which of them is meant.
fn single<'a>(headers: &'a HeaderMap, name: &str, title: &'static str) -> Result<Option<&'a HeaderValue>, Refusal> {
    let mut values = headers.get_all(name);
    let first = values.next();
    if values.any(|other| Some(other) != first) {
        return Err(Refusal::invalid(title, format!("{title} is given twice, with different values")));
    }
    Ok(first)
}

/// Removes double quotes: the IETF's draft puts keys in them.
fn unquoted(key: &str) -> &str {
    key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key)
}

/// True if the request is a dry run.
pub(super) fn dry_run(headers: &HeaderMap) -> Result<bool, Refusal> {
    let Some(value) = single(headers, DRY_RUN, "Dry-Run")? else { return Ok(false) };
    match value.as_bytes().trim_ascii().to_ascii_lowercase().as_slice() {
        b"true" => Ok(true),
        b"false" => Ok(false),
        _ => Err(Refusal::invalid("Dry-Run", "Dry-Run must be true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        headers
    }

    #[test]
    fn a_key_has_1_to_255_visible_characters() {
        let read = |key: &str| idempotency(&headers(IDEMPOTENCY_KEY, key), b"").map(|found| found.map(|(key, _)| key));
        assert_eq!(read("order-17").unwrap().as_deref(), Some("order-17"));
        assert_eq!(read("\"order-17\"").unwrap().as_deref(), Some("order-17"));
        assert!(read("\"\"").is_err());
        assert!(read(&"k".repeat(255)).is_ok());
        for key in ["", " ", "two words", &"k".repeat(256)] {
            assert!(read(key).is_err(), "{key}");
        }
        assert_eq!(idempotency(&HeaderMap::new(), b""), Ok(None));
    }

    #[test]
    fn a_dry_run_is_true_or_false() {
        for (value, wanted) in [("true", true), ("True", true), (" TRUE ", true), ("false", false), ("False", false)] {
            assert_eq!(dry_run(&headers(DRY_RUN, value)), Ok(wanted), "{value}");
        }
        for value in ["", "1", "yes", "on", "true, true"] {
            assert!(dry_run(&headers(DRY_RUN, value)).is_err(), "{value}");
        }
        assert_eq!(dry_run(&HeaderMap::new()), Ok(false));
    }

    #[test]
    fn a_header_that_is_given_twice_must_say_the_same() {
        let twice = |name, one: &str, other: &str| {
            let mut headers = headers(name, one);
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(other).unwrap());
            headers
        };
        assert_eq!(dry_run(&twice(DRY_RUN, "true", "true")), Ok(true));
        let refused = dry_run(&twice(DRY_RUN, "false", "true")).unwrap_err();
        assert_eq!(refused, Refusal::invalid("Dry-Run", "Dry-Run is given twice, with different values"));
        assert!(idempotency(&twice(IDEMPOTENCY_KEY, "k1", "k1"), b"").is_ok());
        assert!(idempotency(&twice(IDEMPOTENCY_KEY, "k1", "k2"), b"").is_err());
    }
}
