//! The messages of an account that `WhatsApp` took without saying yet that it sent them.

use std::collections::{BTreeMap, BTreeSet};

use events::account::MessageAccepted;
use events::ids::MessageId;
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::queue::Charged;

/// An accepted message counts as sent if nothing more is heard of it for this long.
pub const ACCEPTED_MS: u64 = 60_000;

/// Accepted messages that have not ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedMessages {
    messages: BTreeMap<MessageId, Accepted>,
    /// The same in the order in which they were accepted.
    order: BTreeSet<(Timestamp, MessageId)>,
}

/// An accepted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    pub charged: Charged,
    /// The try that was accepted.
    pub try_number: u32,
    pub at: Timestamp,
}

impl AcceptedMessages {
    pub(super) fn insert(&mut self, accepted: &MessageAccepted, charged: Charged) {
        let (message, at) = (accepted.message, accepted.at);
        self.messages.insert(message, Accepted { charged, try_number: accepted.try_number, at });
        self.order.insert((at, message));
    }

    pub(super) fn remove(&mut self, message: MessageId) -> Option<Accepted> {
        let removed = self.messages.remove(&message)?;
        self.order.remove(&(removed.at, message));
        Some(removed)
    }

    pub(super) fn get(&self, message: MessageId) -> Option<Accepted> {
        self.messages.get(&message).copied()
    }

    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Returns when the next of them counts as sent.
    pub(super) fn next_overdue(&self) -> Option<Timestamp> {
        self.order.first().map(|(at, _)| at.plus_ms(ACCEPTED_MS))
    }

    /// Returns those that count as sent by now, the oldest first.
    pub(super) fn overdue(&self, now: Timestamp) -> impl Iterator<Item = (MessageId, Accepted)> {
        let overdue = self.order.iter().take_while(move |(at, _)| at.plus_ms(ACCEPTED_MS) <= now);
        overdue.filter_map(|(_, message)| Some((*message, self.get(*message)?)))
    }
}
