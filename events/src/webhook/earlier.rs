//! First versions of events of an outbound webhook, as old logs still contain them. Frozen.

use serde::Deserialize;

use super::{BUNDLE_BYTES, BundleOpened, DeliveryFailed};
use crate::ids::{ChatId, DeliveryId, MessageId, WebhookId};
use crate::time::Timestamp;

/// The first version of [`BundleOpened`]: the sizes are not recorded.
#[derive(Deserialize)]
pub(crate) struct BundleOpenedV1 {
    webhook: WebhookId,
    chat: ChatId,
    window: u64,
    message: MessageId,
    at: Timestamp,
}

impl From<BundleOpenedV1> for BundleOpened {
    /// Leaves room for names of usual length; the exact size is computed when the window closes.
    fn from(first: BundleOpenedV1) -> Self {
        let BundleOpenedV1 { webhook, chat, window, message, at } = first;
        let (room_bytes, line_bytes) = (BUNDLE_BYTES - (8 << 10), 512);
        Self { webhook, chat, window, message, at, room_bytes, line_bytes }
    }
}

/// The first version of [`DeliveryFailed`]: the delivery has no wait of its own.
#[derive(Deserialize)]
pub(crate) struct DeliveryFailedV1 {
    webhook: WebhookId,
    delivery: DeliveryId,
    try_number: u32,
    code: String,
    status: Option<u16>,
    counted: Option<u32>,
    not_before: Option<Timestamp>,
    at: Timestamp,
}

impl From<DeliveryFailedV1> for DeliveryFailed {
    fn from(first: DeliveryFailedV1) -> Self {
        let DeliveryFailedV1 { webhook, delivery, try_number, code, status, counted, not_before, at } = first;
        Self { webhook, delivery, try_number, code, status, counted, not_before, delivery_not_before: None, at }
    }
}
