//! What is known of a webhook and of its deliveries.

use std::collections::{BTreeMap, BTreeSet};

use events::ids::{ChatId, DeliveryId, MessageId, WebhookId};
use events::record::Position;
use events::time::Timestamp;
use events::webhook::DisabledBecause;

use super::{Verdict, require};

/// One delivery's story.
#[derive(Debug)]
pub struct Delivery {
    pub webhook: WebhookId,
    pub chat: ChatId,
    pub messages: Vec<MessageId>,
    /// Its place among all deliveries.
    pub place: u64,
    pub end: Option<Fate>,
    /// So often it may have been posted.
    pub posts_max: u64,
    /// Whether somebody interfered, so that its turn is not in order.
    pub by_hand: bool,
    /// Failures of its own, and those among them that park it.
    pub(super) failed: u32,
    pub(super) failures: u32,
    /// Until then it waits for itself.
    pub(super) not_before: Timestamp,
    pub(super) number: u32,
}

/// What became of a delivery.
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

    /// Its failures of before say nothing any more.
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

/// What became of a chat's last try.
#[derive(Debug, Clone, Copy)]
pub(super) struct Last {
    pub(super) taken: bool,
    pub(super) at: Position,
}

/// One webhook's story.
#[derive(Debug, Default)]
pub struct OutboundWebhook {
    pub url: Option<String>,
    pub enabled: bool,
    /// What is owed, by chat, each with its place.
    pub(super) owed: BTreeMap<ChatId, BTreeSet<DeliveryId>>,
    pub(super) trying: BTreeMap<ChatId, Try>,
    pub(super) by_hand: BTreeMap<DeliveryId, u32>,
    pub(super) errors: u32,
    /// What began before counts no more.
    pub(super) epoch: Position,
    /// The last error that counted was told then.
    pub(super) last_counted: Position,
    pub(super) not_before: Timestamp,
    pub(super) proven: bool,
    /// What became of the last try of each chat, and where that stands in the log.
    pub(super) last: BTreeMap<ChatId, Last>,
    /// Successes since the last error that counted, if there was one at this URL.
    pub(super) since_error: Option<u32>,
    /// How many tries at once after the receiver asked for patience, and how many succeeded since.
    pub(super) slow: Option<(usize, usize)>,
    /// What waits for somebody's word, how often something was parked, and what the owner knows of it.
    pub(super) parked: BTreeSet<DeliveryId>,
    pub(super) parkings: u64,
    pub(super) known: u64,
    pub notices: u64,
    pub(super) noticed_at: Option<Timestamp>,
    /// Whether there was nothing to tell at some moment since the last notice.
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

    /// Tries that somebody makes. What a crash broke off waits until it is switched on.
    pub fn under_way(&self) -> usize {
        self.by_hand.len() + if self.is_open() { self.trying.len() } else { 0 }
    }

    /// Whether its owner has not been told of the last stop.
    pub const fn is_untold(&self) -> bool {
        self.told < self.fuses
    }

    /// Whether its owner has not been told of something that is parked.
    pub fn keeps_back(&self) -> bool {
        self.parkings > self.known && !self.parked.is_empty()
    }

    /// Whether it has anything to do by itself.
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
