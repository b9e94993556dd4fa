//! Events of an outbound webhook: its settings, its bundles, its deliveries. Frozen once released.

use serde::{Deserialize, Serialize};

use crate::chat::Responsible;
use crate::ids::{ChatId, DeliveryId, MessageId, StreamId, WebhookId, WorkspaceId};
use crate::personal::{Digest, Personal};
use crate::time::Timestamp;
use crate::who::Who;

/// The time for which messages of one chat are gathered into one report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Aggregation {
    /// Each message is reported by itself, at once.
    #[default]
    #[serde(rename = "none")]
    None,
    /// One hour.
    #[serde(rename = "1h")]
    OneHour,
    /// Six hours.
    #[serde(rename = "6h")]
    SixHours,
    /// Twelve hours.
    #[serde(rename = "12h")]
    TwelveHours,
    /// A day.
    #[serde(rename = "24h")]
    Day,
}

impl Aggregation {
    /// All values, the shortest first.
    pub const ALL: [Self; 5] = [Self::None, Self::OneHour, Self::SixHours, Self::TwelveHours, Self::Day];

    /// Returns how long a window stays open, in milliseconds.
    pub const fn window_ms(self) -> u64 {
        const HOUR_MS: u64 = 3_600_000;
        match self {
            Self::None => 0,
            Self::OneHour => HOUR_MS,
            Self::SixHours => 6 * HOUR_MS,
            Self::TwelveHours => 12 * HOUR_MS,
            Self::Day => 24 * HOUR_MS,
        }
    }

    /// Returns the value's name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::OneHour => "1h",
            Self::SixHours => "6h",
            Self::TwelveHours => "12h",
            Self::Day => "24h",
        }
    }
}

/// The reports of a workspace's messages were configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookConfigured {
    pub workspace: WorkspaceId,
    pub webhook: WebhookId,
    /// The CRM's URL; `None` if messages are not reported.
    pub url: Option<Personal>,
    pub aggregation: Aggregation,
    pub by: Who,
}

/// The webhook was switched on; its count of errors starts again at 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEnabled {
    pub webhook: WebhookId,
    pub by: Who,
    /// The reason given.
    pub reason: Personal,
}

/// Why a webhook was switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledBecause {
    /// Somebody switched it off.
    Owner,
    /// More than 10 errors in a row.
    Errors,
    /// The receiver answered 410: it wants no more reports.
    Gone,
}

/// The webhook was switched off; deliveries that are owed stay owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDisabled {
    pub webhook: WebhookId,
    pub because: DisabledBecause,
    /// Errors in a row until then.
    pub errors: u32,
    /// `system` if errors or a 410 switched it off.
    pub by: Who,
    /// The reason that the owner gave, or the last error's code.
    pub reason: Personal,
    pub at: Timestamp,
}

/// Somebody reset the count of errors; the next try is made at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookErrorsReset {
    pub webhook: WebhookId,
    pub by: Who,
}

/// Requests are signed with another key from now on; the previous one stays valid for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookKeyRotated {
    pub webhook: WebhookId,
    /// Digest that identifies the new key; the key itself is stored elsewhere.
    pub key_hash: Digest,
    pub by: Who,
}

/// The default limit for the bytes of a report of several messages: 512 KiB.
pub const BUNDLE_BYTES: u64 = 512 << 10;

/// A chat has something to report: its messages are gathered until the window closes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleOpened {
    /// The webhook that gets the report.
    pub webhook: WebhookId,
    pub chat: ChatId,
    /// Number of the window; the windows of a chat are numbered from 1.
    pub window: u64,
    /// The first message.
    pub message: MessageId,
    pub at: Timestamp,
    /// The most bytes that the messages may take together in the report; a single message may take more.
    pub room_bytes: u64,
    /// The bytes that each message takes in the report besides its text and file.
    pub line_bytes: u64,
}

/// Somebody asked to close all windows that are open now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlushRequested {
    pub webhook: WebhookId,
    pub by: Who,
    /// All windows opened up to this moment are closed.
    pub at: Timestamp,
}

/// The account's details in a report, as they were when the bundle was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleAccount {
    /// The person who answers on the number.
    pub full_name: Personal,
    /// That person's e-mail address.
    pub email: Personal,
    /// In E.164.
    pub phone: Personal,
}

/// Messages of one chat became one delivery. The request body depends only on this event and on those messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleFlushed {
    pub workspace: WorkspaceId,
    /// The webhook that gets the delivery.
    pub webhook: WebhookId,
    pub chat: ChatId,
    /// The window that it closes; a window may yield several bundles.
    pub window: u64,
    /// Its messages, in the order of the report; at least one. The first one names the delivery.
    pub messages: Vec<MessageId>,
    /// True if it has the format of several messages.
    pub aggregated: bool,
    /// The account that holds the conversation.
    pub account: BundleAccount,
    /// The chat's title.
    pub chat_name: Personal,
    /// The person's phone number, if known.
    pub chat_phone: Option<Personal>,
    pub is_group: bool,
    /// True if it is the first report of this chat.
    pub is_new_chat: bool,
    /// The teammate responsible for the conversation.
    pub responsible: Option<Responsible>,
    pub at: Timestamp,
}

impl BundleFlushed {
    /// Returns the delivery that it makes. A message is in one bundle only, so the first message's id is unique.
    pub fn delivery(&self) -> Option<DeliveryId> {
        self.messages.first().map(|first| DeliveryId::of(*first))
    }
}

/// A request to the receiver is about to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryStarted {
    pub webhook: WebhookId,
    pub delivery: DeliveryId,
    pub chat: ChatId,
    /// 1 for the first try.
    pub try_number: u32,
    pub at: Timestamp,
}

/// The receiver accepted the delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliverySucceeded {
    pub webhook: WebhookId,
    pub delivery: DeliveryId,
    /// The try that succeeded.
    pub try_number: u32,
    /// The HTTP status of the response.
    pub status: u16,
    pub at: Timestamp,
}

/// A try failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryFailed {
    pub webhook: WebhookId,
    pub delivery: DeliveryId,
    pub try_number: u32,
    /// The reason, as one stable word such as `timeout`.
    pub code: String,
    /// The HTTP status of the response, if there was one.
    pub status: Option<u16>,
    /// The webhook's errors in a row, including this one; `None` if it does not count.
    pub counted: Option<u32>,
    /// The webhook makes no try before this; set if the error counts, or if the receiver asks for a wait.
    pub not_before: Option<Timestamp>,
    /// This delivery is not tried before this; depends on how often it has failed itself.
    pub delivery_not_before: Option<Timestamp>,
    pub at: Timestamp,
}

/// The delivery failed again and again while others did not: it waits for somebody's decision and holds up no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryParked {
    pub webhook: WebhookId,
    pub delivery: DeliveryId,
    pub chat: ChatId,
    /// Number of its failures.
    pub failures: u32,
    pub at: Timestamp,
}

/// Somebody discarded all deliveries that were owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryDiscarded {
    pub webhook: WebhookId,
    /// Number of discarded deliveries.
    pub deliveries: u64,
    pub by: Who,
    /// The reason given.
    pub reason: Personal,
    pub at: Timestamp,
}

/// Somebody discarded one delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SingleDeliveryDiscarded {
    pub webhook: WebhookId,
    pub delivery: DeliveryId,
    pub chat: ChatId,
    pub by: Who,
    /// The reason given.
    pub reason: Personal,
    pub at: Timestamp,
}

/// Somebody asked to send a delivery once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryResent {
    pub webhook: WebhookId,
    pub delivery: DeliveryId,
    pub chat: ChatId,
    pub by: Who,
}

/// Somebody asked to retry all deliveries that were parked since a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveriesRecovered {
    pub webhook: WebhookId,
    /// Deliveries parked at this moment or later are retried.
    pub since: Timestamp,
    /// Number of retried deliveries.
    pub deliveries: u64,
    pub by: Who,
}

/// A program on the gateway's machine began to listen: as long as one listens and no URL is set, messages are reported to
/// it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListeningStarted {
    pub workspace: WorkspaceId,
    /// The listeners' webhook.
    pub webhook: WebhookId,
    /// True if it receives in place of the URL that is set, or will be.
    pub instead: bool,
    pub by: Who,
}

/// The last listening program has gone: what was owed to it is given up. Or the last one has gone that received in place of
/// the URL: the webhook forgets its errors in a row, which say nothing about its receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListeningEnded {
    pub workspace: WorkspaceId,
    /// The listeners' webhook.
    pub webhook: WebhookId,
    /// True if only those have gone that received in place of the URL.
    pub instead: bool,
    pub at: Timestamp,
}

/// An e-mail to the owner was handed over to the mail server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerNotified {
    /// The webhook that was switched off, or the account that was stopped.
    pub about: StreamId,
    /// Number of the notice; the notices about one stream are numbered from 1.
    pub notice: u64,
    pub at: Timestamp,
}

/// An e-mail to the owner about parked deliveries was handed over to the mail server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerToldOfParked {
    pub webhook: WebhookId,
    /// Number of the notice; such notices about one webhook are numbered from 1.
    pub notice: u64,
    /// Number of times that deliveries had been parked when the e-mail was written.
    pub parkings: u64,
    pub at: Timestamp,
}
