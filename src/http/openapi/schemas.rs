//! Schemas without a Rust type: refusals, pages, a CRM's message, path parameters.
#![expect(clippy::needless_pass_by_value, reason = "JSON is built where it is given")]

use serde_json::{Map, Value, json};

use crate::codes::{self, Code};

/// Returns the schemas that many routes share, by name.
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

/// Returns an example response of every refusal, by its code.
pub(super) fn examples() -> Map<String, Value> {
    let refusals = codes::all().filter(|code| code.status().is_some());
    refusals.map(|code| (code.name.to_owned(), json!({"value": code.example()}))).collect()
}

/// Returns a reference to a named schema.
pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Returns the schema of a page with these rows.
pub(super) fn list(row: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["data", "page"],
        "properties": {"data": {"type": "array", "items": row}, "page": reference("Page")},
    })
}

/// Returns the schema of an object in which all fields are required.
pub(super) fn object(properties: Value) -> Value {
    let required: Vec<String> =
        properties.as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default();
    json!({"type": "object", "required": required, "properties": properties})
}

/// Returns the refusal with this status, and the codes that it may have.
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
        401 => Some(("WWW-Authenticate", json!({"required": true, "schema": {"const": "Bearer"}}))),
        429 | 503 => Some((
            "Retry-After",
            json!({"description": "Seconds.", "required": true, "schema": {"type": "integer", "minimum": 0}}),
        )),
        _ => None,
    };
    if let (Some((name, header)), Some(headers)) = (more, headers.as_object_mut()) {
        headers.insert(name.to_owned(), header);
    }
    let content = json!({"application/json": {"schema": schema, "examples": examples.collect::<Map<_, _>>()}});
    json!({"description": meanings.join("\n\n"), "headers": headers, "content": content})
}

/// What the header `X-Content-Type-Options` says.
pub(super) const AS_NAMED: &str = "The body is what its type says.";

/// Returns the headers of a page, each with what it says and its schema.
pub(super) fn page_headers() -> [(&'static str, &'static str, Value); 2] {
    [
        ("Content-Security-Policy", "What the page may load.", json!({"type": "string"})),
        ("X-Content-Type-Options", AS_NAMED, json!({"const": "nosniff"})),
    ]
}

/// Adds to a refusal that a browser gets it as a page.
pub(super) fn or_page(mut refusal: Value) -> Value {
    if let Some(content) = refusal.get_mut("content").and_then(Value::as_object_mut) {
        content.insert("text/html".to_owned(), json!({"schema": {"type": "string"}}));
    }
    let private = [
        ("Referrer-Policy", "The address goes to no other site.", json!({"const": "no-referrer"})),
        ("Cache-Control", "It is kept nowhere.", json!({"const": "no-store"})),
    ];
    if let Some(headers) = refusal.get_mut("headers").and_then(Value::as_object_mut) {
        for (name, about, schema) in page_headers().into_iter().chain(private) {
            let about = format!("Of the page only: {about}");
            headers.insert(name.to_owned(), json!({"description": about, "schema": schema}));
        }
    }
    refusal
}

/// Returns the schema of a path parameter.
pub(super) fn path_parameter(name: &str) -> Value {
    match name {
        "token" => json!({"type": "string", "description": "The secret.", "example": "in_7Kx2mQ9sT4vB8nE1rW6yZ37Kx2"}),
        "number" => json!({"type": "integer", "minimum": 0, "maximum": u64::MAX, "example": 1}),
        "kind" => json!({"type": "string", "enum": ["workspace", "account", "chat", "webhook"]}),
        "position" => json!({"type": "integer", "minimum": 1, "maximum": u64::MAX, "example": 1}),
        "file" => {
            json!({"type": "string", "enum": ["style.css", "start.js", "swagger-ui.css", "swagger-ui-bundle.js"]})
        }
        _ => json!({"type": "string", "minLength": 1}),
    }
}

/// Returns the schema of an object in which these fields are not blank.
fn saying(names: &[&str]) -> Value {
    let said = json!({"type": ["string", "number"], "pattern": "\\S"});
    let properties: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), said.clone())).collect();
    json!({"required": names, "properties": properties})
}

/// Requires a text, a file, or both.
fn content() -> Value {
    json!({"anyOf": [saying(&["text"]), saying(&["file_url", "file_name"])]})
}

const JID: &str = r"^\s*([0-9-]{1,64}(:[^@]*)?@(s\.whatsapp\.net|c\.us|g\.us|lid))?\s*$";

/// The body of our own API: as [`send`], with `account` for the sender and an optional `action`.
pub(super) fn message() -> Value {
    let mut schema = send();
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("required");
    }
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        let about = "The number of the account that sends; else the one that was connected last.";
        properties.insert("account".to_owned(), json!({"type": ["string", "number", "null"], "description": about}));
    }
    schema
}

/// Like [`message`], for a path that names the recipient.
pub(super) fn message_to_chat() -> Value {
    let mut schema = message();
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("allOf".to_owned(), json!([content()]));
        schema.insert("example".to_owned(), json!({"text": "Your order is on its way"}));
    }
    schema
}

/// The body that a CRM posts. Numbers count as their digits, `null` and blank as absent; unknown fields are ignored.
pub(super) fn send() -> Value {
    let recipients = ["chat_id", "jid", "phone", "chat_name"].map(|name| saying(&[name]));
    let text = |about: &str| json!({"type": ["string", "number", "null"], "description": about});
    json!({
        "type": "object",
        "required": ["action"],
        "allOf": [{"anyOf": recipients}, content()],
        "properties": {
            "action": {"const": "send"},
            "text": {
                "type": ["string", "number", "null"],
                "maxLength": 65_536,
                "description": "Plain; a line break is the only markup. May be left out with a file.",
            },
            "file_url": text("Direct download of a file; given with file_name."),
            "file_name": text("The name that the recipient sees; given with file_url."),
            "chat_id": text("A chat of this workspace; its own account sends."),
            "jid": {"type": ["string", "null"], "pattern": JID, "description": "WhatsApp's id of a person or group."},
            "phone": text("International format, grouped as people do; checked when it is sent, not when it is accepted. A JID \
                is taken as `jid`, with a warning."),
            "chat_name": text("The name of a chat; case counts."),
            "whatsapp account phone": text("The account that sends, by its number; else the one that was connected last."),
            "whatsapp_account_phone": text("The same."),
        },
        "example": {"action": "send", "phone": "+12025550101", "text": "Your order is on its way"},
    })
}
