//! Tests an account whose queue somebody holds, and the effect of a changed gap.

use events::account::DeferReason;
use events::event::Event;
use events::who::Who;
use events::workspace::AccountConnected;

use super::*;
use crate::spec::facts::*;

#[test]
fn a_paused_account_takes_messages_and_holds_them() {
    AccountSpec::given([connected(), paused(1), queued(11)])
        .due_nothing()
        .when(WAKE_UP, at(1_000_000_000))
        .then_nothing();
}

#[test]
fn a_resumed_account_sends_in_order() {
    AccountSpec::given([connected(), queued(11), paused(1), queued(21), resumed(1)])
        .due_wake_at(at(0))
        .when(WAKE_UP, at(5_000))
        .then([started(11, 1)])
        .when(tried(11, 1, Outcome::Sent), at(5_100))
        .then([sent(11, 1, 5_100)])
        .when(WAKE_UP, at(10_000))
        .then([started(21, 1)]);
}

#[test]
fn a_pause_leaves_a_try_under_way_to_its_outcome() {
    AccountSpec::given([connected(), queued(11), queued(12), started(11, 1), paused(1)])
        .due_effects([send(11, 1)])
        .when(tried(11, 1, Outcome::Sent), at(300))
        .then([sent(11, 1, 300)])
        .due_nothing();
}

#[test]
fn a_try_that_failed_during_a_pause_is_repeated_after_it() {
    AccountSpec::given([connected(), queued(11), started(11, 1), paused(1)])
        .when(tried(11, 1, Outcome::ServerError), at(300))
        .then([deferred(11, 1, DeferReason::ServerError, 300, 300)])
        .due_nothing()
        .and([resumed(1)])
        .due_wake_at(gap_after(300, 11, 2));
}

#[test]
fn a_pause_does_not_shorten_the_gap() {
    AccountSpec::given([
        connected(),
        queued(11),
        queued(12),
        started(11, 1),
        sent(11, 1, 1_000),
        paused(1),
        resumed(1),
    ])
    .due_wake_at(gap_after(1_000, 12, 1));
}

#[test]
fn the_end_of_a_block_does_not_end_a_pause() {
    AccountSpec::given([connected(), queued(11), paused(1), blocked(1, Some(at(60_000))), told(1)])
        .due_wake_at(at(60_000))
        .when(WAKE_UP, at(60_000))
        .then([unblocked(1)])
        .due_nothing()
        .when(WAKE_UP, at(1_000_000))
        .then_nothing();
}

#[test]
fn one_resumption_ends_a_pause_and_a_block() {
    AccountSpec::given([connected(), queued(11), paused(1), blocked(1, None), resumed(1)])
        .when(WAKE_UP, at(0))
        .then([started(11, 1)]);
}

#[test]
fn a_pause_does_not_end_with_a_day() {
    AccountSpec::given([connected(), queued(11), paused(1)])
        .when(WAKE_UP, at(30 * 24 * 3_600_000))
        .then_nothing()
        .due_nothing();
}

#[test]
fn an_uncertain_message_can_be_settled_during_a_pause() {
    AccountSpec::given([connected(), queued(11), started(11, 1), uncertain(11, 1, 0), paused(1)])
        .when(seen(11), at(300))
        .then([settled_by_receipt(11, 300)]);
}

#[test]
fn nobody_knows_when_a_paused_queue_ends() {
    use crate::decider::Decider;
    let due = Account::due(AccountSpec::given([connected(), queued(11), paused(1)]).state());
    assert_eq!((due.waiting, due.empty_at), (1, None));
}

#[test]
fn another_gap_counts_from_the_next_message_on() {
    let slow = Gap { min_ms: 30_000, max_ms: 40_000 };
    let start = at(1_000).plus_ms(slow.wait_ms(message(12), 1));
    AccountSpec::given([connected(), queued(11), queued(12), started(11, 1), sent(11, 1, 1_000)])
        .due_wake_at(gap_after(1_000, 12, 1))
        .and([pacing_changed(Some(1), 30_000, 40_000)])
        .due_wake_at(start)
        .when(WAKE_UP, at(start.ms() - 1))
        .then_nothing()
        .when(WAKE_UP, start)
        .then([started(12, 1)]);
}

#[test]
fn a_shorter_gap_lets_a_waiting_message_leave_sooner() {
    let quick = Gap { min_ms: 0, max_ms: 10 };
    AccountSpec::given([connected(), queued(11), queued(12), started(11, 1), sent(11, 1, 1_000)])
        .and([pacing_changed(Some(1), 0, 10)])
        .due_wake_at(at(1_000).plus_ms(quick.wait_ms(message(12), 1)));
}

#[test]
fn a_new_connection_brings_its_gap() {
    let slow: Event =
        AccountConnected { gap_ms_min: 30_000, gap_ms_max: 40_000, ..connection(1, "+12025550100") }.into();
    let wait = Gap { min_ms: 30_000, max_ms: 40_000 }.wait_ms(message(12), 1);
    AccountSpec::given([connected(), queued(11), queued(12), started(11, 1), sent(11, 1, 1_000)])
        .and([disconnected(1, Who::Operator, 1_000), slow])
        .due_wake_at(at(1_000).plus_ms(wait));
}
