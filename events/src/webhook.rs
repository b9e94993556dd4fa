//! Events of an outbound webhook: its settings, its bundles, its deliveries. Frozen once released.

mod earlier;

use serde::{Deserialize, Serialize};

pub use self::earlier::BundleOpenedV1;
pub(crate) use self::earlier::DeliveryFailedV1;

use crate::chat::Responsible;
use crate::ids::{ChatId, DeliveryId, MessageId, StreamId, WebhookId, WorkspaceId};
use crate::personal::{Digest, Personal};
use crate::time::Timestamp;
use crate::who::Who;

/// How long messages of one chat are gathered before they are reported together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Aggregation {
    /// Each is reported by itself, at once.
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
    /// All of them, the shortest first.
    pub const ALL: [Self; 5] = [Self::None, Self::OneHour, Self::SixHours, Self::TwelveHours, Self::Day];

    /// How long a window stays open, in milliseconds.
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

    /// As it is written in settings.
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

/// Where and how a workspace's messages are reported was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookConfigured {
    /// Whose webhook.
    pub workspace: WorkspaceId,
    /// Which webhook.
    pub webhook: WebhookId,
    /// The CRM's URL; `None`: what is said is not owed.
    pub url: Option<Personal>,
    /// How messages are gathered.
    pub aggregation: Aggregation,
    /// Who says so.
    pub by: Who,
}

/// The webhook was switched on; its count of errors begins anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEnabled {
    /// Which webhook.
    pub webhook: WebhookId,
    /// Who says so.
    pub by: Who,
    /// Why.
    pub reason: String,
}

/// What switched a webhook off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledBecause {
    /// Somebody said so.
    Owner,
    /// More than 10 errors in a row.
    Errors,
    /// The receiver answered 410: it wants nothing any more.
    Gone,
}

/// The webhook was switched off: what is owed stays owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDisabled {
    /// Which webhook.
    pub webhook: WebhookId,
    /// What did it.
    pub because: DisabledBecause,
    /// Errors in a row until then.
    pub errors: u32,
    /// Who says so; `system` for the fuse.
    pub by: Who,
    /// Why: the owner's words, or the last error's code.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// Somebody set the count of errors back: the next try is made at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookErrorsReset {
    /// Which webhook.
    pub webhook: WebhookId,
    /// Who says so.
    pub by: Who,
}

/// Requests are signed with another key from now on; the one before stays valid for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookKeyRotated {
    /// Which webhook.
    pub webhook: WebhookId,
    /// Digest of the new key, to tell it by; the key itself is kept elsewhere.
    pub key_hash: Digest,
    /// Who wants it.
    pub by: Who,
}

/// A report of several messages has no more bytes than this, unless it is set otherwise: 512 KiB.
pub const BUNDLE_BYTES: u64 = 512 << 10;

/// A chat has something to report: it is gathered until its window closes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleOpened {
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
    /// What messages may take in the report together, in bytes, unless it is one alone.
    pub room_bytes: u64,
    /// What each of them takes beside what was said, in bytes.
    pub line_bytes: u64,
}

/// Somebody wants all windows closed that are open now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlushRequested {
    /// Which webhook.
    pub webhook: WebhookId,
    /// Who wants it.
    pub by: Who,
    /// When: windows opened up to here.
    pub at: Timestamp,
}

/// The account's side of a bundle, as it was when the bundle was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleAccount {
    /// Who answers on the number.
    pub full_name: Personal,
    /// That person's address.
    pub email: Personal,
    /// E.164.
    pub phone: Personal,
}

/// Messages of one chat make one delivery now. What is posted is a function of this and of those messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleFlushed {
    /// Whose messages.
    pub workspace: WorkspaceId,
    /// Who is owed it.
    pub webhook: WebhookId,
    /// The conversation.
    pub chat: ChatId,
    /// The window it closes, or one of several bundles of that window.
    pub window: u64,
    /// Its messages, in the order they are reported; never none. The first one names the delivery.
    pub messages: Vec<MessageId>,
    /// Whether it has the format of several messages.
    pub aggregated: bool,
    /// The account that talks.
    pub account: BundleAccount,
    /// The chat's title.
    pub chat_name: Personal,
    /// The person's number, where it is known.
    pub chat_phone: Option<Personal>,
    /// Whether the chat is a group.
    pub is_group: bool,
    /// Whether it is the first report of this chat.
    pub is_new_chat: bool,
    /// Who answers the conversation.
    pub responsible: Option<Responsible>,
    /// When.
    pub at: Timestamp,
}

impl BundleFlushed {
    /// The delivery that it makes. A message is in one bundle only, so the first one's id is like no other's.
    pub fn delivery(&self) -> Option<DeliveryId> {
        self.messages.first().map(|first| DeliveryId::of(*first))
    }
}

/// A request is about to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryStarted {
    /// Which webhook.
    pub webhook: WebhookId,
    /// Which delivery.
    pub delivery: DeliveryId,
    /// Its conversation.
    pub chat: ChatId,
    /// 1 for the first try.
    pub try_number: u32,
    /// When.
    pub at: Timestamp,
}

/// The receiver has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliverySucceeded {
    /// Which webhook.
    pub webhook: WebhookId,
    /// Which delivery.
    pub delivery: DeliveryId,
    /// The try that did it.
    pub try_number: u32,
    /// The status that came back.
    pub status: u16,
    /// When.
    pub at: Timestamp,
}

/// A try failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryFailed {
    /// Which webhook.
    pub webhook: WebhookId,
    /// Which delivery.
    pub delivery: DeliveryId,
    /// Which try.
    pub try_number: u32,
    /// Why, in one stable word such as `timeout`.
    pub code: String,
    /// The status that came back, if any did.
    pub status: Option<u16>,
    /// Whether it counts: the webhook's errors in a row, this one included.
    pub counted: Option<u32>,
    /// The webhook tries nothing before this; where it counts, or where the receiver asks for a wait.
    pub not_before: Option<Timestamp>,
    /// The delivery itself is not tried before this, by the count of its own failures.
    pub delivery_not_before: Option<Timestamp>,
    /// When.
    pub at: Timestamp,
}

/// The delivery failed again and again while others did not: it waits for somebody's word and holds up nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryParked {
    /// Which webhook.
    pub webhook: WebhookId,
    /// Which delivery.
    pub delivery: DeliveryId,
    /// Its conversation.
    pub chat: ChatId,
    /// Its failures.
    pub failures: u32,
    /// When.
    pub at: Timestamp,
}

/// Everything owed was given up, by somebody's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryDiscarded {
    /// Which webhook.
    pub webhook: WebhookId,
    /// How many deliveries.
    pub deliveries: u64,
    /// Who says so.
    pub by: Who,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// One delivery was given up, by somebody's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SingleDeliveryDiscarded {
    /// Which webhook.
    pub webhook: WebhookId,
    /// Which delivery.
    pub delivery: DeliveryId,
    /// Its conversation.
    pub chat: ChatId,
    /// Who says so.
    pub by: Who,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// Somebody wants a delivery posted once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryResent {
    /// Which webhook.
    pub webhook: WebhookId,
    /// Which delivery.
    pub delivery: DeliveryId,
    /// Its conversation.
    pub chat: ChatId,
    /// Who wants it.
    pub by: Who,
}

/// Somebody wants everything tried again that was parked since a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveriesRecovered {
    /// Which webhook.
    pub webhook: WebhookId,
    /// Parked at this moment or later.
    pub since: Timestamp,
    /// How many deliveries.
    pub deliveries: u64,
    /// Who wants it.
    pub by: Who,
}

/// The owner's e-mail was handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerNotified {
    /// What it is about: a webhook that was switched off, or an account that was stopped.
    pub about: StreamId,
    /// Such notices of one stream are numbered from 1.
    pub notice: u64,
    /// When.
    pub at: Timestamp,
}

/// The owner's e-mail about parked deliveries was handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerToldOfParked {
    /// Which webhook.
    pub webhook: WebhookId,
    /// Such notices of one webhook are numbered from 1.
    pub notice: u64,
    /// So many times a delivery had been parked when the e-mail was written.
    pub parkings: u64,
    /// When.
    pub at: Timestamp,
}
