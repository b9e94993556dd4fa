//! Positions of a series, across the limits of the blocks in which they are stored.

use std::collections::BTreeMap;

use events::ids::{MessageId, StreamId};
use events::index::Series;

use crate::desk::Desk;
use crate::facts::*;

const FAR: u64 = u64::MAX;

/// Checks all kinds of queries of a series against the list of its positions.
fn agrees(desk: &Desk, series: Series, all: &[u64]) {
    let mut bounds = vec![0, 1, 2, 3, FAR];
    for at in [0, 1, 398, 399, 400, 401, 799, 800, 801, 999, 1_000, all.len() / 2, all.len().saturating_sub(1)] {
        bounds.extend(all.get(at).into_iter().flat_map(|position| [position - 1, *position, position + 1]));
    }
    bounds.sort_unstable();
    bounds.dedup();
    for limit in [0, 1, 2, 399, 400, 401, 1_000, usize::MAX] {
        for to in &bounds {
            let mut latest: Vec<_> = all.iter().rev().filter(|position| *position <= to).copied().collect();
            latest.truncate(limit);
            assert_eq!(desk.index.latest(series, *to, limit).unwrap(), latest, "the last {limit} up to {to}");
        }
        for from in &bounds {
            for to in [*from, from.saturating_add(500), FAR] {
                let mut wanted: Vec<_> = all.iter().filter(|at| (*from..=to).contains(at)).copied().collect();
                wanted.truncate(limit);
                let found = desk.index.positions(series, *from, to, limit).unwrap();
                assert_eq!(found, wanted, "{limit} from {from} to {to}");
            }
        }
    }
}

/// Checks the revision at every event of a stream, and between them.
fn revisions_agree(desk: &Desk, stream: StreamId, all: &[u64]) {
    for position in 0..=all.last().copied().unwrap_or(0) + 1 {
        let wanted = all.iter().filter(|at| **at <= position).count() as u64;
        assert_eq!(desk.index.revision_at(stream, position).unwrap(), wanted, "at {position}");
    }
}

/// Checks the positions of each message's events, ascending and descending.
fn messages_agree(desk: &Desk, all: &BTreeMap<u64, Vec<u64>>) {
    for (message, positions) in all {
        let series = Series::Message(MessageId::from_bits(*message));
        assert_eq!(desk.index.positions(series, 1, FAR, usize::MAX).unwrap(), *positions, "message {message:x}");
        let latest: Vec<_> = positions.iter().rev().take(2).copied().collect();
        assert_eq!(desk.index.latest(series, FAR, 2).unwrap(), latest, "message {message:x}");
    }
}

/// Lets two workspaces take turns; returns the positions of the first one's charges, which are its stream.
fn take_turns(desk: &mut Desk, rounds: u64) -> Vec<u64> {
    let mut positions = Vec::new();
    for round in 0..rounds {
        let record = desk.append(of_workspace(0), accepted(0, 1, round));
        positions.push(record.last());
        desk.append(of_workspace(1), accepted(1, 1, round));
    }
    positions
}

#[test]
fn a_long_series_is_whole_in_memory_and_on_disk() {
    let series = Series::Stream(of_workspace(0));
    for mut desk in Desk::each() {
        let all = take_turns(&mut desk, 1_205);
        agrees(&desk, series, &all);
        desk.store_index();
        agrees(&desk, series, &all);
        revisions_agree(&desk, of_workspace(0), &all);
        let desk = desk.reopened();
        agrees(&desk, series, &all);
        revisions_agree(&desk, of_workspace(0), &all);
    }
}

#[test]
fn a_series_is_whole_when_its_end_is_in_memory() {
    let series = Series::Stream(of_workspace(0));
    for mut desk in Desk::each() {
        let mut all = take_turns(&mut desk, 401);
        desk.store_index();
        all.extend(take_turns(&mut desk, 405));
        desk.sequencer.store_index(true).unwrap();
        all.extend(take_turns(&mut desk, 203));
        agrees(&desk, series, &all);
        desk.flush();
        agrees(&desk, series, &all);
        revisions_agree(&desk, of_workspace(0), &all);
        let desk = desk.reopened();
        agrees(&desk, series, &all);
        revisions_agree(&desk, of_workspace(0), &all);
    }
}

#[test]
fn a_series_of_many_small_blocks_is_whole() {
    let series = Series::Stream(of_workspace(0));
    for mut desk in Desk::each() {
        let mut all = Vec::new();
        for round in 0..40 {
            all.extend(take_turns(&mut desk, round % 3 + 1));
            desk.store_index();
        }
        agrees(&desk, series, &all);
        revisions_agree(&desk, of_workspace(0), &all);
        let desk = desk.reopened();
        agrees(&desk, series, &all);
        revisions_agree(&desk, of_workspace(0), &all);
    }
}

#[test]
fn a_message_has_its_events_in_order() {
    for mut desk in Desk::each() {
        let queued = desk.append(of_workspace(0), accepted(0, 1, 7));
        desk.append(of_workspace(1), accepted(1, 1, 8));
        let sent = desk.append(of_account(0), vec![sent(0, 1, 7)]);
        let wanted = [queued.first, queued.last(), sent.first];
        let series = Series::Message(MessageId::from_bits(7));
        assert_eq!(desk.index.positions(series, 1, FAR, 9).unwrap(), wanted);
        desk.store_index();
        assert_eq!(desk.index.positions(series, 1, FAR, 9).unwrap(), wanted);
    }
}

#[test]
fn an_unknown_series_is_empty() {
    for mut desk in Desk::each() {
        take_turns(&mut desk, 5);
        desk.store_index();
        let unknown = Series::Stream(of_workspace(7));
        assert!(desk.index.positions(unknown, 0, FAR, 9).unwrap().is_empty());
        assert!(desk.index.latest(unknown, FAR, 9).unwrap().is_empty());
    }
}

/// Messages of one moment are stored together, their later events are not. A moment of 900 messages fills several
/// notes, and one message has more events of that moment than a note can hold.
#[test]
fn messages_of_one_moment_share_notes_and_each_has_its_own_positions() {
    const MOMENT: u64 = 7 << 40;
    for mut desk in Desk::each() {
        let mut all: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        let queued: Vec<u64> = (0..900).map(|nth| MOMENT + nth * 3).chain([MOMENT - 1, MOMENT + (1 << 25)]).collect();
        for message in &queued {
            let record = desk.append(of_workspace(0), accepted(0, 1, *message));
            all.entry(*message).or_default().extend([record.first, record.last()]);
        }
        for _ in 0..600 {
            let record = desk.append(of_workspace(0), vec![sent(0, 1, MOMENT)]);
            all.entry(MOMENT).or_default().push(record.first);
        }
        messages_agree(&desk, &all);
        desk.store_index();
        let notes = desk.log().notes(b"M", b"", usize::MAX).unwrap();
        assert!((4..20).contains(&notes.len()), "{} notes", notes.len());
        for message in queued.iter().step_by(2) {
            all.entry(*message).or_default().push(desk.append(of_workspace(0), vec![sent(0, 1, *message)]).first);
        }
        messages_agree(&desk, &all);
        desk.store_index();
        let desk = desk.reopened();
        messages_agree(&desk, &all);
        messages_agree(&desk, &BTreeMap::from([(MOMENT + 1, Vec::new())]));
    }
}
