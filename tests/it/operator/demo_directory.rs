//! A demo uses only a directory that a demo made, whichever way it is given.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::walk;
use crate::harness::process::{Environment, Finished, free_port, run};
use crate::harness::{Process, SOON, Server, wait_until};

const USAGE: Option<i32> = Some(2);

fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = walk(folder).into_iter().filter(|path| path.is_file());
    files.map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

fn demo(args: &[&str], variables: &[(&str, &str)], dir: &Path) -> Finished {
    let listen = format!("127.0.0.1:{}", free_port());
    let environment: Environment =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    run(&[&["demo", "--listen", &listen], args].concat(), &environment, dir)
}

/// Starts a demo that must be allowed, and waits until it has printed its banner.
fn running(args: &[&str], dir: &Path) -> Process {
    let _ = fs::remove_file(dir.join("output.txt"));
    let listen = format!("127.0.0.1:{}", free_port());
    let process = Process::start(&[&["demo", "--listen", &listen], args].concat(), &Environment::new(), dir);
    wait_until("the demo tells of itself", SOON, || process.output().contains("Ctrl-C stops").then_some(()));
    process
}

/// A leftover variable, a flag, a configuration or `--reset` must not hand a customer's data to a demo.
#[test]
fn a_demo_neither_uses_nor_wipes_data_that_no_demo_made() {
    let mut server = Server::start();
    server.workspace();
    assert_eq!(server.sigterm(), Some(0));
    let directory = server.data_dir();
    let before = content(&directory);
    let named = directory.to_str().unwrap();
    fs::write(server.dir().join("prod.toml"), format!("data_dir = {named:?}\n")).unwrap();
    let refused = [
        demo(&["--data-dir", named], &[], server.dir()),
        demo(&["--data-dir", named, "--reset"], &[], server.dir()),
        demo(&[], &[("TIDINGS_DATA_DIR", named)], server.dir()),
        demo(&["--reset"], &[("TIDINGS_DATA_DIR", named)], server.dir()),
        demo(&["--config", "prod.toml"], &[], server.dir()),
        demo(&["--config", "prod.toml", "--reset"], &[], server.dir()),
    ];
    for finished in refused {
        assert_eq!(finished.code, USAGE, "{finished:?}");
        assert!(finished.stderr.contains("the demo leaves it alone") && finished.stderr.contains("--data-dir"));
        assert_eq!(finished.stdout, "");
    }
    assert!(content(&directory) == before, "something has changed");
}

#[test]
fn a_demo_finds_its_own_directory_again_and_empties_it_when_told_and_production_stays_out_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = running(&["--data-dir", "mine"], dir.path());
    assert_eq!(first.sigterm(), Some(0));
    let api_key = || fs::read_to_string(dir.path().join("mine/secrets/api_key")).unwrap();
    let before = api_key();
    fs::write(dir.path().join("mine/notes.txt"), "of a person").unwrap();
    drop(running(&["--data-dir", "mine"], dir.path()));
    assert_eq!(api_key(), before);
    drop(running(&["--data-dir", "mine", "--reset"], dir.path()));
    assert_ne!(api_key(), before);
    assert_eq!(fs::read_to_string(dir.path().join("mine/notes.txt")).unwrap(), "of a person");

    let listen = format!("127.0.0.1:{}", free_port());
    let production = run(&["serve", "--listen", &listen, "--data-dir", "mine"], &Environment::new(), dir.path());
    assert_eq!(production.code, USAGE, "{production:?}");
    assert!(production.stderr.contains("rm mine/made_by_demo"), "{production:?}");
}

/// Version 0.1.0 left no mark in its directory, only the key that no other command stores.
#[test]
fn the_usual_directory_of_an_earlier_demo_goes_on_as_one() {
    let dir = tempfile::tempdir().unwrap();
    drop(running(&[], dir.path()));
    let mark = dir.path().join("data/demo/made_by_demo");
    fs::remove_file(&mark).unwrap();
    drop(running(&[], dir.path()));
    assert!(mark.is_file());
}
