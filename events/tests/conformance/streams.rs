//! The list of streams: the same in memory, on the way to the disk and on it, from both ends, from any place.

use std::ops::Bound;

use events::ids::{StreamId, StreamKind};

use crate::desk::Desk;
use crate::facts::*;

const OPEN: Bound<StreamId> = Bound::Unbounded;

/// Makes streams of every kind of actor: two workspaces with accounts, and their chats.
fn lived_in(desk: &mut Desk) -> Vec<StreamId> {
    let mut streams = Vec::new();
    for nth in [0, 1] {
        desk.append(of_workspace(nth), vec![opened(nth, 1), opened(nth, 7)]);
        for round in 0..3 {
            desk.append(of_workspace(nth), accepted(nth, 1, round));
        }
        streams.extend([of_workspace(nth), StreamId::Account(account(nth))]);
        streams.extend([1, 7].map(|chat_number| StreamId::Chat(chat(nth, chat_number))));
    }
    streams.sort_unstable();
    streams
}

/// Compares every page of every length, from both ends, with the list of all streams.
fn agrees(desk: &Desk, all: &[StreamId]) {
    for limit in [0, 1, 2, 3, usize::MAX] {
        let cut = |streams: &mut dyn Iterator<Item = StreamId>| streams.take(limit).collect::<Vec<_>>();
        assert_eq!(desk.index.streams((OPEN, OPEN), limit).unwrap(), cut(&mut all.iter().copied()), "{limit}");
        for place in all {
            let after = cut(&mut all.iter().copied().filter(|stream| stream > place));
            assert_eq!(desk.index.streams((Bound::Excluded(*place), OPEN), limit).unwrap(), after, "after {place}");
            let before = cut(&mut all.iter().rev().copied().filter(|stream| stream < place));
            assert_eq!(desk.index.streams_back((OPEN, Bound::Excluded(*place)), limit).unwrap(), before, "{place}");
        }
        for kind in StreamKind::ALL {
            let (first, last) = kind.streams().into_inner();
            let range = (Bound::Included(first), Bound::Included(last));
            let mut of_kind: Vec<_> = all.iter().copied().filter(|stream| stream.kind() == kind).collect();
            assert_eq!(desk.index.streams(range, limit).unwrap(), cut(&mut of_kind.iter().copied()), "{kind:?}");
            of_kind.reverse();
            assert_eq!(desk.index.streams_back(range, limit).unwrap(), cut(&mut of_kind.into_iter()), "{kind:?}");
        }
    }
    let nothing = (Bound::Excluded(all[1]), Bound::Excluded(all[1]));
    assert_eq!(desk.index.streams(nothing, 9).unwrap(), []);
    assert_eq!(desk.index.streams_back((Bound::Included(all[2]), Bound::Included(all[1])), 9).unwrap(), []);
}

#[test]
fn every_stream_is_listed_once_in_memory_and_on_disk_and_half_and_half() {
    for mut desk in Desk::each() {
        let mut all = lived_in(&mut desk);
        agrees(&desk, &all);
        desk.sequencer.store_index(true).unwrap();
        while desk.flush_once() {
            agrees(&desk, &all);
        }
        agrees(&desk, &all);
        desk.append(of_workspace(0), vec![opened(0, 3)]);
        desk.append(of_workspace(2), vec![opened(2, 1)]);
        all.extend([StreamId::Chat(chat(0, 3)), of_workspace(2), StreamId::Chat(chat(2, 1))]);
        all.sort_unstable();
        agrees(&desk, &all);
        desk.store_index();
        let desk = desk.reopened();
        agrees(&desk, &all);
    }
}

#[test]
fn an_empty_log_has_no_streams() {
    for desk in Desk::each() {
        assert_eq!(desk.index.streams((OPEN, OPEN), 10).unwrap(), []);
        assert_eq!(desk.index.streams_back((OPEN, OPEN), 10).unwrap(), []);
    }
}
