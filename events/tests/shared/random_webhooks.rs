//! Random events of outbound webhooks.

use events::chat::Responsible;
use events::event::Event;
use events::ids::{DeliveryId, StreamId};
use events::webhook::{
    Aggregation, BundleAccount, BundleFlushed, BundleOpened, DeliveriesRecovered, DeliveryDiscarded, DeliveryFailed,
    DeliveryParked, DeliveryResent, DeliveryStarted, DeliverySucceeded, DisabledBecause, FlushRequested,
    ListeningEnded, ListeningStarted, OwnerNotified, OwnerToldOfParked, SingleDeliveryDiscarded, WebhookConfigured,
    WebhookDisabled, WebhookEnabled, WebhookErrorsReset, WebhookKeyRotated,
};
use proptest::prelude::*;

use super::{account, chat, digest, message, moment, personal, webhook, who, workspace};

pub(super) fn event() -> impl Strategy<Value = Event> {
    prop_oneof![of_webhooks(), of_bundles(), of_deliveries()]
}

fn of_webhooks() -> impl Strategy<Value = Event> {
    let aggregation = prop::sample::select(Aggregation::ALL.to_vec());
    let because = prop::sample::select(vec![DisabledBecause::Owner, DisabledBecause::Errors, DisabledBecause::Gone]);
    let about = prop_oneof![webhook().prop_map(StreamId::Webhook), account().prop_map(StreamId::Account)];
    prop_oneof![
        (workspace(), webhook(), prop::option::of(personal()), aggregation, any::<String>()).prop_map(
            |(workspace, webhook, url, aggregation, by)| {
                WebhookConfigured { workspace, webhook, url, aggregation, by: who(&by) }.into()
            }
        ),
        (webhook(), any::<(String, String)>()).prop_map(|(webhook, (by, reason))| WebhookEnabled {
            webhook,
            by: who(&by),
            reason: reason.into()
        }
        .into()),
        (webhook(), because, any::<(u32, String, String)>(), moment()).prop_map(
            |(webhook, because, (errors, by, reason), at)| {
                WebhookDisabled { webhook, because, errors, by: who(&by), reason: reason.into(), at }.into()
            }
        ),
        (webhook(), any::<String>()).prop_map(|(webhook, by)| WebhookErrorsReset { webhook, by: who(&by) }.into()),
        (webhook(), digest(), any::<String>()).prop_map(|(webhook, key_hash, by)| WebhookKeyRotated {
            webhook,
            key_hash,
            by: who(&by)
        }
        .into()),
        (about, any::<u64>(), moment()).prop_map(|(about, notice, at)| OwnerNotified { about, notice, at }.into()),
    ]
}

fn of_bundles() -> impl Strategy<Value = Event> {
    let responsible = (personal(), personal()).prop_map(|(full_name, email)| Responsible { full_name, email });
    let account = (personal(), personal(), personal()).prop_map(|(full_name, email, phone)| BundleAccount {
        full_name,
        email,
        phone,
    });
    let names = (account, personal(), prop::option::of(personal()), prop::option::of(responsible));
    let ids = (workspace(), webhook(), chat(), prop::collection::vec(message(), 1..5));
    prop_oneof![
        (webhook(), chat(), any::<[u64; 3]>(), message(), moment()).prop_map(
            |(webhook, chat, [window, room_bytes, line_bytes], message, at)| {
                BundleOpened { webhook, chat, window, message, at, room_bytes, line_bytes }.into()
            }
        ),
        (ids, any::<(u64, bool, bool, bool)>(), names, moment()).prop_map(
            |((workspace, webhook, chat, messages), (window, aggregated, is_group, is_new_chat), names, at)| {
                let (account, chat_name, chat_phone, responsible) = names;
                BundleFlushed {
                    workspace,
                    webhook,
                    chat,
                    window,
                    messages,
                    aggregated,
                    account,
                    chat_name,
                    chat_phone,
                    is_group,
                    is_new_chat,
                    responsible,
                    at,
                }
                .into()
            }
        ),
        (webhook(), any::<String>(), moment()).prop_map(|(webhook, by, at)| FlushRequested {
            webhook,
            by: who(&by),
            at
        }
        .into()),
    ]
}

fn of_deliveries() -> impl Strategy<Value = Event> {
    let delivery = || (webhook(), message().prop_map(DeliveryId::of));
    let wait = || prop::option::of(moment());
    let failure = (any::<(u32, String, Option<u16>, Option<u32>)>(), wait(), wait());
    prop_oneof![
        (delivery(), chat(), any::<u32>(), moment()).prop_map(|((webhook, delivery), chat, try_number, at)| {
            DeliveryStarted { webhook, delivery, chat, try_number, at }.into()
        }),
        (delivery(), any::<(u32, u16)>(), moment()).prop_map(|((webhook, delivery), (try_number, status), at)| {
            DeliverySucceeded { webhook, delivery, try_number, status, at }.into()
        }),
        (delivery(), failure, moment()).prop_map(
            |((webhook, delivery), ((try_number, code, status, counted), not_before, delivery_not_before), at)| {
                DeliveryFailed {
                    webhook,
                    delivery,
                    try_number,
                    code,
                    status,
                    counted,
                    not_before,
                    delivery_not_before,
                    at,
                }
                .into()
            }
        ),
        (delivery(), chat(), any::<u32>(), moment()).prop_map(|((webhook, delivery), chat, failures, at)| {
            DeliveryParked { webhook, delivery, chat, failures, at }.into()
        }),
        (webhook(), any::<(u64, String, String)>(), moment()).prop_map(|(webhook, (deliveries, by, reason), at)| {
            DeliveryDiscarded { webhook, deliveries, by: who(&by), reason: reason.into(), at }.into()
        }),
        (delivery(), chat(), any::<String>()).prop_map(|((webhook, delivery), chat, by)| DeliveryResent {
            webhook,
            delivery,
            chat,
            by: who(&by)
        }
        .into()),
        (delivery(), chat(), any::<(String, String)>(), moment()).prop_map(
            |((webhook, delivery), chat, (by, reason), at)| {
                SingleDeliveryDiscarded { webhook, delivery, chat, by: who(&by), reason: reason.into(), at }.into()
            }
        ),
        (webhook(), any::<(u64, u64)>(), moment()).prop_map(|(webhook, (notice, parkings), at)| {
            OwnerToldOfParked { webhook, notice, parkings, at }.into()
        }),
        (workspace(), webhook(), any::<(bool, String)>()).prop_map(|(workspace, webhook, (instead, by))| {
            ListeningStarted { workspace, webhook, instead, by: who(&by) }.into()
        }),
        (workspace(), webhook(), any::<bool>(), moment()).prop_map(|(workspace, webhook, instead, at)| {
            ListeningEnded { workspace, webhook, instead, at }.into()
        }),
        (webhook(), moment(), any::<(u64, String)>()).prop_map(|(webhook, since, (deliveries, by))| {
            DeliveriesRecovered { webhook, since, deliveries, by: who(&by) }.into()
        }),
    ]
}
