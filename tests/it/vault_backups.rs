//! Puts back the log or the vault from another time than the other: what was erased stays erased, and what does not belong
//! together is refused by name.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::client::message;
use crate::harness::process::{Environment, Finished, free_port, run};
use crate::harness::{ACCOUNT_PHONE, Answer, SOON, Server, Workspace};

const PHONE: &str = "+12025550181";
const TEXT: &str = "sealed and then erased";
const OTHER_PHONE: &str = "+12025550182";
const OTHER_TEXT: &str = "sealed and kept";
const REASON: &str = r#"{"reason":"a request of the contact"}"#;
/// The exit code for a failed integrity check.
const EXIT: Option<i32> = Some(6);
const BLOCK: usize = 4_096;
const HINT: &str = "put back log/ and vault/ from the same backup";

fn send(workspace: &Workspace, phone: &str, text: &str) {
    let id = workspace.post(&message(phone, text)).message_id();
    workspace.wait_for_state(&id, "sent", SOON);
}

fn erase(workspace: &Workspace, chat: &str) -> Answer {
    workspace.ask(&workspace.api("POST", &format!("/chats/{chat}/erase")).body("application/json", REASON))
}

fn chat_of(workspace: &Workspace, phone: &str) -> String {
    let chats = workspace.chats();
    chats.iter().find(|chat| chat["phone"] == phone).unwrap()["chat_id"].as_str().unwrap().to_owned()
}

fn listed(server: &Server) -> Finished {
    server.command(&["events", "ls", "--json", "--limit", "500"])
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(path, to).unwrap();
        }
    }
}

/// Exchanges a folder of the data directory with the copy of it that has this name.
fn put_back(server: &Server, folder: &str, copied: &str) {
    let present = server.data_dir().join(folder);
    fs::remove_dir_all(&present).unwrap();
    copy(&server.dir().join(copied), &present);
}

fn serve(server: &Server) -> Finished {
    let listen = format!("127.0.0.1:{}", free_port());
    run(&["serve", "--listen", &listen, "--data-dir", "data"], &Environment::new(), server.dir())
}

fn assert_refused(server: &Server, named: &str) {
    for said in [serve(server), listed(server)] {
        assert_eq!(said.code, EXIT, "{said:?}");
        assert!(said.stderr.contains(named) && said.stderr.contains(HINT), "{said:?}");
        assert!(!said.stderr.contains("panicked") && !said.stdout.contains(TEXT), "{said:?}");
    }
}

/// A running gateway with two chats, whose data directory was copied when it was stopped; and the chat to erase.
fn with_two_chats() -> (Server, Workspace, String) {
    let mut server = Server::start();
    let workspace = server.workspace();
    send(&workspace, PHONE, TEXT);
    send(&workspace, OTHER_PHONE, OTHER_TEXT);
    let chat = chat_of(&workspace, PHONE);
    assert_eq!(server.sigterm(), Some(0));
    for folder in ["vault", "log"] {
        copy(&server.data_dir().join(folder), &server.dir().join(format!("{folder}-before")));
    }
    server.restart();
    (server, workspace, chat)
}

#[test]
fn an_older_vault_beside_the_log_brings_back_nothing_that_was_erased() {
    for is_killed in [false, true] {
        let (mut server, workspace, chat) = with_two_chats();
        assert_eq!(erase(&workspace, &chat).status, 200);
        if is_killed {
            server.kill9();
        } else {
            assert_eq!(server.sigterm(), Some(0));
        }
        put_back(&server, "vault", "vault-before");

        // Whoever only reads sees nothing of it either.
        let shown = listed(&server);
        assert!(shown.code == Some(0) && !shown.stdout.contains(TEXT), "killed: {is_killed}: {shown:?}");
        assert!(shown.stdout.contains(OTHER_TEXT) && shown.stdout.contains("[erased]"), "{shown:?}");
        server.restart();
        let said = server.process().output();
        assert!(said.contains("an older vault was put back: 1 chats that were erased are erased again"), "{said}");
        let answer = workspace.ask(&workspace.api("GET", &format!("/chats/{chat}/messages"))).text();
        assert!(answer.contains("[erased]") && !answer.contains(TEXT), "{answer}");
        assert_eq!(server.sigterm(), Some(0));
        server.restart();
        assert_eq!(server.process().output().matches("an older vault was put back").count(), 1, "once is enough");
        let shown = listed(&server);
        assert!(!shown.stdout.contains(TEXT) && shown.stdout.contains(OTHER_TEXT), "{shown:?}");
    }
}

#[test]
fn a_log_that_is_older_than_its_vault_is_refused() {
    let (mut server, workspace, chat) = with_two_chats();
    assert_eq!(erase(&workspace, &chat).status, 200);
    assert_eq!(server.sigterm(), Some(0));
    copy(&server.data_dir().join("log"), &server.dir().join("log-after"));
    put_back(&server, "log", "log-before");
    assert_refused(&server, "the log is older than its vault");
    put_back(&server, "log", "log-after");
    server.restart();
    assert!(listed(&server).stdout.contains(OTHER_TEXT));
}

/// A vault that took the place of a lost one knows a seed of everybody; what was erased before is not erased again.
#[test]
fn a_vault_that_replaced_a_lost_one_is_no_older_one_but_an_older_log_is() {
    let (mut server, workspace, chat) = with_two_chats();
    assert_eq!(erase(&workspace, &chat).status, 200);
    assert_eq!(server.sigterm(), Some(0));
    fs::remove_dir_all(server.data_dir().join("vault")).unwrap();
    server.restart_with(" --without-vault --yes");
    for _ in 0..2 {
        assert_eq!(server.sigterm(), Some(0));
        server.restart();
    }
    assert!(!server.process().output().contains("an older vault was put back"), "{}", server.process().output());
    assert_eq!(server.sigterm(), Some(0));
    put_back(&server, "log", "log-before");
    assert_refused(&server, "the log is older than its vault: a vault was lost and replaced");
}

/// An older log without an erasure since, and an older vault of which nothing is needed that it lacks, are as good as
/// equal ones.
#[test]
fn copies_of_another_time_that_fit_are_taken() {
    for folder in ["log", "vault"] {
        let (mut server, workspace, _) = with_two_chats();
        send(&workspace, "+12025550183", "after the copy");
        assert_eq!(server.sigterm(), Some(0));
        put_back(&server, folder, &format!("{folder}-before"));
        server.restart();
        send(&workspace, "+12025550184", "goes on");
        let shown = listed(&server);
        assert!(shown.stdout.contains(OTHER_TEXT) && shown.stdout.contains("goes on"), "{folder}: {shown:?}");
        let said = server.process().output();
        assert!(!said.contains("an older vault"), "{folder}: {said}");
        // The checkpoints of the longer log are still there.
        assert_eq!(said.contains("more events were signed than the log has"), folder == "log", "{folder}: {said}");
    }
}

fn files(server: &Server) -> [PathBuf; 2] {
    ["a", "b"].map(|name| server.data_dir().join("vault").join(name))
}

/// Returns the number of the block with this index of a workspace.
fn block_of(bytes: &[u8], workspace: u64, index: u32) -> usize {
    let name = [workspace.to_le_bytes().as_slice(), &index.to_le_bytes()].concat();
    bytes.chunks(BLOCK).position(|block| block[4..16] == name).unwrap()
}

/// The first block of a workspace has seeds for 248 chats.
fn with_chats(count: u32) -> (Server, Workspace) {
    let server = Server::start();
    let workspace = server.create_workspace("Acme", 1_000);
    workspace.connect_account(ACCOUNT_PHONE);
    for nth in 0..count {
        assert!(workspace.post(&message(&format!("+12025551{nth:03}"), TEXT)).status < 300);
    }
    (server, workspace)
}

#[test]
fn a_vault_without_seeds_for_chats_of_the_log_is_refused() {
    let (mut server, _) = with_chats(250);
    for is_killed in [true, false] {
        if is_killed {
            server.kill9();
        } else {
            assert_eq!(server.sigterm(), Some(0));
        }
        let whole = files(&server).map(|path| fs::read(path).unwrap());
        // As before the second block of the workspace was made, and before its first one was.
        for (index, named) in [(1, "it has no seed of chat"), (0, "it has no seed of")] {
            for (path, bytes) in files(&server).iter().zip(&whole) {
                fs::write(path, &bytes[..block_of(bytes, 1001, index) * BLOCK]).unwrap();
            }
            assert_refused(&server, &format!("the vault is older than the log: {named}"));
        }
        for (path, bytes) in files(&server).iter().zip(&whole) {
            fs::write(path, bytes).unwrap();
        }
        server.restart();
    }
    assert!(listed(&server).stdout.contains(TEXT));
}

#[test]
fn a_block_that_is_damaged_while_the_gateway_runs_costs_only_what_needs_it() {
    let (mut server, workspace) = with_chats(248);
    assert_eq!(server.sigterm(), Some(0));
    server.restart();
    let other = server.create_workspace("Globex", 10);
    other.connect_account("+12025550109");
    let at = block_of(&fs::read(&files(&server)[0]).unwrap(), 1001, 1) * BLOCK + 2_000;
    for path in files(&server) {
        let mut bytes = fs::read(&path).unwrap();
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
    }
    // A chat to be opened, the first one whose seed lies there.
    let refused = workspace.post(&message("+12025552999", TEXT));
    assert!([500, 503].contains(&refused.status), "{refused:?}");
    send(&other, OTHER_PHONE, OTHER_TEXT);
    assert!(workspace.post(&message("+12025551001", TEXT)).status < 300, "a chat of the first block");
    // What one request could not have, the start refuses by name.
    assert_eq!(server.sigterm(), Some(0));
    assert_refused(&server, "of the vault's file a is damaged");
}
