//! Tests the command line as an operator uses it: its output, and the exit codes that scripts rely on.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::process::{Environment, Finished, free_port, run};
use crate::harness::{ADMIN_KEY, SOON, Server};

const PHONE: &str = "+12025550101";
const TEXT: &str = "Your order has shipped in the big green box";
/// The name of the transport, which stands in the log as it is.
const NOT_SEALED: &str = "simulator";
const USAGE: Option<i32> = Some(2);
const NOT_FOUND: Option<i32> = Some(3);
const FAILED: Option<i32> = Some(1);
const INTEGRITY: Option<i32> = Some(6);
const IN_USE: Option<i32> = Some(7);

/// Runs a command that needs no server, in an empty directory.
fn alone(args: &[&str]) -> Finished {
    run(args, &Environment::new(), tempfile::tempdir().unwrap().path())
}

/// Starts a server that has sent one message and is now idle.
fn after_one_message() -> Server {
    let server = Server::start();
    let workspace = server.workspace();
    let id = workspace.send(PHONE, TEXT);
    workspace.wait_for_state(&id, "read", SOON);
    server
}

fn stdout(finished: &Finished) -> &str {
    assert_eq!(finished.code, Some(0), "{finished:?}");
    &finished.stdout
}

/// Parses the output of `events ls --json`: one event per line.
fn events(finished: &Finished) -> Vec<Value> {
    let lines = stdout(finished).lines();
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn version_says_which() {
    let finished = alone(&["version"]);
    assert!(stdout(&finished).contains(env!("CARGO_PKG_VERSION")), "{finished:?}");
}

#[test]
fn an_unknown_command_is_a_usage_error() {
    let finished = alone(&["serf"]);
    assert_eq!(finished.code, USAGE, "{finished:?}");
    assert!(finished.stdout.is_empty() && !finished.stderr.is_empty(), "{finished:?}");
}

#[test]
fn an_unknown_key_in_the_configuration_is_an_error_with_a_suggestion() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("tidings.toml"), "[pacing]\ngap_ms_mni = 1500\n").unwrap();

    let finished = run(&["serve", "--config", "tidings.toml"], &Environment::new(), dir.path());

    assert_eq!(finished.code, USAGE, "{finished:?}");
    assert!(finished.stderr.contains("gap_ms_mni") && finished.stderr.contains("gap_ms_min"), "{finished:?}");
}

#[test]
fn the_log_reads_the_same_beside_a_running_server_and_after_it() {
    let mut server = after_one_message();

    let beside = ["events ls --json", "events verify", "state workspace/1001 --json"].map(|line| words(&server, line));
    assert_eq!(server.sigterm(), Some(0));
    let after = ["events ls --json", "events verify", "state workspace/1001 --json"].map(|line| words(&server, line));

    assert_eq!(stdout(&beside[1]).is_empty(), stdout(&after[1]).is_empty(), "{beside:?} {after:?}");
    assert_eq!(stdout(&beside[2]), stdout(&after[2]));
    let state: Value = serde_json::from_str(stdout(&after[2])).unwrap();
    assert!(state.is_object(), "{state}");
    let (beside, after) = (events(&beside[0]), events(&after[0]));
    assert!(after.starts_with(&beside), "{beside:?} {after:?}");
    for name in ["WorkspaceCreated", "MessageQueued", "CreditCharged", "MessageSent", "MessageRead"] {
        assert!(after.iter().any(|event| event["type"] == name), "no {name}: {after:?}");
    }
}

fn words(server: &Server, line: &str) -> Finished {
    server.command(&line.split(' ').collect::<Vec<_>>())
}

#[test]
fn the_state_of_an_unknown_stream_or_before_it_began_is_not_found() {
    let mut server = Server::start();
    server.create_workspace("Acme", 1);

    let lines =
        ["state workspace/9999", "state workspace/1001 --at 0", "state workspace/1001 --at 2001-01-01T00:00:00Z"];
    let beside = lines.map(|line| words(&server, line));
    assert_eq!(server.sigterm(), Some(0));
    let after = lines.map(|line| words(&server, line));

    for finished in beside.iter().chain(&after) {
        assert_eq!(finished.code, NOT_FOUND, "{finished:?}");
    }
}

#[test]
fn the_configured_operators_key_opens_the_log_of_a_running_server() {
    let server = Server::start();
    let directory = server.data_dir().display().to_string();
    fs::write(server.dir().join("c.toml"), format!("admin_key = \"{ADMIN_KEY}\"\ndata_dir = \"{directory}\"\n"))
        .unwrap();

    let finished = run(&["events", "verify", "--config", "c.toml"], &Environment::new(), server.dir());

    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[test]
fn a_used_data_directory_says_who_uses_it() {
    let server = Server::start();
    let listen = format!("127.0.0.1:{}", free_port());

    let second = server.command(&["serve", "--listen", &listen]);

    assert_eq!(second.code, IN_USE, "{second:?}");
    for named in [server.process().pid().to_string(), format!("127.0.0.1:{}", server.port)] {
        assert!(second.stderr.contains(&named), "{named}: {second:?}");
    }
}

#[test]
fn a_server_that_is_asked_to_stop_says_what_stays_queued() {
    let mut server = Server::start();
    let workspace = server.workspace();
    let ids = ["one", "two", "three", "four"].map(|text| workspace.send(PHONE, text));
    let before = server.process().output().len();

    assert_eq!(server.sigterm(), Some(0));

    let said = server.process().output();
    let said = said.get(before..).unwrap_or_default().to_lowercase();
    assert!(said.contains("queued"), "{said}");
    server.restart();
    workspace.wait_for_state(&ids[3], "sent", SOON);
}

#[test]
fn a_changed_byte_in_the_log_is_found() {
    let mut server = after_one_message();
    assert_eq!(server.sigterm(), Some(0));
    let copy = server.dir().join("copy");
    copy_all(&server.data_dir(), &copy);
    let intact = run(&["events", "verify", "--data-dir", "copy"], &Environment::new(), server.dir());
    assert_eq!(intact.code, Some(0), "{intact:?}");

    let db = files(&server.data_dir()).into_iter().find(|path| path.ends_with("db")).expect("the log's file");
    let db = copy.join(db.strip_prefix(server.data_dir()).unwrap());
    let mut bytes = fs::read(&db).unwrap();
    let places = |text: &str| -> Vec<usize> {
        (0..bytes.len()).filter(|at| bytes[*at..].starts_with(text.as_bytes())).collect()
    };
    assert!(places(TEXT).is_empty(), "what was sent is sealed");
    let places = places(NOT_SEALED);
    assert!(!places.is_empty(), "the text stands nowhere in {}", db.display());
    for place in places {
        bytes[place] ^= 1;
    }
    fs::write(&db, bytes).unwrap();
    let changed = run(&["events", "verify", "--data-dir", "copy"], &Environment::new(), server.dir());

    assert!(changed.code == INTEGRITY || changed.code == FAILED, "{changed:?}");
    assert!(!changed.stderr.is_empty() && !changed.stderr.contains("panicked"), "{changed:?}");
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn copy_all(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(&file, target).unwrap();
    }
}

#[test]
fn the_preset_operator_key_is_never_printed() {
    let server = after_one_message();
    assert!(!server.process().output().contains(ADMIN_KEY), "{}", server.process().output());
}
