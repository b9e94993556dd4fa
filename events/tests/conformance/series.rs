//! Positions of a series, over the bounds of the blocks in which they are stored.

use events::ids::MessageId;
use events::index::Series;

use crate::desk::Desk;
use crate::facts::*;

const FAR: u64 = u64::MAX;

/// Whatever is asked about a series must be what the list of its positions says.
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

/// Two workspaces take turns; gives the positions of the first one's charges, which are its stream.
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
        let desk = desk.reopened();
        agrees(&desk, series, &all);
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
        let desk = desk.reopened();
        agrees(&desk, series, &all);
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
        let desk = desk.reopened();
        agrees(&desk, series, &all);
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
