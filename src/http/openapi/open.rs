//! Documentation of the routes that need no key.

use serde_json::{Value, json};

use super::doc::Doc;
use super::schemas;

pub(super) fn docs() -> Vec<Doc> {
    let health = |state: Value| schemas::object(json!({"status": state}));
    vec![
        Doc::new("Service", "GET /livez", "Whether the process answers")
            .answers_schema(200, health(json!({"const": "alive"}))),
        Doc::new("Service", "GET /readyz", "Whether new work is taken")
            .answers_schema(200, readiness("ready"))
            .answers_schema(503, readiness("not_ready"))
            .parameter("query", "verbose", "Shows figures too, whatever its value.", json!({"type": "string"})),
        Doc::new("Service", "GET /metrics", "Figures for Prometheus, in the format of the `Accept` header")
            .answers_text(&["text/plain", "application/openmetrics-text"]),
        Doc::new("Proofs", "GET /checkpoint", "The newest signed checkpoint of the log, as a C2SP signed note")
            .answers_text(&["text/plain"])
            .with_header("Cache-Control", "It may have changed a moment later.", &json!({"const": "no-cache"}))
            .refusing(&["unauthorized"]),
        page("GET /", "What this is, and where to go on", &["text/html"]),
        page("GET /docs/", "The same as /docs", &["text/html"]),
        page("GET /docs", "The API to read and to try", &["text/html"]),
        page("GET /docs/errors", "Every code with its causes and what to do", &["text/html"]),
        page("GET /docs/{file}", "What these pages load", &["text/css", "text/javascript"])
            .refusing(&["not_found"])
            .refusing_by_pages(),
        Doc::new("Service", "GET /openapi.json", "This description")
            .answers_schema(200, json!({"type": "object", "required": ["openapi", "info", "paths"]})),
    ]
}

/// The state, and with `verbose` why, and figures of the log and of the actors.
fn readiness(status: &str) -> Value {
    let flag = json!({"type": "boolean"});
    let figures = |about: &str| json!({"type": "object", "additionalProperties": true, "description": about});
    json!({"type": "object", "required": ["status"], "properties": {
        "status": {"const": status},
        "stopping": flag,
        "disk_full": flag,
        "log": figures("Batches, syncs, commits and keys written since the start."),
        "shard": figures("Events sequenced and durable, actors awake, and what waits."),
    }})
}

fn page(route: &'static str, summary: &'static str, types: &[&str]) -> Doc {
    Doc::new("Service", route, summary).answers_text(types).with_page_headers()
}
