//! Tests what the erasure of a chat does to its reports: none begins any more, those under way end as usual, and
//! nobody is blamed for a report that could not be made.

mod requests;

use super::listening::{listening, their_post, theirs, watch};
use super::*;
use crate::decider::{Decider, LookupRequest, LookupResult};
use crate::webhook::State;

fn healthy_with(past: impl IntoIterator<Item = Event>) -> WebhookSpec {
    given(healthy()).and(past)
}

/// Returns the numbers of the chats whose windows are open.
fn windows(spec: &WebhookSpec) -> Vec<u64> {
    let due = Webhook::due(spec.state()).later.into_iter();
    let windows = due.filter_map(|(_, effect)| match effect {
        Effect::Close { chat, .. } => Some(chat.nth_of_workspace()),
        Effect::Outside(_) => None,
    });
    windows.collect()
}

fn is_told_of_parked(spec: &WebhookSpec) -> bool {
    let notice = |effect: &Effect| matches!(effect, Effect::Outside(Outside::NotifyParked { .. }));
    Webhook::due(spec.state()).later.iter().any(|(_, effect)| notice(effect))
}

#[test]
fn what_is_owed_of_an_erased_chat_is_owed_no_more() {
    let spec =
        healthy_with([owed(11), owed(12), erased(1, 5)]).due_nothing().when(Command::WakeUp, at(5)).then_nothing();
    assert_eq!((spec.state().owed.len(), Webhook::due(spec.state()).waiting), (0, 0));
}

#[test]
fn other_chats_keep_their_order() {
    healthy_with([owed(21), owed(11), owed(31), owed(12), owed(22), erased(1, 5)])
        .when(Command::WakeUp, at(5))
        .then([started(21, 1, 5), started(31, 1, 5)])
        .when(taken(21, 1), at(6))
        .then([succeeded(21, 1, 6)])
        .when(Command::WakeUp, at(7))
        .then([started(22, 1, 7)]);
}

#[test]
fn other_chats_keep_their_waits() {
    let waits = |number| [owed(number), started(number, 1, 0), failed(number, 1, None, Some(5_000), 0)];
    healthy_with([waits(11), waits(21)].concat())
        .and([erased(1, 5)])
        .due_wake_at(at(5_000))
        .when(Command::WakeUp, at(4_999))
        .then_nothing()
        .when(Command::WakeUp, at(5_000))
        .then([started(21, 2, 5_000)]);
}

#[test]
fn the_wait_of_an_erased_chat_is_over() {
    let waits = [owed(11), started(11, 1, 0), failed(11, 1, None, Some(5_000), 0)];
    let spec = healthy_with(waits).due_wake_at(at(5_000)).and([erased(1, 5)]).due_nothing();
    assert_eq!((spec.state().owed.wait(delivery(11)), spec.state().failures_of(delivery(11))), (None, 0));
    spec.when(Command::ResetErrors { by: operator() }, at(6)).then_nothing();
}

#[test]
fn what_is_parked_of_an_erased_chat_is_never_tried_again() {
    let spec = healthy_with([owed(11), owed(21), parked(11, 11, 0), parked(21, 11, 0), erased(1, 5)]);
    let parked: Vec<_> = spec.state().parked.keys().copied().collect();
    assert_eq!(parked, [delivery(21)]);
    let recovered = DeliveriesRecovered { webhook: webhook(), since: at(0), deliveries: 1, by: operator() };
    spec.when(Command::Recover { since: at(0), by: operator() }, at(6))
        .answers(&Answer::Count(1))
        .then([recovered.into()])
        .when(Command::WakeUp, at(7))
        .then([started(21, 1, 7)]);
}

#[test]
fn the_owner_is_not_told_of_what_was_parked_and_is_gone() {
    let spec = healthy_with([owed(11), parked(11, 11, 0)]);
    assert!(is_told_of_parked(&spec));
    assert!(!is_told_of_parked(&spec.and([erased(1, 5)])));
}

#[test]
fn an_open_window_of_an_erased_chat_is_gone() {
    let spec = healthy_with([opened_at(1, 1, 100), opened_at(2, 1, 50)]);
    assert_eq!(windows(&spec), [2, 1]);
    let spec = spec.and([erased(1, 200)]);
    assert_eq!((windows(&spec), spec.state().windows()), (vec![2], 1));
    let spec = spec.and([erased(2, 200)]);
    spec.when(Command::Flush { by: operator() }, at(201)).answers(&Answer::Count(0)).then_nothing();
}

#[test]
fn what_is_gone_cannot_be_given_up_by_hand() {
    let discard = |number| {
        let (delivery, chat) = (delivery(number), chat(number / 10));
        Command::Discard(Discard { delivery, chat, by: operator(), reason: REASON.to_owned() })
    };
    healthy_with([owed(11), owed(12), parked(12, 11, 0), erased(1, 5)])
        .when(discard(11), at(6))
        .then_rejected(&Rejection::NotOwed)
        .when(discard(12), at(6))
        .then_rejected(&Rejection::NotOwed);
}

#[test]
fn reports_that_would_be_dropped_are_counted() {
    let spec = healthy_with([owed(11), owed(12), owed(21), owed(13), parked(12, 11, 0)]);
    assert_eq!([1, 2, 3].map(|nth| spec.state().owed_of(chat(nth))), [3, 1, 0]);
    let spec = spec.and([erased(1, 5)]);
    assert_eq!([1, 2, 3].map(|nth| spec.state().owed_of(chat(nth))), [0, 1, 0]);
}

#[test]
fn the_erasure_of_a_chat_that_was_never_reported_changes_nothing() {
    let spec = healthy_with([owed(21), erased(1, 5)]);
    assert_eq!(spec.state(), healthy_with([owed(21)]).state());
    assert_eq!(given([erased(1, 5)]).state(), &State::default());
}

#[test]
fn an_erased_chat_is_dropped_while_the_webhook_is_off() {
    let off = disabled(DisabledBecause::Owner, 0, REASON, 1);
    healthy_with([owed(11), off, erased(1, 5), owed(21), enabled()])
        .when(Command::WakeUp, at(6))
        .then([started(21, 1, 6)]);
}

fn resend(number: u64) -> Command {
    Command::Resend { delivery: delivery(number), chat: chat(number / 10), by: operator(), erased: None }
}

fn resent(number: u64) -> Event {
    DeliveryResent { webhook: webhook(), delivery: delivery(number), chat: chat(number / 10), by: operator() }.into()
}

#[test]
fn nothing_of_an_erased_chat_is_resent() {
    let done = [owed(11), started(11, 1, 0), succeeded(11, 1, 0)];
    for past in [done.to_vec(), vec![owed(11)], vec![owed(11), parked(11, 11, 0)], vec![resent(11)]] {
        healthy_with(past)
            .and([erased(1, 5)])
            .finding(LookupResult::Erased(true))
            .when(resend(11), at(6))
            .then_rejected(&Rejection::ChatErased);
    }
    given([]).finding(LookupResult::Erased(true)).when(resend(11), at(6)).then_rejected(&Rejection::ChatErased);
}

#[test]
fn what_another_chat_had_is_resent() {
    healthy_with([owed(11), started(11, 1, 0), succeeded(11, 1, 0), erased(2, 5)])
        .finding(LookupResult::Erased(false))
        .when(resend(11), at(6))
        .then([resent(11)]);
}

#[test]
fn before_a_resend_its_chat_is_looked_up_once() {
    let mut command = resend(11);
    let asks = |command: &Command| Webhook::next_lookup(&State::default(), command);
    assert_eq!(asks(&command), Some(LookupRequest::Erased(chat(1))));
    Webhook::resolve(&mut command, LookupResult::Erased(false));
    assert_eq!(asks(&command), None);
    assert_eq!(asks(&Command::WakeUp), None);
}

#[test]
fn listeners_are_owed_nothing_of_an_erased_chat() {
    let past = [listening(false), theirs(owed(11)), theirs(owed(21)), theirs(opened_at(1, 2, 3)), erased(1, 5)];
    let spec = given(past);
    assert_eq!((windows(&spec), spec.state().owed.len()), (vec![], 1));
    spec.when(Command::WakeUp, at(6)).then([theirs(started(21, 1, 6))]);
}

#[test]
fn what_a_listener_has_under_way_ends_as_usual() {
    given([listening(false), theirs(owed(11)), theirs(started(11, 1, 0)), erased(1, 5)])
        .due_effects([their_post(11, 1), watch(false)])
        .when(timed_out(11, 1), at(6))
        .then([theirs(failed(11, 1, Some((1, 5_006)), Some(5_006), 6))])
        .due_effects([watch(false)])
        .when(Command::WakeUp, at(60_000))
        .then_nothing();
}
