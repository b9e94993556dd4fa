//! Data directories that stop version 0.1.0: a name of 1,000 characters takes more bytes than a look-up may have, and
//! the writer ends after every start.
//!
//! `poisoned/account` has such a name in a connected account, `poisoned/responsible` in a teammate who is responsible
//! for a chat. Version 0.1.0 made both, and left them in this state after its second start; zeros at the end of `db`
//! are left out.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Request, SOON, Server, Setup, wait_until};

/// The initial size of sled's file.
const DB_BYTES: u64 = 524_287;
/// A start that catches up on two workspaces writes more notes for look-ups than this; everything else writes fewer.
const NOTES_OF_THE_INDEX: u64 = 12;

/// A directory, and the keys of the workspace with the long name and of another one.
const DIRECTORIES: [(&str, &str, &str); 2] = [
    ("account", "wsk_8yYJwkbNDkJ2GTLZYCdZygw2roXEQYtuzR3H7GY5Xm", "wsk_kXIRyUxIeeJ9867IMxwHijljpNgju0TPehJqw9FdvK"),
    ("responsible", "wsk_hcDLZtNN8yivgeNrKZdsHl2ziJ92HayImqKRX8qFAd", "wsk_JnTPF6E2BQsbi02VAIjpWGAxeHbE1U1txAMuETqKjA"),
];

fn copy(name: &str, data: &Path) {
    let (from, to) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/poisoned").join(name), data.join("log"));
    fs::create_dir_all(to.join("blobs")).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    fs::OpenOptions::new().write(true).open(to.join("db")).unwrap().set_len(DB_BYTES).unwrap();
}

fn get(server: &Server, key: &str, path: &str) -> Value {
    server.http().ask(&Request::get(format!("/api/v1{path}")).bearer(key)).success()
}

fn is_served(server: &Server, key: &str, text: &str) {
    let message = json!({"phone": "+12025550111", "text": text});
    let answer = server.http().ask(&Request::post("/api/v1/messages").bearer(key).json(&message));
    assert_eq!(answer.status, 201, "{answer:?}");
}

/// Returns the number of keys that the log has written in addition to commits.
pub fn notes(server: &Server) -> u64 {
    let page = server.http().ask(&Request::get("/metrics")).text();
    let value = |name: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name}: {page}"));
        line.trim().parse::<u64>().unwrap()
    };
    value("tidings_log_keys_total ").saturating_sub(value("tidings_log_commits_total "))
}

// Guards against a log that cannot be processed: its events stay for good, so every later layer must accept them.
#[test]
fn a_directory_that_a_name_has_poisoned_opens_and_goes_on() {
    for (name, long, other) in DIRECTORIES {
        let mut server = Setup::new().start_on(|data| copy(name, data));
        is_served(&server, other, "first");
        wait_until("the look-ups are stored", SOON, || (notes(&server) > NOTES_OF_THE_INDEX).then_some(()));
        is_served(&server, other, "second");
        server.kill9();
        server.restart();
        is_served(&server, other, "third");
        is_served(&server, long, "from the one with the name");
        let shown = match name {
            "account" => get(&server, long, "/accounts")["data"][0]["full_name"].clone(),
            _ => get(&server, long, "/chats")["data"][0]["responsible_name"].clone(),
        };
        assert_eq!(shown, json!("😀".repeat(1_000)));
        assert_eq!(server.sigterm(), Some(0));
        let verified = server.command(&["events", "verify"]);
        assert_eq!(verified.code, Some(0), "{verified:?}");
    }
}
