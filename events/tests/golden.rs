//! The frozen bytes of every event type, of records and of the chain, and the frozen JSON of every event type. A released
//! line of `golden/bytes.hex` or `golden/lines.json` is never changed: a new meaning gets a new type number or version,
//! with its own line.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a broken helper fails the test")]

#[path = "shared/fixed_vault.rs"]
mod fixed_vault;
#[path = "shared/samples.rs"]
mod samples;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use events::chain;
use events::codec::{self, Opening};
use events::event::Event;
use events::ids::WorkspaceId;
use events::record::Record;
use events::sealing;

use self::fixed_vault::FixedVault;
use self::samples::{records, samples};

const FROZEN: &str = include_str!("golden/bytes.hex");
const LINES: &str = include_str!("golden/lines.json");
/// Set this variable to write missing lines; existing lines stay as they are.
const BLESS: &str = "TIDINGS_TEST_BLESS";

/// Reads the lines: a name such as `SendDeferred.1.2` (the third sample of version 1), and its bytes.
fn frozen() -> BTreeMap<&'static str, Vec<u8>> {
    let lines = FROZEN.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ')).map(|(name, hex)| (name, bytes(hex))).collect()
}

/// Returns all events that must have a line, by the line's name.
fn named() -> BTreeMap<String, Event> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut named = BTreeMap::new();
    for event in samples() {
        let count = counts.entry(event.name()).or_default();
        let (_, version) = event.type_number();
        named.insert(format!("{}.{version}.{count}", event.name()), event);
        *count += 1;
    }
    named
}

/// Returns all lines as they should be.
fn wanted() -> BTreeMap<String, Vec<u8>> {
    let mut wanted: BTreeMap<_, _> = named().iter().map(|(name, event)| (name.clone(), encoded(event))).collect();
    let mut previous = chain::GENESIS;
    for (number, record) in records().iter().enumerate() {
        let bytes = encoded_record(record);
        previous = chain::link(&previous, &bytes);
        wanted.insert(format!("Record.1.{number}"), bytes);
        wanted.insert(format!("Link.1.{number}"), previous.0.to_vec());
    }
    wanted
}

fn encoded(event: &Event) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::encode_event(event, &FixedVault, &mut bytes).unwrap();
    bytes
}

fn encoded_record(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::encode_record(record, &FixedVault, &mut bytes).unwrap();
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

#[test]
fn the_bytes_of_every_sample_are_the_frozen_ones() {
    let frozen = frozen();
    let mut missing = String::new();
    for (name, bytes) in wanted() {
        match frozen.get(name.as_str()) {
            Some(frozen) => assert_eq!(hex(&bytes), hex(frozen), "{name}"),
            None => writeln!(missing, "{name} {}", hex(&bytes)).unwrap(),
        }
    }
    if !missing.is_empty() && std::env::var_os(BLESS).is_some() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/bytes.hex");
        std::fs::write(file, format!("{FROZEN}{missing}")).unwrap();
    } else {
        assert!(missing.is_empty(), "no frozen bytes; {BLESS}=1 writes them:\n{missing}");
    }
}

/// The workspace of an event, which its record names.
fn workspace(event: &Event) -> WorkspaceId {
    event.owner().workspace()
}

#[test]
fn frozen_events_are_read_back() {
    let named = named();
    for (name, bytes) in frozen().iter().filter(|(name, _)| !name.starts_with("Record.") && !name.starts_with("Link."))
    {
        let today = named.get(*name).unwrap_or_else(|| panic!("{name}: no sample says what it is today"));
        let (event, rest) = codec::decode_event(bytes, workspace(today), Opening::With(&FixedVault)).unwrap();
        assert_eq!(&event, today, "{name}");
        assert!(rest.is_empty(), "{name}");
    }
}

#[test]
fn frozen_records_are_read_back() {
    let frozen = frozen();
    for (number, record) in records().iter().enumerate() {
        let bytes = &frozen[format!("Record.1.{number}").as_str()];
        assert_eq!(&codec::decode_record(bytes, Opening::With(&FixedVault)).unwrap(), record);
    }
}

/// What is hashed and exported: personal texts are `null`.
#[test]
fn the_json_of_every_sample_is_the_frozen_one() {
    let frozen: BTreeMap<&str, &str> = LINES.lines().filter_map(|line| line.split_once(' ')).collect();
    let mut missing = String::new();
    for (name, event) in named() {
        let mut line = Vec::new();
        sealing::write_impersonal_json(&event, &mut line);
        let line = String::from_utf8(line).unwrap();
        match frozen.get(name.as_str()) {
            Some(frozen) => assert_eq!(&line, frozen, "{name}"),
            None => writeln!(missing, "{name} {line}").unwrap(),
        }
    }
    if !missing.is_empty() && std::env::var_os(BLESS).is_some() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/lines.json");
        std::fs::write(file, format!("{LINES}{missing}")).unwrap();
    } else {
        assert!(missing.is_empty(), "no frozen JSON; {BLESS}=1 writes it:\n{missing}");
    }
}

#[test]
fn every_type_has_frozen_bytes() {
    let frozen = frozen();
    let with_bytes: BTreeSet<&str> = frozen.keys().filter_map(|name| name.split('.').next()).collect();
    let without: Vec<_> = Event::NAMES.iter().filter(|name| !with_bytes.contains(**name)).collect();
    assert!(without.is_empty(), "no frozen bytes of {without:?}");
}

#[test]
fn no_two_types_have_one_number() {
    let mut numbers = BTreeMap::new();
    for event in samples() {
        let (number, _) = event.type_number();
        assert_eq!(*numbers.entry(number).or_insert(event.name()), event.name(), "two types have number {number}");
    }
    assert_eq!(numbers.len(), Event::NAMES.len());
}

#[test]
fn every_name_is_in_the_order_of_its_number() {
    let mut numbered: Vec<_> = samples().iter().map(|event| (event.type_number(), event.name())).collect();
    numbered.sort_unstable();
    numbered.dedup();
    assert_eq!(numbered.iter().map(|(_, name)| *name).collect::<Vec<_>>(), Event::NAMES);
}
