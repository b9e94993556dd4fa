//! Secrets are separate from records and notes: stored, read, listed and removed by name.

use events::log::{NOTE_BYTES_MAX, WriteError};
use events::secrets::Secrets;

use crate::hand::queued;
use crate::store::Store;

fn filled() -> [Store; 2] {
    let stores = Store::each();
    for store in &stores {
        for name in ["a", "b/1", "b/2", "b/20", "b0", "c"] {
            store.secrets().keep(name.as_bytes(), name.as_bytes()).unwrap();
        }
    }
    stores
}

fn names(secrets: &dyn Secrets, prefix: &str, from: &str, limit: usize) -> Vec<String> {
    let names = secrets.list(prefix.as_bytes(), from.as_bytes(), limit).unwrap();
    names.into_iter().map(|name| String::from_utf8(name).unwrap()).collect()
}

#[test]
fn a_secret_is_kept_and_replaced() {
    for store in Store::each() {
        assert_eq!(store.secrets().read(b"smtp").unwrap(), None);
        store.secrets().keep(b"smtp", b"first").unwrap();
        store.secrets().keep(b"smtp", b"second").unwrap();
        store.secrets().keep(b"other", b"third").unwrap();
        assert_eq!(store.secrets().read(b"smtp").unwrap().as_deref(), Some(&b"second"[..]));
    }
}

#[test]
fn a_secret_is_in_no_note_and_no_record() {
    for store in Store::each() {
        store.note(&[(b"b/1", Some(b"b/1"))]);
        store.put(&store.hand().batch([vec![queued(1, "hi")]]));
        let before = store.contents();
        store.secrets().keep(b"b/1", b"secret").unwrap();
        assert_eq!(store.contents(), before);
        assert_eq!(store.log().note(b"b/1").unwrap().as_deref(), Some(&b"b/1"[..]));
    }
}

#[test]
fn a_secret_is_synced_at_once() {
    for store in Store::each() {
        let before = store.log().stats().syncs;
        store.secrets().keep(b"smtp", b"secret").unwrap();
        assert_eq!(store.log().stats().syncs, before + 1);
    }
}

#[test]
fn a_secret_that_is_too_long_is_refused() {
    for store in Store::each() {
        store.secrets().keep(b"smtp", &[7; NOTE_BYTES_MAX]).unwrap();
        let refused = store.secrets().keep(b"smtp", &[8; NOTE_BYTES_MAX + 1]);
        assert!(matches!(refused, Err(WriteError::NoteTooLong(4_097))), "{refused:?}");
        assert_eq!(store.secrets().read(b"smtp").unwrap(), Some(vec![7; NOTE_BYTES_MAX]));
    }
}

#[test]
fn secrets_are_listed_by_name_in_parts() {
    for store in filled() {
        let secrets = store.secrets();
        assert_eq!(names(secrets, "", "", 9), ["a", "b/1", "b/2", "b/20", "b0", "c"]);
        assert_eq!(names(secrets, "b/", "", 9), ["b/1", "b/2", "b/20"]);
        assert_eq!(names(secrets, "b/", "b/", 2), ["b/1", "b/2"]);
        assert_eq!(names(secrets, "b/", "b/2\0", 2), ["b/20"]);
        assert_eq!(names(secrets, "b/", "b/3", 9), [""; 0]);
        assert_eq!(names(secrets, "d", "", 9), [""; 0]);
    }
}

#[test]
fn a_removed_secret_is_gone_and_no_other() {
    for store in filled() {
        store.secrets().remove(b"b/2").unwrap();
        store.secrets().remove(b"absent").unwrap();
        assert_eq!(store.secrets().read(b"b/2").unwrap(), None);
        assert_eq!(names(store.secrets(), "b", "", 9), ["b/1", "b/20", "b0"]);
    }
}

#[test]
fn a_removal_is_synced_at_once_and_outlives_a_restart() {
    for store in filled() {
        let before = store.log().stats().syncs;
        store.secrets().remove(b"b/2").unwrap();
        assert_eq!(store.log().stats().syncs, before + 1);
        let store = store.reopened();
        assert_eq!(store.secrets().read(b"b/2").unwrap(), None);
        assert_eq!(store.secrets().read(b"b/20").unwrap().as_deref(), Some(&b"b/20"[..]));
    }
}
