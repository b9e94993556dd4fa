//! Everything on the disk is there after a new start, in values that the store syncs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use events::account::MessageQueued;
use events::codec::{Opening, decode};
use events::event::Event;
use events::log::{Head, Log};
use events::store::sled_log::{OpenError, SledLog};
use events::verify::verify;

use crate::hand::queued;
use crate::store::Store;

/// The longest value of the store: a longer one would go to a file that is never synced.
const VALUE_BYTES_MAX: usize = 4_096;
/// How often a store is closed on a busy machine.
const SEALS: u64 = 200;

/// Sizes around the limits of one page and of several, up to the longest text in its longest encoding.
fn sizes() -> Vec<usize> {
    let mut sizes = vec![1, 2, 250, 251, 1_000, 2_000];
    sizes.extend(3_880..4_100);
    sizes.extend([8_000, 8_191, 8_192, 8_193, 12_288, 65_535, 65_536, 100_000, 200_000, 262_143, 262_144]);
    sizes
}

fn text_of(event: &Event) -> &str {
    match event {
        Event::MessageQueued(MessageQueued { text, .. }) => text.reveal(),
        other => panic!("{other:?}"),
    }
}

fn text(bytes: usize) -> String {
    ('a'..='z').cycle().take(bytes).collect()
}

/// A log with a text of every size: each in its own batch, and then all again in a few batches.
fn with_texts() -> Store {
    let store = Store::sled();
    let mut hand = store.hand();
    for bytes in sizes() {
        store.put(&hand.batch([vec![queued(1, &text(bytes))]]));
    }
    for sizes in sizes().chunks(50) {
        store.put(&hand.batch(sizes.iter().map(|bytes| vec![queued(1, &text(*bytes))])));
    }
    store
}

#[test]
fn an_empty_log_is_empty_after_reopening() {
    for store in Store::each() {
        assert_eq!(store.reopened().contents(), (Head::EMPTY, vec![], vec![]));
    }
}

#[test]
fn everything_is_there_after_reopening() {
    for mut store in Store::each() {
        for round in 0..5_u64 {
            let mut batch = store.hand().batch((0..30).map(|number| vec![queued(number, "hi"); 3]));
            batch.notes.push((round.to_be_bytes().to_vec(), Some(b"note".to_vec())));
            store.put(&batch);
            store.secrets().keep(b"round", &round.to_be_bytes()).unwrap();
            let before = store.contents();
            store = store.reopened();
            assert_eq!(store.contents(), before);
            assert_eq!(store.secrets().read(b"round").unwrap(), Some(round.to_be_bytes().to_vec()));
        }
        assert_eq!(verify(store.log(), Opening::Shut, |_| ()).unwrap().position, 5 * 30 * 3);
    }
}

#[test]
fn the_head_is_read_again_whatever_the_last_record_is() {
    for bytes in [1, 3_900, 5_000, 100_000] {
        let store = Store::sled();
        let mut hand = store.hand();
        store.put(&hand.batch([vec![queued(1, "hi")], vec![queued(2, &text(bytes)); 2]]));
        assert_eq!(store.reopened().log().head(), hand.head);
    }
}

#[test]
fn removed_notes_stay_removed_after_reopening() {
    for store in Store::each() {
        store.note(&[(b"a", Some(b"1")), (b"b", Some(b"2"))]);
        store.note(&[(b"a", None)]);
        assert_eq!(store.reopened().log().notes(b"", b"", 9).unwrap(), [(b"b".to_vec(), b"2".to_vec())]);
    }
}

#[test]
fn texts_of_every_size_survive_reopening() {
    let store = with_texts().reopened();
    let wanted: Vec<usize> = sizes().into_iter().chain(sizes()).collect();
    let mut read = Vec::new();
    let head = verify(store.log(), Opening::With(store.vault().as_ref()), |record| {
        let found = text_of(&record.events[0]);
        assert!(found == text(found.len()));
        read.push(found.len());
    });
    assert_eq!(head.unwrap(), store.log().head());
    assert_eq!(read, wanted);
}

#[test]
fn a_long_text_is_read_from_its_own_position() {
    let store = with_texts();
    for (position, bytes) in (1..).zip(sizes().into_iter().chain(sizes())) {
        let stored = store.log().read(position).next().unwrap().unwrap();
        let record = decode(&stored, Opening::With(store.vault().as_ref())).unwrap();
        assert_eq!((record.first, text_of(&record.events[0]).len()), (position, bytes));
    }
}

#[test]
fn no_value_is_longer_than_four_kibibytes() {
    let store = with_texts();
    store.note(&[(b"longest", Some(&[7; VALUE_BYTES_MAX]))]);
    store.secrets().keep(b"longest", &[7; VALUE_BYTES_MAX]).unwrap();
    let folder = store.closed();
    let db = sled::open(folder.path().join("log")).unwrap();
    let mut values = 0;
    for name in db.tree_names() {
        for item in &db.open_tree(&name).unwrap() {
            let (key, value) = item.unwrap();
            assert!(value.len() <= VALUE_BYTES_MAX, "{} bytes at {key:?}", value.len());
            values += 1;
        }
    }
    assert!(values > 400, "{values}");
}

#[test]
fn large_texts_leave_the_folder_of_blobs_empty() {
    let store = with_texts();
    assert_eq!(blobs(store.folder()), Vec::<PathBuf>::new());
    let store = store.reopened();
    assert_eq!(blobs(store.folder()), Vec::<PathBuf>::new());
    assert!(store.folder().join("log/blobs").is_dir(), "sled keeps its blobs elsewhere now");
}

/// Returns the files in all folders called `blobs`.
fn blobs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            let inside = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
            if path.ends_with("blobs") {
                found.extend(inside);
            } else {
                found.extend(blobs(&path));
            }
        }
    }
    found
}

#[test]
fn a_log_is_open_once() {
    let store = Store::sled();
    match SledLog::open(store.folder(), 8) {
        Err(OpenError::InUse) => {}
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("opened twice"),
    }
    store.put(&store.hand().batch([vec![queued(1, "hi")]]));
    assert_eq!(store.reopened().log().head().position, 1);
}

/// A start that is killed, or whose disk fills up, ends like this.
#[test]
fn a_start_that_ended_with_half_a_page_table_does_not_hinder_the_next() {
    for half in [&b""[..], b"half of it, which is longer than a sum"] {
        let store = Store::sled();
        store.put(&store.hand().batch([vec![queued(1, "hi")]]));
        let before = store.contents();
        let folder = store.closed();
        fs::remove_file(folder.path().join("log/seal")).unwrap();
        let left = folder.path().join("log/snap.00000000FFFFFFFF.generating");
        fs::write(&left, half).unwrap();
        assert_eq!(Store::opened(folder).contents(), before);
        assert!(!left.exists());
    }
}

/// As after a kill between the write and the update of the head file.
#[test]
fn a_first_record_that_was_written_and_not_yet_witnessed_is_no_damage() {
    let store = Store::sled();
    store.secrets().keep(b"name", b"secret").unwrap();
    let first = store.hand().batch([vec![queued(1, "hi")]]);
    store.log().write(&first).unwrap();
    assert_eq!(Some(store.reopened().log().head()), first.head);
}

/// The store's own threads move live data out of old parts of the file, even while it is being closed.
#[test]
fn a_store_is_sealed_as_its_threads_left_it_however_busy_the_machine_is() {
    let busy = Arc::new(());
    for _ in 0..4 {
        let busy = Arc::downgrade(&busy);
        thread::spawn(move || while busy.strong_count() > 0 {});
    }
    let mut store = Store::sled();
    for round in 0..SEALS {
        let mut last = store.hand().batch([vec![queued(round, "hi")]]);
        let value = (round % 3 != 2).then(|| vec![7; VALUE_BYTES_MAX]);
        last.notes.extend((0..500_u64).map(|key| (key.to_be_bytes().to_vec(), value.clone())));
        // Written but not synced: closing must do that.
        store.log().write(&last).unwrap();
        let folder = store.closed();
        assert!(folder.path().join("log/seal").exists(), "not sealed in round {round}");
        store = Store::opened(folder);
        assert_eq!(Some(store.log().head()), last.head, "round {round}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let log = SledLog::open(&folder.path().join("a/b"), 8).unwrap();
    assert_eq!(log.head(), Head::EMPTY);
    assert!(log.bytes_on_disk() > 0);
}

#[test]
fn a_place_that_is_no_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), b"").unwrap();
    let refused = SledLog::open(&folder.path().join("file"), 8);
    assert!(matches!(refused, Err(OpenError::Store(_))));
}
