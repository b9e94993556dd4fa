//! A snapshot gives exactly the state that was stored, or nothing.

use events::ids::{StreamId, WorkspaceId};
use events::log::{Batch, Log, NOTE_BYTES_MAX, Note};
use events::snapshot::{self, Head, Place, Slots};
use events::vault::MemoryVault;
use serde::de::DeserializeOwned;

use crate::store::Store;

const RULES: u64 = 7;

fn stream(nth: u64) -> StreamId {
    StreamId::Workspace(WorkspaceId::nth(nth))
}

fn place(position: u64) -> Place {
    Place { stream: stream(0), rules: RULES, position, revision: position / 2 }
}

fn write(log: &dyn Log, notes: &[Note]) {
    let after = log.head().position;
    log.write(&Batch { after, notes: notes.to_vec(), ..Batch::default() }).unwrap();
}

/// Returns the notes that store a state, and the place that it takes.
fn notes(position: u64, state: &str, before: Option<Slots>) -> (Vec<Note>, Slots) {
    let (pending, slots) = snapshot::prepare(place(position), &state, before).unwrap();
    (pending.notes(&MemoryVault::endless()).unwrap(), slots)
}

fn keep(log: &dyn Log, position: u64, state: &str, before: Option<Slots>) -> Slots {
    let (notes, slots) = notes(position, state, before);
    write(log, &notes);
    slots
}

fn load<S: DeserializeOwned>(log: &dyn Log, stream: StreamId, head: &Head, rules: u64, to: u64) -> Option<S> {
    snapshot::load(log, &MemoryVault::endless(), stream, head, rules, to).unwrap()
}

fn head(log: &dyn Log) -> Head {
    snapshot::head(log, stream(0)).unwrap().unwrap()
}

fn found(log: &dyn Log) -> Option<(String, u64, u64)> {
    let head = snapshot::head(log, stream(0)).unwrap()?;
    let state = load(log, stream(0), &head, RULES, u64::MAX)?;
    Some((state, head.position, head.revision))
}

fn long(letter: &str, notes: usize) -> String {
    letter.repeat(NOTE_BYTES_MAX * notes - 100)
}

#[test]
fn what_was_kept_last_comes_back_as_it_was() {
    for store in Store::each() {
        assert_eq!(found(store.log()), None);
        let first = keep(store.log(), 10, &long("a", 3), None);
        assert_eq!(found(store.log()), Some((long("a", 3), 10, 5)));
        let second = keep(store.log(), 20, "short", Some(first));
        assert_eq!(found(store.log()), Some(("short".to_owned(), 20, 10)));
        keep(store.log(), 30, &long("c", 2), Some(second));
        assert_eq!(found(store.log()), Some((long("c", 2), 30, 15)));
        let stored = store.log().notes(b"S/", b"", 100).unwrap();
        assert_eq!(stored.len(), 2 + 1 + 1, "what a shorter one left over is removed");
    }
}

#[test]
fn a_stop_in_the_middle_of_the_next_one_leaves_the_last_one() {
    for cut in 0..3 {
        let store = Store::memory();
        let first = keep(store.log(), 10, &long("a", 2), None);
        let (notes, _) = notes(20, &long("b", 2), Some(first));
        assert_eq!(notes.len(), 3);
        write(store.log(), &notes[..cut]);
        assert_eq!(found(store.log()), Some((long("a", 2), 10, 5)), "after {cut} notes");
    }
}

#[test]
fn what_is_damaged_or_incomplete_is_passed_over() {
    let (notes, _) = notes(10, &long("a", 2), None);
    for damaged in 0..notes.len() {
        let store = Store::memory();
        write(store.log(), &notes);
        let (key, value) = &notes[damaged];
        let mut worse = value.clone().unwrap();
        *worse.last_mut().unwrap() ^= 1;
        write(store.log(), &[(key.clone(), Some(worse))]);
        assert_eq!(found(store.log()), None, "note {damaged} is damaged");
        write(store.log(), &[(key.clone(), None)]);
        assert_eq!(found(store.log()), None, "note {damaged} is missing");
    }
}

#[test]
fn other_rules_other_streams_and_the_future_are_passed_over() {
    let store = Store::memory();
    keep(store.log(), 10, "state", None);
    let head = head(store.log());
    let found = |stream, rules, to| load::<String>(store.log(), stream, &head, rules, to).is_some();
    assert!(found(stream(0), RULES, 10));
    assert!(!found(stream(0), RULES, 9), "it is newer than what is asked for");
    assert!(!found(stream(0), RULES + 1, 10));
    assert!(!found(stream(1), RULES, 10));
    assert_eq!(snapshot::head(store.log(), stream(1)).unwrap(), None);
}

#[test]
fn a_state_of_another_shape_is_passed_over() {
    let store = Store::memory();
    keep(store.log(), 10, "state", None);
    let head = head(store.log());
    assert!(load::<(u64, u64)>(store.log(), stream(0), &head, RULES, 10).is_none());
}
