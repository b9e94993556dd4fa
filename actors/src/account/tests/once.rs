//! Tests that nothing happens twice: stale outcomes, and tries that a crash interrupted.

use events::account::DeferReason;
use events::who::Who;

use super::*;
use crate::account::outcome::Permanent;
use crate::decider::Decider;
use crate::spec::facts::*;

const ENDINGS: [Outcome; 4] =
    [Outcome::Sent, Outcome::Failed(Permanent::Refused), Outcome::ServerError, Outcome::Unknown];

#[test]
fn the_outcome_of_an_earlier_try_changes_nothing() {
    for outcome in ENDINGS {
        AccountSpec::given([connected(), queued(11), started(11, 1)])
            .and([deferred(11, 1, DeferReason::ServerError, 0, 0), started(11, 2)])
            .when(tried(11, 1, outcome), at(300))
            .then_nothing()
            .due_effects([send(11, 2)]);
    }
}

#[test]
fn the_outcome_of_a_try_that_never_began_changes_nothing() {
    for outcome in ENDINGS {
        AccountSpec::given([connected(), queued(11), queued(12), started(11, 1)])
            .when(tried(12, 1, outcome.clone()), at(300))
            .then_nothing()
            .when(tried(11, 2, outcome.clone()), at(300))
            .then_nothing()
            .when(tried(99, 1, outcome), at(300))
            .then_nothing()
            .due_effects([send(11, 1)]);
    }
}

#[test]
fn an_outcome_counts_once() {
    for outcome in ENDINGS {
        AccountSpec::given([connected(), queued(11), started(11, 1), sent(11, 1, 300)])
            .when(tried(11, 1, outcome), at(301))
            .then_nothing();
    }
}

#[test]
fn an_outcome_between_two_tries_changes_nothing() {
    for outcome in ENDINGS {
        AccountSpec::given([connected(), queued(11), started(11, 1)])
            .and([deferred(11, 1, DeferReason::ServerError, 0, 0)])
            .when(tried(11, 1, outcome), at(300))
            .then_nothing();
    }
}

#[test]
fn a_number_that_was_never_connected_takes_no_outcome() {
    AccountSpec::given([queued(11), started(11, 1)]).when(tried(11, 1, Outcome::Sent), at(0)).then_nothing();
}

#[test]
fn after_a_crash_a_message_with_our_id_is_sent_again_under_that_id() {
    AccountSpec::given([connected(), queued(11), started(11, 1)])
        .due_effects([send(11, 1)])
        .when(Account::interrupted(&send(11, 1)).unwrap(), at(60_000))
        .then([deferred(11, 1, DeferReason::Interrupted, 60_000, 60_000)])
        .due_wake_at(gap_after(60_000, 11, 2));
}

#[test]
fn after_a_crash_later_faults_prove_nothing() {
    AccountSpec::given([connected(), queued(11), started(11, 1), deferred(11, 1, DeferReason::Interrupted, 0, 0)])
        .and([started(11, 2), deferred(11, 2, DeferReason::ServerError, 3_000, 3_000)])
        .and([started(11, 3), deferred(11, 3, DeferReason::ServerError, 6_000, 6_000), started(11, 4)])
        .when(tried(11, 4, Outcome::ServerError), at(9_000))
        .then([uncertain(11, 4, 9_000)]);
}

#[test]
fn crashes_do_not_use_up_the_tries() {
    let mut spec = AccountSpec::given([connected(), queued(11)]);
    for number in 1..=10 {
        spec = spec.and([started(11, number), deferred(11, number, DeferReason::Interrupted, 0, 0)]);
    }
    spec.and([started(11, 11)]).when(tried(11, 11, Outcome::Unknown), at(300)).then([deferred(
        11,
        11,
        DeferReason::OutcomeUnknown,
        300,
        300,
    )]);
}

#[test]
fn after_a_crash_a_message_without_our_id_is_uncertain() {
    let interrupted = send(11, 1);
    let command = Account::interrupted(&interrupted).unwrap();
    AccountSpec::given([connected_without_own_ids(), queued(11), started(11, 1)])
        .due_effects([interrupted])
        .when(command, at(60_000))
        .then([uncertain(11, 1, 60_000)])
        .due_nothing();
}

#[test]
fn the_gap_is_kept_after_a_crash() {
    let command = Account::interrupted(&send(11, 1));
    AccountSpec::given([connected_without_own_ids(), queued(11), queued(12), started(11, 1)])
        .when(command.unwrap(), at(60_000))
        .then([uncertain(11, 1, 60_000)])
        .due_wake_at(gap_after(60_000, 12, 1));
}

#[test]
fn another_transport_does_not_send_again_what_may_have_been_sent_under_our_id() {
    for reason in [DeferReason::OutcomeUnknown, DeferReason::Interrupted] {
        AccountSpec::given([connected(), queued(11), queued(12), started(11, 1), deferred(11, 1, reason, 0, 0)])
            .and([disconnected(1, Who::Operator, 100), connected_without_own_ids()])
            .when(WAKE_UP, at(60_000))
            .then([uncertain(11, 1, 60_000)])
            .when(WAKE_UP, at(60_000))
            .then([started(12, 1)]);
    }
}

#[test]
fn another_transport_sends_again_what_was_surely_not_taken() {
    AccountSpec::given([connected(), queued(11), started(11, 1), deferred(11, 1, DeferReason::ServerError, 0, 0)])
        .and([disconnected(1, Who::Operator, 100), connected_without_own_ids()])
        .when(WAKE_UP, at(60_000))
        .then([started(11, 2)]);
}

#[test]
fn a_try_that_outlives_its_transport_is_uncertain_without_an_answer() {
    let ours = connected();
    let theirs = connected_without_own_ids();
    for (first, second) in [(ours.clone(), theirs.clone()), (theirs, ours)] {
        let spec = || {
            AccountSpec::given([first.clone(), queued(11), started(11, 1)])
                .and([disconnected(1, Who::Operator, 100), second.clone()])
        };
        spec().when(tried(11, 1, Outcome::Unknown), at(300)).then([uncertain(11, 1, 300)]);
        let interrupted = Account::interrupted(&send(11, 1)).unwrap();
        spec().when(interrupted, at(300)).then([uncertain(11, 1, 300)]);
    }
}
