//! Reports that fail, wait, are parked, resent and discarded.

use actors::chat::{self, ReportLookups as ChatLooksUp};
use actors::decider::Decider;
use actors::webhook::{self, Webhook};
use events::ids::{ChatId, DeliveryId, MessageId};
use events::time::Timestamp;

use super::super::desk::{Desk, chat, webhook};
use super::{CODE_BYTES, another_chat, by, bytes, digest, long, reason, receive, wake_chat};

/// Begins the webhook's next request. Ends it with this outcome if it is for this chat, otherwise with success.
fn posted(desk: &mut Desk, outcome: &webhook::Outcome) -> (DeliveryId, ChatId) {
    desk.now += 10 * 3_600_000;
    desk.webhook(webhook::Command::WakeUp);
    let effects = Webhook::due(&desk.states.webhook).effects.into_iter();
    let mut posts = effects.filter_map(|effect| match effect {
        webhook::Effect::Outside(webhook::Outside::Post { delivery, try_number, chat, .. }) => {
            Some((delivery, try_number, chat))
        }
        _ => None,
    });
    let (delivery, try_number, of) = posts.next().expect("something is posted");
    let taken = webhook::Outcome::Taken { status: u16::MAX };
    let outcome = if of == chat() { outcome.clone() } else { taken };
    let retry_ms = vec![1].into();
    desk.webhook(webhook::Command::Tried(webhook::Tried {
        delivery,
        try_number,
        outcome,
        by_listener: false,
        retry_ms,
    }));
    (delivery, of)
}

fn failing() -> webhook::Outcome {
    webhook::Outcome::Failed { code: bytes(CODE_BYTES), status: Some(u16::MAX), retry_after_ms: Some(u64::MAX) }
}

pub(super) fn report(desk: &mut Desk) {
    // A delivery that fails again and again is parked, retried, delivered, and resent at the end.
    another_chat(desk);
    for _ in 0..=webhook::PARKED_AT {
        posted(desk, &failing());
    }
    desk.webhook(webhook::Command::ResetErrors { by: by() });
    desk.webhook(webhook::Command::ToldOfParked { notice: 1, parkings: 1 });
    desk.webhook(webhook::Command::Recover { since: Timestamp::from_ms(i64::MIN), by: by() });
    posted(desk, &webhook::Outcome::Taken { status: u16::MAX });
    desk.webhook(webhook::Command::KeyRotated { webhook: webhook(), key_hash: digest("whsec"), by: by() });
    // Open windows are flushed and closed.
    receive(desk, 5_000, long(64));
    wake_chat(desk);
    desk.webhook(webhook::Command::Flush { by: by() });
    desk.webhook(webhook::Command::Asked);
    let closing = Webhook::due(&desk.states.webhook).later.into_iter().map(|(_, effect)| effect);
    let mut closing = closing.chain(Webhook::due(&desk.states.webhook).effects);
    let close = closing.find_map(|effect| match effect {
        webhook::Effect::Close { window, aggregated, .. } => Some((window, aggregated)),
        webhook::Effect::Outside(_) => None,
    });
    let (window, aggregated) = close.expect("a window is to be closed");
    desk.chat(chat::Command::Close { window, aggregated, looked_up: ChatLooksUp::default() });
    // The fuse blows, and the owner is mailed.
    let refused = (0..=webhook::ERRORS_MAX).map(|_| posted(desk, &failing())).last();
    desk.webhook(webhook::Command::Notified { notice: 1 });
    let (delivery, chat_of) = refused.expect("some were refused");
    desk.webhook(webhook::Command::Discard(webhook::Discard { delivery, chat: chat_of, by: by(), reason: reason() }));
    desk.webhook(webhook::Command::Resend {
        delivery: DeliveryId::of(MessageId::from_bits(1)),
        chat: chat(),
        by: by(),
        erased: None,
    });
    desk.webhook(webhook::Command::Listen { webhook: webhook(), instead: true, by: by() });
    desk.webhook(webhook::Command::ListenersGone { instead: false });
}
