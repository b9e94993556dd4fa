//! Samples of the events of outbound webhooks.

use events::chat::Responsible;
use events::event::Event;
use events::ids::{DeliveryId, MessageId, StreamId};
use events::webhook::{
    Aggregation, BundleAccount, BundleFlushed, BundleOpened, DeliveriesRecovered, DeliveryDiscarded, DeliveryFailed,
    DeliveryParked, DeliveryResent, DeliveryStarted, DeliverySucceeded, DisabledBecause, FlushRequested,
    ListeningEnded, ListeningStarted, OwnerNotified, OwnerToldOfParked, SingleDeliveryDiscarded, WebhookConfigured,
    WebhookDisabled, WebhookEnabled, WebhookErrorsReset, WebhookKeyRotated,
};

use super::{AT, MESSAGE, WORKSPACE, account, by, chat, digest, webhook};

pub(super) fn samples() -> Vec<Event> {
    let mut samples = webhook_samples();
    samples.extend(bundle_samples());
    samples.extend(delivery_samples());
    samples
}

fn webhook_samples() -> Vec<Event> {
    let (webhook, reason) = (webhook(), || "moving house".into());
    let configured = |url, aggregation| WebhookConfigured { workspace: WORKSPACE, webhook, url, aggregation, by: by() };
    let disabled = |because, errors| WebhookDisabled { webhook, because, errors, by: by(), reason: reason(), at: AT };
    let mut samples: Vec<Event> = Aggregation::ALL
        .map(|aggregation| configured(Some("https://crm.example/hook".into()), aggregation).into())
        .to_vec();
    samples.extend([
        configured(None, Aggregation::None).into(),
        WebhookEnabled { webhook, by: by(), reason: reason() }.into(),
        disabled(DisabledBecause::Owner, 0).into(),
        disabled(DisabledBecause::Errors, 11).into(),
        disabled(DisabledBecause::Gone, 1).into(),
        WebhookErrorsReset { webhook, by: by() }.into(),
        WebhookKeyRotated { webhook, key_hash: digest(5), by: by() }.into(),
        OwnerNotified { about: StreamId::Webhook(webhook), notice: 1, at: AT }.into(),
        OwnerNotified { about: StreamId::Account(account()), notice: 2, at: AT }.into(),
    ]);
    samples
}

fn bundle_samples() -> Vec<Event> {
    let (webhook, chat) = (webhook(), chat());
    let account = BundleAccount {
        full_name: "Ada Example".into(),
        email: "ada@kite.example".into(),
        phone: "+12025550100".into(),
    };
    let flushed = BundleFlushed {
        workspace: WORKSPACE,
        webhook,
        chat,
        window: 3,
        messages: vec![MESSAGE, MessageId::from_bits(7)],
        aggregated: true,
        account,
        chat_name: "Cleo Example".into(),
        chat_phone: Some("+12025550101".into()),
        is_group: false,
        is_new_chat: true,
        responsible: Some(Responsible { full_name: "Bob Example".into(), email: "bob@kite.example".into() }),
        at: AT,
    };
    let group = BundleFlushed {
        messages: vec![MESSAGE],
        aggregated: false,
        chat_phone: None,
        is_group: true,
        is_new_chat: false,
        responsible: None,
        ..flushed.clone()
    };
    vec![
        BundleOpened { webhook, chat, window: 3, message: MESSAGE, at: AT, room_bytes: 523_000, line_bytes: 400 }
            .into(),
        flushed.into(),
        group.into(),
        FlushRequested { webhook, by: by(), at: AT }.into(),
    ]
}

fn delivery_samples() -> Vec<Event> {
    let (webhook, chat, delivery) = (webhook(), chat(), DeliveryId::of(MESSAGE));
    let code = || "timeout".to_owned();
    let failed = |status, counted, not_before| DeliveryFailed {
        webhook,
        delivery,
        try_number: 2,
        code: code(),
        status,
        counted,
        not_before,
        delivery_not_before: not_before,
        at: AT,
    };
    vec![
        DeliveryStarted { webhook, delivery, chat, try_number: 1, at: AT }.into(),
        DeliverySucceeded { webhook, delivery, try_number: 1, status: 200, at: AT }.into(),
        failed(None, None, None).into(),
        failed(Some(503), Some(3), Some(AT)).into(),
        DeliveryParked { webhook, delivery, chat, failures: 11, at: AT }.into(),
        DeliveryDiscarded { webhook, deliveries: 30, by: by(), reason: "moving house".into(), at: AT }.into(),
        DeliveryResent { webhook, delivery, chat, by: by() }.into(),
        DeliveriesRecovered { webhook, since: AT, deliveries: 3, by: by() }.into(),
        SingleDeliveryDiscarded { webhook, delivery, chat, by: by(), reason: "moving house".into(), at: AT }.into(),
        OwnerToldOfParked { webhook, notice: 2, parkings: 5, at: AT }.into(),
        ListeningStarted { workspace: WORKSPACE, webhook, instead: true, by: by() }.into(),
        ListeningEnded { workspace: WORKSPACE, webhook, instead: false, at: AT }.into(),
    ]
}
