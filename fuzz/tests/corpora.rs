//! Every input of the kept corpus keeps every promise, as it did when it was found.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tidings_fuzz::ALL;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The files or folders in a folder, in the order of their names.
fn entries(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn replay(name: &str) {
    let (_, judge) = ALL.iter().find(|(known, _)| *known == name).expect("a function of this name");
    let inputs = entries(&folder("corpus").join(name));
    assert!(!inputs.is_empty());
    for input in inputs {
        let bytes = fs::read(&input).unwrap();
        let judged = std::panic::catch_unwind(|| judge(&bytes));
        assert!(judged.is_ok(), "a promise is broken by {}", input.display());
    }
}

#[test]
fn attempts_csv() {
    replay("attempts_csv");
}

#[test]
fn guard() {
    replay("guard");
}

#[test]
fn inbound_body() {
    replay("inbound_body");
}

#[test]
fn inbound_request() {
    replay("inbound_request");
}

#[test]
fn phones() {
    replay("phones");
}

#[test]
fn record() {
    replay("record");
}

#[test]
fn each_function_has_a_program_and_inputs() {
    let known: BTreeSet<&str> = ALL.iter().map(|(name, _)| *name).collect();
    let stem = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let inputs: BTreeSet<String> = entries(&folder("corpus")).iter().map(stem).collect();
    let programs = entries(&folder("targets"));
    let programs = programs.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let programs: BTreeSet<String> = programs.map(stem).collect();
    assert!(known.iter().copied().eq(&inputs), "{inputs:?}");
    assert!(known.iter().copied().eq(&programs), "{programs:?}");
}
