//! Tests what is owed to programs that listen on the gateway's machine, and that nothing is once they have gone.

use events::webhook::{ListeningEnded, ListeningStarted};

use super::*;
use crate::decider::Decider;

fn listeners() -> WebhookId {
    WebhookId::of_listeners(workspace())
}

pub(super) fn listening(instead: bool) -> Event {
    ListeningStarted { workspace: workspace(), webhook: listeners(), instead, by: operator() }.into()
}

fn ended(instead: bool, ms: i64) -> Event {
    ListeningEnded { workspace: workspace(), webhook: listeners(), instead, at: at(ms) }.into()
}

fn listen(instead: bool) -> Command {
    Command::Listen { webhook: listeners(), instead, by: operator() }
}

const fn gone(instead: bool) -> Command {
    Command::ListenersGone { instead }
}

pub(super) fn watch(instead: bool) -> Effect {
    Effect::Outside(Outside::Watch { webhook: listeners(), instead })
}

/// The same event of the listeners' webhook.
pub(super) fn theirs(event: Event) -> Event {
    let webhook = listeners();
    match event {
        Event::BundleOpened(e) => BundleOpened { webhook, ..e }.into(),
        Event::BundleFlushed(e) => BundleFlushed { webhook, ..e }.into(),
        Event::DeliveryStarted(e) => DeliveryStarted { webhook, ..e }.into(),
        Event::DeliveryFailed(e) => DeliveryFailed { webhook, ..e }.into(),
        Event::DeliverySucceeded(e) => DeliverySucceeded { webhook, ..e }.into(),
        Event::WebhookDisabled(e) => WebhookDisabled { webhook, ..e }.into(),
        other => other,
    }
}

pub(super) fn their_post(number: u64, try_number: u32) -> Effect {
    let (webhook, delivery, chat) = (listeners(), delivery(number), chat(number / 10));
    Effect::Outside(Outside::Post { webhook, chat, delivery, try_number, by_hand: false })
}

#[test]
fn whoever_listens_is_reported_to_like_any_receiver() {
    given([])
        .when(listen(false), at(0))
        .then([listening(false)])
        .due_effects([watch(false)])
        .and([theirs(owed(11))])
        .due_wake_at(at(0))
        .when(Command::WakeUp, at(5))
        .then([theirs(started(11, 1, 5))])
        .due_effects([their_post(11, 1), watch(false)])
        .when(taken(11, 1), at(6))
        .then([theirs(succeeded(11, 1, 6))])
        .due_effects([watch(false)]);
}

#[test]
fn what_a_listener_refuses_is_tried_again() {
    let failed = theirs(failed(11, 1, Some((1, wait_ms(1))), Some(wait_ms(1)), 0));
    given([listening(false), theirs(owed(11)), theirs(started(11, 1, 0))])
        .when(timed_out(11, 1), at(0))
        .then([failed])
        .due_wake_at(at(wait_ms(1)));
}

#[test]
fn nothing_is_owed_to_listeners_that_have_gone() {
    let past = [listening(false), theirs(owed(11)), theirs(owed(21)), theirs(started(11, 1, 0))];
    given(past)
        .when(gone(false), at(10))
        .then([ended(false, 10)])
        .due_nothing()
        .when(taken(11, 1), at(11))
        .then_nothing()
        .when(gone(false), at(12))
        .then_nothing()
        .when(listen(false), at(13))
        .then([listening(false)])
        .due_effects([watch(false)]);
}

#[test]
fn windows_that_are_open_when_the_listeners_go_close_at_once_and_nothing_is_owed() {
    let spec = given([listening(false), theirs(opened_at(1, 1, 5)), ended(false, 10)]);
    let close = Effect::Close { chat: chat(1), window: 1, aggregated: false };
    assert_eq!(Webhook::due(spec.state()).later, [(at(5), close)]);
    let spec = spec.and([theirs(flushed(1, 1))]).due_nothing();
    assert_eq!(spec.state().owed.len(), 0);
}

#[test]
fn a_further_listener_changes_nothing() {
    let waits = theirs(failed(11, 1, Some((1, 5_000)), Some(5_000), 0));
    given([listening(false), theirs(owed(11)), theirs(started(11, 1, 0)), waits])
        .when(listen(false), at(1))
        .then_nothing()
        .due_wake_at(at(5_000));
}

#[test]
fn those_who_listen_in_place_of_the_url_are_waited_for_apart() {
    given([listening(false)])
        .when(listen(true), at(1))
        .then([listening(true)])
        .due_effects([watch(true), watch(false)])
        .when(listen(true), at(2))
        .then_nothing()
        .when(listen(false), at(2))
        .then_nothing()
        .and([theirs(owed(11))])
        .when(gone(true), at(3))
        .then([ended(true, 3)])
        .due_effects([watch(false)])
        .due_wake_at(at(0))
        .when(gone(true), at(4))
        .then_nothing()
        .when(gone(false), at(5))
        .then([ended(false, 5)])
        .due_nothing();
    // The webhook with the URL hears of it, whichever is noticed first.
    given([listening(true)]).when(gone(false), at(1)).then([ended(true, 1), ended(false, 1)]).due_nothing();
}

/// A listener that comes just as the last other one of its kind goes is not waited for until it says so again.
#[test]
fn of_those_who_listen_beside_the_url_none_is_taken_for_one_in_its_place() {
    let spec = given([listening(false), listening(true), ended(true, 3)]);
    let known = spec.state().listening;
    assert_eq!((known.is_on(), known.includes(false), known.includes(true)), (true, true, false));
    spec.when(listen(true), at(4)).then([listening(true)]).due_effects([watch(true), watch(false)]);
}

#[test]
fn what_a_listener_had_is_resent_to_it_and_what_it_is_owed_is_given_up() {
    let resend = Command::Resend { delivery: delivery(11), chat: chat(1), by: operator(), erased: None };
    let once_more = DeliveryResent { webhook: listeners(), delivery: delivery(11), chat: chat(1), by: operator() };
    let done = [theirs(owed(11)), theirs(started(11, 1, 0)), theirs(succeeded(11, 1, 0))];
    given([listening(false)]).and(done.clone()).when(resend.clone(), at(1)).then([once_more.into()]);
    given([listening(false), ended(false, 0)]).when(resend.clone(), at(1)).then_rejected(&Rejection::NoUrl);
    given([listening(false), theirs(owed(11))]).when(resend, at(1)).then_rejected(&Rejection::StillOwed);

    let (by, reason) = (operator(), "known by now".to_owned());
    let discard = Command::Discard(Discard { delivery: delivery(11), chat: chat(1), by, reason: reason.clone() });
    let (webhook, delivery, chat) = (listeners(), delivery(11), chat(1));
    let discarded = SingleDeliveryDiscarded { webhook, delivery, chat, by, reason: reason.into(), at: at(1) };
    given([listening(false), theirs(owed(11))])
        .when(discard, at(1))
        .then([discarded.into()])
        .due_effects([watch(false)]);
}

#[test]
fn what_a_listener_leaves_is_for_the_url_as_long_as_there_is_one_that_is_owed_it() {
    let is_left = |past: Vec<Event>| given(past).state().is_left_to_url(chat(1), delivery(11));
    let with = |more: Vec<Event>| healthy().into_iter().chain([owed(11), started(11, 1, 0)]).chain(more).collect();
    assert!(is_left(with(vec![])) && !is_left(healthy().into_iter().collect()));
    assert!(!is_left(with(vec![disabled(DisabledBecause::Owner, 0, "", 1)])));
    let (reason, at) = ("".into(), at(1));
    let discarded = SingleDeliveryDiscarded {
        webhook: webhook(),
        delivery: delivery(11),
        chat: chat(1),
        by: operator(),
        reason,
        at,
    };
    assert!(!is_left(with(vec![discarded.into()])));
    assert!(!is_left(vec![listening(false), theirs(owed(11))]), "the listeners' own webhook has no URL");
}

#[test]
fn listeners_that_fail_too_often_are_owed_nothing_and_the_owner_gets_no_mail() {
    for because in [DisabledBecause::Errors, DisabledBecause::Gone] {
        let off = theirs(disabled(because, 11, TIMEOUT, 10));
        let spec = given([listening(false), theirs(owed(11)), theirs(owed(21)), off]).due_effects([watch(false)]);
        assert_eq!((spec.state().owed.len(), spec.state().is_open()), (0, false));
        spec.and([theirs(owed(31))]).due_effects([watch(false)]).when(listen(false), at(20)).then([listening(false)]);
    }
}

#[test]
fn no_delivery_to_listeners_is_parked() {
    let (mut spec, mut at_ms) = (given([listening(false), theirs(owed(11))]), 0);
    for try_number in 1..=PARKED_AT + 1 {
        // Another chat's success in between keeps the fuse from blowing.
        let number = 20 + i64::from(try_number) * 10 + 1;
        let other = u64::try_from(number).unwrap();
        spec = spec.and([theirs(owed(other)), theirs(started(other, 1, at_ms)), theirs(succeeded(other, 1, at_ms))]);
        spec = spec.and([theirs(started(11, try_number, at_ms))]);
        let verdict = spec.when(timed_out(11, try_number), at(at_ms));
        let wait = wait_ms(try_number);
        spec = verdict.then([theirs(failed(11, try_number, Some((1, at_ms + wait_ms(1))), Some(at_ms + wait), at_ms))]);
        at_ms += wait;
    }
    assert_eq!(spec.state().parked.len(), 0);
}

fn answered_by_listener(number: u64, try_number: u32, status: u16) -> Command {
    let Command::Tried(tried) = answered(number, try_number, status, None) else { unreachable!() };
    Command::Tried(Tried { by_listener: true, ..tried })
}

#[test]
fn whatever_a_listener_answers_in_place_of_the_url_the_webhook_stays_on_and_nothing_is_parked() {
    given(healthy()).and([owed(11), started(11, 1, 0)]).when(answered_by_listener(11, 1, 410), at(0)).then([refused(
        11,
        1,
        410,
        Some((1, wait_ms(1))),
        Some(wait_ms(1)),
        0,
    )]);
    let errors = ERRORS_MAX;
    let past: Vec<Event> = (1..=errors)
        .flat_map(|n| [started(11, n, 0), refused(11, n, 500, Some((n, 0)), Some(0), 0)])
        .chain([started(11, errors + 1, 1)])
        .collect();
    let last = wait_ms(errors + 1);
    given(healthy()).and([owed(11)]).and(past).when(answered_by_listener(11, errors + 1, 500), at(1)).then([refused(
        11,
        errors + 1,
        500,
        Some((errors + 1, 1 + last)),
        Some(1 + last),
        1,
    )]);
}

#[test]
fn when_those_have_gone_who_listened_in_place_of_the_url_it_is_tried_at_once() {
    let wait = wait_ms(1);
    let slow = [owed(11), started(11, 1, 0), refused(11, 1, 503, Some((1, wait)), Some(wait), 0)];
    let spec = given(healthy()).and(slow).due_wake_at(at(wait));
    spec.and([ended(true, 10)]).due_wake_at(at(0)).when(Command::WakeUp, at(11)).then([started(11, 2, 11)]);
}

#[test]
fn nobody_waits_for_listeners_at_a_stop() {
    assert!(!Webhook::is_awaited(&watch(true)) && Webhook::is_awaited(&their_post(11, 1)));
    assert_eq!(Webhook::answered_by(&watch(false)), Who::System);
}
