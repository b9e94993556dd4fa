//! Tests that everything written is read back, and that no bytes make the decoder panic.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a broken helper fails the test")]

#[path = "shared/random.rs"]
mod random;
#[path = "shared/samples.rs"]
mod samples;

use events::codec::{self, CodecError, EVENTS_PER_RECORD_MAX, PAYLOAD_BYTES_MAX};
use events::event::Event;
use events::personal::Digest;
use events::record::Record;
use events::workspace::WorkspaceCreated;
use proptest::prelude::*;

use self::samples::{records, samples};

fn encoded(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::encode_record(record, &mut bytes).unwrap();
    bytes
}

fn with_events(events: Vec<Event>) -> Record {
    let [record, _, _] = records();
    Record { events, ..record }
}

fn settings(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn assert_digests_are_known(event: &Event) {
    let json = serde_json::to_value(event).unwrap();
    let is_digest = |value: &serde_json::Value| value.as_str().is_some_and(|text| text.parse::<Digest>().is_ok());
    for (name, value) in json.as_object().unwrap() {
        let is_known = event.digest_fields().contains(&name.as_str());
        assert!(is_known == is_digest(value) || (is_known && value.is_null()), "{}: {name}", event.name());
    }
    for name in event.digest_fields() {
        assert!(json.get(name).is_some(), "{} has no {name}", event.name());
    }
}

/// The samples have every type of event, which the random ones need not.
#[test]
fn every_digest_in_a_sample_is_known_as_one() {
    samples().iter().for_each(assert_digests_are_known);
}

proptest! {
    #![proptest_config(settings(256))]

    #[test]
    fn every_event_is_read_back(event in random::event(), behind in prop::collection::vec(any::<u8>(), 0..9)) {
        let mut bytes = Vec::new();
        codec::encode_event(&event, &mut bytes).unwrap();
        bytes.extend_from_slice(&behind);
        let (back, rest) = codec::decode_event(&bytes).unwrap();
        prop_assert_eq!(back, event);
        prop_assert_eq!(rest, behind.as_slice());
    }

    #[test]
    fn every_digest_in_an_event_is_known_as_one(event in random::event()) {
        assert_digests_are_known(&event);
    }

    #[test]
    fn every_record_is_read_back(record in random::record()) {
        let bytes = encoded(&record);
        prop_assert_eq!(codec::decode_record(&bytes).unwrap(), record);
    }

    #[test]
    fn a_record_is_written_behind_what_is_there(record in random::record()) {
        let mut bytes = b"before".to_vec();
        codec::encode_record(&record, &mut bytes).unwrap();
        prop_assert_eq!(bytes.strip_prefix(b"before").unwrap().to_vec(), encoded(&record));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        drop(codec::decode_record(&bytes));
        drop(codec::decode_event(&bytes));
    }

    #[test]
    fn no_changed_byte_makes_the_reader_panic(record in random::record(), at in any::<usize>(), with in 1..=255_u8) {
        let mut bytes = encoded(&record);
        let at = at % bytes.len();
        bytes[at] ^= with;
        drop(codec::decode_record(&bytes));
    }
}

proptest! {
    #![proptest_config(settings(64))]

    #[test]
    fn a_record_that_is_cut_short_anywhere_is_refused(record in random::record()) {
        let bytes = encoded(&record);
        for length in 0..bytes.len() {
            prop_assert!(codec::decode_record(&bytes[..length]).is_err(), "{length} of {}", bytes.len());
        }
    }

    #[test]
    fn bytes_behind_a_record_are_refused(record in random::record(), behind in prop::collection::vec(any::<u8>(), 1..9)) {
        let mut bytes = encoded(&record);
        bytes.extend_from_slice(&behind);
        prop_assert!(codec::decode_record(&bytes).is_err());
    }
}

#[test]
fn a_record_has_at_least_one_event() {
    let refused = codec::encode_record(&with_events(vec![]), &mut Vec::new());
    assert!(matches!(refused, Err(CodecError::TooLarge)), "{refused:?}");
}

#[test]
fn a_record_has_a_thousand_events_at_most() {
    let event = &samples()[6];
    let full = with_events(vec![event.clone(); EVENTS_PER_RECORD_MAX as usize]);
    assert_eq!(codec::decode_record(&encoded(&full)).unwrap(), full);
    let refused = codec::encode_record(&with_events(vec![event.clone(); 1_001]), &mut Vec::new());
    assert!(matches!(refused, Err(CodecError::TooLarge)), "{refused:?}");
}

#[test]
fn a_record_that_claims_more_events_is_refused_before_room_is_made_for_them() {
    let event = samples().swap_remove(6);
    let mut behind = Vec::new();
    codec::encode_event(&event, &mut behind).unwrap();
    let bytes = encoded(&with_events(vec![event]));
    // The count of events is the header's last byte; larger counts take a mark and two or four bytes.
    let (count, header) = bytes[..bytes.len() - behind.len()].split_last().unwrap();
    assert_eq!(*count, 1);
    for claimed in [&[0][..], &[0xfb, 0xe9, 3], &[0xfc, 0xff, 0xff, 0xff, 0xff]] {
        let refused = codec::decode_record(&[header, claimed, &behind].concat());
        assert!(matches!(refused, Err(CodecError::TooLarge)), "{refused:?}");
    }
}

#[test]
fn a_payload_has_a_mebibyte_at_most() {
    let named = |bytes: usize| {
        let Event::WorkspaceCreated(event) = samples().swap_remove(0) else { panic!("no such sample") };
        Event::from(WorkspaceCreated { name: "n".repeat(bytes).into(), ..event })
    };
    let mut bytes = Vec::new();
    assert!(codec::encode_event(&named(usize::try_from(PAYLOAD_BYTES_MAX).unwrap() - 100), &mut bytes).is_ok());
    assert!(codec::decode_event(&bytes).is_ok());
    assert!(codec::encode_event(&named(usize::try_from(PAYLOAD_BYTES_MAX).unwrap()), &mut bytes).is_err());
}

#[test]
fn a_type_or_version_that_is_not_known_is_named() {
    let mut bytes = Vec::new();
    codec::encode_event(&samples()[0], &mut bytes).unwrap();
    bytes[4..6].copy_from_slice(&65_000_u16.to_le_bytes());
    let refused = codec::decode_event(&bytes);
    assert!(matches!(refused, Err(CodecError::UnknownType(65_000, 1))), "{refused:?}");
    bytes[4..8].copy_from_slice(&[1, 0, 9, 0]);
    let refused = codec::decode_event(&bytes);
    assert!(matches!(refused, Err(CodecError::UnknownType(1, 9))), "{refused:?}");
}

#[test]
fn a_payload_longer_than_its_type_is_refused() {
    let mut bytes = Vec::new();
    codec::encode_event(&samples()[0], &mut bytes).unwrap();
    bytes.push(0);
    let length = u32::try_from(bytes.len() - 8).unwrap();
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    assert!(codec::decode_event(&bytes).is_err());
}
