//! Notes are found by key, by prefix, and as the last one up to a key.

use events::log::Log;

use crate::hand::queued;
use crate::store::Store;

fn keys(log: &dyn Log, prefix: &[u8], from: &[u8], limit: usize) -> Vec<String> {
    let found = log.notes(prefix, from, limit).unwrap();
    found.into_iter().map(|(key, _)| String::from_utf8(key).unwrap()).collect()
}

fn before(log: &dyn Log, prefix: &[u8], to: &[u8]) -> Option<String> {
    log.note_before(prefix, to).unwrap().map(|(key, _)| String::from_utf8(key).unwrap())
}

fn filled() -> [Store; 2] {
    let stores = Store::each();
    for store in &stores {
        let keys: [&[u8]; 8] = [b"a", b"b/1", b"b/2", b"b/20", b"b/3", b"b0", b"c/1", b"d"];
        let notes: Vec<_> = keys.iter().map(|key| (*key, Some(*key))).collect();
        store.note(&notes);
        store.put(&store.hand().batch([vec![queued(1, "hi")]]));
    }
    stores
}

#[test]
fn a_note_is_found_by_its_whole_key_only() {
    for store in filled() {
        assert_eq!(store.log().note(b"b/1").unwrap().as_deref(), Some(&b"b/1"[..]));
        for absent in [&b"b"[..], b"b/", b"b/10", b"", b"e"] {
            assert_eq!(store.log().note(absent).unwrap(), None);
        }
    }
}

#[test]
fn a_newer_note_replaces_an_older_one() {
    for store in filled() {
        store.note(&[(b"b/1", Some(b"new"))]);
        assert_eq!(store.log().note(b"b/1").unwrap().as_deref(), Some(&b"new"[..]));
        assert_eq!(keys(store.log(), b"b/", b"", 9).len(), 4);
    }
}

#[test]
fn a_removed_note_is_gone() {
    for store in filled() {
        store.note(&[(b"b/2", None), (b"absent", None)]);
        assert_eq!(store.log().note(b"b/2").unwrap(), None);
        assert_eq!(keys(store.log(), b"b/", b"", 9), ["b/1", "b/20", "b/3"]);
        assert_eq!(before(store.log(), b"b/", b"b/2").as_deref(), Some("b/1"));
    }
}

#[test]
fn the_last_word_about_a_note_counts() {
    for store in filled() {
        store.note(&[
            (b"x", Some(b"1")),
            (b"x", None),
            (b"y", None),
            (b"y", Some(b"2")),
            (b"z", Some(b"1")),
            (b"z", Some(b"3")),
        ]);
        assert_eq!(store.log().note(b"x").unwrap(), None);
        assert_eq!(store.log().note(b"y").unwrap().as_deref(), Some(&b"2"[..]));
        assert_eq!(store.log().note(b"z").unwrap().as_deref(), Some(&b"3"[..]));
    }
}

#[test]
fn notes_of_a_prefix_come_in_the_order_of_their_keys() {
    for store in filled() {
        let log = store.log();
        assert_eq!(keys(log, b"b/", b"b/", 9), ["b/1", "b/2", "b/20", "b/3"]);
        assert_eq!(keys(log, b"b", b"", 9), ["b/1", "b/2", "b/20", "b/3", "b0"]);
        assert_eq!(keys(log, b"", b"", 9), ["a", "b/1", "b/2", "b/20", "b/3", "b0", "c/1", "d"]);
        assert_eq!(keys(log, b"e", b"", 9), [""; 0]);
    }
}

#[test]
fn notes_begin_where_they_are_asked_to() {
    for store in filled() {
        let log = store.log();
        assert_eq!(keys(log, b"b/", b"b/2", 9), ["b/2", "b/20", "b/3"]);
        assert_eq!(keys(log, b"b/", b"b/2\0", 9), ["b/20", "b/3"]);
        assert_eq!(keys(log, b"b/", b"a", 9), ["b/1", "b/2", "b/20", "b/3"]);
        assert_eq!(keys(log, b"b/", b"b/4", 9), [""; 0]);
        assert_eq!(keys(log, b"b/", b"c", 9), [""; 0]);
    }
}

#[test]
fn no_more_notes_come_than_were_asked_for() {
    for store in filled() {
        let log = store.log();
        assert_eq!(keys(log, b"b/", b"", 0), [""; 0]);
        assert_eq!(keys(log, b"b/", b"", 2), ["b/1", "b/2"]);
        assert_eq!(keys(log, b"b/", b"b/2", 2), ["b/2", "b/20"]);
    }
}

#[test]
fn the_note_before_is_the_last_one_of_its_prefix() {
    for store in filled() {
        let log = store.log();
        assert_eq!(before(log, b"b/", b"b/2").as_deref(), Some("b/2"));
        assert_eq!(before(log, b"b/", b"b/2\0").as_deref(), Some("b/2"));
        assert_eq!(before(log, b"b/", b"b/9").as_deref(), Some("b/3"));
        assert_eq!(before(log, b"b/", b"b/0"), None);
        assert_eq!(before(log, b"c/", b"c/0"), None);
        assert_eq!(before(log, b"", b"zz").as_deref(), Some("d"));
        assert_eq!(before(log, b"", b""), None);
    }
}

#[test]
fn keys_and_values_may_hold_any_byte() {
    for store in Store::each() {
        let all: Vec<u8> = (0..=255).collect();
        store.note(&[(&all, Some(&all)), (&[255, 255], Some(&[0])), (&[255], Some(&[255])), (&[0], Some(&[]))]);
        assert_eq!(store.log().note(&all).unwrap(), Some(all));
        let found = store.log().notes(&[255], &[], 9).unwrap();
        assert_eq!(found, [(vec![255], vec![255]), (vec![255, 255], vec![0])]);
    }
}

#[test]
fn notes_and_records_do_not_meet() {
    for store in filled() {
        let (_, records, notes) = store.contents();
        assert_eq!((records.len(), notes.len()), (1, 8));
        store.note(&[(b"r", Some(b"not a record"))]);
        assert_eq!(store.log().read(1).count(), 1);
    }
}
