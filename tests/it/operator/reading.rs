//! Commands that only read change nothing in the data directory, and work where nothing can be written.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{can, walk};
use crate::harness::client::message;
use crate::harness::process::{Environment, run, run_under};
use crate::harness::{SOON, Server};

const COMMANDS: [&str; 9] = [
    "events verify",
    "events ls --order desc",
    "events show 1",
    "events tail",
    "events stats",
    "replay --compare",
    "diff workspace/1001 --from 1",
    "state workspace/1001",
    "--json events verify",
];

fn lived_in() -> Server {
    let server = Server::start();
    let workspace = server.workspace();
    let id = workspace.post(&message("+12025550101", "Your order has shipped")).message_id();
    workspace.wait_for_state(&id, "sent", SOON);
    server
}

/// Each file's inode, times, mode and bytes.
fn content(folder: &Path) -> BTreeMap<PathBuf, (u64, i64, i64, u32, Vec<u8>)> {
    let known = |path: PathBuf| {
        let metadata = fs::metadata(&path).unwrap();
        let bytes = if path.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        (path, (metadata.ino(), metadata.mtime_nsec(), metadata.ctime_nsec(), metadata.mode(), bytes))
    };
    walk(folder).into_iter().map(known).collect()
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// Covers a copy for an audit and a folder that a backup reads: closed by a normal stop, and as a crash left it.
#[test]
fn what_only_reads_changes_nothing_in_the_data_directory_and_leaves_nothing_elsewhere() {
    for crashed in [false, true] {
        let mut server = lived_in();
        if crashed {
            server.kill9();
        } else {
            assert_eq!(server.sigterm(), Some(0));
        }
        let scratch = server.dir().join("scratch");
        fs::create_dir(&scratch).unwrap();
        let before = content(&server.data_dir());
        for line in COMMANDS {
            let finished = server.command(&[words(line), vec!["--scratch", scratch.to_str().unwrap()]].concat());
            assert_eq!(finished.code, Some(0), "{line}: {finished:?}");
            assert!(content(&server.data_dir()) == before, "{line} has changed something (crashed: {crashed})");
            assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0, "{line} has left something");
        }
        server.restart();
    }
}

/// A snapshot, a backup's disk or a container's volume may be mounted read-only.
#[test]
fn the_log_on_a_disk_that_can_only_be_read_is_read_and_verified() {
    if !can("mounting", "unshare", &["-m", "true"]) {
        return;
    }
    let mut server = lived_in();
    assert_eq!(server.sigterm(), Some(0));
    let directory = server.data_dir();
    let mount = "mount --bind \"$D\" \"$D\" && mount -o remount,bind,ro \"$D\" && ! touch \"$D/x\" 2>/dev/null && exec \"$0\" \"$@\"";
    let environment = vec![("D".to_owned(), directory.to_str().unwrap().to_owned())];
    for line in COMMANDS {
        let args = [words(line), vec!["--data-dir", directory.to_str().unwrap()]].concat();
        let read_only = run_under(&["unshare", "-m", "sh", "-c", mount], &args, &environment, server.dir());
        let elsewhere = run(&args, &Environment::new(), server.dir());
        assert_eq!((read_only.code, &read_only.stdout), (Some(0), &elsewhere.stdout), "{read_only:?}");
    }
}

#[test]
fn where_the_copy_cannot_go_is_said_with_the_way_out() {
    let mut server = lived_in();
    assert_eq!(server.sigterm(), Some(0));
    let missing = server.command(&["events", "verify", "--scratch", "no/such/folder"]);
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(
        missing.stderr.contains("cannot write no/such/folder") && missing.stderr.contains("--scratch"),
        "{missing:?}"
    );
    if !can("mounting", "unshare", &["-m", "true"]) {
        return;
    }
    let small = server.dir().join("small");
    fs::create_dir(&small).unwrap();
    fs::set_permissions(&small, fs::Permissions::from_mode(0o700)).unwrap();
    let mount = "mount -t tmpfs -o size=1m tmpfs small && exec \"$0\" \"$@\"";
    let args = ["events", "verify", "--scratch", "small", "--data-dir", "data"];
    let full = run_under(&["unshare", "-m", "sh", "-c", mount], &args, &Environment::new(), server.dir());
    assert_eq!(full.code, Some(1), "{full:?}");
    assert!(full.stderr.contains("a copy of the log takes") && full.stderr.contains("--scratch"), "{full:?}");
}
