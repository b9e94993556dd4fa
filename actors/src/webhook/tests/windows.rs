//! Tests when a chat is asked to close a window.

use super::*;
use crate::decider::Decider;

const HOUR_MS: i64 = 3_600_000;

/// Returns when each window is closed, its number, and whether it is aggregated.
fn closings(spec: &WebhookSpec) -> Vec<(i64, u64, bool)> {
    let due = Webhook::due(spec.state()).later.into_iter();
    due.map(|(at, effect)| match effect {
        Effect::Close { window, aggregated, .. } => (at.ms(), window, aggregated),
        other @ Effect::Outside(_) => panic!("{other:?}"),
    })
    .collect()
}

#[test]
fn a_window_closes_after_the_time_that_is_set_now() {
    let spec = given([configured(Aggregation::SixHours), enabled(), opened_at(1, 1, 100), opened_at(2, 3, 50)]);
    assert_eq!(closings(&spec), [(50 + 6 * HOUR_MS, 3, true), (100 + 6 * HOUR_MS, 1, true)]);
    let spec = spec.and([configured(Aggregation::OneHour)]);
    assert_eq!(closings(&spec), [(50 + HOUR_MS, 3, true), (100 + HOUR_MS, 1, true)]);
    let spec = spec.and([configured(Aggregation::None)]);
    assert_eq!(closings(&spec), [(50, 3, false), (100, 1, false)]);
    let spec = spec.and([flushed(2, 3)]);
    assert_eq!(closings(&spec), [(100, 1, false)]);
}

#[test]
fn windows_that_are_flushed_close_at_once_and_later_ones_do_not() {
    let spec = given([configured(Aggregation::Day), enabled(), opened_at(1, 1, 100)])
        .when(Command::Flush { by: operator() }, at(200))
        .answers(&Answer::Count(1))
        .then([FlushRequested { webhook: webhook(), by: operator(), at: at(200) }.into()])
        .and([opened_at(2, 1, 300)]);
    assert_eq!(closings(&spec), [(100, 1, true), (300 + 24 * HOUR_MS, 1, true)]);
}

#[test]
fn where_nothing_gathers_there_is_nothing_to_flush() {
    given(healthy()).when(Command::Flush { by: operator() }, at(1)).answers(&Answer::Count(0)).then_nothing();
}

#[test]
fn windows_close_while_it_is_switched_off_and_what_they_held_stays_owed() {
    let off = disabled(DisabledBecause::Owner, 0, REASON, 10);
    let spec = given([configured(Aggregation::OneHour), enabled(), off, opened_at(1, 1, 100)]);
    assert_eq!(closings(&spec), [(100 + HOUR_MS, 1, true)]);
    let spec = spec.and([flushed(1, 1)]).due_nothing();
    assert_eq!(spec.state().owed.len(), 1);
}
