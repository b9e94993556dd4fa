//! The past is the same however it is read: walks both ways over the log, a stream or a message; moments and
//! positions.

use std::ops::{ControlFlow, RangeInclusive};
use std::sync::Arc;

use events::codec::{Opening, decode};
use events::event::Event;
use events::history::{History, Of, ReadMode};
use events::ids::MessageId;
use events::index::Index;
use events::record::{Position, Record};
use events::time::Timestamp;

use crate::desk::Desk;
use crate::facts::*;
use crate::reading::filled;
use crate::store::Store;

const FAR: u64 = u64::MAX;

fn of_store(store: &Store) -> History {
    let log = store.shared();
    let index = Arc::new(Index::open(Arc::clone(&log), Arc::clone(store.vault())).unwrap());
    History::new(log, index, ReadMode::Inline)
}

/// Two workspaces take turns; enough commits for the longest step of a backward walk.
fn turns() -> [(Desk, History); 2] {
    Desk::each().map(|mut desk| {
        for round in 0..700 {
            desk.append(of_workspace(0), accepted(0, 1, round));
            desk.append(of_workspace(1), accepted(1, 1, round));
        }
        desk.flush();
        let history = desk.history();
        (desk, history)
    })
}

fn concerned(history: &History, of: Of) -> Vec<Position> {
    let records: Vec<Record> = history.log().read(1).map(|stored| history.decode(&stored.unwrap()).unwrap()).collect();
    let is_wanted = |event: &Event| match of {
        Of::All => true,
        Of::Stream(stream) => event.concerns(stream),
        Of::Message(message) => event.message() == Some(message),
        Of::Erasures => matches!(event, Event::ChatErased(_)),
    };
    records.iter().flat_map(Record::positioned).filter(|(_, event)| is_wanted(event)).map(|(at, _)| at).collect()
}

/// Returns the positions of the first `limit` events of a walk.
fn walked(history: &History, of: Of, range: RangeInclusive<u64>, back: bool, limit: usize) -> Vec<Position> {
    let mut seen = Vec::new();
    let mut each = |position: Position, record: &Record, event: &Event| {
        assert_eq!(record.event_at(position), Some(event));
        seen.push(position);
        if seen.len() == limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let walk = if back { history.walk_back(of, range, &mut each) } else { history.walk(of, range, &mut each) };
    walk.unwrap();
    seen
}

fn agrees(history: &History, of: Of) {
    let all = concerned(history, of);
    let head = history.head().position;
    for from in [0, 1, 2, 63, 64, 65, 66, 130, head / 2, head] {
        for to in [0, 1, 64, 66, 200, 1_000, head - 1, head] {
            let mut wanted: Vec<_> = all.iter().copied().filter(|at| (from..=to).contains(at)).collect();
            for limit in [1, 2, 64, 65, usize::MAX] {
                let first: Vec<_> = wanted.iter().copied().take(limit).collect();
                assert_eq!(walked(history, of, from..=to, false, limit), first, "{limit} of {of:?}, {from} to {to}");
            }
            wanted.reverse();
            for limit in [1, 2, 64, 65, usize::MAX] {
                let last: Vec<_> = wanted.iter().copied().take(limit).collect();
                assert_eq!(walked(history, of, from..=to, true, limit), last, "back {limit} of {of:?}, {from} to {to}");
            }
        }
    }
}

#[test]
fn walks_show_what_the_log_holds_in_both_directions() {
    for (_desk, history) in turns() {
        agrees(&history, Of::All);
        agrees(&history, Of::Stream(of_workspace(0)));
        agrees(&history, Of::Stream(of_account(1)));
        agrees(&history, Of::Stream(of_workspace(7)));
    }
}

#[test]
fn the_end_of_all_time_is_the_head() {
    for (_desk, history) in turns() {
        let head = history.head().position;
        assert_eq!(walked(&history, Of::All, 1..=FAR, true, 1), [head]);
        assert_eq!(walked(&history, Of::All, 1..=FAR, false, usize::MAX).len() as u64, head);
        assert_eq!(walked(&history, Of::All, head + 1..=FAR, true, 1), Vec::<Position>::new());
        assert_eq!(walked(&history, Of::All, head + 1..=FAR, false, 1), Vec::<Position>::new());
    }
}

/// An event that is sequenced but not written is not part of the past.
#[test]
fn a_walk_behind_the_head_says_what_is_missing() {
    for (mut desk, history) in turns() {
        let head = history.head().position;
        desk.append(of_workspace(0), accepted(0, 1, 9_999));
        let stream = Of::Stream(of_workspace(0));
        let shown = walked(&history, stream, 1..=head, false, usize::MAX);
        assert_eq!(shown, concerned(&history, stream));
        assert!(history.walk(stream, 1..=FAR, |_, _, _| ControlFlow::Continue(())).is_err());
        assert!(history.walk_back(stream, 1..=FAR, |_, _, _| ControlFlow::Continue(())).is_err());
    }
}

#[test]
fn a_message_begins_with_its_first_event() {
    for store in filled() {
        let history = of_store(&store);
        let first = walked(&history, Of::Message(MessageId::from_bits(3)), 1..=FAR, false, 1);
        let first = history.record_at(first[0]).unwrap().unwrap().event_at(first[0]).cloned();
        assert_eq!(history.first(MessageId::from_bits(3)).unwrap(), first);
        assert!(first.is_some());
        assert_eq!(history.first(MessageId::from_bits(99)).unwrap(), None);
        agrees(&history, Of::Message(MessageId::from_bits(3)));
    }
}

#[test]
fn the_record_of_a_position_and_the_end_of_its_commit_are_found() {
    for store in filled() {
        let history = of_store(&store);
        let head = history.head().position;
        for position in 1..=head {
            let record = history.record_at(position).unwrap().unwrap();
            assert!((record.first..=record.last()).contains(&position));
            assert_eq!(history.end_of_commit(position).unwrap(), record.last());
            assert_eq!(record.event_at(record.last() + 1).or(record.event_at(record.first - 1)), None);
        }
        assert_eq!(history.record_at(head + 1).unwrap(), None);
        assert_eq!((history.end_of_commit(0).unwrap(), history.end_of_commit(head + 9).unwrap()), (0, head + 9));
    }
}

#[test]
fn the_position_of_a_moment_is_the_last_one_recorded_by_then() {
    for store in filled() {
        let (head, all, _) = store.contents();
        let all: Vec<_> = all.iter().map(|stored| decode(stored, Opening::Shut).unwrap()).collect();
        let history = of_store(&store);
        for ms in 990..=1_010 + i64::try_from(head.position).unwrap() {
            let moment = Timestamp::from_ms(ms);
            let by_then = all.iter().rev().find(|record| record.recorded_at <= moment);
            assert_eq!(history.position_at(moment).unwrap(), by_then.map_or(0, Record::last));
        }
    }
}
