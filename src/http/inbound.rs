//! The inbound webhook: a CRM's POST becomes a queued, charged message.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use actors::workspace::{Accepted, Answer, Command, Workspace};
use events::index::{Lookup, Remembered};
use events::personal::Digest;
use events::record::Idempotency;
use serde_json::json;

use super::body;
use super::caller::{Hook, RequestId};
use super::error::Refused;
use super::send_body::SendBody;
use crate::gateway::Gateway;

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const KEY_CHARS_MAX: usize = 255;

/// Accepts a message for sending. The answer says that it is durable, not that it was sent.
pub(super) async fn send(
    gateway: web::Data<Gateway>,
    id: RequestId,
    Hook(workspace, token_hash): Hook,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let body = body::read(payload, gateway.limits).await?;
    let idempotency = idempotency(request.headers(), &body)?;
    let body = SendBody::parse(&body, gateway.limits.text_chars)?;
    if gateway.state.is_disk_full() {
        return Err(Refused::disk_full());
    }
    if let Some(given) = &idempotency {
        // Read here, so that the deciding thread finds the page in memory; what counts is what it reads then.
        let _: Option<Remembered> = gateway.shard.index().find(&Lookup::idempotency(workspace, &given.key))?;
    }
    let mut cause = Gateway::cause("inbound", id.0);
    cause.idempotency.clone_from(&idempotency);
    let submit = body.into_command(gateway.chance.message_id(), token_hash, idempotency);
    match gateway.shard.ask::<Workspace>(workspace, Command::Submit(Box::new(submit)), cause).await? {
        Answer::Accepted(accepted) => Ok(answer(&gateway, accepted)),
        other => Err(Refused::fault(&format!("unexpected answer {other:?}"))),
    }
}

fn answer(gateway: &Gateway, accepted: Accepted) -> HttpResponse {
    let body = json!({"status": "success", "data": {"message_id": accepted.message.to_string()}});
    let mut answer = HttpResponse::Ok();
    answer.insert_header(("x-credits-remaining", accepted.balance.to_string()));
    if let Some(account) = accepted.account {
        let queued = gateway.shard.queued(account);
        let now = gateway.shard.clock().now();
        let leaves_at = queued.and_then(|queued| queued.empty_at).unwrap_or(now).max(now);
        answer.insert_header(("x-queue-position", queued.map_or(1, |queued| queued.waiting).to_string()));
        answer.insert_header(("x-estimated-send-at", leaves_at.to_string()));
    }
    if accepted.replayed {
        answer.insert_header((HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true")));
    }
    answer.json(body)
}

/// The client's own key: 1 to 255 visible characters.
fn idempotency(headers: &HeaderMap, body: &[u8]) -> Result<Option<Idempotency>, Refused> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value
        .to_str()
        .ok()
        .map(str::trim)
        .filter(|key| (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()));
    match key {
        Some(key) => Ok(Some(Idempotency { key: key.to_owned(), body: Digest::of(body) })),
        None => Err(Refused::invalid("Idempotency-Key", "Idempotency-Key must be 1 to 255 visible characters")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_1_to_255_visible_characters() {
        let read = |key: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(IDEMPOTENCY_KEY), HeaderValue::from_str(key).unwrap());
            idempotency(&headers, b"").map(|found| found.map(|found| found.key))
        };
        assert_eq!(read("order-17").unwrap().as_deref(), Some("order-17"));
        assert!(read(&"k".repeat(255)).is_ok());
        for key in ["", " ", "two words", &"k".repeat(256)] {
            assert!(read(key).is_err(), "{key}");
        }
        assert_eq!(idempotency(&HeaderMap::new(), b""), Ok(None));
    }
}
