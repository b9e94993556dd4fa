//! Tests the commands of a workspace's owner (sending, the inbound webhook, pauses, keys) and the operator's list of
//! workspaces.

use serde_json::Value;

use crate::harness::client::message;
use crate::harness::process::Finished;
use crate::harness::{ACCOUNT_PHONE, Request, SOON, Server, Workspace};

const FAILED: Option<i32> = Some(1);
const NOT_FOUND: Option<i32> = Some(3);
const NOT_ALLOWED: Option<i32> = Some(4);
const PHONE: &str = "+12025550101";

/// A workspace with one account, and its owner's command line.
struct Owner {
    workspace: Workspace,
    server: Server,
}

impl Owner {
    fn new() -> Self {
        let server = Server::start();
        Self { workspace: server.workspace(), server }
    }

    fn run(&self, line: &str) -> Finished {
        let words: Vec<&str> = line.split(' ').chain(["--api-key", &self.workspace.api_key]).collect();
        self.server.command(&words)
    }

    fn object(&self, line: &str) -> Value {
        let finished = self.run(&format!("{line} --json"));
        serde_json::from_str(stdout(&finished)).unwrap_or_else(|error| panic!("{error}: {finished:?}"))
    }

    /// Posts a message to this URL and returns the status of the answer.
    fn status(&self, url: &str) -> u16 {
        let (_, path) = url.split_once("/in/").unwrap();
        self.server.http().ask(&Request::post(format!("/in/{path}")).json(&message(PHONE, "hi"))).status
    }
}

fn stdout(finished: &Finished) -> &str {
    assert_eq!(finished.code, Some(0), "{finished:?}");
    &finished.stdout
}

#[test]
fn a_message_is_sent_and_its_key_sends_it_once() {
    let owner = Owner::new();
    let line = format!("send --to {PHONE} --text hello --account {ACCOUNT_PHONE} --idempotency-key order-17");
    let first = owner.object(&line);
    assert_eq!(owner.object(&line)["message_id"], first["message_id"]);
    owner.workspace.wait_for_state(first["message_id"].as_str().unwrap(), "read", SOON);
    assert_eq!(owner.server.simulator().texts(PHONE), ["hello"]);
    assert_eq!(owner.workspace.credits(), 9);
}

#[test]
fn a_dry_run_tells_the_verdict_and_sends_nothing() {
    let owner = Owner::new();
    let verdict = owner.object(&format!("send --to {PHONE} --text hello --dry-run"));
    assert_eq!(verdict["data"]["dry_run"], true, "{verdict}");
    assert_eq!(owner.workspace.credits(), 10);
    assert!(owner.server.simulator().texts(PHONE).is_empty());
}

#[test]
fn a_message_to_nobody_known_is_not_found() {
    let refused = Owner::new().run("send --chat-id 100199999999 --text hello");
    assert_eq!(refused.code, NOT_FOUND, "{refused:?}");
    assert!(refused.stderr.contains("(chat_not_found)"), "{refused:?}");
}

#[test]
fn the_inbound_webhook_is_switched_off_and_on() {
    let owner = Owner::new();
    let url = owner.object("inbound show")["url"].as_str().unwrap().to_owned();

    assert_eq!(owner.object("inbound disable")["enabled"], false);
    assert_eq!(owner.status(&url), 403);
    assert_eq!(owner.object("inbound enable")["enabled"], true);
    assert_eq!(owner.status(&url), 200);
    assert_eq!(owner.object("inbound strict on")["strict"], true);
    assert_eq!(owner.object("inbound strict off")["strict"], false);
}

#[test]
fn a_new_url_stops_the_previous_one() {
    let owner = Owner::new();
    let before = owner.object("inbound show")["url"].as_str().unwrap().to_owned();
    let after = owner.object("inbound rotate")["url"].as_str().unwrap().to_owned();
    assert_eq!((owner.status(&before), owner.status(&after)), (404, 200));
}

#[test]
fn the_last_attempts_are_listed_and_saved_in_every_format() {
    let owner = Owner::new();
    owner.workspace.send(PHONE, "first");
    owner.workspace.post(&serde_json::json!({"action": "send", "text": "to nobody"}));

    let listed = owner.run("inbound attempts");
    let lines: Vec<&str> = stdout(&listed).lines().collect();
    assert!(lines[0].starts_with("ID") && lines.len() == 3, "{listed:?}");
    assert!(lines[1].contains("400") && lines[2].contains("200"), "{listed:?}");
    assert_eq!(stdout(&owner.run("inbound attempts --limit 1")).lines().count(), 2);
    for (format, wanted) in [("json", "["), ("csv", "\u{feff}id,"), ("txt", "")] {
        let saved = owner.run(&format!("inbound log --format {format}"));
        assert!(stdout(&saved).starts_with(wanted) && stdout(&saved).contains("to nobody"), "{format}: {saved:?}");
    }
}

#[test]
fn an_account_is_paused_resumed_and_disconnected() {
    let owner = Owner::new();
    let state = || owner.object(&format!("account show {ACCOUNT_PHONE}"))["state"].as_str().unwrap().to_owned();

    stdout(&owner.run(&format!("account pause {ACCOUNT_PHONE} --reason maintenance")));
    assert_eq!(state(), "paused");
    let sent = owner.object(&format!("send --to {PHONE} --text waits --account {ACCOUNT_PHONE}"));
    let id = sent["message_id"].as_str().unwrap().to_owned();
    assert_eq!(owner.workspace.message(&id).state, "queued");
    stdout(&owner.run(&format!("account resume {ACCOUNT_PHONE} --reason done")));
    owner.workspace.wait_for_state(&id, "sent", SOON);
    assert_eq!(state(), "connected");
    stdout(&owner.run(&format!("account disconnect {ACCOUNT_PHONE}")));
    assert_ne!(state(), "connected");
}

#[test]
fn a_key_opens_until_it_is_revoked() {
    let owner = Owner::new();
    let made = owner.object("key create --name crm");
    let key = made["key"].as_str().unwrap();
    let with_it = || owner.server.command(&["credits", "balance", "--api-key", key]);

    assert_eq!(stdout(&with_it()), "Credits  10\n");
    let listed = owner.run("key list");
    assert!(stdout(&listed).contains("crm") && !listed.stdout.contains(key), "{listed:?}");
    stdout(&owner.run(&format!("key revoke {}", made["id"])));
    assert_eq!(with_it().code, NOT_ALLOWED);
    assert_eq!(owner.run("key revoke 4711").code, NOT_FOUND);
}

#[test]
fn the_operator_sees_every_workspace() {
    let server = Server::start();
    let none = server.command(&["workspace", "list"]);
    assert!(stdout(&none).is_empty() && none.stderr.contains("no workspace"), "{none:?}");

    let (first, second) = (server.create_workspace("Acme", 3), server.create_workspace("Kite", 4));
    let listed = server.command(&["workspace", "list", "--json"]);
    let rows: Vec<Value> = stdout(&listed).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let balance = |id: u64| rows.iter().find(|row| row["workspace_id"] == id).unwrap()["balance"].clone();
    assert_eq!((rows.len(), balance(first.id), balance(second.id)), (2, 3.into(), 4.into()));

    let shown = server.command(&["workspace", "show", &second.id.to_string()]);
    assert!(stdout(&shown).contains("Kite") && shown.stdout.contains("Ada Owner"), "{shown:?}");
    assert_eq!(server.command(&["workspace", "show", "9999"]).code, NOT_FOUND);
}

#[test]
fn a_refused_message_says_why_and_exits_with_failed() {
    let server = Server::start();
    let workspace = server.create_workspace("Acme", 0);
    workspace.connect_account(ACCOUNT_PHONE);
    let words = ["send", "--to", PHONE, "--text", "hi", "--api-key", &workspace.api_key, "--json"];
    let refused = server.command(&words);
    assert_eq!(refused.code, FAILED, "{refused:?}");
    let error: Value = serde_json::from_str(&refused.stderr).unwrap();
    assert_eq!(error["error"]["code"], "insufficient_credits", "{error}");
}
