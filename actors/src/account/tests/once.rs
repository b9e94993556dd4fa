//! That nothing happens twice: stale outcomes, and what a crash leaves behind.

use events::account::DeferReason;

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
    let spec = AccountSpec::given([connected(), queued(11), started(11, 1)]).due_effects([send(11, 1)]);
    let effect = send(11, 1);
    assert_eq!(Account::due(spec.state()).effects, [effect]);
    assert_eq!(Account::interrupted(&effect), None);
}

#[test]
fn after_a_crash_a_message_without_our_id_is_uncertain() {
    let interrupted = Effect::Send { account: account(1), message: message(11), try_number: 1, own_message_id: false };
    let command = Account::interrupted(&interrupted).unwrap();
    AccountSpec::given([connected_without_own_ids(), queued(11), started(11, 1)])
        .due_effects([interrupted])
        .when(command, at(60_000))
        .then([uncertain(11, 1, 60_000)])
        .due_nothing();
}

#[test]
fn the_gap_is_kept_after_a_crash() {
    let command = Account::interrupted(&Effect::Send {
        account: account(1),
        message: message(11),
        try_number: 1,
        own_message_id: false,
    });
    AccountSpec::given([connected_without_own_ids(), queued(11), queued(12), started(11, 1)])
        .when(command.unwrap(), at(60_000))
        .then([uncertain(11, 1, 60_000)])
        .due_wake_at(gap_after(60_000, 12, 1));
}
