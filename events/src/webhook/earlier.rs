//! First versions of events of an outbound webhook, as logs still hold them. Frozen.

use serde::{Deserialize, Serialize};

use super::{BUNDLE_BYTES, BundleOpened, DeliveryFailed};
use crate::ids::{ChatId, DeliveryId, MessageId, WebhookId};
use crate::time::Timestamp;

/// A window that was opened, before sizes were told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleOpenedV1 {
    /// Who is owed it.
    pub webhook: WebhookId,
    /// The conversation.
    pub chat: ChatId,
    /// The chat's windows are numbered from 1.
    pub window: u64,
    /// The first message.
    pub message: MessageId,
    /// When.
    pub at: Timestamp,
}

impl From<BundleOpenedV1> for BundleOpened {
    /// With room for names of usual length; what is exact is told when the window closes.
    fn from(old: BundleOpenedV1) -> Self {
        let BundleOpenedV1 { webhook, chat, window, message, at } = old;
        Self { webhook, chat, window, message, at, room_bytes: BUNDLE_BYTES - (8 << 10), line_bytes: 512 }
    }
}

/// [`DeliveryFailed`] as it was first: the delivery had no wait of its own.
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
