//! What an auditor gets and does: exports, checkpoints, proofs; and forgeries, each of which must be named.

mod exports;
mod forgeries;
mod proofs;
mod verifying;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::harness::process::{Environment, Finished};
use crate::harness::{SOON, Server, Setup, Workspace};

/// Texts with everything that others' JSON writes in another way.
pub const TEXTS: [&str; 4] = ["Grüße ☃ 😀", "a\u{7f}b\u{85}c\u{2028}d", "\"quoted\" \\ / \u{8}\u{c}\tend", "plain"];

/// A server whose messages are paced by a faster clock.
pub fn fast() -> Server {
    Setup::new().clock_rate(60).start()
}

/// A workspace with messages of each end: sent, failed and refunded, erased.
pub fn lived_in(server: &Server) -> Workspace {
    let workspace = server.workspace();
    for (nth, text) in TEXTS.iter().enumerate() {
        let id = workspace.send(&format!("+1202555010{}", nth + 1), text);
        workspace.wait_for_state(&id, "sent", SOON);
    }
    let refused = workspace.send("+12025550140", "nobody there");
    workspace.wait_for_state(&refused, "failed", SOON);
    let chat = workspace.chats().last().unwrap()["chat_id"].as_str().unwrap().to_owned();
    let erase = workspace.api("POST", &format!("/chats/{chat}/erase")).json(&json!({"reason": "asked for it"}));
    workspace.ask(&erase).success();
    workspace
}

/// Exports the log of a server to a file.
pub fn export(server: &Server, name: &str) -> PathBuf {
    let file = server.dir().join(name);
    let exported = server.command(&["events", "export", "--out", file.to_str().unwrap()]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    file
}

/// Keeps the newest checkpoint of a server in a file, and returns its path.
pub fn checkpoint(server: &Server, name: &str) -> PathBuf {
    let answer = server.http().ask(&crate::harness::Request::get("/checkpoint"));
    assert_eq!(answer.status, 200, "{answer:?}");
    let file = server.dir().join(name);
    fs::write(&file, answer.body).unwrap();
    file
}

/// Verifies an export without any log.
pub fn verify(file: &Path, more: &[&str]) -> Finished {
    let args = [&["events", "verify", file.to_str().unwrap()], more].concat();
    crate::harness::process::run(&args, &Environment::new(), file.parent().unwrap())
}
