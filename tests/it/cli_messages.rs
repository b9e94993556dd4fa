//! Tests how an owner finds out what became of a message: `tidings message`, and the states beside the attempts.

use serde_json::{Value, json};

use crate::harness::process::Finished;
use crate::harness::{ACCOUNT_PHONE, SOON, Server, Setup, Workspace};

const NOT_FOUND: Option<i32> = Some(3);
const PHONE: &str = "+12025550101";
/// The simulator's number that is not on `WhatsApp`.
const NOBODY: &str = "+12025550140";

fn start() -> (Server, Workspace) {
    let server = Setup::new().clock_rate(60).start();
    let workspace = server.workspace();
    (server, workspace)
}

fn run(server: &Server, workspace: &Workspace, line: &str) -> Finished {
    let words: Vec<&str> = line.split(' ').chain(["--api-key", &workspace.api_key]).collect();
    server.command(&words)
}

fn lines(server: &Server, workspace: &Workspace, line: &str) -> Vec<String> {
    let finished = run(server, workspace, line);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    finished.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn messages_are_listed_the_newest_first_with_their_states() {
    let (server, workspace) = start();
    let empty = run(&server, &workspace, "message ls");
    assert!(empty.code == Some(0) && empty.stderr.contains("No message yet"), "{empty:?}");
    let sent = workspace.send(PHONE, "hello");
    workspace.wait_for_state(&sent, "read", SOON);
    workspace.connect_account("+12025550102");
    let failed = workspace.send(NOBODY, "anybody?");
    workspace.wait_for_state(&failed, "failed", SOON);
    server.simulator().receive(ACCOUNT_PHONE, PHONE, "thanks");

    let listed = lines(&server, &workspace, "message ls");
    assert!(listed[0].starts_with("ID ") && listed.len() == 3, "{listed:?}");
    for (line, words) in [(&listed[1], [&failed, "failed", "not_on_whatsapp"]), (&listed[2], [&sent, "read", "hello"])]
    {
        assert!(words.iter().all(|word| line.contains(word)), "{words:?}: {listed:?}");
    }
    assert_eq!(lines(&server, &workspace, "message ls --limit 1").len(), 2);
    let chat = workspace.message(&sent).view["chat_id"].as_str().unwrap().to_owned();
    let said = lines(&server, &workspace, &format!("message ls --chat {chat}"));
    assert!(said.len() == 3 && said[1].contains("received") && said[1].contains("thanks"), "{said:?}");
    assert_eq!(run(&server, &workspace, "message ls --chat 100199999999").code, NOT_FOUND);
}

#[test]
fn a_message_is_shown_with_the_reason_of_its_failure_and_all_that_happened_to_it() {
    let (server, workspace) = start();
    let failed = workspace.send(NOBODY, "anybody?");
    workspace.wait_for_state(&failed, "failed", SOON);

    let shown = lines(&server, &workspace, &format!("message show {failed}"));
    let at = |label: &str| shown.iter().find(|line| line.starts_with(label)).unwrap_or_else(|| panic!("{shown:?}"));
    assert!(at("State ").ends_with(" failed") && at("Failure ").ends_with(" not_on_whatsapp"), "{shown:?}");
    assert!(at("Because ").contains("not on WhatsApp") && at("Text ").ends_with("anybody?"), "{shown:?}");
    let happened: Vec<&str> = shown
        .iter()
        .skip_while(|line| !line.starts_with("AT "))
        .skip(1)
        .map(|line| line.split_whitespace().nth(1).unwrap())
        .collect();
    assert_eq!(happened, ["MessageQueued", "CreditCharged", "SendStarted", "MessageFailed", "CreditRefunded"]);

    let machine = run(&server, &workspace, &format!("message show {failed} --json"));
    let shown: Value = serde_json::from_str(&machine.stdout).unwrap();
    assert_eq!((&shown["state"], shown["timeline"].as_array().map(Vec::len)), (&json!("failed"), Some(5)), "{shown}");
    let other = server.create_workspace("Other", 1);
    for (workspace, id) in [(&workspace, "wa_backend:3EB00000000000000001"), (&other, &*failed), (&workspace, "x")] {
        let unknown = run(&server, workspace, &format!("message show {id}"));
        assert_eq!(unknown.code, NOT_FOUND, "{unknown:?}");
    }
}

#[test]
fn what_became_of_a_request_stands_beside_its_status() {
    let (server, workspace) = start();
    let failed = workspace.send(NOBODY, "anybody?");
    workspace.wait_for_state(&failed, "failed", SOON);
    workspace.post(&json!({"action": "send", "text": "to nobody"}));
    let dry_run = crate::harness::Request::post(&*workspace.inbound).header("Dry-Run", "true");
    workspace.ask(&dry_run.json(&json!({"action": "send", "phone": PHONE, "text": "hi"}))).success();

    let listed = lines(&server, &workspace, "inbound attempts");
    for (line, status, state) in
        [(1, " 200 ", " dry run "), (2, " 400 ", " refused "), (3, " 200 ", " failed: not_on_whatsapp ")]
    {
        assert!(listed[line].contains(status) && listed[line].contains(state), "{state}: {listed:?}");
    }
}
