//! Holds docs/records.md, the page for whoever writes a reader of records of his own, against the frozen bytes and lines:
//! with the tables of the page alone every one of them is read, and what the page allows is what the codec allows.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a broken helper fails the test")]

#[path = "../shared/fixed_vault.rs"]
mod fixed_vault;
mod limits;
mod reader;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use events::event::Event as OurEvent;
use events::ids::{ChatId, WorkspaceId};
use events::vault::{Owner, Vault, sha256};

use crate::fixed_vault::FixedVault;
use crate::reader::{Event, Reader, Value, hex};
use crate::tables::Page;

const BYTES: &str = include_str!("../golden/bytes.hex");
const LINES: &str = include_str!("../golden/lines.json");

/// All frozen bytes, by their names.
fn frozen() -> BTreeMap<&'static str, Vec<u8>> {
    let lines = BYTES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    lines.map(|(name, hex)| (name, hex.as_bytes().chunks(2).map(byte).collect())).collect()
}

/// The frozen bytes of events.
fn frozen_events() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    frozen().into_iter().filter(|(name, _)| !name.starts_with("Record.") && !name.starts_with("Link."))
}

fn lines() -> BTreeMap<&'static str, &'static str> {
    LINES.lines().filter_map(|line| line.split_once(' ')).collect()
}

/// Returns what `Type.version.number` says.
fn type_and_version(name: &str) -> (&str, u64) {
    let mut parts = name.split('.');
    (parts.next().unwrap(), parts.next().unwrap().parse().unwrap())
}

/// Reads one event to the last byte.
fn read<'a>(page: &'a Page, name: &str, bytes: &'a [u8]) -> Event<'a> {
    let mut reader = Reader::new(page, bytes);
    let event = reader.event().unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(reader.is_at_end(), "{name}: bytes behind the event");
    event
}

#[test]
fn every_frozen_event_is_read_by_the_page_alone_and_is_its_frozen_line() {
    let (page, lines) = (Page::read(), lines());
    for (name, bytes) in frozen_events() {
        let event = read(&page, name, &bytes);
        assert_eq!((event.of_type.name, event.version), type_and_version(name));
        assert_eq!(event.json, lines[name], "{name}");
        assert_sealed_as_told(name, &event);
    }
    assert_eq!(lines.len(), frozen_events().count());
}

/// Opens the sealed part as the page says, and compares the names of its texts.
fn assert_sealed_as_told(name: &str, event: &Event<'_>) {
    assert_eq!(event.sealed.is_some(), !event.personal.is_empty(), "{name}");
    let chat = event.spans.iter().find(|span| span.kind == "chat").map(|span| &span.value);
    let owner = match (event.of_type.sealed_for, chat) {
        ("chat", Some(Value::Number(chat))) => chat % 100_000_000,
        ("workspace", _) => 0,
        (other, _) => return assert!(other == "-" && event.personal.is_empty(), "{name}: sealed for {other}"),
    };
    let Some(sealed) = &event.sealed else { return };
    assert_eq!(sealed.number("owner"), owner, "{name}");
    let workspace = WorkspaceId::nth(0);
    let owner = ChatId::nth(workspace, owner).map_or(Owner::Workspace(workspace), Owner::Chat);
    let commitment = sealed.bytes("commitment");
    let aad = [&u16::try_from(event.number).unwrap().to_le_bytes()[..], &[u8::try_from(event.version).unwrap()]];
    let aad = [aad.concat().as_slice(), commitment].concat();
    let key = FixedVault.key(owner).unwrap().unwrap();
    let plain = key.open(commitment[..12].try_into().unwrap(), &aad, sealed.bytes("sealed").to_vec());
    let plain = plain.unwrap_or_else(|| panic!("{name}: the sealed part cannot be opened"));
    let (salt, object) = plain.split_at(16);
    assert_eq!(sha256(&[b"tidings personal v1\n", salt, object]).0, commitment, "{name}");
    let texts: BTreeMap<String, String> = serde_json::from_slice(object).unwrap();
    let shown = |name: &String| format!("\"{name}\":{}", serde_json::Value::from(texts[name].clone()));
    let shown: Vec<String> = event.personal.iter().map(shown).collect();
    assert_eq!(format!("{{{}}}", shown.join(",")), String::from_utf8_lossy(object), "{name}");
}

#[test]
fn the_page_has_the_types_and_versions_that_are_frozen_and_no_other() {
    let page = Page::read();
    let names = |(number, version)| (page.events[&(number, version)].name, version);
    let told: Vec<_> = page.events.keys().copied().map(names).collect();
    let frozen: BTreeSet<_> = frozen_events().map(|(name, _)| type_and_version(name)).collect();
    assert_eq!(told.iter().copied().collect::<BTreeSet<_>>(), frozen);
    assert_eq!(told.iter().map(|(name, _)| *name).collect::<Vec<_>>(), OurEvent::NAMES);
}

/// What no frozen event holds would be told without proof.
#[test]
fn every_optional_field_has_a_value_in_the_frozen_bytes_and_every_type_with_texts_is_sealed_in_them() {
    let page = Page::read();
    let (mut present, mut sealed) = (BTreeSet::new(), BTreeSet::new());
    for (name, bytes) in frozen_events() {
        let event = read(&page, name, &bytes);
        present.extend(event.present.into_iter().map(|field| (event.of_type.name, field)));
        sealed.extend(event.sealed.map(|_| event.of_type.name));
    }
    let (mut optional, mut with_texts) = (BTreeSet::new(), BTreeSet::new());
    for event in page.events.values() {
        for (field, kind) in page.all_fields(&event.fields) {
            if kind.starts_with("personal") {
                with_texts.insert(event.name);
            }
            if kind.ends_with('?') {
                optional.insert((event.name, field));
            }
        }
        assert_eq!(event.sealed_for == "-", !with_texts.contains(event.name), "{}", event.name);
    }
    assert_eq!(present, optional);
    assert_eq!(sealed, with_texts);
}

/// A variant that no frozen event holds would be told without proof.
#[test]
fn every_variant_of_the_page_is_in_the_frozen_bytes() {
    let page = Page::read();
    let frozen = frozen();
    let mut met: BTreeSet<(String, u64)> = BTreeSet::new();
    let mut note = |spans: &[reader::Span]| {
        let choices = spans.iter().filter(|span| page.choices.contains_key(span.kind.as_str()));
        met.extend(choices.filter_map(|span| match span.value {
            Value::Number(number) => Some((span.kind.clone(), number)),
            _ => None,
        }));
    };
    frozen_events().for_each(|(name, bytes)| note(&read(&page, name, &bytes).spans));
    for (_, bytes) in frozen.iter().filter(|(name, _)| name.starts_with("Record.")) {
        let mut reader = Reader::new(&page, bytes);
        reader.part(&page.record).unwrap();
        note(&reader.spans);
    }
    let told =
        page.choices.iter().flat_map(|(kind, variants)| (0..).zip(variants).map(|(at, _)| ((*kind).to_owned(), at)));
    assert_eq!(met, told.collect());
}

/// Returns what the headers of the frozen records hold between their format and the number of their events.
fn headers() -> [(String, u64); 3] {
    let digest = |first: u8, bytes: u8| hex(&(first..first + bytes).collect::<Vec<_>>());
    let (key, body) = (digest(31, 16), digest(9, 32));
    let keyed = format!("{{\"Keyed\":{{\"key\":\"{key}\",\"body\":\"{body}\"}}}}");
    [
        (format!("300\"2021-02-24T06:25:29.007Z\"100177\"inbound\"{keyed}"), 3),
        ("1\"1969-12-31T23:59:59.999Z\"10010\"system\"\"Outside\"".to_owned(), 1),
        ("301\"2021-02-24T06:25:29.007Z\"10010\"receiver\"{\"Event\":300}".to_owned(), 1),
    ]
}

#[test]
fn every_frozen_record_is_read_by_the_page_alone() {
    let (page, frozen) = (Page::read(), frozen());
    for (at, (header, events)) in headers().into_iter().enumerate() {
        let bytes = &frozen[format!("Record.1.{at}").as_str()];
        let mut reader = Reader::new(&page, bytes);
        let record = reader.part(&page.record).unwrap();
        assert_eq!(std::mem::take(&mut reader.json), format!("1{header}{events}"));
        assert_eq!(record.number("events"), events);
        for _ in 0..events {
            let event = reader.event().unwrap();
            let is_it =
                |(name, line): (&&str, &&str)| type_and_version(name).0 == event.of_type.name && *line == event.json;
            assert!(lines().iter().any(is_it), "{}", event.json);
            assert_sealed_as_told(event.of_type.name, &event);
        }
        assert!(reader.is_at_end());
    }
}

#[test]
fn every_frozen_hash_of_the_chain_is_the_one_that_the_page_describes() {
    let frozen = frozen();
    let key = [&b"tidings record chain v1"[..], &[0; 9]].concat();
    let mut hash = vec![0; 32];
    for at in 0..3 {
        let bytes = &frozen[format!("Record.1.{at}").as_str()];
        hash = blake3::keyed_hash(key.as_slice().try_into().unwrap(), &[&hash, bytes.as_slice()].concat())
            .as_bytes()
            .to_vec();
        assert_eq!(hash, frozen[format!("Link.1.{at}").as_str()]);
    }
}
