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
