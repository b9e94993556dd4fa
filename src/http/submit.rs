//! What a message goes through at every door: its headers, its body, the workspace's answer.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use actors::runtime::shard::AskError;
use actors::workspace::{Accepted, Answer, Command, LookedUp, Recipient, Rejection, Submit, Verdict, Workspace};
use events::account::Origin;
use events::ids::{ChatId, WorkspaceId};
use events::index::{Lookup, Remembered};
use events::personal::{Digest, Personal};
use events::record::{Cause, Idempotency};
use events::who::Who;
use serde_json::{Value, json};

use super::caller::RequestId;
use super::error::Refused;
use super::send_body::SendBody;
use super::{json, messages, titles};
use crate::gateway::Gateway;

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const DRY_RUN: &str = "dry-run";
const CREDITS_REMAINING: HeaderName = HeaderName::from_static("x-credits-remaining");
const QUEUE_POSITION: HeaderName = HeaderName::from_static("x-queue-position");
const ESTIMATED_SEND_AT: HeaderName = HeaderName::from_static("x-estimated-send-at");
const KEY_CHARS_MAX: usize = 255;

/// Who wants a message sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender {
    /// The request.
    pub(super) id: RequestId,
    /// Who pays.
    pub(super) workspace: WorkspaceId,
    /// Who sends, as events tell it.
    pub(super) by: Who,
    /// SHA-256 of the inbound token that the request came with; our own API has none.
    pub(super) token_hash: Option<Digest>,
    /// The chat that the path names.
    pub(super) chat: Option<ChatId>,
}

/// What became of a message.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is queued.
    Accepted(Accepted),
    /// It would have been: the whole answer.
    Verdict(Value),
}

/// Submits a message, or asks what would become of it; what is odd about it goes to `warnings`.
pub(super) async fn submit(
    gateway: &Gateway,
    sender: Sender,
    headers: &HeaderMap,
    bytes: &[u8],
    warnings: &mut Vec<String>,
) -> Result<Outcome, Refused> {
    let idempotency = idempotency(headers, bytes)?;
    let dry_run = dry_run(headers)?;
    let origin = if sender.token_hash.is_some() { Origin::Inbound } else { Origin::Api };
    let body = SendBody::parse(bytes, origin, sender.chat, gateway.limits.text_chars, warnings)
        .map_err(|refused| json::explain(refused, headers, bytes))?;
    if gateway.state.is_disk_full() {
        return Err(Refused::disk_full());
    }
    if let (Some(given), false) = (&idempotency, dry_run) {
        // Read here, so that the deciding thread finds the page in memory; what counts is what it reads then.
        let _: Option<Remembered> = gateway.shard.index().find(&Lookup::idempotency(sender.workspace, &given.key))?;
    }
    let cause = Cause::request(sender.by, sender.id.0, idempotency.clone());
    let recipient = dry_run.then(|| body.recipient.clone());
    let SendBody { recipient: to, sender: from, text, file, unknown_fields, doubt } = body;
    let submit = Submit {
        message: gateway.chance.message_id(gateway.shard.clock().now()),
        token_hash: sender.token_hash,
        recipient: to,
        sender: from,
        text,
        file,
        origin,
        unknown_fields,
        doubt,
        dry_run,
        exact_body: idempotency.is_some().then(|| Digest::of(bytes)),
        idempotency,
        looked_up: LookedUp::default(),
    };
    match ask(gateway, sender.workspace, submit, cause).await? {
        Answer::Accepted(accepted) => Ok(Outcome::Accepted(accepted)),
        Answer::Verdict(verdict) => {
            let verdict = shown(gateway, sender.workspace, verdict, recipient.as_ref(), warnings).await?;
            Ok(Outcome::Verdict(verdict))
        }
        other => Err(Refused::unexpected(&other)),
    }
}

/// The workspace's answer. Who names a chat that there is not is told which one is named nearly so.
async fn ask(gateway: &Gateway, workspace: WorkspaceId, submit: Submit, cause: Cause) -> Result<Answer, Refused> {
    let name = if let Recipient::Name(name) = &submit.recipient { Some(name.clone()) } else { None };
    let answer = gateway.shard.ask::<Workspace>(workspace, Command::Submit(Box::new(submit)), cause).await;
    match (answer, name) {
        (Err(AskError::Rejected(Rejection::ChatNotFound)), Some(name)) => {
            Err(titles::not_found(gateway, workspace, name).await)
        }
        (answer, _) => Ok(answer?),
    }
}

/// What the sender is told beside the body: what is left, and when the message leaves.
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

/// The answer to a dry run.
pub(super) fn verdict(verdict: &Value) -> HttpResponse {
    let balance = verdict.pointer("/data/balance").and_then(Value::as_u64).unwrap_or(0);
    HttpResponse::Ok().insert_header((CREDITS_REMAINING, HeaderValue::from(balance))).json(verdict)
}

async fn shown(
    gateway: &Gateway,
    workspace: WorkspaceId,
    verdict: Verdict,
    recipient: Option<&Recipient>,
    warnings: &[String],
) -> Result<Value, Refused> {
    let phones = messages::phones(gateway, workspace).await?;
    let account = phones.iter().find(|(account, _)| *account == verdict.account).map(|(_, phone)| phone);
    let chat = verdict.chat.map(|chat| gateway.shard.index().chat(chat)).transpose()?.flatten();
    let recipient = match (recipient, chat) {
        (Some(Recipient::Peer(peer)), _) => {
            json!({"phone": peer.phone, "to": peer.to, "name": peer.name, "is_group": peer.is_group})
        }
        (_, Some(chat)) => {
            let phone = chat.phone.as_ref().map(Personal::reveal);
            json!({"phone": phone, "to": chat.to.reveal(), "name": chat.name.reveal(), "is_group": chat.is_group})
        }
        _ => Value::Null,
    };
    Ok(json!({"status": "success", "data": {
        "dry_run": true,
        "account": account,
        "chat_id": verdict.chat.map(|chat| chat.to_string()),
        "recipient": recipient,
        "cost": verdict.cost,
        "balance": verdict.balance,
        "warnings": warnings,
    }}))
}

/// The client's own key: 1 to 255 visible characters.
fn idempotency(headers: &HeaderMap, body: &[u8]) -> Result<Option<Idempotency>, Refused> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value
        .to_str()
        .ok()
        .map(|key| unquoted(key.trim()))
        .filter(|key| (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()));
    match key {
        Some(key) => Ok(Some(Idempotency { key: key.to_owned(), body: Digest::of(&json::one_spelling(body)) })),
        None => Err(Refused::invalid("Idempotency-Key", "Idempotency-Key must be 1 to 255 visible characters")),
    }
}

/// The IETF's draft writes keys in double quotes.
fn unquoted(key: &str) -> &str {
    key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key)
}

/// Whether only the verdict is wanted.
fn dry_run(headers: &HeaderMap) -> Result<bool, Refused> {
    let Some(value) = headers.get(DRY_RUN) else { return Ok(false) };
    match value.as_bytes().trim_ascii().to_ascii_lowercase().as_slice() {
        b"true" => Ok(true),
        b"false" => Ok(false),
        _ => Err(Refused::invalid("Dry-Run", "Dry-Run must be true or false")),
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
        let read =
            |key: &str| idempotency(&headers(IDEMPOTENCY_KEY, key), b"").map(|found| found.map(|found| found.key));
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
}
