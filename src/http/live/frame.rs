//! What is written into a stream: events, and signs of life between them.

use events::event::Event;
use events::record::{Position, Record};
use serde_json::Value;

use super::super::events::EventRow;

/// Digests of secrets, in whatever event they are: the operator's view shows them, a workspace's does not.
const HIDDEN: [&str; 3] = ["key_hash", "replaces", "token_hash"];

/// The start: when to come back after a break, and from where, though there was no event yet.
pub(super) fn opening(position: Position) -> String {
    format!("retry: 1000\nid: {position}\n\n")
}

/// A sign of life. Its position lets a reader who comes back pass over what concerns others only.
pub(super) fn heartbeat(position: Position) -> String {
    format!(": still here\nid: {position}\n\n")
}

/// An event. JSON has no line feeds, so its data is one line.
pub(super) fn event(position: Position, record: &Record, event: &Event, out: &mut String) -> serde_json::Result<()> {
    let mut row = EventRow::of(position, record, event);
    hide(&mut row.data);
    let data = serde_json::to_string(&row)?;
    for part in ["id: ", &position.to_string(), "\nevent: ", event.name(), "\ndata: ", &data, "\n\n"] {
        out.push_str(part);
    }
    Ok(())
}

fn hide(data: &mut Value) {
    if let Some(data) = data.as_object_mut() {
        data.retain(|name, _| !HIDDEN.contains(&name.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use events::ids::WorkspaceId;
    use events::personal::Digest;
    use events::record::Cause;
    use events::time::Timestamp;
    use events::who::Who;
    use events::workspace::{InboundUrlGenerated, WorkspaceCreated};

    use super::*;

    fn written(fact: Event) -> String {
        let cause = Cause::outside(Who::System);
        let (workspace, at) = (WorkspaceId::nth(0), Timestamp::from_ms(0));
        let record = Record { first: 7, recorded_at: at, workspace, cause, events: vec![fact] };
        let mut out = String::new();
        event(7, &record, &record.events[0], &mut out).unwrap();
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

    #[test]
    fn digests_of_secrets_are_not_shown() {
        let digest = Digest::of(b"secret");
        let (workspace, by) = (WorkspaceId::nth(0), Who::Key(1));
        let fact = InboundUrlGenerated { workspace, token_hash: digest, replaces: Some(digest), by };
        let text = written(fact.into());
        assert!(!text.contains(&digest.to_string()) && text.contains("\"workspace\":1001"), "{text}");
    }

    #[test]
    fn every_digest_of_every_event_is_hidden() {
        let mut found = BTreeSet::new();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("events/src");
        for family in fs::read_dir(folder).unwrap().flatten().filter(|file| file.path().is_file()) {
            let text = fs::read_to_string(family.path()).unwrap();
            // Files that define events and nothing else say so in their first line.
            if !text.starts_with("//! Events of ") {
                continue;
            }
            let fields = text.lines().filter(|line| line.starts_with("    pub ") && line.contains("Digest"));
            found.extend(
                fields.filter_map(|line| Some(line.trim().strip_prefix("pub ")?.split_once(':')?.0.to_owned())),
            );
        }
        assert!(found.iter().eq(HIDDEN), "{found:?}");
    }
}
