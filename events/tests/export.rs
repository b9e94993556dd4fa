//! The frozen lines of every event type, as an export writes them. A released line of `golden/export.ndjson` is never
//! changed; and each is read back to what was stored.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a broken helper fails the test")]

#[path = "shared/fixed_vault.rs"]
mod fixed_vault;
#[path = "shared/random.rs"]
mod random;
#[path = "shared/samples.rs"]
mod samples;

use std::collections::BTreeMap;
use std::path::Path;

use events::chain;
use events::codec::{self, Opening};
use events::event::Event;
use events::founding::LogId;
use events::log::StoredRecord;
use events::proof::exported::{self, LineFault};
use events::proof::line::{self, Beside, LineHash, Shared};
use events::record::Record;
use events::time::Timestamp;
use proptest::prelude::*;

use self::fixed_vault::FixedVault;
use self::samples::{records, samples};

const LINES: &str = include_str!("golden/export.ndjson");
/// Set this variable to write missing lines; existing lines stay as they are.
const BLESS: &str = "TIDINGS_TEST_BLESS";
const LOG: LogId = LogId([0xab; 16]);

fn stored(record: &Record) -> StoredRecord {
    let mut bytes = Vec::new();
    codec::encode_record(record, &FixedVault, &mut bytes).unwrap();
    let hash = chain::link(&chain::GENESIS, &bytes);
    StoredRecord { first: record.first, previous: chain::GENESIS, bytes: bytes.into(), hash }
}

/// Every sample in a record of its own, and the records that hold several events.
fn all() -> Vec<Record> {
    let of_samples = samples().into_iter().map(|event: Event| {
        let workspace = event.owner().workspace();
        Record { events: vec![event], workspace, ..records()[0].clone() }
    });
    of_samples.chain(records()).collect()
}

/// The lines of a record, each as if the one before it were its predecessor and the first of the log.
fn written(record: &Record, opening: Opening<'_>) -> Vec<String> {
    let (mut before, mut written) = (None, Vec::new());
    for line in line::lines(&stored(record), opening).unwrap() {
        let mut text = String::new();
        before = Some(line.write(LOG, before, &mut text));
        written.push(text);
    }
    written
}

#[test]
fn the_line_of_every_sample_is_the_frozen_one() {
    let frozen: Vec<&str> = LINES.lines().collect();
    let wanted: Vec<String> = all().iter().flat_map(|record| written(record, Opening::With(&FixedVault))).collect();
    // New samples may stand between others.
    let missing: Vec<&String> = wanted.iter().filter(|line| !frozen.contains(&line.trim_end())).collect();
    let gone: Vec<&&str> = frozen.iter().filter(|line| !wanted.contains(&format!("{line}\n"))).collect();
    assert!(gone.is_empty(), "lines that nothing writes any more: {gone:#?}");
    if !missing.is_empty() && std::env::var_os(BLESS).is_some() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/export.ndjson");
        let more: String = missing.into_iter().map(String::as_str).collect();
        std::fs::write(file, format!("{LINES}{more}")).unwrap();
    } else {
        assert!(missing.is_empty(), "no frozen lines; {BLESS}=1 writes them: {missing:#?}");
    }
}

#[test]
fn every_line_is_read_back_to_what_was_stored() {
    for record in all() {
        let mut before: Option<LineHash> = None;
        for (text, (position, event)) in written(&record, Opening::With(&FixedVault)).iter().zip(record.positioned()) {
            let read = exported::read(text.trim_end()).unwrap_or_else(|fault| panic!("{fault}: {text}"));
            assert_eq!((&read.event, read.position, read.before), (event, position, before), "{text}");
            assert_eq!((read.log, read.shared.clone()), (LOG, Shared::of(&record)), "{text}");
            before = Some(read.hash);
        }
    }
}

/// An erasure changes no hash, and what is not there is told from what is erased.
#[test]
fn a_line_without_its_texts_keeps_its_hash() {
    for record in all() {
        let with = written(&record, Opening::With(&FixedVault));
        for (with, without) in with.iter().zip(written(&record, Opening::Shut)) {
            let [whole, erased] = [with.trim_end(), without.trim_end()].map(|text| exported::read(text).unwrap());
            assert_eq!(whole.hash, erased.hash);
            assert_eq!(whole.beside == Beside::Nothing, erased.beside == Beside::Nothing);
            assert!(matches!(erased.beside, Beside::Nothing | Beside::Erased), "{without}");
        }
        let lost = codec::decode(&stored(&record), Opening::Lost).unwrap();
        let shut = written(&record, Opening::Shut);
        let read: Vec<_> = shut.iter().map(|text| exported::read(text.trim_end()).unwrap().event).collect();
        assert_eq!(read, lost.events);
    }
}

/// No letter of a text gets into what is hashed, and none that others' programs write in another way.
#[test]
fn data_is_ascii_without_any_text() {
    for line in LINES.lines() {
        let (start, end) = (line.find("\"data\":").unwrap(), line.find(",\"personal").map_or(line.len(), |at| at));
        let members: BTreeMap<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        assert!(line[start..end].bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
        for text in ["Ada", "Blue Kite", "+1202", "kite.example"] {
            assert!(!members["data"].to_string().contains(text), "{line}");
        }
        let time = members["time"].as_str().unwrap();
        assert!(time.len() == "2021-02-24T06:25:29.007000001Z".len() && time.ends_with("1Z"), "{time}");
    }
}

#[test]
fn a_changed_byte_is_found_in_every_member() {
    for line in LINES.lines() {
        let members: BTreeMap<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        for (name, value) in &members {
            let value = serde_json::to_string(value).unwrap();
            let (shown, at) = (format!("\"{name}\":{value}"), name.len() + 3 + value.len() / 2);
            let Some(start) = line.find(&shown) else { continue };
            let mut changed = line.as_bytes().to_vec();
            changed[start + at] ^= 1;
            let changed = String::from_utf8_lossy(&changed);
            assert!(exported::read(&changed).is_err(), "{name}: {changed}");
        }
    }
}

#[test]
fn another_writing_of_the_same_line_is_refused() {
    let line = LINES.lines().find(|line| line.contains("personalsalt")).unwrap();
    let refused = |line: &str| exported::read(line).unwrap_err();
    assert_eq!(refused(&line.replacen("\"signature\":null", "\"signature\": null", 1)), LineFault::OtherWriting);
    let twice = line.replacen("\"signature\":null", "\"signature\":null,\"signature\":null", 1);
    assert!(matches!(refused(&twice), LineFault::NoLine(_)), "{twice}");
    let more = line.replacen("\"signature\":null", "\"signature\":null,\"more\":1", 1);
    assert!(matches!(refused(&more), LineFault::NoLine(_)), "{more}");
    let mut salt = String::from(line);
    let at = salt.find("\"personalsalt\":\"").unwrap() + "\"personalsalt\":\"".len();
    salt.replace_range(at..=at, "f");
    assert_eq!(refused(&salt), LineFault::Texts);
    let (without, _) = line.split_once(",\"personal\":\"{").unwrap();
    assert_eq!(refused(&format!("{without}}}")), LineFault::Texts);
    assert_eq!(refused(&format!("{line}\r")), LineFault::OtherWriting);
    for bad in ["", "{}", "null", "\u{feff}{}", &line[1..], &format!("{line}{line}")] {
        assert!(matches!(refused(bad), LineFault::NoLine(_)), "{bad}");
    }
}

proptest! {
    #[test]
    fn any_record_is_read_back_from_its_lines(mut record in random::record(), ms in 0_i64..253_402_300_800_000) {
        record.recorded_at = Timestamp::from_ms(ms);
        for opening in [Opening::With(&FixedVault), Opening::Shut] {
            let texts = written(&record, opening);
            let read = texts.iter().map(|text| exported::read(text.trim_end()));
            let read = read.collect::<Result<Vec<_>, _>>().unwrap();
            let events: Vec<Event> = read.iter().map(|read| read.event.clone()).collect();
            let lost = codec::decode(&stored(&record), Opening::Lost).unwrap().events;
            prop_assert_eq!(&events, if matches!(opening, Opening::Shut) { &lost } else { &record.events });
            prop_assert!(read.iter().all(|read| read.shared == Shared::of(&record)));
        }
    }
}
