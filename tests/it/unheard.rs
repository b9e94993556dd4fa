//! Nobody reads the gateway's log: its stderr is closed, full, or a pipe without a reader. It must work and stop all
//! the same, and exit if it cannot go on. Guards against a log line that fails, or that blocks or kills its writer.

use std::process::Stdio;

use crate::harness::client::message;
use crate::harness::shell::Shelled;
use crate::harness::{ADMIN_KEY, Request};

const PHONE: &str = "+12025550101";
/// At level `debug`, this many requests write more lines than a pipe holds.
const REQUESTS: usize = 3_000;
/// More free space than any disk has, in MiB.
const ALL_OF_THE_DISK: &str = "1048576";

/// A pipe whose reader is closed from the beginning.
fn without_reader() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

fn works_and_stops(mut gateway: Shelled) {
    gateway.becomes(200);
    gateway.workspace(1).send(PHONE, "hi");
    gateway.signal("TERM");
    assert_eq!(gateway.exit_code(), Some(0));
}

#[test]
fn a_gateway_whose_stderr_is_closed_or_full_starts_works_and_stops() {
    let debug = [("TIDINGS_LOG", "debug")];
    works_and_stops(Shelled::start("$SERVE 2>&-", &debug, Stdio::null()));
    works_and_stops(Shelled::start("$SERVE 2>/dev/full", &debug, Stdio::null()));
    works_and_stops(Shelled::start("$SERVE", &debug, without_reader()));
}

#[test]
fn a_gateway_whose_words_nobody_reads_does_not_wait_for_a_reader() {
    let (_reader, writer) = std::io::pipe().unwrap();
    let mut gateway = Shelled::start("$SERVE", &[("TIDINGS_LOG", "debug")], writer.into());
    gateway.becomes(200);
    let http = gateway.http();
    for _ in 0..REQUESTS {
        assert_eq!(http.ask(&Request::get("/admin/v1/workspaces").bearer(ADMIN_KEY)).status, 200);
    }
    gateway.workspace(1).send(PHONE, "hi");
    gateway.signal("TERM");
    assert_eq!(gateway.exit_code(), Some(0));
}

#[test]
fn the_watcher_of_the_disk_does_not_die_of_its_own_line() {
    let reserve = [("TIDINGS_DISK_RESERVE_MB", ALL_OF_THE_DISK)];
    let mut gateway = Shelled::start("$SERVE", &reserve, without_reader());
    gateway.becomes(503);
    gateway.signal("TERM");
    assert_eq!(gateway.exit_code(), Some(0));
}

// A limit on the file size stands for a full disk.
#[test]
fn a_writer_that_cannot_write_ends_the_process_though_nobody_hears_why() {
    for stderr in ["2>/dev/full", "2>&-"] {
        let script = format!("trap '' XFSZ; ulimit -f 8192; $SERVE {stderr}");
        let mut gateway = Shelled::start(&script, &[], Stdio::null());
        gateway.becomes(200);
        let workspace = gateway.workspace(1_000);
        let text = "x".repeat(60_000);
        let is_over = (0..1_000)
            .any(|_| workspace.try_ask(&Request::post(&*workspace.inbound).json(&message(PHONE, &text))).is_err());
        assert!(is_over, "the log has grown beyond its limit");
        assert_eq!(gateway.exit_code(), Some(1), "{stderr}");
    }
}

// A closed terminal sends SIGHUP, and so do old service managers.
#[test]
fn a_hangup_stops_the_gateway_as_a_termination_does() {
    let words = tempfile::NamedTempFile::new().unwrap();
    // The tests themselves may have been started with nohup, which ignores SIGHUP.
    let script = "exec env --default-signal=HUP sh -c '$SERVE'";
    let mut gateway = Shelled::start(script, &[], words.reopen().unwrap().into());
    gateway.becomes(200);
    gateway.signal("HUP");
    assert_eq!(gateway.exit_code(), Some(0));
    let said = std::fs::read_to_string(words.path()).unwrap();
    assert!(said.contains("Stopping: ") && said.contains("Stopped. Nothing is queued."), "{said}");
    assert!(!gateway.dir().join("data").join("process.json").exists());

    let mut outlives = Shelled::start("trap '' HUP; $SERVE", &[], Stdio::null());
    outlives.becomes(200);
    outlives.signal("HUP");
    outlives.becomes(200);
    outlives.signal("TERM");
    assert_eq!(outlives.exit_code(), Some(0), "started as nohup does, it outlives a hangup");
}
