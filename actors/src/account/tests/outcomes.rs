//! Tests what follows from each outcome of a try.

use events::account::DeferReason;

use super::*;
use crate::account::outcome::{Permanent, Scope};
use crate::decider::Decider;
use crate::spec::facts::*;

/// An account whose first try of message 11 is under way.
fn trying() -> AccountSpec {
    AccountSpec::given([connected(), queued(11), started(11, 1)])
}

/// The same on a transport that assigns its own message ids.
fn trying_without_own_ids() -> AccountSpec {
    AccountSpec::given([connected_without_own_ids(), queued(11), started(11, 1)])
}

#[test]
fn a_message_that_was_taken_is_sent() {
    trying().when(tried(11, 1, Outcome::Sent), at(300)).then([sent(11, 1, 300)]).due_nothing();
}

#[test]
fn the_queue_is_empty_only_before_a_message_is_queued_and_after_it_was_sent() {
    let mut state = crate::account::State::default();
    let mut is_empty = |event| {
        Account::apply(&mut state, &event);
        state.queue.is_empty()
    };
    let steps = [connected(), queued(11), started(11, 1), sent(11, 1, 300)].map(&mut is_empty);
    assert_eq!(steps, [true, false, false, true]);
}

#[test]
fn a_message_that_can_never_be_sent_is_refunded_at_once() {
    let codes = [
        (Permanent::RecipientInvalid, "recipient_invalid"),
        (Permanent::NotOnWhatsApp, "not_on_whatsapp"),
        (Permanent::Refused, "refused"),
        (Permanent::WindowClosed, "window_closed"),
        (Permanent::ContentRejected, "content_rejected"),
    ];
    for (why, code) in codes {
        trying()
            .when(tried(11, 1, Outcome::Failed(why)), at(300))
            .then([failed(11, code, 300), refunded(11, code)])
            .due_nothing();
    }
}

#[test]
fn a_refund_is_what_was_charged() {
    let queued = events::account::MessageQueued { cost: 2, ..queueing(11) };
    let refund = events::workspace::CreditRefunded {
        workspace: workspace(),
        message: message(11),
        amount: 2,
        reason: "refused".to_owned(),
    };
    AccountSpec::given([connected(), queued.into(), started(11, 1)])
        .when(tried(11, 1, Outcome::Failed(Permanent::Refused)), at(300))
        .then([failed(11, "refused", 300), refund.into()]);
}

#[test]
fn a_server_error_is_tried_again() {
    trying()
        .when(tried(11, 1, Outcome::ServerError), at(300))
        .then([deferred(11, 1, DeferReason::ServerError, 300, 300)])
        .due_effects([])
        .due_wake_at(gap_after(300, 11, 2));
}

#[test]
fn a_server_error_three_times_fails_and_refunds() {
    trying()
        .and([deferred(11, 1, DeferReason::ServerError, 300, 300), started(11, 2)])
        .when(tried(11, 2, Outcome::ServerError), at(3_000))
        .then([deferred(11, 2, DeferReason::ServerError, 3_000, 3_000)])
        .and([started(11, 3)])
        .when(tried(11, 3, Outcome::ServerError), at(6_000))
        .then([failed(11, "server_error", 6_000), refunded(11, "server_error")])
        .due_nothing();
}

#[test]
fn a_server_error_twice_and_then_sent_is_sent() {
    trying()
        .and([deferred(11, 1, DeferReason::ServerError, 300, 300), started(11, 2)])
        .and([deferred(11, 2, DeferReason::ServerError, 3_000, 3_000), started(11, 3)])
        .when(tried(11, 3, Outcome::Sent), at(6_000))
        .then([sent(11, 3, 6_000)])
        .due_nothing();
}

#[test]
fn an_unknown_outcome_is_tried_again_where_our_id_is_taken() {
    trying()
        .when(tried(11, 1, Outcome::Unknown), at(300))
        .then([deferred(11, 1, DeferReason::OutcomeUnknown, 300, 300)])
        .due_wake_at(gap_after(300, 11, 2))
        .when(WAKE_UP, at(3_000))
        .then([started(11, 2)])
        .due_effects([send(11, 2)]);
}

#[test]
fn an_unknown_outcome_three_times_is_uncertain() {
    trying()
        .and([deferred(11, 1, DeferReason::OutcomeUnknown, 300, 300), started(11, 2)])
        .and([deferred(11, 2, DeferReason::OutcomeUnknown, 3_000, 3_000), started(11, 3)])
        .when(tried(11, 3, Outcome::Unknown), at(6_000))
        .then([uncertain(11, 3, 6_000)])
        .due_nothing();
}

#[test]
fn an_unknown_outcome_is_uncertain_at_once_where_our_id_is_not_taken() {
    trying_without_own_ids().when(tried(11, 1, Outcome::Unknown), at(300)).then([uncertain(11, 1, 300)]).due_nothing();
}

#[test]
fn a_server_error_is_tried_again_where_our_id_is_not_taken() {
    trying_without_own_ids().when(tried(11, 1, Outcome::ServerError), at(300)).then([deferred(
        11,
        1,
        DeferReason::ServerError,
        300,
        300,
    )]);
}

#[test]
fn server_errors_after_an_unknown_outcome_are_uncertain_and_not_failed() {
    trying()
        .and([deferred(11, 1, DeferReason::OutcomeUnknown, 300, 300), started(11, 2)])
        .and([deferred(11, 2, DeferReason::ServerError, 3_000, 3_000), started(11, 3)])
        .when(tried(11, 3, Outcome::ServerError), at(6_000))
        .then([uncertain(11, 3, 6_000)]);
}

#[test]
fn a_refusal_after_an_unknown_outcome_fails_only_a_message_that_nobody_can_have_got() {
    let unanswered = || trying().and([deferred(11, 1, DeferReason::OutcomeUnknown, 0, 0), started(11, 2)]);
    for why in [Permanent::Refused, Permanent::WindowClosed, Permanent::ContentRejected] {
        unanswered().when(tried(11, 2, Outcome::Failed(why)), at(900)).then([uncertain(11, 2, 900)]);
    }
    unanswered()
        .when(tried(11, 2, Outcome::Failed(Permanent::NotOnWhatsApp)), at(900))
        .then([failed(11, "not_on_whatsapp", 900), refunded(11, "not_on_whatsapp")]);
}

#[test]
fn an_unknown_outcome_after_server_errors_is_uncertain() {
    trying()
        .and([deferred(11, 1, DeferReason::ServerError, 300, 300), started(11, 2)])
        .and([deferred(11, 2, DeferReason::ServerError, 3_000, 3_000), started(11, 3)])
        .when(tried(11, 3, Outcome::Unknown), at(6_000))
        .then([uncertain(11, 3, 6_000)]);
}

#[test]
fn without_a_connection_it_is_tried_again_after_five_seconds() {
    trying()
        .when(tried(11, 1, Outcome::NotConnected), at(300))
        .then([deferred(11, 1, DeferReason::NotConnected, 300, 5_300)])
        .due_wake_at(at(5_300));
}

#[test]
fn a_limited_try_is_repeated_after_the_time_that_was_told() {
    let limits = [(Scope::Pair, DeferReason::PairRateLimited), (Scope::Account, DeferReason::AccountRateLimited)];
    for (scope, reason) in limits {
        trying()
            .when(tried(11, 1, Outcome::RateLimited { after_ms: 40_000, scope }), at(300))
            .then([deferred(11, 1, reason, 300, 40_300)])
            .due_wake_at(at(40_300));
    }
}

#[test]
fn a_limit_shorter_than_the_gap_does_not_shorten_it() {
    trying()
        .when(tried(11, 1, Outcome::RateLimited { after_ms: 1, scope: Scope::Account }), at(300))
        .then([deferred(11, 1, DeferReason::AccountRateLimited, 300, 301)])
        .due_wake_at(gap_after(300, 11, 2));
}

#[test]
fn tries_without_a_connection_and_limited_ones_do_not_count() {
    let reasons = [DeferReason::NotConnected, DeferReason::PairRateLimited, DeferReason::AccountRateLimited];
    for reason in reasons {
        let many = (1..=50).flat_map(|number| [started(11, number), deferred(11, number, reason, 0, 0)]);
        AccountSpec::given([connected(), queued(11)])
            .and(many)
            .and([started(11, 51)])
            .when(tried(11, 51, Outcome::ServerError), at(0))
            .then([deferred(11, 51, DeferReason::ServerError, 0, 0)])
            .and([started(11, 52)])
            .when(tried(11, 52, Outcome::ServerError), at(0))
            .then([deferred(11, 52, DeferReason::ServerError, 0, 0)])
            .and([started(11, 53)])
            .when(tried(11, 53, Outcome::ServerError), at(0))
            .then([failed(11, "server_error", 0), refunded(11, "server_error")]);
    }
}
