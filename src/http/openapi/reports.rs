//! Documentation of what is posted to a workspace's own URL: the two bodies of a report, and its headers.

use serde_json::{Map, Value, json};

use super::schemas::{object, reference};

const ABOUT: &str = "Posted to the URL that `PATCH /api/v1/outbound` sets, in the format of TimelinesAI's outbound \
    webhook. Without aggregation each message is a `MessageReport`; with `1h`, `6h`, `12h` or `24h` a chat's messages of that time are one \
    `BundleReport`. Any 2xx within 15 s is success; a report that fails comes again with the same `webhook-id` and body: \
    process each id once. Messages with the direction `sent` include those that the CRM itself has sent: whoever answers \
    messages must pass over them. A message that fails is not reported.";

/// Describes the webhooks.
pub(super) fn webhooks() -> Value {
    let header = |name: &str, about: &str, schema: Value| {
        let (place, required) = ("header", true);
        json!({"name": name, "in": place, "required": required, "description": about, "schema": schema})
    };
    let text = || json!({"type": "string"});
    let headers = [
        header("webhook-id", "The delivery's id, the same at every try.", text()),
        header(
            "webhook-timestamp",
            "Seconds since 1970 of this try.",
            json!({"type": "string", "pattern": "^[0-9]+$"}),
        ),
        header(
            "webhook-signature",
            "`v1,` and the Base64 of HMAC-SHA256 over id, timestamp and body, joined by dots, as Standard Webhooks has \
             it; one for each key while keys overlap, separated by a space.",
            text(),
        ),
    ];
    let body = json!({"anyOf": [reference("MessageReport"), reference("BundleReport")]});
    json!({"report": {"post": {
        "operationId": "report",
        "tags": ["Outbound webhook"],
        "summary": "A message was sent or received, or a chat's messages of some hours",
        "description": ABOUT,
        "security": [],
        "parameters": headers,
        "requestBody": {"required": true, "content": {"application/json": {"schema": body}}},
        "responses": {
            "2XX": {"description": "It has arrived."},
            "410": {"description": "The receiver is gone: the webhook is switched off at once."},
            "429": {"description": "Too busy: tried again later, after `Retry-After` if there is one."},
            "default": {"description": "It is tried again; more than 10 errors in a row switch the webhook off."},
        },
    }}})
}

/// Returns the schemas of the bodies, by name.
pub(super) fn shared() -> Map<String, Value> {
    let text = || json!({"type": "string"});
    let phone = || json!({"type": "string", "description": "E.164, or as the transport has it; empty in groups."});
    let account = object(json!({"full_name": text(), "email": text(), "phone": text()}));
    let chat = object(json!({
        "full_name": {"type": "string", "description": "The chat's title."},
        "responsible_name": {"type": "string", "description": "The teammate who is responsible; empty if nobody is."},
        "responsible_email": text(),
        "chat_url": {"type": "string"},
        "chat_id": {"type": "string", "pattern": "^[0-9]+$"},
        "is_new_chat": {"type": "boolean", "description": "Whether this is the first report of the chat."},
        "is_group": {"type": "boolean"},
        "phone": phone(),
    }));
    let person = object(json!({"full_name": text(), "phone": phone()}));
    let [of_account, of_chat, of_message] = ["ReportAccount", "ReportChat", "ReportMessage"].map(reference);
    let one = object(json!({"whatsapp_account": of_account, "chat": of_chat, "message": of_message}));
    let bundle = object(json!({
        "whatsapp_account": of_account,
        "chat": of_chat,
        "messages": {"type": "array", "minItems": 1, "maxItems": 1000, "items": of_message},
        "first_message_timestamp": moment(),
        "last_message_timestamp": moment(),
        "aggregation": {"type": "string", "description": "All of it to read, as HTML."},
    }));
    let named = [
        ("MessageReport", one),
        ("BundleReport", bundle),
        ("ReportAccount", account),
        ("ReportChat", chat),
        ("ReportPerson", person),
        ("ReportMessage", message()),
    ];
    let closed = |(name, mut schema): (&str, Value)| {
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("additionalProperties".to_owned(), false.into());
        }
        (name.to_owned(), schema)
    };
    named.into_iter().map(closed).collect()
}

fn moment() -> Value {
    let pattern = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$";
    json!({"type": "string", "pattern": pattern, "example": "2021-02-24T06:25:29+0000"})
}

fn message() -> Value {
    let text = || json!({"type": "string"});
    let mut message = object(json!({
        "direction": {"type": "string", "enum": ["sent", "received"]},
        "timestamp": moment(),
        "message_id": {"type": "string", "example": "wa_backend:3EB09FCC85FE99662E46"},
        "sender": reference("ReportPerson"),
        "recipient": reference("ReportPerson"),
        "text": text(),
    }));
    let mut file = object(json!({"filename": text(), "size": {"type": "integer", "minimum": 0}, "mimetype": text()}));
    add(&mut file, "temporary_download_url", json!({"type": "string", "description": "Only if there is one."}));
    let about =
        "Only of a message with a file; such messages are reported with `[outbound] attachments = \"include\"` alone.";
    let attachments = json!({"type": "array", "minItems": 1, "maxItems": 1, "items": file, "description": about});
    add(&mut message, "attachments", attachments);
    message
}

/// Adds a field that may be missing.
fn add(schema: &mut Value, name: &str, field: Value) {
    if let Some(Value::Object(fields)) = schema.get_mut("properties") {
        fields.insert(name.to_owned(), field);
    }
}
