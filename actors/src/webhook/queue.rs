//! The deliveries that a webhook owes, in order; ids, not texts.

use std::collections::{BTreeMap, BTreeSet};

use events::ids::{ChatId, DeliveryId};
use serde::{Deserialize, Serialize, Serializer};

/// Owed deliveries, each with its place among all that ever were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<Owed>")]
pub struct Queue {
    owed: BTreeMap<(ChatId, u64), DeliveryId>,
    /// First deliveries of chats, the oldest first.
    heads: BTreeSet<(u64, ChatId)>,
}

/// A delivery in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// Its place among all deliveries that ever were.
    pub place: u64,
    /// Its conversation.
    pub chat: ChatId,
    /// Which delivery.
    pub delivery: DeliveryId,
}

impl Queue {
    /// How many are owed.
    pub fn len(&self) -> u64 {
        self.owed.len() as u64
    }

    /// Whether nothing is owed.
    pub fn is_empty(&self) -> bool {
        self.owed.is_empty()
    }

    pub(super) fn insert(&mut self, owed: Owed) {
        if let Some(first) = self.first_of(owed.chat) {
            self.heads.remove(&(first, owed.chat));
        }
        self.owed.insert((owed.chat, owed.place), owed.delivery);
        self.put_head(owed.chat);
    }

    pub(super) fn remove(&mut self, chat: ChatId, place: u64) -> bool {
        self.heads.remove(&(place, chat));
        let removed = self.owed.remove(&(chat, place)).is_some();
        self.put_head(chat);
        removed
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// This delivery of this chat, if it is owed.
    pub(super) fn find(&self, chat: ChatId, delivery: DeliveryId) -> Option<Owed> {
        let mut of_chat = self.owed.range((chat, 0)..=(chat, u64::MAX));
        of_chat.find(|(_, owed)| **owed == delivery).map(|((_, place), _)| Owed { place: *place, chat, delivery })
    }

    /// The first delivery of each chat, the oldest first.
    pub(super) fn heads(&self) -> impl Iterator<Item = Owed> {
        self.heads.iter().filter_map(|(place, chat)| {
            let delivery = *self.owed.get(&(*chat, *place))?;
            Some(Owed { place: *place, chat: *chat, delivery })
        })
    }

    fn first_of(&self, chat: ChatId) -> Option<u64> {
        self.owed.range((chat, 0)..=(chat, u64::MAX)).next().map(|((_, place), _)| *place)
    }

    fn put_head(&mut self, chat: ChatId) {
        if let Some(first) = self.first_of(chat) {
            self.heads.insert((first, chat));
        }
    }
}

impl From<Vec<Owed>> for Queue {
    fn from(all: Vec<Owed>) -> Self {
        let mut queue = Self::default();
        for owed in all {
            queue.insert(owed);
        }
        queue
    }
}

impl Serialize for Queue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let owed = self.owed.iter();
        serializer.collect_seq(owed.map(|((chat, place), delivery)| Owed {
            place: *place,
            chat: *chat,
            delivery: *delivery,
        }))
    }
}
