//! `tidings actor`: lists the actors of a running gateway, shows one, rebuilds one.

use events::ids::StreamId;
use serde_json::{Value, json};

use super::args::{ActorCommand, ActorKind, ActorsArgs, Cli, RebuildArgs};
use super::exit::{Exit, Failure};
use super::remote::{Call, Remote, rows_of};
use super::table::{Column, list, view};
use super::{print, say_more};
use crate::service::wording::counted;

const PATH: &str = "/admin/v1/actors";

const ROW: &[Column] = &[
    ("stream", "/stream"),
    ("events", "/revision"),
    ("awake", "/awake"),
    ("waiting", "/waiting"),
    ("due", "/outstanding"),
    ("in flight", "/in_flight"),
    ("inbox", "/inbox"),
    ("timer", "/next_due"),
];

const LINES: &[Column] = &[
    ("Actor", "/stream"),
    ("Workspace", "/workspace"),
    ("Events", "/revision"),
    ("Awake", "/awake"),
    ("Messages or reports that wait", "/waiting"),
    ("In flight", "/in_flight"),
    ("Inbox", "/inbox"),
    ("Timer", "/next_due"),
    ("State from", "/state_from"),
];

const DUE: &[Column] = &[("to do", "/what"), ("because", "/why"), ("when", "/when")];
const EVENT: &[Column] = &[("position", "/position"), ("recorded at", "/recorded_at"), ("event", "/type")];
const DIFFERENCE: &[Column] = &[("where", "/part"), ("path", "/path"), ("had", "/had"), ("records say", "/records")];

pub(super) fn run(cli: &Cli, command: &ActorCommand) -> Result<(), Failure> {
    match command {
        ActorCommand::Ls(args) => ls(cli, args),
        ActorCommand::Show { stream, operator } => {
            let shown = Remote::operator(cli, operator)?.ask(Call::get(format!("{PATH}/{stream}")))?;
            if cli.json { print(&format!("{shown}\n")) } else { print(&told(shown)) }
        }
        ActorCommand::Rebuild(args) => rebuild(cli, args),
    }
}

fn ls(cli: &Cli, args: &ActorsArgs) -> Result<(), Failure> {
    let awake = (args.awake || args.asleep).then_some(args.awake);
    let call = Call::get(PATH)
        .query("kind", args.kind.map(ActorKind::name))
        .query("awake", awake)
        .query("after", args.after)
        .query("limit", Some(args.limit));
    let (rows, next) = rows_of(Remote::operator(cli, &args.operator)?.ask(call)?);
    let nothing = if args.awake { "No such actor is awake." } else { "There is no such actor." };
    super::print_list(cli, &list(cli.json, &rows, ROW), nothing)?;
    if let Some(next) = next {
        say_more(cli, rows.len(), &format!("--after {next}"));
    }
    Ok(())
}

/// Formats an actor for people.
fn told(mut shown: Value) -> String {
    let taken = |shown: &mut Value, name| match shown.get_mut(name).map(Value::take) {
        Some(Value::Array(rows)) => rows,
        _ => Vec::new(),
    };
    let (mut due, events) = (taken(&mut shown, "due"), taken(&mut shown, "events"));
    for row in &mut due {
        let when = when(row);
        if let Some(row) = row.as_object_mut() {
            row.insert("when".to_owned(), when.into());
        }
    }
    let due = if due.is_empty() { "Nothing is due.\n".to_owned() } else { list(false, &due, DUE) };
    let parts = [
        view(false, &shown, LINES),
        due,
        list(false, &events, EVENT),
        format!("{:#}\n", shown.get("state").unwrap_or(&Value::Null)),
    ];
    parts.join("\n")
}

/// Says when something is done, in one or two words or as a time.
fn when(row: &Value) -> String {
    let is = |name: &str| row.get(name) == Some(&Value::Bool(true));
    match row.get("at") {
        _ if is("in_flight") => "in flight".to_owned(),
        _ if is("held") => "held".to_owned(),
        Some(Value::String(at)) => at.clone(),
        _ => "now".to_owned(),
    }
}

fn rebuild(cli: &Cli, RebuildArgs { stream, reason, operator }: &RebuildArgs) -> Result<(), Failure> {
    let call = Call::post(format!("{PATH}/{stream}/rebuild"), json!({"reason": reason}));
    let rebuilt = Remote::operator(cli, operator)?.ask(call)?;
    let differing = rebuilt.get("differing").and_then(Value::as_u64).unwrap_or_default();
    if cli.json {
        print(&format!("{rebuilt}\n"))?;
    } else if differing == 0 {
        let is_awake = rebuilt.get("awake") == Some(&Value::Bool(true));
        let what = if is_awake { "awake, and as" } else { "asleep, and would wake as" };
        let revision = rebuilt.get("revision").and_then(Value::as_u64).unwrap_or_default();
        let say = if revision == 1 { "says" } else { "say" };
        print(&format!("{stream}: {what} its {} {say}\n", counted(revision, "event")))?;
    } else if let Some(Value::Array(differences)) = rebuilt.get("differences") {
        print(&list(false, differences, DIFFERENCE))?;
    }
    verdict(stream, differing)
}

/// The failure if anything differed.
fn verdict(stream: &StreamId, differing: u64) -> Result<(), Failure> {
    let places = match differing {
        0 => return Ok(()),
        1 => "one place",
        more => &format!("{more} places"),
    };
    let message = format!("{stream} differed from its records in {places}; it goes on with what they say");
    let hint = "keep this output and the log: a rule may fold events otherwise than it did, or memory was damaged";
    Err(Failure::new(Exit::Integrity, message).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_is_told_with_its_time() {
        let row = |at: Value, in_flight, held| json!({"at": at, "in_flight": in_flight, "held": held});
        for (row, wanted) in [
            (row(Value::Null, false, false), "now"),
            (row(json!("2026-01-02T03:04:05.006Z"), false, false), "2026-01-02T03:04:05.006Z"),
            (row(Value::Null, true, false), "in flight"),
            (row(Value::Null, false, true), "held"),
        ] {
            assert_eq!(when(&row), wanted, "{row}");
        }
    }

    #[test]
    fn what_differed_ends_with_an_exit_code_of_its_own() {
        let stream: StreamId = "account/10010001".parse().unwrap();
        assert_eq!(verdict(&stream, 0), Ok(()));
        for (differing, wanted) in [(1, "in one place;"), (2, "in 2 places;")] {
            let failure = verdict(&stream, differing).unwrap_err();
            assert_eq!(failure.exit.code(), 6);
            assert!(failure.message.starts_with("account/10010001 ") && failure.message.contains(wanted), "{failure}");
        }
    }

    #[test]
    fn an_actor_is_told_part_by_part() {
        let due = json!([{"what": "send the next message", "why": "the gap", "at": null, "in_flight": true}]);
        let events = json!([{"position": 7, "recorded_at": "2026-01-02T03:04:05.006Z", "type": "MessageQueued"}]);
        let shown =
            json!({"stream": "account/10010001", "awake": true, "due": due, "events": events, "state": {"a": 1}});
        let text = told(shown);
        for wanted in ["account/10010001", "send the next message  the gap  in flight", "MessageQueued", "\"a\": 1"] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        assert!(told(json!({"due": [], "events": []})).contains("Nothing is due."));
    }
}
