//! Tests what a webhook says of its own effects, and of what the runtime asks it.

use super::*;
use crate::decider::Decider;

#[test]
fn a_wake_up_starts_what_is_due() {
    let command = Webhook::wake_up().unwrap();
    given(healthy()).and([owed(11)]).when(command, at(0)).then([started(11, 1, 0)]);
}

/// Errors in a row, a wait of the webhook, a wait of a delivery, or fewer requests at once.
#[test]
fn whatever_slows_it_down_can_be_forgotten() {
    let Event::DeliveryFailed(failed) = failed(11, 1, None, None, 0) else { unreachable!() };
    let slow: [fn(&mut DeliveryFailed); 4] = [
        |failed| failed.counted = Some(1),
        |failed| failed.not_before = Some(at(5_000)),
        |failed| failed.delivery_not_before = Some(at(5_000)),
        |failed| failed.status = Some(503),
    ];
    let reset = || Command::ResetErrors { by: operator() };
    for slow in slow {
        let mut failed = failed.clone();
        slow(&mut failed);
        given(healthy())
            .and([owed(11), started(11, 1, 0), failed.into()])
            .when(reset(), at(1))
            .then([WebhookErrorsReset { webhook: webhook(), by: operator() }.into()]);
    }
    given(healthy()).and([owed(11), started(11, 1, 0), failed.into()]).when(reset(), at(1)).then_nothing();
}

/// Whether the receiver took a report must be known before the process ends. An e-mail can be handed over again.
#[test]
fn a_stop_waits_for_requests_alone() {
    assert!(Webhook::is_awaited(&post(11, 1)));
    for effect in [
        Effect::Close { chat: chat(1), window: 1, aggregated: false },
        Effect::Outside(Outside::Notify { webhook: webhook(), notice: 1 }),
        Effect::Outside(Outside::NotifyParked { webhook: webhook(), notice: 1 }),
    ] {
        assert!(!Webhook::is_awaited(&effect), "{effect:?}");
    }
}

/// Four requests to chats whose last try failed are under way: a fifth such chat has no room.
#[test]
fn a_failed_chat_without_room_wakes_nobody() {
    let chats = [11, 21, 31, 41, 51];
    let tried =
        chats.into_iter().flat_map(|number| [owed(number), started(number, 1, 0), failed(number, 1, None, None, 0)]);
    let again = chats.into_iter().take(4).map(|number| started(number, 2, 1));
    let spec = given(healthy()).and(tried).due_wake_at(at(0)).and(again);
    assert_eq!(Webhook::due(spec.state()).wake_at, None);
    spec.and([owed(61)]).due_wake_at(at(0));
}

#[test]
fn a_wait_that_is_over_holds_up_nothing() {
    let past = [owed(11), started(11, 1, 0), failed(11, 1, None, Some(5_000), 0), owed(21)];
    given(healthy()).and(past).and([started(21, 1, 4_999)]).due_wake_at(at(5_000));
    let past = [owed(11), started(11, 1, 0), failed(11, 1, None, Some(5_000), 0), owed(21)];
    given(healthy()).and(past).and([started(21, 1, 5_000)]).due_wake_at(at(0));
}

#[test]
fn a_chat_is_busy_until_its_request_ends_even_if_all_that_was_owed_is_given_up() {
    let (deliveries, by, reason) = (1, operator(), REASON.into());
    let given_up = DeliveryDiscarded { webhook: webhook(), deliveries, by, reason, at: at(1) }.into();
    let spec = given(healthy()).and([owed(11), started(11, 1, 0), given_up, owed(12)]);
    assert_eq!(Webhook::due(spec.state()).wake_at, None);
    spec.when(taken(11, 1), at(2)).then([succeeded(11, 1, 2)]).due_wake_at(at(0));
}

#[test]
fn the_failures_that_count_towards_parking_can_be_looked_up() {
    let of = |spec: &WebhookSpec| [11, 21].map(|number| spec.state().failures_of(delivery(number)));
    let spec = given(healthy()).and([owed(11), started(11, 1, 0), failed(11, 1, None, None, 0)]);
    assert_eq!(of(&spec), [1, 0]);
    let spec = spec.and([
        started(11, 2, 1),
        refused(11, 2, 429, None, None, 1),
        started(11, 3, 2),
        failed(11, 3, None, None, 2),
    ]);
    assert_eq!(of(&spec), [2, 0]);
}
