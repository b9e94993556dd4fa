//! What is said about the routes that need no key.

use serde_json::{Value, json};

use super::doc::Doc;
use super::schemas;

/// Every such route.
pub(super) fn docs() -> Vec<Doc> {
    let health = |state: Value| schemas::object(json!({"status": state}));
    vec![
        inbound(),
        Doc::new("Health", "GET /livez", "Whether the process answers")
            .answers_schema(200, health(json!({"const": "alive"}))),
        Doc::new("Health", "GET /readyz", "Whether new work is taken; `?verbose` shows figures")
            .answers_schema(200, health(json!({"const": "ready"})))
            .answers_schema(503, health(json!({"const": "not_ready"}))),
        Doc::new("Health", "GET /metrics", "Figures for Prometheus, in the format of the `Accept` header")
            .answers_text(&["text/plain", "application/openmetrics-text"]),
        page("GET /docs", "The API to read and to try", &["text/html"]),
        page("GET /docs/errors", "Every code with its causes and what to do", &["text/html"]),
        page("GET /docs/{file}", "What these pages load", &["text/css", "text/javascript"]).refusing(&["not_found"]),
        Doc::new("Documentation", "GET /openapi.json", "This description")
            .answers_schema(200, json!({"type": "object", "required": ["openapi", "info", "paths"]})),
    ]
}

fn page(route: &'static str, summary: &'static str, types: &[&str]) -> Doc {
    Doc::new("Documentation", route, summary).answers_text(types)
}

fn inbound() -> Doc {
    let number = json!({"type": "integer", "minimum": 0});
    let accepted = schemas::object(json!({
        "status": {"const": "success"},
        "data": schemas::object(json!({"message_id": {"type": "string", "pattern": "^wa_backend:3EB0[0-9A-F]{16}$"}})),
    }));
    let answer = json!({"anyOf": [accepted, schemas::verdict()]});
    Doc::new("Inbound webhook", "POST /in/{token}", "Accepts a message: it is durable and charged, and will be sent")
        .header(
            "Idempotency-Key",
            "The same key and body within 24 hours give the first answer again, and nothing is sent twice.",
            json!({"type": "string", "pattern": "^[!-~]{1,255}$"}),
        )
        .header("Dry-Run", "`true`: only the verdict is wanted; nothing is queued or charged.", schemas::dry_run())
        .takes_schema(schemas::send())
        .answers_schema(200, answer)
        .with_header("X-Credits-Remaining", "The balance.", &number)
        .with_header("X-Queue-Position", "The message's place among those that wait.", &number)
        .with_header(
            "X-Estimated-Send-At",
            "When it is likely to leave.",
            &json!({"type": "string", "format": "date-time"}),
        )
        .with_header("Idempotent-Replayed", "The answer was given before.", &json!({"const": "true"}))
        .refusing(&["recipient_missing", "empty_message", "text_too_long", "conflicting_fields"])
        .refusing(&["webhook_disabled", "unknown_field", "invalid_phone", "chat_name_ambiguous"])
        .refusing(&["too_many_requests", "overloaded"])
        .refusing(&["file_name_missing", "file_url_missing", "insufficient_credits"])
        .refusing(&["chat_not_found", "account_not_found", "no_connected_account", "idempotency_conflict", "disk_full"])
}
