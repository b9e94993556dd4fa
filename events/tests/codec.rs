//! Tests that everything written is read back, and that no bytes make the decoder panic.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a broken helper fails the test")]

#[path = "shared/random.rs"]
mod random;
#[path = "shared/samples.rs"]
mod samples;

use events::account::MessageQueued;
use events::codec::{self, CodecError, EVENTS_PER_RECORD_MAX, Opening, RECORD_BYTES_MAX};
use events::event::Event;
use events::ids::{WebhookId, WorkspaceId};
use events::log::ReadError;
use events::personal::Digest;
use events::record::Record;
use events::vault::{MemoryVault, Owner, SealKey, Vault, VaultError};
use events::webhook::ListeningEnded;
use proptest::prelude::*;

use self::samples::{records, samples};

fn vault() -> MemoryVault {
    MemoryVault::endless()
}

fn read(bytes: &[u8]) -> Result<Record, CodecError> {
    codec::decode_record(bytes, Opening::With(&vault()))
}

/// Reads an event of the workspace that all random events and samples belong to.
fn read_event(bytes: &[u8], workspace: WorkspaceId) -> Result<(Event, &[u8]), CodecError> {
    codec::decode_event(bytes, workspace, Opening::With(&vault()))
}

fn encoded(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::encode_record(record, &vault(), &mut bytes).unwrap();
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
        codec::encode_event(&event, &vault(), &mut bytes).unwrap();
        bytes.extend_from_slice(&behind);
        let (back, rest) = read_event(&bytes, event.owner().workspace()).unwrap();
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
        prop_assert_eq!(read(&bytes).unwrap(), record);
    }

    #[test]
    fn a_record_is_written_behind_what_is_there(record in random::record()) {
        let mut bytes = b"before".to_vec();
        codec::encode_record(&record, &vault(), &mut bytes).unwrap();
        prop_assert_eq!(bytes.strip_prefix(b"before").unwrap().to_vec(), encoded(&record));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        drop(read(&bytes));
        drop(read_event(&bytes, WorkspaceId::nth(0)));
    }

    #[test]
    fn no_changed_byte_makes_the_reader_panic(record in random::record(), at in any::<usize>(), with in 1..=255_u8) {
        let mut bytes = encoded(&record);
        let at = at % bytes.len();
        bytes[at] ^= with;
        drop(read(&bytes));
    }
}

proptest! {
    #![proptest_config(settings(64))]

    #[test]
    fn a_record_that_is_cut_short_anywhere_is_refused(record in random::record()) {
        let bytes = encoded(&record);
        for length in 0..bytes.len() {
            prop_assert!(read(&bytes[..length]).is_err(), "{length} of {}", bytes.len());
        }
    }

    #[test]
    fn bytes_behind_a_record_are_refused(record in random::record(), behind in prop::collection::vec(any::<u8>(), 1..9)) {
        let mut bytes = encoded(&record);
        bytes.extend_from_slice(&behind);
        prop_assert!(read(&bytes).is_err());
    }
}

#[test]
fn a_record_has_at_least_one_event() {
    let refused = codec::encode_record(&with_events(vec![]), &vault(), &mut Vec::new());
    assert!(matches!(refused, Err(CodecError::TooLarge)), "{refused:?}");
}

#[test]
fn a_record_has_a_thousand_events_at_most() {
    let event = &samples()[6];
    let full = with_events(vec![event.clone(); EVENTS_PER_RECORD_MAX as usize]);
    assert_eq!(read(&encoded(&full)).unwrap(), full);
    let refused = codec::encode_record(&with_events(vec![event.clone(); 1_001]), &vault(), &mut Vec::new());
    assert!(matches!(refused, Err(CodecError::TooLarge)), "{refused:?}");
}

#[test]
fn a_record_that_claims_more_events_is_refused_before_room_is_made_for_them() {
    let event = samples().swap_remove(6);
    let mut behind = Vec::new();
    codec::encode_event(&event, &vault(), &mut behind).unwrap();
    let bytes = encoded(&with_events(vec![event]));
    // The count of events is the header's last byte; larger counts take a mark and two or four bytes.
    let (count, header) = bytes[..bytes.len() - behind.len()].split_last().unwrap();
    assert_eq!(*count, 1);
    for claimed in [&[0][..], &[0xfb, 0xe9, 3], &[0xfc, 0xff, 0xff, 0xff, 0xff]] {
        let refused = read(&[header, claimed, &behind].concat());
        assert!(matches!(refused, Err(CodecError::TooLarge)), "{refused:?}");
    }
}

/// The first sample, whose envelope has a length of one byte and a type number of one byte.
fn first() -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::encode_event(&samples()[0], &vault(), &mut bytes).unwrap();
    bytes
}

#[test]
fn a_type_version_or_flag_that_is_not_known_is_named() {
    let with_head = |head: &[u8]| [head, &first()[4..]].concat();
    let refused = |bytes: Vec<u8>| read_event(&bytes, WorkspaceId::nth(0)).unwrap_err().to_string();
    let length = first()[0];
    for (head, number, version) in
        [(&[length, 250, 1, 1][..], 250, 1), (&[length, 251, 0xe8, 0xfd, 1, 1], 65_000, 1), (&[length, 1, 9, 1], 1, 9)]
    {
        let wanted = format!("unknown event type {number} version {version}: it was written by a newer tidings");
        assert_eq!(refused(with_head(head)), wanted);
    }
    assert_eq!(
        refused(with_head(&[length, 1, 1, 3])),
        "unknown event type 1 version 1: it was written by a newer tidings"
    );
}

#[test]
fn a_record_of_another_format_is_named() {
    let mut bytes = encoded(&records()[0]);
    assert_eq!(bytes[0], 1);
    bytes[0] = 2;
    let refused = read(&bytes).unwrap_err();
    assert_eq!(refused.to_string(), "unknown record format 2: it was written by a newer tidings");
}

#[test]
fn a_payload_longer_than_its_type_is_refused() {
    let mut bytes = first();
    let length = usize::from(bytes[0]);
    bytes.insert(4 + length, 0);
    bytes[0] += 1;
    assert!(read_event(&bytes, WorkspaceId::nth(0)).is_err());
}

/// A sealed event: the message that was queued.
fn sealed() -> (Event, Vec<u8>) {
    let event = samples().into_iter().find(|event| matches!(event, Event::MessageQueued(_))).unwrap();
    let mut bytes = Vec::new();
    codec::encode_event(&event, &vault(), &mut bytes).unwrap();
    (event, bytes)
}

#[test]
fn no_text_stands_in_the_bytes_of_an_event() {
    for event in samples() {
        let mut bytes = Vec::new();
        codec::encode_event(&event, &vault(), &mut bytes).unwrap();
        for text in ["+12025550101", "Bob Example", "hello", "Blue Kite", "moving house", "price", "1@lid", "wamid"] {
            assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()), "{}: {text}", event.name());
        }
    }
}

#[test]
fn a_text_is_read_with_its_key_only() {
    let (event, bytes) = sealed();
    let read = |opening| codec::decode_event(&bytes, WorkspaceId::nth(0), opening).unwrap().0;
    let vault = vault();
    assert_eq!(read(Opening::With(&vault)), event);
    vault.destroy(event.owner()).unwrap();
    for opening in [Opening::Shut, Opening::With(&vault)] {
        let Event::MessageQueued(queued) = read(opening) else { panic!("another event") };
        let Event::MessageQueued(whole) = &event else { panic!("another event") };
        assert_eq!((queued.text.readable(), queued.to.reveal()), (None, "[erased]"));
        assert_eq!((queued.message, queued.report_bytes, queued.at), (whole.message, whole.report_bytes, whole.at));
    }
}

/// What is written after the key was destroyed is lost at once, and still binds its commitment.
#[test]
fn a_text_without_a_key_is_not_stored() {
    let (event, _) = sealed();
    let vault = vault();
    vault.destroy(event.owner()).unwrap();
    let mut bytes = Vec::new();
    codec::encode_event(&event, &vault, &mut bytes).unwrap();
    assert_eq!(bytes.last(), Some(&0), "the sealed part is empty");
    let (back, _) = codec::decode_event(&bytes, WorkspaceId::nth(0), Opening::With(&MemoryVault::endless())).unwrap();
    let Event::MessageQueued(queued) = back else { panic!("another event") };
    assert_eq!(queued.text.readable(), None);
}

#[test]
fn every_changed_bit_of_a_sealed_event_is_noticed_or_changes_what_is_in_clear() {
    let (event, bytes) = sealed();
    let part = bytes.len() - 32 - 16;
    for at in part..bytes.len() {
        for bit in 0..8 {
            let mut worse = bytes.clone();
            worse[at] ^= 1 << bit;
            assert!(read_event(&worse, WorkspaceId::nth(0)).is_err(), "bit {bit} of byte {at}");
        }
    }
    for at in 0..part {
        let mut worse = bytes.clone();
        worse[at] ^= 1;
        if let Ok((other, _)) = read_event(&worse, WorkspaceId::nth(0)) {
            assert_ne!(other, event, "byte {at}");
        }
    }
}

/// One text, two salts: nobody can tell that the texts are the same, and no nonce is used twice.
#[test]
fn equal_texts_are_sealed_differently() {
    let event = sealed().0;
    let vault = vault();
    let written = || {
        let mut bytes = Vec::new();
        codec::encode_event(&event, &vault, &mut bytes).unwrap();
        bytes
    };
    assert_ne!(written(), written());
}

#[test]
fn an_event_of_another_workspace_does_not_fit_into_a_record() {
    let [record, ..] = records();
    assert!(codec::fits(record.workspace, &record.cause, &record.events).is_ok());
    let refused = codec::fits(WorkspaceId::nth(1), &record.cause, &record.events);
    assert!(matches!(refused, Err(CodecError::OtherWorkspace)), "{refused:?}");
}

/// Such a record is not written, and not read as that of another owner either.
#[test]
fn a_record_that_concerns_two_workspaces_is_neither_written_nor_read() {
    let [record, ..] = records();
    let (own, other) = (record.workspace, WorkspaceId::nth(1));
    let webhook = WebhookId::of_listeners(own);
    let two = ListeningEnded { workspace: other, webhook, instead: true, at: record.recorded_at };
    for (workspace, events) in [(other, record.events.clone()), (own, vec![two.into()])] {
        let record = Record { workspace, events, ..record.clone() };
        let fits = codec::fits(workspace, &record.cause, &record.events);
        assert!(matches!(fits, Err(CodecError::OtherWorkspace)), "{fits:?}");
        let shut = codec::decode_record(&encoded(&record), Opening::Shut);
        assert!(matches!(shut, Err(CodecError::OtherWorkspace)), "{shut:?}");
        assert!(read(&encoded(&record)).is_err());
    }
}

/// A vault in place of one that is lost, which never has the keys of before.
struct Replaced(u64);

impl Vault for Replaced {
    fn key(&self, owner: Owner) -> Result<Option<SealKey>, ReadError> {
        MemoryVault::new(2).key(owner)
    }

    fn room(&self, _: WorkspaceId) -> Option<u64> {
        None
    }

    fn extend(&self, _: &[(WorkspaceId, u64)]) -> Result<(), VaultError> {
        Err(VaultError::Closed)
    }

    fn destroy(&self, _: Owner) -> Result<(), VaultError> {
        Err(VaultError::Closed)
    }

    fn renew(&self, _: Owner) -> Result<(), VaultError> {
        Err(VaultError::Closed)
    }

    fn unique(&self) -> [u8; 16] {
        [0; 16]
    }

    fn erased_up_to(&self) -> u64 {
        self.0
    }
}

#[test]
fn texts_up_to_the_loss_of_a_vault_are_erased_and_later_ones_are_opened() {
    let [record, ..] = records();
    let bytes = encoded(&record);
    let first = record.first;
    let read = codec::decode_record(&bytes, Opening::With(&Replaced(first))).unwrap();
    let erased = |event: &Event| serde_json::to_string(event).unwrap().contains("[erased]");
    assert!(read.events.iter().any(erased), "{read:?}");
    assert_eq!(
        read.events.iter().map(Event::name).collect::<Vec<_>>(),
        record.events.iter().map(Event::name).collect::<Vec<_>>()
    );
    // The keys of the new vault open nothing of before: its position says more than a try.
    assert!(codec::decode_record(&bytes, Opening::With(&Replaced(first - 1))).is_err());
}

proptest! {
    #![proptest_config(settings(256))]

    /// Whatever is said to fit takes no more bytes than a record may have.
    #[test]
    fn what_fits_is_no_longer_than_it_may_be(record in random::record()) {
        prop_assert!(codec::fits(record.workspace, &record.cause, &record.events).is_ok());
        let bytes: u64 = record.events.iter().map(|event| codec::event_bytes(event).unwrap()).sum();
        let header = encoded(&Record { events: vec![samples()[0].clone()], ..record.clone() }).len() as u64;
        prop_assert!(encoded(&record).len() as u64 <= bytes + header);
    }
}

/// A text of control characters takes six times its bytes in JSON.
#[test]
fn the_longest_text_fits_whatever_it_says() {
    for text in ["\u{1}".repeat(65_536), "\u{10000}".repeat(65_536)] {
        let Event::MessageQueued(queued) = sealed().0 else { panic!("another event") };
        let events = vec![Event::from(MessageQueued { text: text.into(), ..queued })];
        let record = with_events(events);
        codec::fits(record.workspace, &record.cause, &record.events).unwrap();
        assert!(encoded(&record).len() as u64 <= RECORD_BYTES_MAX);
        assert_eq!(read(&encoded(&record)).unwrap(), record);
    }
    let Event::MessageQueued(queued) = sealed().0 else { panic!("another event") };
    let event = Event::from(MessageQueued { text: "\u{1}".repeat(90_000).into(), ..queued });
    let refused = codec::fits(WorkspaceId::nth(0), &records()[0].cause, &[event]);
    assert!(matches!(refused, Err(CodecError::TooLarge)), "{refused:?}");
}
