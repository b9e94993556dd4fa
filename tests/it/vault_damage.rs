//! Damages the vault and its key between two starts: either file mends the other, and what cannot be mended is refused
//! with what to do.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::client::message;
use crate::harness::process::{Environment, Finished, free_port, run};
use crate::harness::{SOON, Server, random_below};

const PHONE: &str = "+12025550111";
const TEXT: &str = "sealed under a key of the vault";
/// The exit code for a failed integrity check.
const EXIT: Option<i32> = Some(6);
const ROUNDS: usize = 8;

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

    // Both files are damaged at the same place.
    for (path, bytes) in files.iter().zip(&sound) {
        let mut bytes = bytes.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    }
    assert_refused(&serve(&server), "put back vault/ from a backup");
    put_back();
    // Both are gone.
    for path in &files {
        fs::remove_file(path).unwrap();
    }
    assert_refused(&serve(&server), "put back vault/ from a backup");
    put_back();
    // Those of another log, with its key.
    for (path, name) in files.iter().zip(["a", "b"]) {
        fs::copy(vault(&other, name), path).unwrap();
    }
    fs::copy(other.data_dir().join("secrets/master_key"), &key).unwrap();
    assert_refused(&serve(&server), "put back vault/ from a backup");
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
