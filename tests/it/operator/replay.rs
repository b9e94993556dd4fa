//! Every state is what the records make: told of a running gateway as of its data, and changed by nothing.

use std::path::Path;

use events::ids::WorkspaceId;
use events::time::Timestamp;
use events::who::Who;
use events::workspace::{KeyCreated, WorkspaceCreated};
use serde_json::{Value, json};
use tidings::bench::synthetic::LogGenerator;
use tidings::secrets::digest;

use crate::harness::client::message;
use crate::harness::process::Setup;
use crate::harness::{ADMIN_KEY, Answer, Request, SOON, Server, wait_until};

fn replayed(server: &Server, query: &str) -> Answer {
    server.http().ask(&Request::post(format!("/admin/v1/replay{query}")).bearer(ADMIN_KEY))
}

fn lived_in(snapshot_every: &str) -> Server {
    let server = Setup::new().set("TIDINGS_LIMITS__SNAPSHOT_EVERY", snapshot_every).start();
    let workspace = server.workspace();
    let sent = workspace.post(&message("+12025550101", "Hello")).message_id();
    let failed = workspace.post(&message("+12025550140", "Hello")).message_id();
    workspace.wait_for_state(&sent, "read", SOON);
    workspace.wait_for_state(&failed, "failed", SOON);
    server
}

fn row(server: &Server, line: &str) -> Value {
    let finished = server.command(&line.split(' ').collect::<Vec<_>>());
    assert_eq!(finished.code, Some(0), "{line}: {finished:?}");
    serde_json::from_str(&finished.stdout).unwrap()
}

#[test]
fn a_running_gateway_and_its_data_are_what_their_records_make() {
    let mut server = lived_in("2");
    let view = replayed(&server, "?compare=true").success();
    assert_eq!((&view["differing"], &view["failed"], &view["named"]), (&json!(0), &json!(0), &json!([])), "{view}");
    assert!(view["compared"].as_u64().unwrap() >= 3 && view["streams"].as_u64().unwrap() >= 4, "{view}");
    let bare = replayed(&server, "").success();
    assert_eq!((&bare["compared"], &bare["applied"]), (&json!(0), &view["applied"]));
    let beside = row(&server, "--json replay");
    assert_eq!(beside, bare);
    assert_eq!(server.sigterm(), Some(0));
    assert_eq!(row(&server, "--json replay"), bare);
    let at_rest = row(&server, "--json replay --compare");
    assert_eq!((&at_rest["differing"], &at_rest["applied"]), (&json!(0), &view["applied"]), "{at_rest}");
    assert!(at_rest["compared"].as_u64().unwrap() >= 2, "{at_rest}");
    let told = server.command(&["replay", "--compare"]);
    assert!(told.stdout.contains("0 differ"), "{told:?}");
}

#[test]
fn a_replay_up_to_a_moment_applies_what_was_recorded_until_then() {
    let mut server = lived_in("1000");
    let first = server.http().ask(&Request::get("/admin/v1/events?limit=1&from=9").bearer(ADMIN_KEY)).success();
    let at = first["data"][0]["recorded_at"].as_str().unwrap().to_owned();
    let by_time = replayed(&server, &format!("?to={at}")).success();
    let to = by_time["to"].as_u64().unwrap();
    assert!(to >= 9, "{by_time}");
    assert_eq!(replayed(&server, &format!("?to={to}&compare=true")).success()["applied"], by_time["applied"]);
    assert!(by_time["applied"].as_u64() < replayed(&server, "").success()["applied"].as_u64());
    let nothing = replayed(&server, "?to=1999-01-01T00:00:00Z").success();
    assert_eq!((&nothing["streams"], &nothing["applied"]), (&json!(0), &json!(0)));
    assert_eq!(server.sigterm(), Some(0));
    assert_eq!(row(&server, &format!("--json replay --to {at}")), by_time);
}

#[test]
fn what_cannot_be_replayed_is_refused() {
    let server = Server::start();
    for (query, param) in [("?to=yesterday", "to"), ("?compare=perhaps", "compare")] {
        let answer = replayed(&server, query);
        assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!(param)), "{answer:?}");
    }
    assert_eq!(server.command(&["replay", "--to", "yesterday"]).code, Some(2));
}

fn api_key(nth: u32) -> String {
    format!("wsk_{nth:0>42}")
}

/// Writes a workspace whose keys have names as long as names can be: its state is above 1 MiB.
fn write_a_large_state(directory: &Path) {
    let mut generator = LogGenerator::open(directory, 16, Timestamp::default()).unwrap();
    let (workspace, by, at) = (WorkspaceId::nth(0), Who::Operator, generator.now());
    let created = WorkspaceCreated {
        workspace,
        name: "Acme".into(),
        owner_name: "Ada Owner".into(),
        owner_email: "ada@acme.example".into(),
        language: "en".to_owned(),
    };
    generator.commit(workspace, vec![created.into()]).unwrap();
    for key in 1..=1_100 {
        let (key_hash, name) = (digest(&api_key(key)), "k".repeat(1_000).into());
        generator.commit(workspace, vec![KeyCreated { workspace, key, key_hash, name, at, by }.into()]).unwrap();
    }
    generator.finish().unwrap();
}

#[test]
fn a_state_above_a_mebibyte_is_skipped_by_name_while_its_actor_is_awake_and_compared_at_rest() {
    let setup = Setup::new().set("TIDINGS_LIMITS__SNAPSHOT_EVERY", "100").set("TIDINGS_LIMITS__ACTOR_IDLE_S", "2");
    let mut server = setup.start();
    assert_eq!(server.sigterm(), Some(0));
    write_a_large_state(&server.data_dir());
    server.restart();
    let compared = || replayed(&server, "?compare=true").success();
    // Whoever looks wakes the workspace, which soon stores its first snapshot.
    let live = wait_until("the state is known to be large", SOON, || {
        server.http().ask(&Request::get("/api/v1/credits").bearer(&api_key(1))).success();
        Some(compared()).filter(|view| view["skipped"] != 0)
    });
    let reason = "it is awake and its state is above 1 MiB: compared with its snapshot only";
    let named = json!([{"stream": "workspace/1001", "outcome": "skipped", "reason": reason, "paths": []}]);
    assert_eq!((&live["named"], &live["differing"], &live["failed"]), (&named, &json!(0), &json!(0)), "{live}");
    let asleep = wait_until("the workspace sleeps", SOON, || Some(compared()).filter(|view| view["skipped"] == 0));
    assert_eq!((&asleep["compared"], &asleep["named"], &asleep["applied"]), (&json!(1), &json!([]), &live["applied"]));
    assert_eq!(server.sigterm(), Some(0));
    assert_eq!(row(&server, "--json replay --compare"), asleep);
}
