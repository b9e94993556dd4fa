//! Tests what a webhook says of its own effects, and of what the runtime asks it.

use super::*;
use crate::decider::Decider;

#[test]
fn a_wake_up_starts_what_is_due() {
    let command = Webhook::wake_up().unwrap();
    given(healthy()).and([owed(11)]).when(command, at(0)).then([started(11, 1, 0)]);
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
