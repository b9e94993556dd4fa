//! The text of an event stream: events, and heartbeats between them.

use events::record::Position;

use crate::service::events::EventRow;

/// The start of a stream: the delay before reconnecting, and the position to resume from, even before the first
/// event.
pub(super) fn opening(position: Position) -> String {
    format!("retry: 1000\nid: {position}\n\n")
}

/// A heartbeat. Its position lets a client that reconnects skip events that concern other workspaces only.
pub(super) fn heartbeat(position: Position) -> String {
    format!(": still here\nid: {position}\n\n")
}

/// Writes an event. JSON contains no line feeds, so the data is one line.
pub(super) fn event(row: &EventRow, out: &mut String) -> serde_json::Result<()> {
    let data = serde_json::to_string(row)?;
    for part in ["id: ", &row.position.to_string(), "\nevent: ", &row.name, "\ndata: ", &data, "\n\n"] {
        out.push_str(part);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use events::event::Event;
    use events::ids::WorkspaceId;
    use events::record::{Cause, Record};
    use events::time::Timestamp;
    use events::who::Who;
    use events::workspace::WorkspaceCreated;
    use serde_json::Value;

    use super::*;

    fn written(fact: Event) -> String {
        let cause = Cause::outside(Who::System);
        let (workspace, at) = (WorkspaceId::nth(0), Timestamp::from_ms(0));
        let record = Record { first: 7, recorded_at: at, workspace, cause, events: vec![fact] };
        let mut out = String::new();
        event(&EventRow::of(7, &record, &record.events[0]), &mut out).unwrap();
        out
    }

    #[test]
    fn an_event_is_three_lines_whatever_stands_in_it() {
        let fact = WorkspaceCreated {
            workspace: WorkspaceId::nth(0),
            name: "A\r\n\ndata: x\u{2028}\0".into(),
            owner_name: "Ada Owner".into(),
            owner_email: "ada@acme.example".into(),
            language: "en".to_owned(),
        };
        let text = written(fact.into());
        let lines: Vec<&str> = text.split(['\n', '\r']).collect();
        assert_eq!((lines.len(), lines[0], lines[1]), (5, "id: 7", "event: WorkspaceCreated"), "{text}");
        let data: Value = serde_json::from_str(lines[2].strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!((&data["position"], &data["type"]), (&Value::from(7), &Value::from("WorkspaceCreated")));
        assert_eq!(data["data"]["name"], "A\r\n\ndata: x\u{2028}\0");
    }
}
