//! Tests an account that `WhatsApp` does not let send.

use events::account::DeferReason;
use events::event::Event;
use events::workspace::AccountBlocked;

use super::*;
use crate::account::Effect;
use crate::account::outcome::StopReason;
use crate::spec::facts::*;

fn trying() -> AccountSpec {
    AccountSpec::given([connected(), queued(11), queued(21), started(11, 1)])
}

fn stopped(until_ms: Option<u64>) -> Outcome {
    Outcome::Stopped { reason: StopReason::Blocked, until_ms }
}

#[test]
fn a_stop_is_recorded_with_its_reason_and_the_message_keeps_its_place() {
    let reasons = [
        (StopReason::Blocked, "account_blocked"),
        (StopReason::Unauthorised, "account_unauthorised"),
        (StopReason::Misconfigured, "account_misconfigured"),
    ];
    for (reason, code) in reasons {
        let blocked: Event =
            AccountBlocked { workspace: workspace(), account: account(1), reason: code.to_owned(), until: None }.into();
        trying()
            .when(tried(11, 1, Outcome::Stopped { reason, until_ms: None }), at(300))
            .then([deferred(11, 1, DeferReason::AccountStopped, 300, 300), blocked])
            .and([unblocked(1)])
            .due_wake_at(gap_after(300, 11, 2));
    }
}

#[test]
fn a_stopped_account_sends_nothing() {
    trying()
        .when(tried(11, 1, stopped(None)), at(300))
        .then([deferred(11, 1, DeferReason::AccountStopped, 300, 300), blocked(1, None)])
        .due_effects([Effect::Notify { account: account(1), notice: 1 }])
        .when(Command::Notified { notice: 1 }, at(0))
        .then([told(1)])
        .due_nothing()
        .when(Command::Notified { notice: 1 }, at(0))
        .then_nothing()
        .when(WAKE_UP, at(1_000_000_000))
        .then_nothing();
}

#[test]
fn a_stopped_account_takes_messages_and_holds_them() {
    AccountSpec::given([connected(), blocked(1, None), told(1), queued(11)])
        .due_nothing()
        .when(WAKE_UP, at(1_000_000))
        .then_nothing()
        .and([unblocked(1)])
        .when(WAKE_UP, at(1_000_000))
        .then([started(11, 1)]);
}

#[test]
fn an_account_is_free_again_at_its_time_and_not_before() {
    trying()
        .when(tried(11, 1, stopped(Some(60_000))), at(300))
        .then([deferred(11, 1, DeferReason::AccountStopped, 300, 300), blocked(1, Some(at(60_300)))])
        .and([told(1)])
        .due_effects([])
        .due_wake_at(at(60_300))
        .when(WAKE_UP, at(60_299))
        .then_nothing()
        .when(WAKE_UP, at(60_300))
        .then([unblocked(1)])
        .due_wake_at(gap_after(300, 11, 2))
        .when(WAKE_UP, at(60_300))
        .then([started(11, 2)]);
}

#[test]
fn an_account_is_free_again_even_when_nothing_waits() {
    AccountSpec::given([connected(), blocked(1, Some(at(60_000))), told(1)])
        .due_wake_at(at(60_000))
        .when(WAKE_UP, at(60_000))
        .then([unblocked(1)])
        .due_nothing();
}

#[test]
fn a_stop_does_not_count_as_a_try() {
    let many = (1..=50).flat_map(|number| {
        let stop = deferred(11, number, DeferReason::AccountStopped, 0, 0);
        [started(11, number), stop, blocked(1, None), unblocked(1)]
    });
    AccountSpec::given([connected(), queued(11)])
        .and(many)
        .and([started(11, 51)])
        .when(tried(11, 51, Outcome::ServerError), at(0))
        .then([deferred(11, 51, DeferReason::ServerError, 0, 0)]);
}

#[test]
fn an_uncertain_message_can_be_settled_while_the_account_is_stopped() {
    AccountSpec::given([connected(), queued(11), started(11, 1), uncertain(11, 1, 0), blocked(1, None)])
        .when(seen(11), at(300))
        .then([settled_by_receipt(11, 300)]);
}
