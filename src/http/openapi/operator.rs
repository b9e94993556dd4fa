//! Documentation of the operator's routes.

use serde_json::{Value, json};

use super::doc::Doc;
use super::{schemas, workspace};
use crate::http::admin::actors::RebuildBody;
use crate::http::admin::events::VerifyBody;
use crate::http::admin::log_level::LogLevelBody;
use crate::http::admin::workspaces::{CreateBody, GrantBody};
use crate::service::actors::{ActorRow, ActorView, RebuildView};
use crate::service::erasures::ErasureRow;
use crate::service::log_level::LogLevelView;
use crate::service::proofs::ConsistencyProof;
use crate::service::workspaces::WorkspaceRow;

pub(super) fn docs() -> Vec<Doc> {
    [workspaces(), erasures(), proofs(), actors(), log_level()].into_iter().flatten().collect()
}

fn workspaces() -> Vec<Doc> {
    let created = schemas::object(json!({
        "workspace_id": integer(),
        "api_key": {"type": "string", "description": "Shown only now."},
        "inbound_url": {"type": "string", "format": "uri"},
    }));
    vec![
        Doc::new("Workspaces", "GET /admin/v1/workspaces", "All workspaces, the newest first")
            .lists::<WorkspaceRow>()
            .paged(),
        Doc::new("Workspaces", "GET /admin/v1/workspaces/{id}", "One workspace")
            .answers::<WorkspaceRow>(200)
            .refusing(&["workspace_not_found"]),
        Doc::new("Workspaces", "POST /admin/v1/workspaces", "Creates a workspace with a key and a secret URL")
            .takes::<CreateBody>()
            .answers_schema(201, created),
        Doc::new("Workspaces", "POST /admin/v1/workspaces/{id}/credits", "Grants credits")
            .takes::<GrantBody>()
            .answers_schema(200, schemas::object(json!({"balance": integer()})))
            .refusing(&["workspace_not_found"]),
    ]
}

fn erasures() -> Vec<Doc> {
    vec![
        workspace::erasing("POST /admin/v1/chats/{id}/erase", "Erases a chat of any workspace, as the operator"),
        Doc::new("Chats", "GET /admin/v1/erasures", "Who erased what and why, the newest first")
            .lists::<ErasureRow>()
            .paged(),
    ]
}

fn proofs() -> Vec<Doc> {
    let sound = json!({
        "ok": {"const": true}, "position": integer(), "hash": {"type": "string"}, "root": {"type": "string"},
        "checkpoints": integer(), "covered": integer(),
    });
    let damaged = json!({"ok": {"const": false}, "position": integer(), "what": {"type": "string"}});
    let verdict = json!({"oneOf": [schemas::object(sound), schemas::object(damaged)]});
    let moment = json!({"anyOf": [integer(), {"type": "string", "format": "date-time"}, {"const": ""}]});
    let message = json!({"type": "string", "pattern": "^((wa_backend:)?3EB0[0-9A-F]{16})?$"});
    vec![
        Doc::new(
            "Proofs",
            "POST /admin/v1/events/verify",
            "Checks the log from first to last, and against checkpoints: those given and those the gateway keeps",
        )
        .may_take::<VerifyBody>()
        .answers_schema(200, verdict)
        .or_lines(
            "With `Accept: application/x-ndjson`: at once and every half second `{\"done\", \"all\"}`, the positions of the \
            last event that was verified and of the log's last, then the verdict. Nothing more is read once the connection is \
            lost.",
        )
        .refusing(&["unavailable"]),
        Doc::new("Proofs", "GET /admin/v1/events/export.ndjson", "A line for each event that others can check")
            .answers_text(&["application/x-ndjson"])
            .query("from", "The first position, or the first event at a time or later.", moment.clone())
            .query("to", "The last position, or the last event up to a time.", moment)
            .query("stream", "Only events of this stream.", stream())
            .query("message", "Only events about this message.", message)
            .query("workspace", "Only events of this workspace.", json!({"anyOf": [integer(), {"const": ""}]}))
            .query("proofs", "Whether each line is followed by its proof, and all by the checkpoint.", flag())
            .refusing(&["unavailable"]),
        Doc::new(
            "Proofs",
            "GET /admin/v1/proofs/consistency",
            "Proves that one checkpoint is the beginning of another",
        )
        .answers::<ConsistencyProof>(200)
        .query("from", "Number of events of the older checkpoint.", integer())
        .query("to", "Number of events of the newer one; all events if it is left out.", integer()),
    ]
}

fn flag() -> Value {
    json!({"enum": ["true", "false"]})
}

fn stream() -> Value {
    json!({"type": "string", "pattern": "^((workspace|account|chat|webhook)/[1-9][0-9]{3,14}|log)?$"})
}

fn actors() -> Vec<Doc> {
    let kinds = ["", "workspace", "account", "chat", "webhook"];
    let rebuilt = "The actor goes on with what its records say. It is not stopped for that: what was sent to it waits a \
        moment, and a try in flight goes on and is made once.";
    vec![
        Doc::new("Actors", "GET /admin/v1/actors", "All actors, by kind and number; none is woken by being listed")
            .lists::<ActorRow>()
            .limited()
            .query("kind", "Only actors of this kind.", json!({"enum": kinds}))
            .query(
                "awake",
                "Only those that are awake, or only those that are asleep.",
                json!({"enum": ["", "true", "false"]}),
            )
            .query("after", "Actors behind this one: `page.next` of the page before.", stream())
            .query("before", "Actors before this one: `page.prev` of the page behind.", stream()),
        Doc::new("Actors", "GET /admin/v1/actors/{kind}/{id}", "What an actor knows, is about to do and did last")
            .answers::<ActorView>(200)
            .refusing(&["stream_not_found"]),
        Doc::new(
            "Actors",
            "POST /admin/v1/actors/{kind}/{id}/rebuild",
            "Folds an actor's state from its records alone, and compares it with the one that it had",
        )
        .takes::<RebuildBody>()
        .answers::<RebuildView>(200)
        .saying(200, rebuilt)
        .refusing(&["stream_not_found"]),
    ]
}

fn log_level() -> Vec<Doc> {
    vec![
        Doc::new("Service", "GET /admin/v1/log-level", "What is logged").answers::<LogLevelView>(200),
        Doc::new("Service", "PUT /admin/v1/log-level", "Logs more or less for some minutes")
            .takes::<LogLevelBody>()
            .answers::<LogLevelView>(200)
            .refusing(&["unavailable"]),
    ]
}

fn integer() -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": u64::MAX})
}
