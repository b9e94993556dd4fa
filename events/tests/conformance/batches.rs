//! A batch is stored as a whole and at its position, or not at all.

use events::codec::{Opening, decode};
use events::log::{Batch, Head, NOTE_BYTES_MAX, WriteError};

use crate::hand::queued;
use crate::store::Store;

#[test]
fn a_new_log_is_empty() {
    for store in Store::each() {
        assert_eq!(store.contents(), (Head::EMPTY, vec![], vec![]));
    }
}

#[test]
fn positions_are_contiguous_from_one() {
    for store in Store::each() {
        let mut hand = store.hand();
        let mut written = Vec::new();
        for size in 1..=12_usize {
            let batch = hand.batch((0..size).map(|number| vec![queued(number as u64, "hi"); number % 3 + 1]));
            store.put(&batch);
            written.extend(batch.records);
            assert_eq!(store.log().head(), hand.head);
        }
        let (_, records, _) = store.contents();
        assert_eq!(records, written);
        let mut next = 1;
        for record in records.iter().map(|stored| decode(stored, Opening::Shut).unwrap()) {
            assert_eq!(record.first, next);
            next = record.last() + 1;
        }
        assert_eq!(store.log().head().position, next - 1);
    }
}

#[test]
fn a_batch_that_follows_another_head_is_a_conflict() {
    for store in Store::each() {
        store.put(&store.hand().batch([vec![queued(1, "hi"); 3]]));
        let before = store.contents();
        for after in [0, 2, 4, u64::MAX] {
            let mut batch = store.hand().batch([vec![queued(2, "hi")]]);
            batch.after = after;
            batch.notes.push((b"k".to_vec(), Some(b"v".to_vec())));
            match store.log().write(&batch) {
                Err(WriteError::Conflict { expected, head }) => assert_eq!((expected, head), (after, 3)),
                other => panic!("{other:?}"),
            }
            assert_eq!(store.contents(), before);
        }
        store.put(&store.hand().batch([vec![queued(2, "hi")]]));
    }
}

#[test]
fn notes_alone_must_follow_the_head_too() {
    for store in Store::each() {
        store.put(&store.hand().batch([vec![queued(1, "hi")]]));
        let notes = vec![(b"k".to_vec(), Some(b"v".to_vec()))];
        let conflict = store.log().write(&Batch { after: 0, notes, ..Batch::default() });
        assert!(matches!(conflict, Err(WriteError::Conflict { .. })), "{conflict:?}");
        assert_eq!(store.log().note(b"k").unwrap(), None);
    }
}

#[test]
fn a_note_that_is_too_long_stores_nothing_of_its_batch() {
    for store in Store::each() {
        store.put(&store.hand().batch([vec![queued(1, "hi")]]));
        store.note(&[(b"kept", Some(b"old"))]);
        let before = store.contents();
        let mut hand = store.hand();
        let mut batch = hand.batch([vec![queued(2, "hi")], vec![queued(3, "hi")]]);
        batch.notes.push((b"kept".to_vec(), Some(b"new".to_vec())));
        batch.notes.push((b"long".to_vec(), Some(vec![7; NOTE_BYTES_MAX + 1])));
        let refused = store.log().write(&batch);
        assert!(matches!(refused, Err(WriteError::NoteTooLong(4_097))), "{refused:?}");
        assert_eq!(store.contents(), before);
        batch.notes.pop();
        store.put(&batch);
        assert_eq!(store.log().head(), hand.head);
        assert_eq!(store.log().note(b"kept").unwrap().as_deref(), Some(&b"new"[..]));
    }
}

#[test]
fn the_longest_note_is_taken() {
    for store in Store::each() {
        let longest = vec![7; NOTE_BYTES_MAX];
        store.note(&[(b"k", Some(&longest)), (b"empty", Some(b""))]);
        assert_eq!(store.log().note(b"k").unwrap(), Some(longest));
        assert_eq!(store.log().note(b"empty").unwrap(), Some(vec![]));
    }
}

#[test]
fn notes_alone_leave_the_head_where_it_is() {
    for store in Store::each() {
        store.put(&store.hand().batch([vec![queued(1, "hi")]]));
        let head = store.log().head();
        store.note(&[(b"k", Some(b"v"))]);
        assert_eq!(store.log().head(), head);
    }
}

#[test]
fn a_batch_of_nothing_is_taken() {
    for store in Store::each() {
        store.put(&Batch::default());
        assert_eq!(store.contents(), (Head::EMPTY, vec![], vec![]));
    }
}

#[test]
fn work_is_counted() {
    for store in Store::each() {
        let before = store.log().stats();
        store.put(&store.hand().batch((0..5).map(|number| vec![queued(number, "hi"); 2])));
        store.note(&[(b"a", Some(b"1")), (b"b", Some(b"2")), (b"absent", None)]);
        let after = store.log().stats();
        assert_eq!(after.batches - before.batches, 2);
        assert_eq!(after.syncs - before.syncs, 2);
        assert_eq!(after.commits - before.commits, 5);
        assert!(after.keys - before.keys >= 4, "{after:?}");
    }
}

#[test]
fn what_is_refused_is_not_counted() {
    for store in Store::each() {
        let before = store.log().stats();
        let mut batch = store.hand().batch([vec![queued(1, "hi")]]);
        batch.notes.push((b"long".to_vec(), Some(vec![7; NOTE_BYTES_MAX + 1])));
        assert!(store.log().write(&batch).is_err());
        batch.after = 9;
        assert!(store.log().write(&batch).is_err());
        assert_eq!(store.log().stats(), before);
    }
}

#[test]
fn small_records_of_one_batch_share_keys_on_disk() {
    let store = Store::sled();
    store.put(&store.hand().batch((0..256).map(|number| vec![queued(number, "hi")])));
    let keys = store.log().stats().keys;
    assert!(keys <= 16, "{keys} keys for 256 small records");
}
