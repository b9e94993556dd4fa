//! Documentation of the operator's routes that read the event log.

use serde_json::{Value, json};

use super::doc::Doc;
use crate::service::event_stats::StatsView;
use crate::service::events::EventRow;
use crate::service::replay::ReplayView;
use crate::service::state_diff::DiffView;
use crate::service::states::StateView;
use crate::service::trace::TraceView;

pub(super) fn docs() -> Vec<Doc> {
    [events(), streams()].into_iter().flatten().collect()
}

fn events() -> Vec<Doc> {
    vec![
        wanted(Doc::new("Event log", "GET /admin/v1/events", "Events; the cursor is the position")),
        Doc::new("Event log", "GET /admin/v1/events/stats", "Counts events by type, workspace and day")
            .answers::<StatsView>(200),
        Doc::new("Event log", "GET /admin/v1/events/{position}", "One event")
            .answers::<EventRow>(200)
            .refusing(&["event_not_found"]),
        Doc::new("Event log", "GET /admin/v1/messages/{id}/trace", "A message's whole life, in plain words")
            .answers::<TraceView>(200)
            .refusing(&["message_not_found"]),
        Doc::new(
            "Event log",
            "POST /admin/v1/replay",
            "Folds every state from its records; changes nothing, sends nothing",
        )
        .answers::<ReplayView>(200)
        .query(
            "to",
            "Up to this position or time; amid a commit, up to its end; everything if it is left out.",
            point(),
        )
        .query(
            "compare",
            "Whether each state is compared with what is kept of it.",
            json!({"type": "boolean"}),
        ),
    ]
}

fn streams() -> Vec<Doc> {
    let unknown = &["stream_not_found"];
    vec![
        wanted(Doc::new("Event log", "GET /admin/v1/streams/{kind}/{id}", "The events of one stream"))
            .refusing(unknown),
        Doc::new("Event log", "GET /admin/v1/streams/{kind}/{id}/state", "What an actor knew at a moment")
            .answers::<StateView>(200)
            .query("at", "As of this position or time; amid a commit, as of its end; now if it is left out.", point())
            .refusing(unknown),
        Doc::new("Event log", "GET /admin/v1/streams/{kind}/{id}/diff", "What changed in a state, and by which event")
            .answers::<DiffView>(200)
            .query("from", "The position or time before; amid a commit, its end; required.", point())
            .query("to", "The position or time after; amid a commit, its end; now if it is left out.", point())
            .refusing(unknown),
    ]
}

/// Adds the parameters that say which events are wanted.
fn wanted(doc: Doc) -> Doc {
    let stream = json!({"type": "string", "pattern": "^((workspace|account|chat|webhook)/[1-9][0-9]{3,14}|log)?$"});
    let workspace = json!({"type": "string", "pattern": "^([1-9][0-9]{3,7})?$", "example": "1001"});
    let message = json!({"type": "string", "pattern": "^((wa_backend:)?3EB0[0-9A-F]{16})?$"});
    doc.lists::<EventRow>()
        .limited()
        .query("after", "Events behind this position in the list's order.", integer())
        .query("before", "The nearest events before this position in the list's order.", integer())
        .query("order", "The oldest first, or the newest first.", json!({"enum": ["", "asc", "desc"]}))
        .query("from", "The first position, or events recorded at this time or later.", point())
        .query("to", "The last position, or events recorded at this time or earlier.", point())
        .query("stream", "Only events of this stream.", stream)
        .query("type", "Only events of this type.", json!({"enum": events::event::Event::NAMES}))
        .query("workspace", "Only events of this workspace.", workspace)
        .query("message", "Only events about this message, or about the bundle that reports it.", message)
        .query(
            "idempotency_key",
            "Only what requests with this Idempotency-Key caused; quickly found if `workspace` is given too.",
            json!({"type": "string", "maxLength": 255}),
        )
}

/// A position or a time.
fn point() -> Value {
    json!({"anyOf": [integer(), {"type": "string", "format": "date-time"}]})
}

fn integer() -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": u64::MAX})
}
