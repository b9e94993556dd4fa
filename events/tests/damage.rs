//! Tests that `verify` reports the position of whatever was changed, lost or moved.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a broken helper fails the test")]

#[path = "shared/hand.rs"]
mod hand;

use std::sync::Arc;

use events::chain;
use events::codec;
use events::codec::{Opening, decode};
use events::founding::{FORMAT, LogCreated, LogId};
use events::ids::WorkspaceId;
use events::log::{Batch, Head, Log, ReadError, StoredRecord};
use events::personal::Digest;
use events::record::{Position, Record};
use events::store::memory_log::MemoryLog;
use events::store::sled_log::SledLog;
use events::time::Timestamp;
use events::vault::{MemoryVault, Vault};
use events::verify::verify;
use proptest::prelude::*;

use self::hand::{Hand, queued};

/// The same keys each time.
fn vault() -> Arc<dyn Vault> {
    Arc::new(MemoryVault::endless())
}

/// Ten records of one to three events. They begin at the positions 1, 2, 4, 7, 8, 10, 13, 14, 16 and 19.
fn sound() -> (Vec<StoredRecord>, Head) {
    let mut hand = Hand::after(Head::EMPTY, &vault());
    let batch = hand.batch((0..10).map(|number| vec![queued(number as u64, "hello"); number % 3 + 1]));
    (batch.records, hand.head)
}

/// Returns the position of the damage found in a log of these records, the same in memory and on disk.
fn found_wrong(records: &[StoredRecord]) -> Option<Position> {
    let folder = tempfile::tempdir().unwrap();
    let logs: [Arc<dyn Log>; 2] = [Arc::new(MemoryLog::default()), Arc::new(SledLog::open(folder.path(), 1).unwrap())];
    let found = logs.map(|log| found_wrong_in(log.as_ref(), records));
    assert_eq!(found[0], found[1], "memory and disk disagree");
    found[0]
}

fn found_wrong_in(log: &dyn Log, records: &[StoredRecord]) -> Option<Position> {
    let (_, head) = sound();
    let batch = Batch { after: 0, records: records.to_vec(), head: Some(head), notes: Vec::new() };
    log.write(&batch).unwrap();
    match verify(log, Opening::Shut, |_| ()) {
        Ok(_) => None,
        Err(ReadError::Damaged { position, .. }) => Some(position),
        Err(other) => panic!("{other}"),
    }
}

/// Changes one byte.
fn flip(stored: &mut StoredRecord, at: usize, with: u8) {
    let mut bytes = stored.bytes.to_vec();
    bytes[at] ^= with;
    stored.bytes = bytes.into();
}

/// Changes a record's content, and gives it the hash that fits.
fn rewrite(stored: &mut StoredRecord, change: impl FnOnce(Record) -> Record) {
    let record = change(decode(stored, Opening::With(vault().as_ref())).unwrap());
    let mut bytes = Vec::new();
    codec::encode_record(&record, vault().as_ref(), &mut bytes).unwrap();
    stored.bytes = bytes.into();
    stored.hash = chain::link(&stored.previous, &stored.bytes);
}

#[test]
fn a_sound_log_is_walked_from_first_to_last() {
    let (records, head) = sound();
    let log = MemoryLog::default();
    log.write(&Batch { after: 0, records, head: Some(head), notes: Vec::new() }).unwrap();
    let mut seen = Vec::new();
    assert_eq!(verify(&log, Opening::Shut, |record| seen.push(record.first)).unwrap(), head);
    assert_eq!(seen, [1, 2, 4, 7, 8, 10, 13, 14, 16, 19]);
}

#[test]
fn an_empty_log_is_sound() {
    assert_eq!(verify(&MemoryLog::default(), Opening::Shut, |_| ()).unwrap(), Head::EMPTY);
}

#[test]
fn a_sound_log_shows_no_damage() {
    assert_eq!(found_wrong(&sound().0), None);
}

#[test]
fn only_what_is_right_is_shown() {
    let (mut records, head) = sound();
    flip(&mut records[3], 5, 1);
    let log = MemoryLog::default();
    log.write(&Batch { after: 0, records, head: Some(head), notes: Vec::new() }).unwrap();
    let mut seen = Vec::new();
    assert!(verify(&log, Opening::Shut, |record| seen.push(record.first)).is_err());
    assert_eq!(seen, [1, 2, 4]);
}

#[test]
fn a_changed_hash_is_named() {
    for at in 0..10 {
        let (mut records, _) = sound();
        records[at].hash.0[31] ^= 0x80;
        assert_eq!(found_wrong(&records), Some(records[at].first));
    }
}

#[test]
fn a_missing_record_is_named_wherever_it_was() {
    for at in 0..10 {
        let (mut records, _) = sound();
        let missing = records.remove(at);
        assert_eq!(found_wrong(&records), Some(missing.first), "record {at}");
    }
}

#[test]
fn a_lost_end_is_named() {
    let (mut records, _) = sound();
    records.truncate(4);
    assert_eq!(found_wrong(&records), Some(8));
    assert_eq!(found_wrong_in(&MemoryLog::default(), &[]), Some(1));
}

#[test]
fn two_records_in_each_others_place_are_named() {
    // The first and the fourth have one event each, so that both fit into the other's place.
    let (mut records, _) = sound();
    let (first, fourth) = (records[0].clone(), records[3].clone());
    records[0] = StoredRecord { first: first.first, ..fourth.clone() };
    records[3] = StoredRecord { first: fourth.first, ..first };
    assert_eq!(found_wrong(&records), Some(1));
}

#[test]
fn a_record_that_stands_twice_is_named() {
    let (mut records, _) = sound();
    records[3] = StoredRecord { first: records[3].first, ..records[0].clone() };
    assert_eq!(found_wrong(&records), Some(7));
}

#[test]
fn a_record_written_for_another_place_is_named_however_well_it_is_chained() {
    let (mut records, _) = sound();
    rewrite(&mut records[4], |record| Record { first: 80, ..record });
    assert_eq!(found_wrong(&records), Some(8));
}

#[test]
fn bytes_that_are_no_record_are_named_however_well_they_are_chained() {
    let (mut records, _) = sound();
    records[4].bytes.truncate(9);
    records[4].hash = chain::link(&records[4].previous, &records[4].bytes);
    assert_eq!(found_wrong(&records), Some(8));
}

#[test]
fn a_record_that_was_rewritten_with_its_hash_breaks_the_next_one() {
    let (mut records, _) = sound();
    rewrite(&mut records[4], |record| Record { events: vec![queued(99, "forged"), queued(98, "forged")], ..record });
    assert_eq!(found_wrong(&records), Some(10));
}

#[test]
fn a_record_with_more_events_than_there_were_breaks_the_next_one() {
    let (mut records, _) = sound();
    rewrite(&mut records[4], |record| Record { events: vec![queued(99, "forged"); 3], ..record });
    assert_eq!(found_wrong(&records), Some(11));
}

#[test]
fn a_record_that_names_another_one_before_it_is_named() {
    // On disk a page keeps only the hash before its first record, so this is for logs that keep all.
    for at in 0..10 {
        let (mut records, _) = sound();
        records[at].previous = Digest([7; 32]);
        assert_eq!(found_wrong_in(&MemoryLog::default(), &records), Some(records[at].first));
    }
}

#[test]
fn a_log_that_follows_something_else_than_nothing_is_named() {
    let (mut records, _) = sound();
    records[0].previous = Digest([7; 32]);
    records[0].hash = chain::link(&records[0].previous, &records[0].bytes);
    assert_eq!(found_wrong(&records), Some(1));
}

/// Returns what `verify` says of a record in the middle of a log whose hashes all fit.
fn said_of(forged: impl FnOnce(Record) -> Vec<u8>) -> String {
    let (mut records, mut head) = sound();
    let record = decode(&records[4], Opening::With(vault().as_ref())).unwrap();
    records.truncate(5);
    records[4].bytes = forged(record).into();
    records[4].hash = chain::link(&records[4].previous, &records[4].bytes);
    (head.position, head.hash) = (9, records[4].hash);
    let log = MemoryLog::default();
    log.write(&Batch { after: 0, records, head: Some(head), notes: Vec::new() }).unwrap();
    match verify(&log, Opening::Shut, |_| ()) {
        Err(ReadError::Damaged { position: 8, what }) => what,
        other => panic!("{other:?}"),
    }
}

fn encoded(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::encode_record(record, vault().as_ref(), &mut bytes).unwrap();
    bytes
}

#[test]
fn a_record_that_no_log_can_have_is_named_however_well_it_is_chained() {
    let long = |record| Record { events: vec![queued(99, &"x".repeat(300_000)); 2], ..record };
    assert_eq!(said_of(|record| encoded(&long(record))), "a record of more than 524288 bytes");
    let other = |record| Record { workspace: WorkspaceId::nth(1), ..record };
    assert_eq!(said_of(|record| encoded(&other(record))), "an event of another workspace");
    let created = LogCreated {
        log: LogId([7; 16]),
        format: FORMAT,
        created_at: Timestamp::from_ms(0),
        checkpoint_key: String::new(),
    };
    let again = |record| Record { workspace: WorkspaceId::LOG, events: vec![created.into()], ..record };
    assert_eq!(said_of(|record| encoded(&again(record))), "the log is created once more");
    let too_many = |record| {
        let full = encoded(&Record { events: vec![queued(99, "forged"); 1_000], ..record });
        let mut one = Vec::new();
        codec::encode_event(&queued(99, "forged"), vault().as_ref(), &mut one).unwrap();
        let header = full.len() - 1_000 * one.len();
        // The number of events is the end of the header: a mark and two bytes.
        [&full[..header - 2], &1_001_u16.to_le_bytes(), &full[header..], &one].concat()
    };
    assert_eq!(said_of(too_many), "beyond the limits of the format");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_byte_is_named_by_its_record(which in 0..10_usize, at in any::<usize>(), with in 1..=255_u8) {
        let (mut records, _) = sound();
        let at = at % records[which].bytes.len();
        flip(&mut records[which], at, with);
        prop_assert_eq!(found_wrong_in(&MemoryLog::default(), &records), Some(records[which].first));
    }

    #[test]
    fn records_in_any_wrong_order_are_found(order in Just((0..10_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let (records, _) = sound();
        let places = records.iter().map(|record| record.first);
        let moved: Vec<_> =
            places.zip(&order).map(|(first, from)| StoredRecord { first, ..records[*from].clone() }).collect();
        let first_moved = order.iter().enumerate().find(|(at, from)| at != *from).map(|(at, _)| records[at].first);
        prop_assert_eq!(found_wrong_in(&MemoryLog::default(), &moved), first_moved);
    }
}
