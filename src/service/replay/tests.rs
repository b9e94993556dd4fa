//! Tests that a replay finds what differs, and nothing else.

use actors::runtime::replay::RULES;
use events::log::{Batch, Log};

use serde_json::json;

use super::*;
use crate::service::as_of::AsOf;
use crate::service::small_log::{SmallLog, chat, workspace};
use crate::service::{state_diff, states};

fn replayed(log: &SmallLog, compare: bool) -> ReplayView {
    offline(&log.history, log.history.head().position, compare, |_| true).unwrap()
}

fn named(view: &ReplayView) -> Vec<(&str, Outcome, Vec<&str>)> {
    view.named
        .iter()
        .map(|named| (named.stream.as_str(), named.outcome, named.paths.iter().map(String::as_str).collect()))
        .collect()
}

#[test]
fn every_stream_is_folded_and_every_event_applied() {
    let small = SmallLog::filled();
    let view = replayed(&small, false);
    assert_eq!((view.streams, view.applied, view.compared, view.failed), (2, 6, 0, 0));
    assert!(view.is_good() && view.named.is_empty(), "{view:?}");
    let half = offline(&small.history, 3, false, |_| true).unwrap();
    assert_eq!((half.to, half.streams, half.applied), (3, 1, 3));
    let stopped = offline(&small.history, 6, false, |_| false).unwrap();
    assert_eq!(stopped.streams, 1);
}

#[test]
fn a_snapshot_that_is_right_is_no_difference() {
    let small = SmallLog::filled();
    small.keep::<Workspace>(workspace(), 3, RULES, |_| {});
    small.keep::<Chat>(chat(), 4, RULES, |_| {});
    let view = replayed(&small, true);
    assert_eq!((view.compared, view.differing, view.skipped), (2, 0, 0), "{view:?}");
    assert_eq!((view.streams, view.applied), (2, 6), "what the snapshots hold is folded too");
}

#[test]
fn a_changed_snapshot_is_named_with_what_differs() {
    let small = SmallLog::filled();
    small.keep::<Workspace>(workspace(), 3, RULES, |state| state.balance += 1);
    small.keep::<Chat>(chat(), 4, RULES, |_| {});
    let view = replayed(&small, true);
    assert_eq!((view.compared, view.differing), (2, 1));
    assert_eq!(named(&view), [("workspace/1001", Outcome::Differs, vec!["/balance"])]);
    assert!(!view.is_good());
    assert!(replayed(&small, false).is_good(), "nothing was asked for");
}

#[test]
fn a_changed_snapshot_above_a_mebibyte_is_named_too() {
    let small = SmallLog::filled();
    small.keep::<Workspace>(workspace(), 3, RULES, |state| state.name = "A".repeat(1 << 20).into());
    let view = replayed(&small, true);
    assert_eq!(named(&view), [("workspace/1001", Outcome::Differs, vec!["/name"])]);
    assert_eq!((view.compared, view.skipped), (1, 0));
}

#[test]
fn a_damaged_snapshot_is_a_difference_and_one_of_other_rules_is_skipped() {
    let small = SmallLog::filled();
    small.keep::<Workspace>(workspace(), 3, RULES + 1, |_| {});
    small.keep::<Chat>(chat(), 4, RULES, |_| {});
    let (key, mut part) = small.log.notes(b"S/chat", b"S/chat", 9).unwrap().pop().unwrap();
    *part.last_mut().unwrap() ^= 1;
    let notes = vec![(key, Some(part))];
    small.log.write(&Batch { after: small.log.head().position, notes, ..Batch::default() }).unwrap();
    let view = replayed(&small, true);
    let chat = format!("chat/{}", chat());
    let wanted = [("workspace/1001", Outcome::Skipped, vec![]), (chat.as_str(), Outcome::Differs, vec![])];
    assert_eq!(named(&view), wanted, "{view:?}");
}

#[test]
fn a_snapshot_from_after_the_moment_is_skipped() {
    let small = SmallLog::filled();
    small.keep::<Workspace>(workspace(), 6, RULES, |_| {});
    let view = offline(&small.history, 3, true, |_| true).unwrap();
    assert_eq!((view.compared, view.skipped), (0, 1), "{view:?}");
}

#[test]
fn a_position_amid_a_commit_stands_for_its_end_in_every_state() {
    let small = SmallLog::filled();
    let (history, head, stream) = (&small.history, small.history.head().position, StreamId::Workspace(workspace()));
    for (position, end) in [(0, 0), (1, 2), (2, 2), (3, 3), (5, 6), (6, 6), (7, 6)] {
        let point = Some(AsOf::Position(position));
        assert_eq!(AsOf::moment(point, history, head).unwrap(), end, "{position}");
        let state = states::state(history, stream, point, head).unwrap().map(|view| json!(view)["at"].clone());
        assert_eq!(state, (end > 0).then(|| json!(end)), "{position}");
        let end = Some(AsOf::Position(end));
        for moments in [[point, end], [end, point]] {
            let diff = state_diff::between(history, stream, moments, head).unwrap().unwrap();
            assert_eq!(diff.map_or(0, |diff| diff.events), 0, "{position}");
        }
    }
    let backwards = [5, 4].map(|position| Some(AsOf::Position(position)));
    assert!(state_diff::between(history, stream, backwards, head).unwrap().is_err());
}
