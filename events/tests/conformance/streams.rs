//! The streams of a log are listed in pages, whether they are stored yet or not.

use std::collections::BTreeSet;

use events::ids::StreamId;

use crate::desk::Desk;
use crate::facts::*;

fn listed(desk: &Desk, page: usize) -> Vec<StreamId> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let streams = desk.index.streams(after, page).unwrap();
        assert!(streams.len() <= page);
        after = streams.last().copied();
        all.extend(streams.iter().copied());
        if streams.len() < page {
            return all;
        }
    }
}

#[test]
fn every_stream_is_listed_once_in_order() {
    for mut desk in Desk::each() {
        assert_eq!(desk.index.streams(None, 10).unwrap(), []);
        let mut wanted = BTreeSet::new();
        for round in 0..40 {
            let record = desk.append(of_workspace(round % 3), accepted(round % 3, 1 + round % 5, round));
            wanted.extend(record.events.iter().flat_map(events::event::Event::streams).flatten());
            if round == 20 {
                desk.store_index();
            }
        }
        let wanted: Vec<_> = wanted.into_iter().collect();
        assert!(wanted.len() > 6, "{wanted:?}");
        for stored in [false, true] {
            if stored {
                desk.store_index();
            }
            for page in [1, 2, 3, 7, wanted.len(), 1_000] {
                assert_eq!(listed(&desk, page), wanted, "{page} at once, stored: {stored}");
            }
            assert_eq!(desk.index.streams(None, 0).unwrap(), []);
        }
    }
}
