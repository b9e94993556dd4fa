//! The state of a webhook and of its deliveries.

use std::collections::{BTreeMap, BTreeSet};

use events::ids::{ChatId, DeliveryId, MessageId, WebhookId};
use events::record::Position;
use events::time::Timestamp;
use events::webhook::DisabledBecause;

use super::{Verdict, require};

/// The story of one delivery.
#[derive(Debug)]
pub struct Delivery {
    pub webhook: WebhookId,
    pub chat: ChatId,
    pub messages: Vec<MessageId>,
    /// Its place in the order of all deliveries.
    pub place: u64,
    pub end: Option<Fate>,
    /// The most requests that there may have been.
    pub posts_max: u64,
    /// True if an owner intervened, so that it may be out of order.
    pub by_hand: bool,
    /// The number of its own failures, and of those that count towards parking.
    pub(super) failed: u32,
    pub(super) failures: u32,
    /// The time before which it may not be tried again.
    pub(super) not_before: Timestamp,
    pub(super) number: u32,
}

/// The end of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Taken,
    Discarded,
    Parked(Timestamp),
}

impl Delivery {
    pub const fn new(webhook: WebhookId, chat: ChatId, messages: Vec<MessageId>, place: u64) -> Self {
        let not_before = Timestamp::from_ms(0);
        let (end, posts_max, by_hand, failed, failures, number) = (None, 0, false, 0, 0, 0);
        Self { webhook, chat, messages, place, end, posts_max, by_hand, failed, failures, not_before, number }
    }

    /// Forgets its earlier failures.
    pub(super) const fn forgive(&mut self) {
        (self.failed, self.failures) = (0, 0);
    }
}

/// A try under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Try {
    pub(super) delivery: DeliveryId,
    pub(super) number: u32,
    pub(super) began: Position,
}

/// The result of a chat's last try.
#[derive(Debug, Clone, Copy)]
pub(super) struct Last {
    pub(super) taken: bool,
    pub(super) at: Position,
}

/// The story of one webhook.
#[derive(Debug, Default)]
pub struct OutboundWebhook {
    pub url: Option<String>,
    pub enabled: bool,
    /// The owed deliveries of each chat.
    pub(super) owed: BTreeMap<ChatId, BTreeSet<DeliveryId>>,
    pub(super) trying: BTreeMap<ChatId, Try>,
    pub(super) by_hand: BTreeMap<DeliveryId, u32>,
    pub(super) errors: u32,
    /// The results of tries that began before this position do not count.
    pub(super) epoch: Position,
    /// The position of the last error that counted.
    pub(super) last_counted: Position,
    pub(super) not_before: Timestamp,
    pub(super) proven: bool,
    /// The result of each chat's last try, and its position in the log.
    pub(super) last: BTreeMap<ChatId, Last>,
    /// The number of successes since the last counted error; `None` without such an error at this URL.
    pub(super) since_error: Option<u32>,
    /// After the receiver asked for a pause: how many tries may run at once, and how many have succeeded since the
    /// last change.
    pub(super) slow: Option<(usize, usize)>,
    /// The parked deliveries, how often a delivery was parked, and how many of these parkings the owner has been told
    /// of.
    pub(super) parked: BTreeSet<DeliveryId>,
    pub(super) parkings: u64,
    pub(super) known: u64,
    pub notices: u64,
    pub(super) noticed_at: Option<Timestamp>,
    /// True if at some moment since the last notice nothing was parked.
    pub(super) emptied: bool,
    pub(super) must_disable: Option<DisabledBecause>,
    pub(super) must_park: Option<DeliveryId>,
    pub(super) fuses: u64,
    pub(super) told: u64,
}

impl OutboundWebhook {
    pub fn owes(&self) -> usize {
        self.owed.values().map(BTreeSet::len).sum()
    }

    pub const fn is_open(&self) -> bool {
        self.enabled && self.url.is_some()
    }

    /// The number of tries under way, including resends. A try that a crash interrupted does not count while the
    /// webhook is off.
    pub fn under_way(&self) -> usize {
        self.by_hand.len() + if self.is_open() { self.trying.len() } else { 0 }
    }

    /// True if the owner has not been told of the last stop.
    pub const fn is_untold(&self) -> bool {
        self.told < self.fuses
    }

    /// True if the owner has not been told of some parked delivery.
    pub fn keeps_back(&self) -> bool {
        self.parkings > self.known && !self.parked.is_empty()
    }

    /// True if it has anything to do on its own.
    pub fn is_busy(&self) -> bool {
        let owes = self.owes() > 0 || !self.trying.is_empty();
        self.is_untold() || self.keeps_back() || !self.by_hand.is_empty() || (self.is_open() && owes)
    }

    pub(super) fn owe(&mut self, chat: ChatId, delivery: DeliveryId) -> Verdict {
        require(self.owed.entry(chat).or_default().insert(delivery), "owed twice")
    }

    pub(super) fn anew(&mut self, position: Position) {
        (self.errors, self.epoch, self.not_before) = (0, position, Timestamp::default());
        (self.proven, self.slow) = (false, None);
    }
}
