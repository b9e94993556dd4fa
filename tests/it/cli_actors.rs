//! `tidings actor`: lists, shows and rebuilds the actors of a running gateway.

use serde_json::Value;

use crate::harness::process::Finished;
use crate::harness::{SOON, Server};

fn stdout(finished: &Finished) -> &str {
    assert_eq!(finished.code, Some(0), "{finished:?}");
    &finished.stdout
}

fn lived_in() -> Server {
    let server = Server::start();
    let workspace = server.workspace();
    let id = workspace.send("+12025550101", "hi");
    workspace.wait_for_state(&id, "read", SOON);
    server
}

#[test]
fn actors_are_listed_and_the_next_page_is_named() {
    let server = lived_in();
    let all = server.command(&["actor", "ls"]);
    let first: Vec<_> = stdout(&all).lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(first, ["STREAM", "workspace/1001", "account/10010001", "chat/100100000001"]);
    let page = server.command(&["actor", "ls", "--limit", "2"]);
    assert_eq!(stdout(&page).lines().count(), 3);
    assert_eq!(page.stderr, "Shown: 2. There are more: --after account/10010001\n");
    let rest = server.command(&["--json", "actor", "ls", "--after", "account/10010001"]);
    let rows: Vec<Value> = stdout(&rest).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["kind"], &rows[0]["awake"]), (&"chat".into(), &true.into()));
    let none = server.command(&["actor", "ls", "--kind", "webhook"]);
    assert_eq!((none.code, none.stdout.as_str(), none.stderr.as_str()), (Some(0), "", "There is no such actor.\n"));
}

#[test]
fn one_actor_is_shown_to_people_and_to_programs() {
    let server = lived_in();
    let shown = server.command(&["actor", "show", "workspace/1001"]);
    for wanted in ["workspace/1001", "Nothing is due.", "CreditCharged", "\"balance\": 9"] {
        assert!(stdout(&shown).contains(wanted), "{wanted}: {shown:?}");
    }
    let shown = server.command(&["--json", "actor", "show", "workspace/1001"]);
    let view: Value = serde_json::from_str(stdout(&shown)).unwrap();
    assert_eq!(view["state"]["balance"], 9);
    let unknown = server.command(&["actor", "show", "account/10010002"]);
    assert_eq!(unknown.code, Some(3), "{unknown:?}");
    let none = server.command(&["actor", "show", "accounts/1"]);
    assert_eq!(none.code, Some(2), "{none:?}");
    assert!(none.stderr.contains("not an actor, such as workspace/1001"), "{none:?}");
}

#[test]
fn a_healthy_actor_is_rebuilt_and_a_reason_must_be_given() {
    let server = lived_in();
    let rebuilt = server.command(&["actor", "rebuild", "account/10010001", "--reason", "looks odd"]);
    assert_eq!(stdout(&rebuilt), "account/10010001: awake, and as its 4 events say\n");
    let rebuilt = server.command(&["--json", "actor", "rebuild", "chat/100100000001", "--reason", "looks odd"]);
    let view: Value = serde_json::from_str(stdout(&rebuilt)).unwrap();
    assert_eq!((&view["same"], &view["reason"]), (&true.into(), &"looks odd".into()));
    assert_eq!(server.command(&["actor", "rebuild", "account/10010001"]).code, Some(2));
    let unknown = server.command(&["actor", "rebuild", "chat/100100000002", "--reason", "x"]);
    assert_eq!(unknown.code, Some(3), "{unknown:?}");
    let refused = ["actor", "rebuild", "account/10010001", "--reason", "x", "--admin-key", "adm_wrong"];
    assert_eq!(server.command(&refused).code, Some(4));
}
