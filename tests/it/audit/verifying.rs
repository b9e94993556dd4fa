//! `events/verify` of a running gateway, and the command that shows it: with the checkpoints that the gateway keeps.

use std::fs;

use serde_json::{Value, json};

use super::{checkpoint, export, fast, lived_in};
use crate::harness::process::Finished;
use crate::harness::{ADMIN_KEY, Answer, Request, Server, Setup};

const LINES: &str = "application/x-ndjson";

fn ask(server: &Server, accept: &str, body: &Value) -> Answer {
    let request = Request::post("/admin/v1/events/verify").bearer(ADMIN_KEY).header("Accept", accept);
    server.http().ask(&request.json(body))
}

fn of_data_dir(server: &Server) -> Finished {
    server.command(&["--json", "events", "verify"])
}

fn verdict(finished: &Finished) -> Value {
    assert_eq!(finished.code, Some(0), "{finished:?}");
    serde_json::from_str(&finished.stdout).unwrap()
}

#[test]
fn a_running_gateway_compares_its_log_with_the_checkpoints_that_it_keeps() {
    let mut server = fast();
    lived_in(&server);
    export(&server, "log.ndjson");
    let kept = fs::read_dir(server.data_dir().join("checkpoints")).unwrap().count();
    let running = ask(&server, "application/json", &json!({})).success();
    assert!(kept > 0 && running["checkpoints"].as_u64() >= Some(kept as u64), "{kept} kept: {running}");
    assert_eq!(verdict(&of_data_dir(&server))["root"], running["root"]);
    let shown = server.command(&["events", "verify"]);
    assert!(shown.stdout.contains("kept by the gateway itself"), "{shown:?}");
    let note = fs::read_to_string(checkpoint(&server, "kept.note")).unwrap();
    let with_one_more = ask(&server, "application/json", &json!({"checkpoints": [note]})).success();
    assert!(with_one_more["checkpoints"].as_u64() > running["checkpoints"].as_u64(), "{with_one_more}");
    assert_eq!(server.sigterm(), Some(0));
    let stopped = verdict(&of_data_dir(&server));
    assert!(stopped["checkpoints"].as_u64() >= Some(kept as u64), "{stopped}");
}

/// The folder of the data directory is gone, as on a disk that somebody has put back; the second one tells the same.
#[test]
fn the_second_folder_of_checkpoints_is_read_too() {
    let mut server = Setup::new().clock_rate(60).set("TIDINGS_AUDIT__CHECKPOINT_DIR", "elsewhere").start();
    lived_in(&server);
    assert_eq!(server.sigterm(), Some(0));
    let own = server.data_dir().join("checkpoints");
    let both = verdict(&of_data_dir(&server));
    let kept = fs::read_dir(&own).unwrap().count() as u64;
    assert_eq!(both["checkpoints"].as_u64(), Some(kept), "each is counted once");
    fs::remove_dir_all(&own).unwrap();
    assert_eq!(verdict(&of_data_dir(&server)), both);
    server.restart();
    let running = ask(&server, "application/json", &json!({})).success();
    assert!(running["checkpoints"].as_u64() >= Some(kept), "{running}");
}

#[test]
fn who_accepts_lines_gets_the_progress_and_the_verdict_last() {
    let server = fast();
    lived_in(&server);
    let answer = ask(&server, LINES, &json!({}));
    assert_eq!((answer.status, answer.header("Content-Type")), (200, Some(LINES)));
    let lines: Vec<Value> = answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, before) = lines.split_last().unwrap();
    assert_eq!(last["ok"], true, "{lines:?}");
    assert!(!before.is_empty() && before.iter().all(|line| line["done"].as_u64() <= line["all"].as_u64()), "{lines:?}");
    assert!(before[0]["all"].as_u64() > Some(0) && last["position"].as_u64() >= before[0]["all"].as_u64(), "{lines:?}");
    let broken = ask(&server, LINES, &json!({"checkpoints": ["no note"]}));
    let last: Value = serde_json::from_str(broken.text().lines().last().unwrap()).unwrap();
    assert_eq!((last["ok"].as_bool(), last["position"].as_u64()), (Some(false), Some(0)), "{last}");
    let refused = ask(&server, LINES, &json!({"key": "no key"}));
    assert_eq!(refused.status, 400, "{refused:?}");
}

#[test]
fn a_checkpoint_of_something_else_is_a_failure_of_the_command_too() {
    let server = fast();
    lived_in(&server);
    let other = fast();
    let note = checkpoint(&other, "other.note");
    let verified = server.command(&["events", "verify", "--checkpoint", note.to_str().unwrap()]);
    assert_eq!(verified.code, Some(6), "{verified:?}");
}
