//! Reading can begin anywhere, even inside a commit, and ends at the head.

use events::codec::{Opening, decode};
use events::log::StoredRecord;

use crate::hand::queued;
use crate::store::Store;

/// Five batches of records of one to four events, some of them longer than a page.
pub fn filled() -> [Store; 2] {
    let stores = Store::each();
    for store in &stores {
        let mut hand = store.hand();
        for batch in 0..5_usize {
            let text = if batch == 2 { "x".repeat(9_000) } else { "hi".to_owned() };
            store.put(&hand.batch((0..9_usize).map(|n| vec![queued(n as u64, &text); (n + batch) % 4 + 1])));
        }
    }
    stores
}

fn holds(stored: &StoredRecord, position: u64) -> bool {
    (stored.first..=decode(stored, Opening::Shut).unwrap().last()).contains(&position)
}

#[test]
fn reading_begins_with_the_record_that_holds_the_position() {
    for store in filled() {
        let (head, all, _) = store.contents();
        assert!(head.position > 100);
        for from in 1..=head.position {
            let read: Vec<_> = store.log().read(from).map(Result::unwrap).collect();
            let wanted: Vec<_> = all.iter().skip_while(|stored| !holds(stored, from)).cloned().collect();
            assert!(read == wanted, "from {from}: {} records, not {}", read.len(), wanted.len());
        }
    }
}

#[test]
fn reading_from_before_the_first_begins_with_the_first() {
    for store in filled() {
        let (_, all, _) = store.contents();
        assert_eq!(store.log().read(0).map(Result::unwrap).collect::<Vec<_>>(), all);
    }
}

#[test]
fn beyond_the_head_there_is_nothing() {
    for store in filled() {
        let head = store.log().head().position;
        for from in [head + 1, head + 2, u64::MAX - 1, u64::MAX] {
            assert_eq!(store.log().read(from).count(), 0, "from {from}");
        }
    }
}

#[test]
fn an_empty_log_has_nothing_to_read() {
    for store in Store::each() {
        assert_eq!(store.log().read(0).count() + store.log().read(1).count(), 0);
    }
}

#[test]
fn a_reader_may_go_on_where_it_stopped() {
    for store in filled() {
        let (_, all, _) = store.contents();
        let mut read = Vec::new();
        let mut from = 1;
        while let Some(stored) = store.log().read(from).next().transpose().unwrap() {
            from = decode(&stored, Opening::Shut).unwrap().last() + 1;
            read.push(stored);
        }
        assert_eq!(read, all);
    }
}
