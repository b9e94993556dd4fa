//! Every input of the kept corpus keeps every promise, as it did when it was found.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tidings_fuzz::{ALL, records};

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

/// Inputs that nobody can read any more would lead the search nowhere.
#[test]
fn every_kept_record_can_be_read() {
    for input in entries(&folder("corpus").join("record")) {
        let bytes = fs::read(&input).unwrap();
        assert!(records::is_read(&bytes), "{}", input.display());
    }
}

/// The bytes of every version of every event.
#[test]
fn frozen_records() {
    let (_, judge) = ALL.iter().find(|(known, _)| *known == "record").expect("a function of this name");
    let frozen = fs::read_to_string(folder("../events/tests/golden/bytes.hex")).unwrap();
    let lines = frozen.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    let digit = |digit: &u8| char::from(*digit).to_digit(16).expect("a hexadecimal digit");
    let mut judged = 0;
    for (name, hex) in lines {
        let bytes: Vec<u8> = hex
            .as_bytes()
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |byte, half| byte << 4 | u8::try_from(digit(half)).unwrap()))
            .collect();
        assert!(std::panic::catch_unwind(|| judge(&bytes)).is_ok(), "a promise is broken by {name}");
        judged += 1;
    }
    assert!(judged > 80, "{judged}");
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
