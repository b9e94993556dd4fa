//! Events of outbound webhooks: settings, bundles, deliveries, notices.

use events::event::Event;
use events::ids::StreamId;
use events::webhook::{
    Aggregation, BundleAccount, BundleFlushed, BundleOpened, DeliveriesRecovered, DeliveryDiscarded, DeliveryFailed,
    DeliveryParked, DeliveryResent, DeliveryStarted, DeliverySucceeded, DisabledBecause, FlushRequested,
    ListeningEnded, ListeningStarted, OwnerNotified, OwnerToldOfParked, SingleDeliveryDiscarded, WebhookConfigured,
    WebhookDisabled, WebhookEnabled, WebhookErrorsReset, WebhookKeyRotated,
};

use super::pick::{Pick, webhook, workspace};

pub fn event(p: &mut Pick) -> Event {
    match p.below(8) {
        0 => of_settings(p),
        1..3 => bundle(p),
        3..6 => delivery(p),
        6 => by_hand(p),
        _ => of_notices(p),
    }
}

fn of_settings(p: &mut Pick) -> Event {
    let webhook = webhook();
    match p.below(5) {
        0 => {
            let url = p.of(&["https://crm.example/hook", "https://crm.example/other"]).into();
            let (url, aggregation) = (p.maybe(url), p.of(&Aggregation::ALL));
            WebhookConfigured { workspace: workspace(), webhook, url, aggregation, by: p.who() }.into()
        }
        1 => WebhookEnabled { webhook, by: p.who(), reason: p.code().into() }.into(),
        2 => {
            let because = p.of(&[DisabledBecause::Owner, DisabledBecause::Errors, DisabledBecause::Gone]);
            let (errors, by) = (p.count(), p.who());
            WebhookDisabled { webhook, because, errors, by, reason: p.code().into(), at: p.now() }.into()
        }
        3 => WebhookErrorsReset { webhook, by: p.who() }.into(),
        _ => WebhookKeyRotated { webhook, key_hash: p.digest(), by: p.who() }.into(),
    }
}

pub fn bundle(p: &mut Pick) -> Event {
    let (webhook, chat, window) = (webhook(), p.chat(), u64::from(p.count()));
    match p.below(5) {
        0 | 1 => {
            let (message, at, room_bytes) = (p.message(), p.now(), 100_000 * p.below(6));
            BundleOpened { webhook, chat, window, message, at, room_bytes, line_bytes: 100 * p.below(6) }.into()
        }
        2 => FlushRequested { webhook, by: p.who(), at: p.now() }.into(),
        _ => BundleFlushed {
            workspace: workspace(),
            webhook,
            chat,
            window,
            messages: (0..=p.below(3)).map(|_| p.message()).collect(),
            aggregated: p.chance(),
            account: BundleAccount::default(),
            chat_name: p.name().into(),
            chat_phone: Some(p.phone().into()),
            is_group: p.chance(),
            is_new_chat: p.chance(),
            responsible: None,
            at: p.now(),
        }
        .into(),
    }
}

pub fn delivery(p: &mut Pick) -> Event {
    let (webhook, delivery, chat, try_number) = (webhook(), p.delivery(), p.chat(), p.count());
    match p.below(8) {
        0..3 => DeliveryStarted { webhook, delivery, chat, try_number, at: p.now() }.into(),
        3 | 4 => DeliverySucceeded { webhook, delivery, try_number, status: 200, at: p.now() }.into(),
        5 | 6 => {
            let (code, counted, at) = (p.code(), p.count(), p.now());
            let (not_before, delivery_not_before) = (p.soon(), p.soon());
            let status = p.of(&[429, 500, 503]);
            DeliveryFailed {
                webhook,
                delivery,
                try_number,
                code,
                status: p.maybe(status),
                counted: p.maybe(counted),
                not_before: p.maybe(not_before),
                delivery_not_before: p.maybe(delivery_not_before),
                at,
            }
            .into()
        }
        _ => DeliveryParked { webhook, delivery, chat, failures: try_number, at: p.now() }.into(),
    }
}

fn by_hand(p: &mut Pick) -> Event {
    let (webhook, delivery, chat, by) = (webhook(), p.delivery(), p.chat(), p.who());
    match p.below(4) {
        0 => DeliveryDiscarded { webhook, deliveries: p.below(9), by, reason: p.code().into(), at: p.now() }.into(),
        1 => SingleDeliveryDiscarded { webhook, delivery, chat, by, reason: p.code().into(), at: p.now() }.into(),
        2 => DeliveryResent { webhook, delivery, chat, by }.into(),
        _ => DeliveriesRecovered { webhook, since: p.now(), deliveries: p.below(9), by }.into(),
    }
}

pub fn listening(p: &mut Pick) -> Event {
    let (workspace, webhook) = (workspace(), webhook());
    match p.below(2) {
        0 => ListeningStarted { workspace, webhook, instead: p.chance(), by: p.who() }.into(),
        _ => ListeningEnded { workspace, webhook, instead: p.chance(), at: p.now() }.into(),
    }
}

fn of_notices(p: &mut Pick) -> Event {
    let (webhook, notice) = (webhook(), 1 + p.below(4));
    match p.below(3) {
        0 => OwnerToldOfParked { webhook, notice, parkings: p.below(9), at: p.now() }.into(),
        1 => OwnerNotified { about: StreamId::Webhook(webhook), notice, at: p.now() }.into(),
        _ => OwnerNotified { about: StreamId::Account(p.account()), notice, at: p.now() }.into(),
    }
}
