//! Tests the queue of an account that lost its connection.

use events::account::DeferReason;
use events::event::Event;
use events::who::Who;

use super::*;
use crate::account::{EXPIRED_AT_ONCE, HELD_MS};
use crate::decider::Decider;
use crate::spec::facts::*;

const DAY_MS: i64 = 24 * 3_600_000;
const CODE: &str = "account_disconnected";

fn lost(ms: i64) -> Event {
    disconnected(1, Who::Transport, ms)
}

fn given_up(number: u64, ms: i64) -> [Event; 2] {
    [failed(number, CODE, ms), refunded(number, CODE)]
}

#[test]
fn an_account_without_a_connection_takes_messages_and_holds_them() {
    for by in [Who::Operator, Who::Transport] {
        AccountSpec::given([connected(), disconnected(1, by, 0), queued(11)])
            .due_effects([])
            .when(WAKE_UP, at(DAY_MS - 1))
            .then_nothing();
    }
}

#[test]
fn an_account_that_is_connected_again_within_a_day_sends_in_order() {
    AccountSpec::given([connected(), queued(11), lost(0), queued_at(21, 10), connected()])
        .when(WAKE_UP, at(DAY_MS - 1))
        .then([started(11, 1)])
        .when(tried(11, 1, Outcome::Sent), at(DAY_MS))
        .then([sent(11, 1, DAY_MS)])
        .due_wake_at(gap_after(DAY_MS, 21, 1))
        .when(WAKE_UP, at(2 * DAY_MS))
        .then([started(21, 1)]);
}

#[test]
fn a_day_after_the_connection_was_lost_the_queue_fails_and_is_refunded() {
    assert_eq!(HELD_MS, 86_400_000);
    AccountSpec::given([connected(), queued(11), queued(21), lost(70)])
        .due_wake_at(at(70 + DAY_MS))
        .when(WAKE_UP, at(69 + DAY_MS))
        .then_nothing()
        .when(WAKE_UP, at(70 + DAY_MS))
        .then([given_up(11, 70 + DAY_MS), given_up(21, 70 + DAY_MS)].concat())
        .due_nothing()
        .when(WAKE_UP, at(2 * DAY_MS))
        .then_nothing();
}

#[test]
fn a_message_that_comes_later_has_a_day_of_its_own() {
    AccountSpec::given([connected(), queued(11), lost(70), queued_at(12, 500)])
        .when(WAKE_UP, at(70 + DAY_MS))
        .then(given_up(11, 70 + DAY_MS))
        .due_wake_at(at(500 + DAY_MS))
        .when(WAKE_UP, at(499 + DAY_MS))
        .then_nothing()
        .when(WAKE_UP, at(500 + DAY_MS))
        .then(given_up(12, 500 + DAY_MS))
        .due_nothing();
}

#[test]
fn the_day_runs_from_the_loss_also_when_somebody_ends_it_for_good() {
    AccountSpec::given([connected(), queued(11), lost(70), disconnected(1, Who::Operator, DAY_MS)])
        .due_wake_at(at(70 + DAY_MS));
}

#[test]
fn a_second_loss_has_a_day_of_its_own() {
    AccountSpec::given([connected(), queued(11), lost(70), connected(), lost(DAY_MS)])
        .due_wake_at(at(2 * DAY_MS))
        .when(WAKE_UP, at(70 + DAY_MS))
        .then_nothing();
}

#[test]
fn a_refund_is_all_that_was_charged() {
    let refund = events::workspace::CreditRefunded {
        workspace: workspace(),
        message: message(11),
        amount: 2,
        reason: CODE.to_owned(),
    };
    AccountSpec::given([connected(), queued_with_file(11), lost(0)])
        .when(WAKE_UP, at(DAY_MS))
        .then([failed(11, CODE, DAY_MS), refund.into()]);
}

#[test]
fn a_long_queue_fails_a_part_at_a_time_and_each_message_once() {
    let count = 2 * EXPIRED_AT_ONCE as u64 + 10;
    let mut spec = AccountSpec::given([connected()]).and((100..100 + count).map(queued)).and([lost(0)]);
    let mut next = 100;
    for expected in [EXPIRED_AT_ONCE as u64, EXPIRED_AT_ONCE as u64, 10] {
        spec = spec.due_wake_at(at(DAY_MS));
        let events: Vec<_> = (next..next + expected).flat_map(|number| given_up(number, DAY_MS)).collect();
        spec = spec.when(WAKE_UP, at(DAY_MS)).then(events);
        next += expected;
    }
    assert_eq!(next, 100 + count);
    spec.due_nothing();
}

#[test]
fn a_part_of_the_queue_fits_one_commit() {
    assert!(2 * EXPIRED_AT_ONCE <= events::codec::EVENTS_PER_RECORD_MAX as usize);
}

#[test]
fn a_message_that_may_have_been_sent_is_uncertain_and_not_refunded() {
    for reason in [DeferReason::OutcomeUnknown, DeferReason::Interrupted] {
        AccountSpec::given([
            connected(),
            queued(11),
            queued(12),
            started(11, 1),
            deferred(11, 1, reason, 0, 0),
            lost(5),
        ])
        .when(WAKE_UP, at(5 + DAY_MS))
        .then([vec![uncertain(11, 1, 5 + DAY_MS)], given_up(12, 5 + DAY_MS).to_vec()].concat())
        .when(seen(11), at(2 * DAY_MS))
        .then([settled_by_receipt(11, 2 * DAY_MS)]);
    }
}

#[test]
fn a_message_whose_tries_all_were_answered_is_refunded() {
    for reason in [DeferReason::ServerError, DeferReason::NotConnected, DeferReason::AccountStopped] {
        AccountSpec::given([connected(), queued(11), started(11, 1), deferred(11, 1, reason, 0, 0), lost(5)])
            .when(WAKE_UP, at(5 + DAY_MS))
            .then(given_up(11, 5 + DAY_MS));
    }
}

#[test]
fn a_try_under_way_is_awaited_before_anything_fails() {
    AccountSpec::given([connected(), queued(11), queued(12), started(11, 1), lost(5)])
        .due_effects([send(11, 1)])
        .when(WAKE_UP, at(2 * DAY_MS))
        .then_nothing()
        .when(tried(11, 1, Outcome::Sent), at(2 * DAY_MS))
        .then([sent(11, 1, 2 * DAY_MS)])
        .when(WAKE_UP, at(2 * DAY_MS))
        .then(given_up(12, 2 * DAY_MS));
}

#[test]
fn a_failure_that_is_told_later_is_not_refunded_again() {
    AccountSpec::given([connected(), queued(11), lost(0)])
        .when(WAKE_UP, at(DAY_MS))
        .then(given_up(11, DAY_MS))
        .when(failed_later(11), at(DAY_MS + 1))
        .then_nothing();
}

#[test]
fn what_has_failed_is_not_sent_when_the_connection_comes_back() {
    AccountSpec::given([connected(), queued(11), lost(0)])
        .when(WAKE_UP, at(DAY_MS))
        .then(given_up(11, DAY_MS))
        .and([connected()])
        .due_nothing()
        .when(WAKE_UP, at(2 * DAY_MS))
        .then_nothing();
}

#[test]
fn a_pause_and_a_block_do_not_lengthen_the_day() {
    for hold in [paused(1), blocked(1, None), blocked(1, Some(at(3 * DAY_MS)))] {
        AccountSpec::given([connected(), queued(11), hold, lost(0)])
            .due_wake_at(at(DAY_MS))
            .when(WAKE_UP, at(DAY_MS))
            .then(given_up(11, DAY_MS));
    }
}

#[test]
fn a_paused_account_that_is_connected_again_still_holds_its_queue() {
    AccountSpec::given([connected(), queued(11), paused(1), lost(0), connected()])
        .due_nothing()
        .when(WAKE_UP, at(DAY_MS))
        .then_nothing();
}

#[test]
fn without_messages_there_is_nothing_to_wait_for() {
    let spec = AccountSpec::given([connected(), lost(0)]).due_nothing();
    assert_eq!(Account::due(spec.state()).empty_at, None);
}
