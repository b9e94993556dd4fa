//! Documentation of the routes that accept messages: the secret URL and our own API.

use serde_json::{Value, json};

use super::doc::Doc;
use super::schemas;
use crate::codes;
use crate::service::messages::MessageView;

/// Refusals of every such route.
const REFUSED: &[&str] = &[
    "recipient_missing",
    "empty_message",
    "text_too_long",
    "conflicting_fields",
    "file_name_missing",
    "file_url_missing",
    "insufficient_credits",
    "chat_not_found",
    "account_not_found",
    "no_connected_account",
    "chat_name_ambiguous",
    "limit_reached",
    "idempotency_conflict",
    "disk_full",
];

pub(super) fn docs() -> Vec<Doc> {
    let once = "Accepts a message: it is durable and charged, and will be sent";
    let accepted = schemas::object(json!({
        "status": {"const": "success"},
        "data": schemas::object(json!({"message_id": {"type": "string", "pattern": "^wa_backend:3EB0[0-9A-F]{16}$"}})),
    }));
    let answer = json!({"oneOf": [accepted, verdict()]});
    let hook = Doc::new("Inbound webhook", "POST /in/{token}", once).takes_schema(schemas::send());
    let own = |route, about, body| {
        let doc = Doc::new("Messages", route, about).takes_schema(body).answers::<MessageView>(201);
        let doc = with_headers(doc).answers_schema(200, verdict()).saying(200, "What would become of it: a dry run");
        with_balance(doc).refusing(&["chat_erased"])
    };
    vec![
        with_headers(hook.answers_schema(200, answer)).refusing(&[
            "webhook_disabled",
            "unknown_field",
            "invalid_phone",
            "too_many_requests",
        ]),
        own("POST /api/v1/messages", once, schemas::message()),
        own("POST /api/v1/chats/{id}/messages", "Accepts a message to this chat", schemas::message_to_chat()),
    ]
}

/// Documents what a person gets who opens a secret URL.
pub(super) fn opened_by_a_person() -> Value {
    let refused: Vec<_> = codes::find("method_not_allowed").into_iter().collect();
    let mut refusal = schemas::or_page(schemas::refusal(405, &refused));
    if let Some(headers) = refusal.get_mut("headers").and_then(Value::as_object_mut) {
        headers.insert("Allow".to_owned(), json!({"required": true, "schema": {"const": "POST"}}));
    }
    let token = schemas::path_parameter("token");
    json!({
        "operationId": "get_in_token",
        "tags": ["Inbound webhook"],
        "summary": "Says that messages are posted here; a browser gets a page",
        "security": [],
        "parameters": [{"name": "token", "in": "path", "required": true, "schema": token}],
        "responses": {"405": refusal},
    })
}

fn number() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn with_balance(doc: Doc) -> Doc {
    doc.with_header("X-Credits-Remaining", "The balance.", &number())
}

/// Adds the request's headers, the headers of the responses added so far, and the common refusals.
fn with_headers(doc: Doc) -> Doc {
    let once = "The same key and fields within 24 hours give the first answer again, and nothing is sent twice.";
    let dry = "`true`: the verdict only. Nothing is queued, nothing is charged.";
    with_balance(doc)
        .header("Idempotency-Key", once, json!({"type": "string", "pattern": "^[!-~]{1,255}$"}))
        .header("Dry-Run", dry, json!({"type": "string", "enum": ["true", "false"]}))
        .with_header_at_times("X-Queue-Position", "The message's place among those that wait.", &number())
        .with_header_at_times(
            "X-Estimated-Send-At",
            "When it is likely to leave.",
            &json!({"type": "string", "format": "date-time"}),
        )
        .with_header_at_times("Idempotent-Replayed", "The answer was given before.", &json!({"const": "true"}))
        .refusing(REFUSED)
}

fn verdict() -> Value {
    let number = json!({"type": "integer", "minimum": 0});
    let text = json!({"type": ["string", "null"]});
    let recipient = schemas::object(json!({
        "phone": text, "to": {"type": "string"}, "name": text, "is_group": {"type": "boolean"},
    }));
    let data = schemas::object(json!({
        "dry_run": {"const": true},
        "account": text,
        "chat_id": text,
        "recipient": {"oneOf": [recipient, {"type": "null"}]},
        "cost": number,
        "balance": number,
        "warnings": {"type": "array", "items": {"type": "string"}},
    }));
    schemas::object(json!({"status": {"const": "success"}, "data": data}))
}
