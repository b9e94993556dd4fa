//! Sets the clock forward by hours and back again under a running gateway, as on a machine that starts without a time
//! server. Debian's faketime changes the wall clock of that process only; its monotonic clock keeps running as usual.

use std::fs;
use std::path::{Path, PathBuf};

use actors::runtime::clock::wall_now;
use events::time::Timestamp;

use crate::harness::client::message;
use crate::harness::{SOON, Server, Setup, Workspace, wait_until};

const EIGHT_HOURS_MS: i64 = 8 * 3_600_000;
/// A busy machine answers within this time.
const SLACK_MS: i64 = 120_000;

/// The library that `faketime` preloads in front of a program's own clock functions.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path());
    folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).find(|path| path.is_file())
}

/// Sets the wall clock that the process sees. Replaces the file in one step, because the process may read it at any
/// moment.
fn set(file: &Path, offset: &str) {
    let new = file.with_extension("new");
    fs::write(&new, offset).unwrap();
    fs::rename(new, file).unwrap();
}

/// Sends a message; returns when the gateway says that it was queued, and how far that is ahead of the test's own
/// clock.
fn ahead_ms(workspace: &Workspace) -> (Timestamp, i64) {
    let id = workspace.post(&message("+12025550101", "hi")).message_id();
    let row = workspace.ask(&workspace.api("GET", &format!("/messages/{id}"))).success();
    let queued: Timestamp = row["queued_at"].as_str().unwrap().parse().unwrap();
    (queued, queued.ms() - wall_now().ms())
}

fn start_is_refused(server: &Server, more: &[(&str, &str)]) -> bool {
    let listen = format!("127.0.0.1:{}", crate::harness::process::free_port());
    let mut environment = vec![("TIDINGS_SIMULATOR__ENABLED".to_owned(), "true".to_owned())];
    environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let data = server.data_dir();
    let args = ["serve", "--listen", &listen, "--data-dir", data.to_str().unwrap()];
    let dir = server.dir().join("again");
    fs::create_dir_all(&dir).unwrap();
    let _ = fs::remove_file(dir.join("output.txt"));
    let mut process = crate::harness::Process::start(&args, &environment, &dir);
    let output = wait_until("it is ready or has said why not", SOON, || {
        let output = process.output();
        (output.contains("ready") || output.contains("error: ")).then_some(output)
    });
    if output.contains("ready") {
        assert_eq!(process.sigterm(), Some(0));
        return false;
    }
    assert!(output.contains("more than an hour ahead") && output.contains("accept it once"), "{output}");
    assert_eq!(process.exit_code(), Some(1));
    true
}

#[test]
fn a_clock_set_forward_is_followed_at_once_one_set_back_is_waited_for_and_accepting_that_is_said_once() {
    let Some(library) = library() else {
        println!("not run: there is no libfaketimeMT.so.1 below /usr/lib (Debian's package faketime)");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("offset");
    set(&file, "+0\n");
    let mut server = Setup::new()
        .set("LD_PRELOAD", library.to_str().unwrap())
        .set("FAKETIME_TIMESTAMP_FILE", file.to_str().unwrap())
        .set("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .set("DONT_FAKE_MONOTONIC", "1")
        .set("FAKETIME_NO_CACHE", "1")
        .start();
    let workspace = server.workspace();
    let (_, ahead) = ahead_ms(&workspace);
    assert!(ahead.abs() < SLACK_MS, "{ahead}");

    set(&file, "+28800\n");
    let (far, ahead) = ahead_ms(&workspace);
    assert!((ahead - EIGHT_HOURS_MS).abs() < SLACK_MS, "{ahead}");

    set(&file, "+0\n");
    let (later, ahead) = ahead_ms(&workspace);
    assert!(later >= far && (ahead - EIGHT_HOURS_MS).abs() < SLACK_MS, "{ahead}");
    assert_eq!(server.sigterm(), Some(0));

    assert!(start_is_refused(&server, &[]));
    assert!(!start_is_refused(&server, &[("TIDINGS_LOG__ACCEPT_FUTURE", "true")]));
    assert!(!start_is_refused(&server, &[]), "it was accepted once");
}
