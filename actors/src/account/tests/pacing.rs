//! Tests when messages leave: one at a time, in order, with a gap between every two.

use events::account::DeferReason;
use events::event::Event;
use events::workspace::AccountConnected;

use super::*;
use crate::decider::Decider;
use crate::spec::facts::*;

fn wake_ms(spec: &AccountSpec) -> i64 {
    Account::due(spec.state()).wake_at.unwrap().ms()
}

#[test]
fn an_idle_account_sends_at_once() {
    AccountSpec::given([connected(), queued(11)])
        .due_wake_at(at(0))
        .when(WAKE_UP, at(5_000))
        .then([started(11, 1)])
        .due_effects([send(11, 1)]);
}

#[test]
fn an_account_without_messages_has_nothing_to_do() {
    AccountSpec::given([connected()]).due_nothing().when(WAKE_UP, at(0)).then_nothing();
}

#[test]
fn a_number_that_was_never_connected_sends_nothing() {
    AccountSpec::given([queued(11)]).due_nothing().when(WAKE_UP, at(0)).then_nothing();
}

#[test]
fn one_message_is_tried_at_a_time() {
    AccountSpec::given([connected(), queued(11), queued(21), started(11, 1)])
        .due_effects([send(11, 1)])
        .when(WAKE_UP, at(1_000_000))
        .then_nothing();
}

#[test]
fn messages_leave_in_the_order_they_were_queued() {
    AccountSpec::given([connected(), queued(22), queued(11), queued(21)])
        .when(WAKE_UP, at(0))
        .then([started(22, 1)])
        .when(tried(22, 1, Outcome::Sent), at(100))
        .then([sent(22, 1, 100)])
        .when(WAKE_UP, at(10_000))
        .then([started(11, 1)])
        .when(tried(11, 1, Outcome::Sent), at(10_100))
        .then([sent(11, 1, 10_100)])
        .when(WAKE_UP, at(20_000))
        .then([started(21, 1)]);
}

#[test]
fn the_next_message_waits_for_the_gap_and_not_a_millisecond_longer() {
    let start = gap_after(1_000, 12, 1);
    let before = at(start.ms() - 1);
    AccountSpec::given([connected(), queued(11), queued(12), started(11, 1), sent(11, 1, 1_000)])
        .due_wake_at(start)
        .when(WAKE_UP, before)
        .then_nothing()
        .when(WAKE_UP, start)
        .then([started(12, 1)]);
}

#[test]
fn every_gap_is_between_one_and_a_half_and_two_and_a_half_seconds() {
    for number in 100..1_100 {
        let spec = AccountSpec::given([connected(), queued(11), queued(number), started(11, 1), sent(11, 1, 0)]);
        let wait = wake_ms(&spec);
        assert!((1_500..=2_500).contains(&wait), "{wait}");
    }
}

#[test]
fn the_gap_keeps_the_bounds_of_its_account() {
    let narrow: Event = AccountConnected { gap_ms_min: 100, gap_ms_max: 110, ..connection(1, "+12025550100") }.into();
    for number in 100..200 {
        let spec = AccountSpec::given([narrow.clone(), queued(11), queued(number), started(11, 1), sent(11, 1, 0)]);
        let wait = wake_ms(&spec);
        assert!((100..=110).contains(&wait), "{wait}");
    }
}

#[test]
fn the_gap_runs_from_the_end_of_the_try_and_not_from_its_start() {
    AccountSpec::given([connected(), queued(11), queued(12)])
        .when(WAKE_UP, at(0))
        .then([started(11, 1)])
        .when(tried(11, 1, Outcome::Sent), at(20_000))
        .then([sent(11, 1, 20_000)])
        .due_wake_at(gap_after(20_000, 12, 1));
}

#[test]
fn a_message_that_comes_after_the_gap_leaves_at_once() {
    AccountSpec::given([connected(), queued(11), started(11, 1), sent(11, 1, 0)])
        .due_nothing()
        .and([queued(12)])
        .when(WAKE_UP, at(2_503))
        .then([started(12, 1)]);
}

#[test]
fn a_message_that_comes_during_the_gap_waits_for_its_end() {
    AccountSpec::given([connected(), queued(11), started(11, 1), sent(11, 1, 0), queued(12)])
        .due_wake_at(gap_after(0, 12, 1))
        .when(WAKE_UP, at(1_499))
        .then_nothing();
}

#[test]
fn a_failed_message_takes_its_gap_too() {
    AccountSpec::given([connected(), queued(11), queued(12), started(11, 1), failed(11, "refused", 500)])
        .due_wake_at(gap_after(500, 12, 1));
}

#[test]
fn a_message_that_is_tried_again_keeps_its_place() {
    AccountSpec::given([connected(), queued(11), queued(21), started(11, 1)])
        .and([deferred(11, 1, DeferReason::ServerError, 100, 100)])
        .due_wake_at(gap_after(100, 11, 2))
        .when(WAKE_UP, at(1_000_000))
        .then([started(11, 2)])
        .due_effects([send(11, 2)]);
}

#[test]
fn a_pair_limit_lets_other_chats_go_first() {
    AccountSpec::given([connected(), queued(11), queued(21), started(11, 1)])
        .and([deferred(11, 1, DeferReason::PairRateLimited, 0, 60_000)])
        .due_wake_at(gap_after(0, 21, 1))
        .when(WAKE_UP, at(3_000))
        .then([started(21, 1)]);
}

#[test]
fn a_pair_limit_keeps_the_order_of_its_own_chat() {
    AccountSpec::given([connected(), queued(11), queued(12), queued(21), started(11, 1)])
        .and([deferred(11, 1, DeferReason::PairRateLimited, 0, 60_000)])
        .and([started(21, 1), sent(21, 1, 3_000)])
        .due_wake_at(at(60_000))
        .when(WAKE_UP, at(59_999))
        .then_nothing()
        .when(WAKE_UP, at(60_000))
        .then([started(11, 2)])
        .when(tried(11, 2, Outcome::Sent), at(60_100))
        .then([sent(11, 2, 60_100)])
        .when(WAKE_UP, at(70_000))
        .then([started(12, 1)]);
}

#[test]
fn a_limited_chat_comes_first_again_once_its_time_has_come() {
    AccountSpec::given([connected(), queued(11), queued(21), queued(22), started(11, 1)])
        .and([deferred(11, 1, DeferReason::PairRateLimited, 0, 5_000), started(21, 1), sent(21, 1, 3_000)])
        .when(WAKE_UP, at(10_000))
        .then([started(11, 2)]);
}

#[test]
fn two_limited_chats_give_way_to_a_third() {
    let limited = DeferReason::PairRateLimited;
    AccountSpec::given([connected(), queued(11), queued(21), queued(12), queued(22), queued(31)])
        .and([started(11, 1), deferred(11, 1, limited, 0, 60_000)])
        .and([started(21, 1), deferred(21, 1, limited, 3_000, 50_000)])
        .due_wake_at(gap_after(3_000, 31, 1))
        .when(WAKE_UP, at(6_000))
        .then([started(31, 1)])
        .when(tried(31, 1, Outcome::Sent), at(6_100))
        .then([sent(31, 1, 6_100)])
        .due_wake_at(at(50_000));
}

#[test]
fn a_limit_of_the_account_holds_every_chat() {
    AccountSpec::given([connected(), queued(11), queued(21), started(11, 1)])
        .and([deferred(11, 1, DeferReason::AccountRateLimited, 0, 60_000)])
        .due_wake_at(at(60_000))
        .when(WAKE_UP, at(59_999))
        .then_nothing();
}

#[test]
fn a_limit_of_the_account_holds_a_chat_that_had_given_way() {
    AccountSpec::given([connected(), queued(11), queued(21), started(11, 1)])
        .and([deferred(11, 1, DeferReason::PairRateLimited, 0, 5_000), started(21, 1)])
        .and([deferred(21, 1, DeferReason::AccountRateLimited, 3_000, 60_000)])
        .due_wake_at(at(60_000))
        .when(WAKE_UP, at(59_999))
        .then_nothing()
        .when(WAKE_UP, at(60_000))
        .then([started(11, 2)]);
}

#[test]
fn without_a_connection_nobody_overtakes() {
    AccountSpec::given([connected(), queued(11), queued(21), started(11, 1)])
        .and([deferred(11, 1, DeferReason::NotConnected, 0, 5_000)])
        .due_wake_at(at(5_000))
        .when(WAKE_UP, at(5_000))
        .then([started(11, 2)]);
}

#[test]
fn an_uncertain_message_does_not_hold_its_chat() {
    AccountSpec::given([connected(), queued(11), queued(12), started(11, 1), uncertain(11, 1, 0)])
        .due_wake_at(gap_after(0, 12, 1))
        .when(WAKE_UP, at(3_000))
        .then([started(12, 1)]);
}

#[test]
fn the_end_of_the_queue_is_told_roughly() {
    let spec = AccountSpec::given([connected(), queued(11), started(11, 1), sent(11, 1, 1_000)]);
    let start = gap_after(1_000, 12, 1);
    let spec = spec.and([queued(12), queued(13), queued(14)]);
    let due = Account::due(spec.state());
    assert_eq!((due.waiting, due.empty_at), (3, Some(start.plus_ms(4_000))));
    assert_eq!(Account::due(AccountSpec::given([connected()]).state()).empty_at, None);
}
