//! Tests requests that are under way when their chat is erased, and those that end because nobody can read it any more.

use super::*;
use crate::webhook::AT_ONCE;

/// Request 11 is under way when its chat is erased.
fn under_way(past: impl IntoIterator<Item = Event>) -> WebhookSpec {
    healthy_with([owed(11), owed(12), started(11, 1, 0)]).and(past).and([erased(1, 5)])
}

fn unreadable(number: u64, try_number: u32) -> Command {
    tried(number, try_number, Outcome::Erased)
}

/// A try that ended because nobody can read its chat any more: no error, no wait.
fn not_posted(number: u64, try_number: u32, ms: i64) -> Event {
    let Event::DeliveryFailed(failed) = failed(number, try_number, None, None, ms) else { unreachable!() };
    DeliveryFailed { code: "chat_erased".to_owned(), ..failed }.into()
}

#[test]
fn a_request_under_way_may_succeed() {
    under_way([])
        .due_effects([post(11, 1)])
        .when(taken(11, 1), at(6))
        .then([succeeded(11, 1, 6)])
        .due_nothing()
        .when(Command::WakeUp, at(60_000))
        .then_nothing();
}

#[test]
fn a_request_under_way_that_fails_counts_for_the_receiver_and_is_not_repeated() {
    let spec = under_way([owed(21)])
        .when(timed_out(11, 1), at(6))
        .then([failed(11, 1, Some((1, 5_006)), Some(5_006), 6)])
        .due_wake_at(at(5_006))
        .when(Command::WakeUp, at(5_006))
        .then([started(21, 1, 5_006)])
        .when(taken(21, 1), at(5_007))
        .then([succeeded(21, 1, 5_007)])
        .due_nothing();
    assert_eq!(spec.state().owed.len(), 0);
}

#[test]
fn a_request_that_fails_may_blow_the_fuse_though_its_chat_is_erased() {
    let errors = ERRORS_MAX;
    let past = (1..=errors).flat_map(|n| [started(11, n, 0), failed(11, n, Some((n, 0)), Some(0), 0)]);
    let wait = wait_ms(errors + 1);
    healthy_with([owed(11), owed(21)])
        .and(past)
        .and([started(21, 1, 1), erased(2, 5)])
        .when(timed_out(21, 1), at(6))
        .then([
            failed(21, 1, Some((errors + 1, 6 + wait)), Some(6 + wait_ms(1)), 6),
            disabled(DisabledBecause::Errors, errors + 1, TIMEOUT, 6),
        ]);
}

#[test]
fn a_receiver_that_is_gone_is_noticed_by_a_request_of_an_erased_chat_too() {
    let code = "report_http_error";
    under_way([])
        .when(answered(11, 1, 410, None), at(6))
        .then([refused(11, 1, 410, Some((1, 5_006)), Some(5_006), 6), disabled(DisabledBecause::Gone, 1, code, 6)]);
}

#[test]
fn a_receiver_that_asks_to_slow_down_is_heeded_though_the_chat_is_erased() {
    let spec = under_way([owed(21), owed(31)])
        .when(answered(11, 1, 429, Some(60_000)), at(6))
        .then([refused(11, 1, 429, Some((1, 60_006)), Some(60_006), 6)])
        .due_wake_at(at(60_006));
    assert_eq!(spec.state().next(at(60_006)).len(), 1);
}

#[test]
fn what_failed_too_often_is_not_parked_once_its_chat_is_erased() {
    let tries = PARKED_AT - 1;
    let past = (1..=tries).flat_map(|n| [started(11, n, 0), failed(11, n, None, Some(0), 0)]);
    let spec = healthy_with([owed(11)])
        .and(past)
        .and([started(11, PARKED_AT, 1), erased(1, 5)])
        .when(timed_out(11, PARKED_AT), at(6))
        .then([failed(11, PARKED_AT, Some((1, 5_006)), Some(5_006), 6)])
        .due_nothing();
    assert_eq!((spec.state().parked.len(), spec.state().parkings()), (0, 0));
}

#[test]
fn a_request_by_hand_ends_as_usual_too() {
    let resent = || healthy_with([resent(11), erased(1, 5)]);
    let (chat, delivery) = (chat(1), delivery(11));
    let by_hand = Outside::Post { webhook: webhook(), chat, delivery, try_number: 1, by_hand: true };
    resent()
        .due_effects([Effect::Outside(by_hand)])
        .when(taken(11, 1), at(6))
        .then([succeeded(11, 1, 6)])
        .due_nothing();
    resent().when(timed_out(11, 1), at(6)).then([failed(11, 1, None, None, 6)]).due_nothing();
    resent().when(unreadable(11, 1), at(6)).then([not_posted(11, 1, 6)]).due_nothing();
}

#[test]
fn a_request_that_could_not_be_made_is_no_failure_of_the_receiver() {
    let spec = under_way([owed(21)]).when(unreadable(11, 1), at(6)).then([not_posted(11, 1, 6)]).due_wake_at(at(0));
    let state = spec.state();
    assert_eq!((state.errors, state.not_before, state.proving), (0, None, false));
    assert_eq!((state.parked.len(), state.owed_of(chat(1)), state.failures_of(delivery(11))), (0, 0, 0));
    assert!(!state.owed.has_failed(chat(1)));
    spec.when(Command::ResetErrors { by: operator() }, at(7)).then_nothing();
}

#[test]
fn a_request_that_could_not_be_made_says_nothing_of_a_receiver_that_fails() {
    let broken = [owed(11), owed(21), owed(31), started(21, 1, 0), failed(21, 1, Some((1, 1)), Some(9_000), 0)];
    let spec = healthy_with(broken)
        .and([started(11, 1, 2), erased(1, 5)])
        .when(unreadable(11, 1), at(6))
        .then([not_posted(11, 1, 6)])
        .when(Command::WakeUp, at(7))
        .then([started(31, 1, 7)])
        .when(timed_out(31, 1), at(8))
        .then([failed(31, 1, Some((2, 8 + wait_ms(2))), Some(8 + wait_ms(1)), 8)]);
    assert_eq!(spec.state().errors, 2);
}

/// Neither does it make the webhook begin fewer requests, nor let chats that got through go first for a while.
#[test]
fn a_request_that_could_not_be_made_changes_neither_pace_nor_order() {
    let others = (2..=12).map(|chat| owed(chat * 10 + 1));
    let spec = under_way(others).when(unreadable(11, 1), at(6)).then([not_posted(11, 1, 6)]);
    let next: Vec<_> = spec.state().next(at(7)).into_iter().map(|owed| owed.delivery).collect();
    assert_eq!(next, (2..10).map(|chat| delivery(chat * 10 + 1)).collect::<Vec<_>>());
    assert_eq!(next.len(), AT_ONCE);
}

/// After a 503 and one success, two requests may be under way at once, and four only after two more successes.
#[test]
fn requests_that_could_not_be_made_do_not_let_more_begin_at_once() {
    let slow = [owed(31), started(31, 1, 0), refused(31, 1, 503, Some((1, 1)), Some(9_000), 0)];
    let better = [owed(41), started(41, 1, 2), succeeded(41, 1, 2)];
    let others = (5..=12).map(|chat| owed(chat * 10 + 1));
    let spec = healthy_with([owed(11), owed(21)]).and(slow).and(better).and(others);
    assert_eq!(spec.state().next(at(7)).len(), 2);
    let spec = spec
        .and([started(11, 1, 3), started(21, 1, 3), erased(1, 5), erased(2, 5)])
        .when(unreadable(11, 1), at(6))
        .then([not_posted(11, 1, 6)])
        .when(unreadable(21, 1), at(6))
        .then([not_posted(21, 1, 6)]);
    assert_eq!(spec.state().next(at(7)).len(), 2);
}

#[test]
fn what_could_not_be_made_is_known_to_end_once() {
    under_way([])
        .when(unreadable(11, 1), at(6))
        .then([not_posted(11, 1, 6)])
        .when(unreadable(11, 1), at(7))
        .then_nothing()
        .when(unreadable(12, 1), at(7))
        .then_nothing()
        .when(taken(11, 1), at(8))
        .then_nothing();
}

/// Where a key is gone that nobody destroyed: the same report could be tried for ever.
#[test]
fn what_nobody_can_read_is_owed_no_more_whatever_became_of_its_chat() {
    let spec = healthy_with([owed(11), started(11, 1, 0)])
        .when(unreadable(11, 1), at(6))
        .then([not_posted(11, 1, 6)])
        .due_nothing()
        .when(Command::WakeUp, at(60_000))
        .then_nothing();
    assert_eq!(spec.state().owed.len(), 0);
}

#[test]
fn the_next_report_of_a_chat_goes_when_one_could_not_be_made() {
    healthy_with([owed(11), owed(12), started(11, 1, 0)])
        .when(unreadable(11, 1), at(6))
        .then([not_posted(11, 1, 6)])
        .when(Command::WakeUp, at(7))
        .then([started(12, 1, 7)]);
}
