//! Tests which chat goes next during and after errors, and the waits of single deliveries.

use super::*;
use crate::webhook::{AT_ONCE, CALM_AFTER, FAILED_AT_ONCE, Owed};

fn healthy_with(owed: impl IntoIterator<Item = Event>) -> WebhookSpec {
    given(healthy()).and(owed)
}

/// A chat's delivery that is tried and accepted at this time.
fn told(number: u64, ms: i64) -> [Event; 3] {
    [owed(number), started(number, 1, ms), succeeded(number, 1, ms)]
}

/// A counted error of a chat that fails for the first time.
fn refused_once(number: u64, ms: i64) -> [Event; 3] {
    [owed(number), started(number, 1, ms), failed(number, 1, Some((1, ms + 5_000)), Some(ms + 5_000), ms)]
}

/// Chats that are refused must not be tried again before those that get through.
#[test]
fn the_probe_is_of_the_chat_that_succeeded_last_then_of_the_oldest_untried_then_of_the_one_that_failed_longest_ago() {
    let past = [told(11, 0), told(21, 1)].concat();
    let failures = [refused_once(31, 2), refused_once(41, 5_002)].concat();
    let more = [owed(51), owed(61), owed(12), owed(22)];
    let mut spec = healthy_with(past.into_iter().chain(failures).chain(more));
    let mut now = 10_002;
    for (nth, number) in [22, 12, 51, 61].into_iter().enumerate() {
        let errors = u32::try_from(nth).unwrap() + 2;
        let next = now + wait_ms(errors);
        spec = spec
            .when(Command::WakeUp, at(now))
            .then([started(number, 1, now)])
            .when(timed_out(number, 1), at(now))
            .then([failed(number, 1, Some((errors, next)), Some(now + 5_000), now)]);
        now = next;
    }
    spec.when(Command::WakeUp, at(now)).then([started(31, 2, now)]);
}

/// One chat's failures on a busy webhook must not use up its eleven tries within a second.
#[test]
fn a_delivery_that_failed_waits_by_its_own_count_while_all_others_go_and_its_chat_waits_with_it() {
    let mut spec = healthy_with([owed(11), owed(12)]);
    let mut now = 0;
    for nth in 1..=10 {
        let (other, after) = (20 + u64::from(nth % 10), now + 5_000);
        spec = spec
            .when(Command::WakeUp, at(now))
            .then([started(11, nth, now)])
            .when(timed_out(11, nth), at(now))
            .then([failed(11, nth, Some((1, after)), Some(now + wait_ms(nth)), now)])
            .and([owed(other)])
            .due_wake_at(at(after))
            .when(Command::WakeUp, at(after))
            .then([started(other, 1, after)])
            .when(taken(other, 1), at(after))
            .then([succeeded(other, 1, after)]);
        now += wait_ms(nth);
        if nth > 1 {
            spec = spec.due_wake_at(at(now)).when(Command::WakeUp, at(now - 1)).then_nothing();
        }
    }
    spec.when(Command::WakeUp, at(now))
        .then([started(11, 11, now)])
        .when(timed_out(11, 11), at(now))
        .then([failed(11, 11, Some((1, now + 5_000)), Some(now + wait_ms(10)), now), parked(11, 11, now)])
        .when(Command::WakeUp, at(now + 5_000))
        .then([started(12, 1, now + 5_000)]);
}

#[test]
fn where_the_best_candidate_waits_by_its_own_count_the_next_one_goes_and_else_the_earliest_wakes() {
    let twice = [started(11, 2, 5_000), failed(11, 2, Some((2, 35_000)), Some(35_000), 5_000)];
    let past =
        refused_once(11, 0)
            .into_iter()
            .chain(twice)
            .chain([WebhookErrorsReset { webhook: webhook(), by: operator() }.into()]);
    let again = [started(11, 3, 6_000), failed(11, 3, Some((1, 11_000)), Some(126_000), 6_000)];
    healthy_with(past.chain(again))
        .due_wake_at(at(126_000))
        .and(refused_once(21, 11_000).map(|event| match event {
            Event::DeliveryFailed(e) => DeliveryFailed { counted: Some(2), ..e }.into(),
            other => other,
        }))
        .due_wake_at(at(16_000))
        .when(Command::WakeUp, at(16_000))
        .then([started(21, 2, 16_000)]);
}

/// The success of a request that began before an error says nothing about the receiver after it.
#[test]
fn a_success_that_began_before_the_last_error_resets_nothing() {
    healthy_with([owed(11), owed(21), owed(31)])
        .when(Command::WakeUp, at(0))
        .then([started(11, 1, 0), started(21, 1, 0), started(31, 1, 0)])
        .when(answered(11, 1, 429, Some(60_000)), at(100))
        .then([refused(11, 1, 429, Some((1, 60_100)), Some(60_100), 100)])
        .when(taken(21, 1), at(400))
        .then([succeeded(21, 1, 400)])
        .and([owed(22)])
        .when(Command::WakeUp, at(60_099))
        .then_nothing()
        .when(taken(31, 1), at(60_099))
        .then([succeeded(31, 1, 60_099)])
        .due_wake_at(at(60_100))
        .when(Command::WakeUp, at(60_100))
        .then([started(22, 1, 60_100)]);
}

/// The receiver asked for it, so that only its time ends it.
#[test]
fn a_success_leaves_a_wait_that_was_asked_for_until_that_is_over() {
    let Event::DeliveryFailed(asked) = failed(11, 1, None, Some(90_000), 100) else { unreachable!() };
    let asked = DeliveryFailed { not_before: Some(at(90_000)), ..asked };
    for (ms, wake_at) in [(200, 90_000), (89_999, 90_000), (90_000, 0), (90_001, 0)] {
        healthy_with([owed(11), owed(21), owed(31), started(11, 1, 0), started(21, 1, 0), asked.clone().into()])
            .when(taken(21, 1), at(ms))
            .then([succeeded(21, 1, ms)])
            .due_wake_at(at(wake_at));
    }
}

#[test]
fn a_success_that_began_before_it_was_switched_on_proves_nothing() {
    let off = disabled(DisabledBecause::Owner, 0, REASON, 1);
    healthy_with([owed(11), owed(21), owed(31), started(11, 1, 0), off, enabled()])
        .when(taken(11, 1), at(2))
        .then([succeeded(11, 1, 2)])
        .when(Command::WakeUp, at(3))
        .then([started(21, 1, 3)]);
}

/// A wait that a receiver asks for is kept, whichever response asks for it.
#[test]
fn a_wait_that_is_asked_for_by_a_failure_that_does_not_count_is_kept_too() {
    let Event::DeliveryFailed(late) = refused(21, 1, 503, None, Some(90_200), 200) else { unreachable!() };
    let late = DeliveryFailed { not_before: Some(at(90_200)), ..late };
    healthy_with([owed(11), owed(21), started(11, 1, 0), started(21, 1, 0)])
        .when(timed_out(11, 1), at(100))
        .then([failed(11, 1, Some((1, 5_100)), Some(5_100), 100)])
        .when(answered(21, 1, 503, Some(90_000)), at(200))
        .then([late.into()])
        .due_wake_at(at(90_200))
        .when(Command::ResetErrors { by: operator() }, at(300))
        .then([WebhookErrorsReset { webhook: webhook(), by: operator() }.into()])
        .due_wake_at(at(0));
}

#[test]
fn after_429_or_503_there_are_one_two_four_and_then_eight_at_once() {
    for status in [429, 503] {
        let waiting = (11..=50).map(|chat| owed(chat * 10 + 1));
        let first = [owed(101), started(101, 1, 0), refused(101, 1, status, Some((1, 5_000)), Some(5_000), 0)];
        let mut spec = healthy_with(first.into_iter().chain(waiting));
        for at_once in [1, 2, 4, 8, 8] {
            let next = spec.state().next(at(5_000));
            assert_eq!(next.len(), at_once, "{status}");
            spec = spec.and(next.iter().map(|owed| begun(owed, 5_000)));
            for owed in next {
                let state = spec.state();
                assert!(state.next(at(5_000)).len() + state.in_flight.len() <= at_once, "{status}: {at_once}");
                spec = spec.and([done(&owed, 5_000)]);
            }
        }
    }
}

fn done(owed: &Owed, ms: i64) -> Event {
    let delivery = owed.delivery;
    DeliverySucceeded { webhook: webhook(), delivery, try_number: 1, status: 200, at: at(ms) }.into()
}

fn begun(owed: &Owed, ms: i64) -> Event {
    let &Owed { delivery, chat, .. } = owed;
    DeliveryStarted { webhook: webhook(), delivery, chat, try_number: 1, at: at(ms) }.into()
}

/// Chats for which the receiver does not answer must not take all places until their time-outs.
#[test]
fn half_of_the_places_stay_free_of_chats_whose_last_try_failed() {
    let failures = (1..=6).flat_map(|chat| refused_once(chat * 10 + 1, 0));
    let spec = healthy_with(failures.chain(told(81, 5_000)));
    let ready = spec.state().next(at(5_000));
    assert_eq!(ready.len(), FAILED_AT_ONCE);
    let spec = spec.and(ready.iter().map(|owed| begun(owed, 5_000)).collect::<Vec<_>>());
    let spec = spec.and((101..=109).map(|chat| owed(chat * 10 + 1)));
    assert_eq!(spec.state().next(at(6_000)).len(), AT_ONCE - FAILED_AT_ONCE);
    assert!(spec.state().next(at(6_000)).iter().all(|owed| owed.chat >= chat(101)));
}

#[test]
fn after_an_error_those_that_got_through_go_first_until_enough_succeeded_and_then_the_oldest() {
    let mut spec = healthy_with(refused_once(11, 0)).and(told(21, 5_000)).and([owed(31)]).and([owed(22)]);
    let first = |spec: &WebhookSpec| spec.state().next(at(5_000)).first().map(|owed| owed.delivery);
    for nth in 1..CALM_AFTER {
        assert_eq!(first(&spec), Some(delivery(22)), "{nth}");
        spec = spec.quietly(told(100_000 + u64::from(nth) * 10, 5_000));
    }
    assert_eq!(first(&spec), Some(delivery(11)));
}
