//! Shapes that no type of ours has: refusals, pages, what a CRM posts, parameters in paths.
#![expect(clippy::needless_pass_by_value, reason = "JSON is built where it is given")]

use serde_json::{Map, Value, json};

use crate::codes::{self, Code};

/// The shapes that many routes share, by name.
pub(super) fn shared() -> Map<String, Value> {
    let page = json!({
        "type": "object",
        "required": ["next", "prev"],
        "properties": {
            "next": {"type": ["string", "null"], "description": "Give it as `after` for the next page."},
            "prev": {"type": ["string", "null"], "description": "Give it as `before` for the page before."},
        },
    });
    let refusal = json!({
        "type": "object",
        "required": ["status", "data", "message"],
        "properties": {
            "status": {"type": "integer", "description": "The HTTP status."},
            "data": {"type": "object", "maxProperties": 0},
            "message": {"type": "string", "description": "For people."},
            "error": {"$ref": "#/components/schemas/RefusalDetails"},
        },
    });
    let details = json!({
        "type": "object",
        "description": "Left out with compat.strict_errors.",
        "required": ["code", "param", "hint", "link", "request_id"],
        "properties": {
            "code": {"type": "string", "description": "Stable."},
            "param": {"type": ["string", "null"], "description": "The field or parameter that it is about."},
            "hint": {"type": ["string", "null"], "description": "What to do about it."},
            "link": {"type": "string", "description": "Where the code is explained."},
            "request_id": {"type": "string"},
        },
    });
    let named = [("Page", page), ("Refusal", refusal), ("RefusalDetails", details)];
    named.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// An example answer of every refusal, by its code.
pub(super) fn examples() -> Map<String, Value> {
    let refusals = codes::all().filter(|code| code.status().is_some());
    refusals.map(|code| (code.name.to_owned(), json!({"value": code.example()}))).collect()
}

/// A reference to a named shape.
pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// A page of a list of such rows.
pub(super) fn list(row: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["data", "page"],
        "properties": {"data": {"type": "array", "items": row}, "page": reference("Page")},
    })
}

/// An object of which all fields are always there.
pub(super) fn object(properties: Value) -> Value {
    let required: Vec<String> =
        properties.as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default();
    json!({"type": "object", "required": required, "properties": properties})
}

/// The answer with this status, and the codes that it may have.
pub(super) fn refusal(status: u16, codes: &[&Code]) -> Value {
    let names: Vec<&str> = codes.iter().map(|code| code.name).collect();
    let meanings: Vec<String> = codes.iter().map(|code| format!("`{}`: {}", code.name, code.meaning)).collect();
    let examples = codes
        .iter()
        .map(|code| (code.name.to_owned(), json!({"$ref": format!("#/components/examples/{}", code.name)})));
    let schema = json!({"allOf": [reference("Refusal"), {"properties": {
        "status": {"const": status}, "error": {"properties": {"code": {"enum": names}}},
    }}]});
    let mut headers = json!({"X-Request-Id": {"$ref": "#/components/headers/RequestId"}});
    let more = match status {
        401 => Some(("WWW-Authenticate", json!({"schema": {"const": "Bearer"}}))),
        429 | 503 => {
            Some(("Retry-After", json!({"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}})))
        }
        _ => None,
    };
    if let (Some((name, header)), Some(headers)) = (more, headers.as_object_mut()) {
        headers.insert(name.to_owned(), header);
    }
    let content = json!({"application/json": {"schema": schema, "examples": examples.collect::<Map<_, _>>()}});
    json!({"description": meanings.join("\n\n"), "headers": headers, "content": content})
}

/// What stands in a path under this name.
pub(super) fn path_parameter(name: &str) -> Value {
    match name {
        "token" => json!({"type": "string", "description": "The secret.", "example": "in_7Kx2mQ9sT4vB8nE1rW6yZ3"}),
        "kind" => json!({"type": "string", "enum": ["workspace", "account", "chat"]}),
        "file" => {
            json!({"type": "string", "enum": ["style.css", "start.js", "swagger-ui.css", "swagger-ui-bundle.js"]})
        }
        _ => json!({"type": "string", "minLength": 1}),
    }
}

/// What our own API takes: the same fields, and the sender by a shorter name. The path may name the chat.
pub(super) fn send_by_api() -> Value {
    let mut schema = send();
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("required");
        schema.remove("anyOf");
        schema.insert("example".to_owned(), json!({"phone": "+12025550101", "text": "Your order is on its way"}));
    }
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        let about = "The phone of the account that sends; else the one that was connected last.";
        properties.insert("account".to_owned(), json!({"type": ["string", "number", "null"], "description": about}));
    }
    schema
}

/// What a dry run answers.
pub(super) fn verdict() -> Value {
    let number = json!({"type": "integer", "minimum": 0});
    let text = json!({"type": ["string", "null"]});
    object(json!({"status": {"const": "success"}, "data": object(json!({
        "dry_run": {"const": true},
        "account": text,
        "chat_id": text,
        "recipient": {"type": ["object", "null"]},
        "cost": number,
        "balance": number,
        "warnings": {"type": "array", "items": {"type": "string"}},
    }))}))
}

/// Values of the header of that name, in any case.
pub(super) fn dry_run() -> Value {
    json!({"type": "string", "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"})
}

/// A request to the inbound webhook, and what came of it.
pub(super) fn attempt() -> Value {
    let request = json!({
        "type": "object",
        "required": ["headers", "body"],
        "properties": {
            "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            "body": {"type": "string"},
            "body_cut": {"const": true, "description": "The body went on."},
        },
    });
    object(json!({
        "id": {"type": "string", "pattern": "^att_[0-9]+$"},
        "at": {"type": "string", "format": "date-time"},
        "status": {"type": "integer"},
        "request": request,
        "answer": {"type": "object"},
        "warnings": {"type": "array", "items": {"type": "string"}},
        "message_id": {"type": ["string", "null"]},
    }))
}

const JID: &str = r"^\s*([0-9-]{1,64}(:[^@]*)?@(s\.whatsapp\.net|c\.us|g\.us|lid))?\s*$";

/// What a CRM posts. Numbers count as their digits, `null` and blank as absent, unknown fields are ignored.
pub(super) fn send() -> Value {
    let said = json!({"type": ["string", "number"], "pattern": "\\S"});
    let recipients =
        ["chat_id", "jid", "phone", "chat_name"].map(|name| json!({"required": [name], "properties": {name: said}}));
    let text = |about: &str| json!({"type": ["string", "number", "null"], "description": about});
    json!({
        "type": "object",
        "required": ["action", "text"],
        "anyOf": recipients,
        "properties": {
            "action": {"const": "send"},
            "text": {"allOf": [said, {"maxLength": 65_536}], "description": "Plain; a line break is the only markup."},
            "file_url": text("Direct download of a file; given with file_name."),
            "file_name": text("The name that the recipient sees; given with file_url."),
            "chat_id": text("A chat of this workspace; its own account sends."),
            "jid": {"type": ["string", "null"], "pattern": JID, "description": "WhatsApp's id of a person or group."},
            "phone": text("International format; checked when it is sent, not when it is accepted."),
            "chat_name": text("The exact name of a chat."),
            "whatsapp account phone": text("The account that sends; else the one that was connected last."),
            "whatsapp_account_phone": text("The same."),
        },
        "example": {"action": "send", "phone": "+12025550101", "text": "Your order is on its way"},
    })
}
