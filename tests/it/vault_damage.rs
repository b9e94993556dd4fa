//! Damages the vault and its key between two starts: either file mends the other, and what cannot be mended is refused
//! with what to do.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::harness::client::message;
use crate::harness::process::{Environment, Finished, Process, free_port, run, run_under};
use crate::harness::{ADMIN_KEY, Request, SOON, Server, random_below, wait_until};

const PHONE: &str = "+12025550111";
const TEXT: &str = "sealed under a key of the vault";
/// The exit code for a failed integrity check.
const EXIT: Option<i32> = Some(6);
const ROUNDS: usize = 8;
const BLOCK: usize = 4_096;

/// A stopped gateway that sent a message, and the message's chat.
fn stopped() -> (Server, String) {
    let mut server = Server::start();
    let workspace = server.workspace();
    let id = workspace.post(&message(PHONE, TEXT)).message_id();
    workspace.wait_for_state(&id, "sent", SOON);
    let chat = workspace.chats()[0]["chat_id"].as_str().unwrap().to_owned();
    assert_eq!(server.sigterm(), Some(0));
    (server, chat)
}

fn vault(server: &Server, name: &str) -> PathBuf {
    server.data_dir().join("vault").join(name)
}

/// Turns a bit at a random place.
fn harm(path: &Path) -> usize {
    let mut bytes = fs::read(path).unwrap();
    let at = usize::try_from(random_below(bytes.len() as u64)).unwrap();
    bytes[at] ^= 1 << random_below(8);
    fs::write(path, bytes).unwrap();
    at
}

fn serve(server: &Server) -> Finished {
    let listen = format!("127.0.0.1:{}", free_port());
    run(&["serve", "--listen", &listen, "--data-dir", "data"], &Environment::new(), server.dir())
}

fn assert_refused(said: &Finished, hint: &str) {
    assert_eq!(said.code, EXIT, "{said:?}");
    assert!(said.stderr.contains("error: ") && said.stderr.contains(hint), "{said:?}");
    assert!(!said.stderr.contains("panicked"), "{said:?}");
}

#[test]
fn a_bit_that_turned_in_one_file_of_the_vault_is_mended_from_the_other_and_said() {
    let (mut server, _) = stopped();
    for round in 0..ROUNDS {
        let (harmed, sound) = if round % 2 == 0 { ("a", "b") } else { ("b", "a") };
        let at = harm(&vault(&server, harmed));
        server.restart();
        let said = server.process().output();
        assert!(said.contains("the vault was mended"), "byte {at} of {harmed}: {said}");
        let listed = server.command(&["events", "ls", "--json", "--limit", "500"]);
        assert!(listed.stdout.contains(TEXT), "byte {at} of {harmed}: {listed:?}");
        assert_eq!(server.sigterm(), Some(0));
        let [harmed, sound] = [harmed, sound].map(|name| fs::read(vault(&server, name)).unwrap());
        assert!(harmed == sound, "byte {at}: the files differ");
    }
}

#[test]
fn a_file_of_the_vault_that_is_gone_is_made_from_the_other() {
    let (mut server, _) = stopped();
    for name in ["a", "b"] {
        let path = vault(&server, name);
        let before = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        server.restart();
        let listed = server.command(&["events", "ls", "--json", "--limit", "500"]);
        assert!(listed.stdout.contains(TEXT), "{name}: {listed:?}");
        assert_eq!(server.sigterm(), Some(0));
        assert!(fs::read(&path).unwrap() == before, "{name} is another file now");
    }
}

#[test]
fn what_cannot_be_mended_is_refused_with_what_to_do() {
    let (mut server, _) = stopped();
    let (other, _) = stopped();
    let files = ["a", "b"].map(|name| vault(&server, name));
    let sound = files.each_ref().map(|path| fs::read(path).unwrap());
    let key = server.data_dir().join("secrets/master_key");
    let right = fs::read(&key).unwrap();
    let put_back = || {
        for (path, bytes) in files.iter().zip(&sound) {
            fs::write(path, bytes).unwrap();
        }
        fs::write(&key, &right).unwrap();
    };

    // Both files are damaged at the same place, whoever owns it: the log, the workspace, and one that is to be.
    for at in [0, 1, 2, 3, sound[0].len() / BLOCK - 1].map(|block| block * BLOCK + BLOCK / 3) {
        for (path, bytes) in files.iter().zip(&sound) {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            fs::write(path, bytes).unwrap();
        }
        assert_refused(&serve(&server), "put back log/ and vault/ from the same backup");
        put_back();
    }
    // Both are gone.
    for path in &files {
        fs::remove_file(path).unwrap();
    }
    assert_refused(&serve(&server), "put back log/ and vault/ from the same backup");
    put_back();
    // Those of another log, with its key.
    for (path, name) in files.iter().zip(["a", "b"]) {
        fs::copy(vault(&other, name), path).unwrap();
    }
    fs::copy(other.data_dir().join("secrets/master_key"), &key).unwrap();
    assert_refused(&serve(&server), "put back log/ and vault/ from the same backup");
    put_back();
    // Another master key, none, and one that is no key.
    fs::write(&key, "0123456789abcdef".repeat(4)).unwrap();
    assert_refused(&serve(&server), "put back <data_dir>/secrets/master_key");
    fs::write(&key, "no key").unwrap();
    assert_refused(&serve(&server), "master_key_file");
    fs::remove_file(&key).unwrap();
    assert_refused(&serve(&server), "master_key_file");
    put_back();

    server.restart();
    let listed = server.command(&["events", "ls", "--json", "--limit", "500"]);
    assert!(listed.stdout.contains(TEXT), "{listed:?}");
}

#[test]
fn after_an_exchange_of_the_master_key_only_the_new_one_opens_the_vault() {
    let (mut server, chat) = stopped();
    let key = server.data_dir().join("secrets/master_key");
    let old = fs::read(&key).unwrap();
    let said = server.command(&["vault", "rekey"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let new = fs::read(&key).unwrap();
    assert_ne!(old, new);
    fs::write(&key, old).unwrap();
    assert_refused(&serve(&server), "put back <data_dir>/secrets/master_key");
    fs::write(&key, new).unwrap();
    server.restart();
    let listed = server.command(&["events", "ls", "--json", "--limit", "500"]);
    assert!(listed.stdout.contains(TEXT) && listed.stdout.contains(&chat), "{listed:?}");
}

#[test]
fn a_master_key_and_a_vault_that_were_open_to_others_are_told_of() {
    let (mut server, _) = stopped();
    let key = server.data_dir().join("secrets/master_key");
    for (path, named) in [(key.clone(), "secrets/master_key"), (vault(&server, "b"), "vault/b")] {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        server.restart();
        let said = server.process().output();
        let line = said.lines().find(|line| line.contains(named)).unwrap_or_else(|| panic!("{named}: {said}"));
        assert!(line.contains("WARN") && line.contains("were open to other users"), "{line}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(server.sigterm(), Some(0));
    }
    // One that lies elsewhere stays as it is.
    let elsewhere = server.dir().join("key");
    fs::copy(&key, &elsewhere).unwrap();
    for (mode, is_told) in [(0o640, false), (0o644, true)] {
        fs::set_permissions(&elsewhere, fs::Permissions::from_mode(mode)).unwrap();
        let said = with_key(&server, &elsewhere);
        assert_eq!(said.contains("the master key is open to other users: chmod o-rwx it"), is_told, "{mode:o}: {said}");
        assert_eq!(fs::metadata(&elsewhere).unwrap().permissions().mode() & 0o777, mode);
    }
}

/// Starts a gateway that reads the master key from this file, and returns what it said.
fn with_key(server: &Server, key: &Path) -> String {
    let (listen, dir) = (format!("127.0.0.1:{}", free_port()), server.dir().join("with-key"));
    fs::create_dir_all(&dir).unwrap();
    let variables = [("TIDINGS_MASTER_KEY_FILE", key), ("TIDINGS_DATA_DIR", &server.data_dir())];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_str().unwrap().to_owned())).to_vec();
    let mut process = Process::start(&["serve", "--listen", &listen], &variables, &dir);
    let ready = |process: &Process| process.output().contains("ready").then(|| process.output());
    let said = wait_until("it is ready", SOON, || ready(&process));
    assert_eq!(process.sigterm(), Some(0));
    fs::remove_dir_all(dir).unwrap();
    said
}

#[test]
fn an_exchange_of_the_key_where_nothing_is_or_somebody_works_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for directory in ["nowhere", "."] {
        let said = run(&["vault", "rekey", "--data-dir", directory], &Environment::new(), folder.path());
        assert_eq!(said.code, Some(3), "{said:?}");
        assert!(said.stderr.contains("there is no event log in") && said.stderr.contains("--data-dir"), "{said:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let server = Server::start();
    let said = server.command(&["vault", "rekey"]);
    assert_eq!(said.code, Some(7), "{said:?}");
    assert!(said.stderr.contains("stop it first"), "{said:?}");
}

/// Lets the first write to the vault fail, which an erasure makes.
#[test]
fn a_gateway_that_cannot_write_its_vault_ends_and_the_next_one_finishes_the_erasure() {
    let (mut server, chat) = stopped();
    let file = vault(&server, "a").display().to_string();
    let inject = "inject=pwrite64:error=ENOSPC:when=1";
    let wrapper =
        ["strace", "-D", "-f", "--seccomp-bpf", "-o", "trace", "-P", &file, "-e", "trace=pwrite64", "-e", inject];
    if !may_trace() {
        return;
    }
    server.restart_under(&wrapper);
    let request = Request::post(format!("/admin/v1/chats/{chat}/erase")).bearer(ADMIN_KEY);
    let answer = server.http().send(&request.json(&json!({"reason": "a request of the contact"})));
    assert!(answer.as_ref().is_err_and(|error| error.kind() != ErrorKind::TimedOut), "the process ends: {answer:?}");
    assert_eq!(server.exit_code(), Some(1));
    let said = server.process().output();
    assert!(said.contains("the vault cannot be written: ") && said.contains("No space left"), "{said}");
    assert!(!said.contains("the log cannot be"), "{said}");
    server.restart();
    wait_until("the erasure is finished", SOON, || {
        let listed = server.command(&["events", "ls", "--json", "--limit", "500"]);
        (listed.code == Some(0) && !listed.stdout.contains(TEXT)).then_some(())
    });
}

/// False, and said, if failures cannot be injected here.
fn may_trace() -> bool {
    let traced = Command::new("strace").args(["-o", "/dev/null", "true"]).status();
    let may = traced.is_ok_and(|status| status.success());
    if !may {
        eprintln!("left out: there is no strace, or it may not trace");
    }
    may
}

/// Kills the command at each of its renames: that of the new key's file, and those of the vault's files.
#[test]
fn an_exchange_of_the_key_that_was_killed_is_undone_by_the_earlier_key_or_finished_by_the_new_one() {
    let (server, _) = stopped();
    if !may_trace() {
        return;
    }
    let (old, new) = (server.dir().join("old"), server.dir().join("new"));
    fs::copy(server.data_dir().join("secrets/master_key"), &old).unwrap();
    let sound = ["a", "b"].map(|name| fs::read(vault(&server, name)).unwrap());
    for (nth, key) in [(1, &old), (2, &old), (2, &new), (3, &old), (3, &new)] {
        let inject = format!("inject=rename:signal=KILL:when={nth}");
        let wrapper = ["strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=rename", "-e", &inject];
        let rekey = ["vault", "rekey", "--to", "new", "--data-dir", "data"];
        let killed = run_under(&wrapper, &rekey, &Environment::new(), server.dir());
        assert_eq!(killed.code, None, "{nth}: {killed:?}");

        with_key(&server, key);
        let variable = ("TIDINGS_MASTER_KEY_FILE".to_owned(), key.display().to_string());
        let ls = ["events", "ls", "--json", "--limit", "500", "--data-dir", "data"];
        let listed = run(&ls, &vec![variable], server.dir());
        assert!(listed.code == Some(0) && listed.stdout.contains(TEXT), "{nth}, {key:?}: {listed:?}");
        assert_eq!(fs::read_dir(server.data_dir().join("vault")).unwrap().count(), 2, "{nth}, {key:?}");
        for (name, bytes) in ["a", "b"].iter().zip(&sound) {
            fs::write(vault(&server, name), bytes).unwrap();
        }
        let _ = fs::remove_file(&new);
    }
}
