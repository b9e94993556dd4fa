//! Tests messages after their last try: settling, receipts, late failures.

use events::account::{DeferReason, SettledAs};
use events::who::Who;

use super::*;
use crate::account::{LATE_FAILURE_MS, Rejection};
use crate::spec::facts::*;

const DAY_MS: i64 = 24 * 3_600_000;

/// An account with the uncertain message 11.
fn unsure() -> AccountSpec {
    AccountSpec::given([connected(), queued(11), started(11, 1), uncertain(11, 1, 0)])
}

/// An account whose message 11 was sent at time 0.
fn done() -> AccountSpec {
    AccountSpec::given([connected(), queued(11), started(11, 1), sent(11, 1, 0)])
}

fn settle(number: u64, settled_as: SettledAs) -> Command {
    let (by, reason) = (Who::Person(7), "she called".to_owned());
    Command::Settle { message: message(number), settled_as, by, reason, reporting: None }
}

#[test]
fn an_uncertain_message_settled_as_sent_keeps_its_charge() {
    unsure().when(settle(11, SettledAs::Sent), at(300)).then([settled(11, SettledAs::Sent, 300)]);
}

#[test]
fn an_uncertain_message_settled_as_failed_is_refunded() {
    unsure()
        .when(settle(11, SettledAs::Failed), at(300))
        .then([settled(11, SettledAs::Failed, 300), refunded(11, "settled_as_failed")]);
}

#[test]
fn what_is_settled_is_not_settled_again() {
    for first in [SettledAs::Sent, SettledAs::Failed] {
        for second in [SettledAs::Sent, SettledAs::Failed] {
            unsure()
                .and([settled(11, first, 300)])
                .when(settle(11, second), at(400))
                .then_rejected(&Rejection::NotUncertain);
        }
    }
}

#[test]
fn only_an_uncertain_message_can_be_settled() {
    let pasts = [vec![], vec![queued(11)], vec![queued(11), started(11, 1)]];
    let ends = [
        vec![queued(11), started(11, 1), sent(11, 1, 0)],
        vec![queued(11), started(11, 1), failed(11, "refused", 0)],
        vec![queued(11), started(11, 1), deferred(11, 1, DeferReason::OutcomeUnknown, 0, 0)],
    ];
    for past in pasts.into_iter().chain(ends) {
        AccountSpec::given([connected()])
            .and(past)
            .when(settle(11, SettledAs::Failed), at(300))
            .then_rejected(&Rejection::NotUncertain);
    }
}

#[test]
fn a_receipt_settles_an_uncertain_message_as_sent() {
    unsure().when(seen(11), at(300)).then([settled_by_receipt(11, 300)]).when(seen(11), at(400)).then_nothing();
}

#[test]
fn a_receipt_for_a_message_that_may_have_been_sent_ends_its_tries() {
    AccountSpec::given([connected(), queued(11), started(11, 1)])
        .and([deferred(11, 1, DeferReason::OutcomeUnknown, 0, 0)])
        .when(seen(11), at(300))
        .then([sent(11, 1, 300)])
        .due_nothing();
}

#[test]
fn a_receipt_cannot_be_for_a_message_that_was_never_tried() {
    AccountSpec::given([connected(), queued(11)]).when(seen(11), at(300)).then_nothing();
}

#[test]
fn a_receipt_cannot_be_for_a_message_that_was_surely_not_taken() {
    AccountSpec::given([connected(), queued(11), started(11, 1)])
        .and([deferred(11, 1, DeferReason::ServerError, 0, 0)])
        .when(seen(11), at(300))
        .then_nothing();
}

#[test]
fn a_receipt_leaves_a_try_under_way_to_its_outcome() {
    AccountSpec::given([connected(), queued(11), started(11, 1)])
        .and([deferred(11, 1, DeferReason::OutcomeUnknown, 0, 0), started(11, 2)])
        .when(seen(11), at(300))
        .then_nothing()
        .due_effects([send(11, 2)]);
}

#[test]
fn a_receipt_for_what_is_done_or_unknown_changes_nothing() {
    done().when(seen(11), at(300)).then_nothing();
    done().when(seen(99), at(300)).then_nothing();
    AccountSpec::given([queued(11)]).when(seen(11), at(300)).then_nothing();
}

#[test]
fn a_failure_after_it_was_sent_is_refunded_once() {
    done()
        .when(failed_later(11), at(300))
        .then([failed(11, "refused", 300), refunded(11, "refused")])
        .when(failed_later(11), at(400))
        .then_nothing();
}

#[test]
fn a_failure_after_it_was_settled_as_sent_is_refunded_once() {
    unsure()
        .and([settled(11, SettledAs::Sent, 100)])
        .when(failed_later(11), at(300))
        .then([failed(11, "refused", 300), refunded(11, "refused")])
        .when(failed_later(11), at(400))
        .then_nothing();
}

#[test]
fn a_failure_of_what_failed_before_is_not_refunded_again() {
    AccountSpec::given([connected(), queued(11), started(11, 1), failed(11, "refused", 0)])
        .when(failed_later(11), at(300))
        .then_nothing();
    unsure().and([settled(11, SettledAs::Failed, 100)]).when(failed_later(11), at(300)).then_nothing();
}

#[test]
fn a_failure_of_what_has_not_ended_or_is_unknown_changes_nothing() {
    done().when(failed_later(99), at(300)).then_nothing();
    AccountSpec::given([connected(), queued(11)]).when(failed_later(11), at(300)).then_nothing();
}

#[test]
fn a_late_failure_takes_nothing_from_the_next_gap() {
    AccountSpec::given([connected(), queued(11), started(11, 1), sent(11, 1, 0), queued(12)])
        .when(failed_later(11), at(1_000))
        .then([failed(11, "refused", 1_000), refunded(11, "refused")])
        .due_wake_at(gap_after(0, 12, 1));
}

#[test]
fn for_seven_days_a_failure_is_refunded() {
    done().when(failed_later(11), at(7 * DAY_MS)).then([failed(11, "refused", 7 * DAY_MS), refunded(11, "refused")]);
}

#[test]
fn after_seven_days_nothing_moves_credits() {
    done().when(failed_later(11), at(7 * DAY_MS + 1)).then_nothing();
}

#[test]
fn what_ended_seven_days_ago_is_forgotten_when_another_one_ends() {
    let later = 7 * DAY_MS + 1;
    let spec = done().and([queued(12), started(12, 1), sent(12, 1, later)]);
    assert_eq!(spec.state().ended.keys().copied().collect::<Vec<_>>(), [message(12)]);
    spec.when(failed_later(11), at(later)).then_nothing();
    assert_eq!(LATE_FAILURE_MS, 604_800_000);
}

#[test]
fn what_ended_seven_days_ago_to_the_millisecond_is_still_known() {
    let week = 7 * DAY_MS;
    done()
        .and([queued(12), started(12, 1), sent(12, 1, week)])
        .when(failed_later(11), at(week))
        .then([failed(11, "refused", week), refunded(11, "refused")]);
}

#[test]
fn the_seven_days_run_from_the_end_and_not_from_the_start() {
    AccountSpec::given([connected(), queued(11), started(11, 1), uncertain(11, 1, 0)])
        .and([settled(11, SettledAs::Sent, 10 * DAY_MS)])
        .when(failed_later(11), at(17 * DAY_MS))
        .then([failed(11, "refused", 17 * DAY_MS), refunded(11, "refused")]);
}
