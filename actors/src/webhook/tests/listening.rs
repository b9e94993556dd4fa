//! Tests what is owed to programs that listen on the gateway's machine, and that nothing is once they have gone.

use events::webhook::{ListeningEnded, ListeningStarted};

use super::*;
use crate::decider::Decider;

fn listeners() -> WebhookId {
    WebhookId::of_listeners(workspace())
}

fn listening(listener: u64) -> Event {
    ListeningStarted { workspace: workspace(), webhook: listeners(), listener, by: operator() }.into()
}

fn ended(ms: i64) -> Event {
    ListeningEnded { workspace: workspace(), webhook: listeners(), at: at(ms) }.into()
}

fn listen() -> Command {
    Command::Listen { webhook: listeners(), by: operator() }
}

const fn gone(listener: u64) -> Command {
    Command::ListenersGone { listener }
}

fn watch(listener: u64) -> Effect {
    Effect::Outside(Outside::Watch { webhook: listeners(), listener })
}

/// The same event of the listeners' webhook.
fn theirs(event: Event) -> Event {
    let webhook = listeners();
    match event {
        Event::BundleOpened(e) => BundleOpened { webhook, ..e }.into(),
        Event::BundleFlushed(e) => BundleFlushed { webhook, ..e }.into(),
        Event::DeliveryStarted(e) => DeliveryStarted { webhook, ..e }.into(),
        Event::DeliveryFailed(e) => DeliveryFailed { webhook, ..e }.into(),
        Event::DeliverySucceeded(e) => DeliverySucceeded { webhook, ..e }.into(),
        Event::DeliveryParked(e) => DeliveryParked { webhook, ..e }.into(),
        Event::WebhookDisabled(e) => WebhookDisabled { webhook, ..e }.into(),
        other => other,
    }
}

fn their_post(number: u64, try_number: u32) -> Effect {
    let (webhook, delivery, chat) = (listeners(), delivery(number), chat(number / 10));
    Effect::Outside(Outside::Post { webhook, chat, delivery, try_number, by_hand: false })
}

#[test]
fn whoever_listens_is_reported_to_like_any_receiver() {
    given([])
        .when(listen(), at(0))
        .then([listening(1)])
        .due_effects([watch(1)])
        .and([theirs(owed(11))])
        .due_wake_at(at(0))
        .when(Command::WakeUp, at(5))
        .then([theirs(started(11, 1, 5))])
        .due_effects([their_post(11, 1), watch(1)])
        .when(taken(11, 1), at(6))
        .then([theirs(succeeded(11, 1, 6))])
        .due_effects([watch(1)]);
}

#[test]
fn what_a_listener_refuses_is_tried_again() {
    let failed = theirs(failed(11, 1, Some((1, wait_ms(1))), Some(wait_ms(1)), 0));
    given([listening(1), theirs(owed(11)), theirs(started(11, 1, 0))])
        .when(timed_out(11, 1), at(0))
        .then([failed])
        .due_wake_at(at(wait_ms(1)));
}

#[test]
fn nothing_is_owed_to_listeners_that_have_gone() {
    let past = [listening(1), theirs(owed(11)), theirs(owed(21)), theirs(started(11, 1, 0)), theirs(parked(21, 11, 0))];
    given(past)
        .when(gone(1), at(10))
        .then([ended(10)])
        .due_nothing()
        .when(taken(11, 1), at(11))
        .then_nothing()
        .when(gone(1), at(12))
        .then_nothing()
        .when(listen(), at(13))
        .then([listening(2)])
        .due_effects([watch(2)]);
}

#[test]
fn windows_that_are_open_when_the_listeners_go_close_at_once_and_nothing_is_owed() {
    let spec = given([listening(1), theirs(opened_at(1, 1, 5)), ended(10)]);
    let close = Effect::Close { chat: chat(1), window: 1, aggregated: false };
    assert_eq!(Webhook::due(spec.state()).later, [(at(5), close)]);
    let spec = spec.and([theirs(flushed(1, 1))]).due_nothing();
    assert_eq!(spec.state().owed.len(), 0);
}

#[test]
fn a_listener_that_came_meanwhile_stays() {
    given([listening(1)])
        .when(listen(), at(1))
        .then([listening(2)])
        .when(gone(1), at(2))
        .then_nothing()
        .due_effects([watch(2)])
        .when(gone(2), at(3))
        .then([ended(3)])
        .due_nothing();
}

#[test]
fn another_listener_changes_nothing_for_what_waits() {
    let waits = theirs(failed(11, 1, Some((1, 5_000)), Some(5_000), 0));
    given([listening(1), theirs(owed(11)), theirs(started(11, 1, 0)), waits])
        .when(listen(), at(1))
        .then([listening(2)])
        .due_wake_at(at(5_000));
}

#[test]
fn a_listener_that_fails_too_often_gets_no_more_and_the_owner_no_mail() {
    let off = theirs(disabled(DisabledBecause::Errors, 11, TIMEOUT, 10));
    let past = [listening(1), theirs(owed(11)), theirs(owed(21)), off.clone()];
    given(past).due_effects([watch(1)]).when(listen(), at(20)).then([listening(2)]).due_wake_at(at(0));
    let gone = theirs(disabled(DisabledBecause::Gone, 1, "report_http_error", 10));
    given([listening(1), gone]).due_effects([watch(1)]);
    given([listening(1), theirs(owed(11)), theirs(parked(11, 11, 5))]).due_effects([watch(1)]);
}

#[test]
fn nobody_waits_for_listeners_at_a_stop() {
    assert!(!Webhook::is_awaited(&watch(1)) && Webhook::is_awaited(&their_post(11, 1)));
    assert_eq!(Webhook::answered_by(&watch(1)), Who::System);
}
