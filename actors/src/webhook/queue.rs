//! The deliveries that a webhook owes, in order, and which of them go next; holds ids, not texts.
//!
//! A million deliveries of thousands of chats may be owed. The first delivery of each chat that may be tried is in
//! one of the ordered sets below, so that no decision scans them all.

use std::collections::{BTreeMap, BTreeSet};

use events::ids::{ChatId, DeliveryId};
use events::time::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use super::known::{Known, Last};

/// Owed deliveries, each by its place among all deliveries so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Stored")]
pub struct Queue {
    owed: BTreeMap<u64, (ChatId, DeliveryId)>,
    of_chats: BTreeSet<(ChatId, u64)>,
    /// Until when a delivery waits because of its own failures.
    waits: BTreeMap<DeliveryId, Timestamp>,
    /// Chats with a request under way.
    busy: BTreeSet<ChatId>,
    known: Known,
    /// Waits up to this time are over.
    passed: Timestamp,
    turns: Turns,
}

/// A delivery with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// Its place among all deliveries so far.
    pub place: u64,
    pub chat: ChatId,
    pub delivery: DeliveryId,
}

/// The order in which chats get their turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The one most likely to succeed first: the chat that succeeded last, else the oldest delivery of the chats
    /// never tried, else the chat that failed longest ago.
    Probe,
    /// Chats that succeeded, the oldest delivery first; then chats never tried, the oldest delivery first; then chats
    /// that failed, the longest ago first.
    Careful,
    /// The oldest delivery first.
    Calm,
}

/// Chats, by the place of their first delivery or by when their last try ended.
type Places = BTreeSet<(u64, ChatId)>;

/// Chats that owe something and have no request under way, each in one of the groups below.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Turns {
    spots: BTreeMap<ChatId, Spot>,
    /// Chats whose last try succeeded: by the place of the first delivery, and by when that try ended.
    succeeded: Places,
    succeeded_by_end: Places,
    /// Chats never tried, as far as is known: by place.
    untried: Places,
    /// Chats whose last try failed: by place, and by when that try ended.
    failed: Places,
    failed_by_end: Places,
    /// Chats whose first delivery waits because of its own failures, by the end of the wait: those whose last try
    /// failed, and the others.
    waiting_failed: BTreeSet<(Timestamp, ChatId)>,
    waiting_others: BTreeSet<(Timestamp, ChatId)>,
}

/// The group of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    Ready(Head),
    Waiting(Head, Timestamp),
}

/// The first delivery of a chat, and the outcome of the chat's last try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    place: u64,
    last: Option<Last>,
}

impl Head {
    const fn has_failed(self) -> bool {
        matches!(self.last, Some(Last { taken: false, .. }))
    }

    /// The lowest rank goes first.
    const fn rank(self, order: Order) -> (u8, u64) {
        match (order, self.last) {
            (Order::Calm, _) | (Order::Careful, Some(Last { taken: true, .. })) => (0, self.place),
            (Order::Probe, Some(Last { end, taken: true })) => (0, u64::MAX.saturating_sub(end)),
            (_, None) => (1, self.place),
            (_, Some(Last { end, taken: false })) => (2, end),
        }
    }
}

impl Turns {
    fn put(&mut self, chat: ChatId, spot: Spot) {
        self.spots.insert(chat, spot);
        match spot {
            Spot::Waiting(head, until) => drop(self.waiting(head.has_failed()).insert((until, chat))),
            Spot::Ready(Head { place, last: None }) => drop(self.untried.insert((place, chat))),
            Spot::Ready(Head { place, last: Some(Last { end, taken }) }) => {
                let (by_place, by_end) = self.tried(taken);
                by_place.insert((place, chat));
                by_end.insert((end, chat));
            }
        }
    }

    fn take(&mut self, chat: ChatId) {
        match self.spots.remove(&chat) {
            Some(Spot::Waiting(head, until)) => drop(self.waiting(head.has_failed()).remove(&(until, chat))),
            Some(Spot::Ready(Head { place, last: None })) => drop(self.untried.remove(&(place, chat))),
            Some(Spot::Ready(Head { place, last: Some(Last { end, taken }) })) => {
                let (by_place, by_end) = self.tried(taken);
                by_place.remove(&(place, chat));
                by_end.remove(&(end, chat));
            }
            None => {}
        }
    }

    const fn waiting(&mut self, failed: bool) -> &mut BTreeSet<(Timestamp, ChatId)> {
        if failed { &mut self.waiting_failed } else { &mut self.waiting_others }
    }

    const fn tried(&mut self, taken: bool) -> (&mut Places, &mut Places) {
        if taken {
            (&mut self.succeeded, &mut self.succeeded_by_end)
        } else {
            (&mut self.failed, &mut self.failed_by_end)
        }
    }

    /// Returns the first `most` chats of each group, which include the first `most` of all.
    fn first(&self, order: Order, most: usize) -> Vec<ChatId> {
        let (few, most_latest) = if order == Order::Probe { (0, most) } else { (most, 0) };
        let latest = self.succeeded_by_end.iter().rev().take(most_latest);
        let failed = if order == Order::Calm { &self.failed } else { &self.failed_by_end };
        let rest =
            self.succeeded.iter().take(few).chain(self.untried.iter().take(most)).chain(failed.iter().take(most));
        latest.chain(rest).map(|(_, chat)| *chat).collect()
    }
}

impl Queue {
    pub fn len(&self) -> u64 {
        self.owed.len() as u64
    }

    pub fn is_empty(&self) -> bool {
        self.owed.is_empty()
    }

    /// Returns the deliveries in places above `above` and below `below`, oldest first.
    pub fn between(&self, above: Option<u64>, below: Option<u64>) -> impl DoubleEndedIterator<Item = Owed> {
        let from = above.map_or(0, |above| above.saturating_add(1));
        let to = below.unwrap_or(u64::MAX).max(from);
        let within = self.owed.range(from..to);
        within.map(|(place, (chat, delivery))| Owed { place: *place, chat: *chat, delivery: *delivery })
    }

    /// Returns until when this delivery waits because of its own failures.
    pub fn wait(&self, delivery: DeliveryId) -> Option<Timestamp> {
        self.waits.get(&delivery).copied()
    }

    pub(super) fn insert(&mut self, owed: Owed) {
        self.owed.insert(owed.place, (owed.chat, owed.delivery));
        self.of_chats.insert((owed.chat, owed.place));
        if self.head(owed.chat).is_some_and(|(head, _)| head.place == owed.place) {
            self.arrange(owed.chat);
        }
    }

    pub(super) fn remove(&mut self, owed: Owed) {
        self.owed.remove(&owed.place);
        self.of_chats.remove(&(owed.chat, owed.place));
        self.waits.remove(&owed.delivery);
        self.arrange(owed.chat);
    }

    /// Removes the deliveries of a chat, and returns them.
    pub(super) fn remove_chat(&mut self, chat: ChatId) -> Vec<DeliveryId> {
        let places: Vec<u64> = self.of_chats.range((chat, 0)..=(chat, u64::MAX)).map(|(_, place)| *place).collect();
        let mut removed = Vec::with_capacity(places.len());
        for place in places {
            self.of_chats.remove(&(chat, place));
            if let Some((_, delivery)) = self.owed.remove(&place) {
                self.waits.remove(&delivery);
                removed.push(delivery);
            }
        }
        self.arrange(chat);
        removed
    }

    /// Returns how many deliveries of a chat are owed.
    pub fn count_of(&self, chat: ChatId) -> u64 {
        self.of_chats.range((chat, 0)..=(chat, u64::MAX)).count() as u64
    }

    /// Removes all deliveries, but still knows the outcomes of tries.
    pub(super) fn clear(&mut self) {
        let (busy, known) = (std::mem::take(&mut self.busy), std::mem::take(&mut self.known));
        *self = Self { busy, known, passed: self.passed, ..Self::default() };
    }

    /// Returns this delivery of this chat, if it is owed.
    pub(super) fn find(&self, chat: ChatId, delivery: DeliveryId) -> Option<Owed> {
        let mut of_chat = self.of_chats.range((chat, 0)..=(chat, u64::MAX)).map(|(_, place)| *place);
        let place = of_chat.find(|place| self.owed.get(place).is_some_and(|(_, owed)| *owed == delivery))?;
        Some(Owed { place, chat, delivery })
    }

    /// Notes that a request of this chat begins. Waits up to this time are over.
    pub(super) fn start(&mut self, chat: ChatId, at: Timestamp) {
        self.busy.insert(chat);
        self.arrange(chat);
        self.passed = self.passed.max(at);
        let over: Vec<ChatId> = self.over_by(self.passed).collect();
        for chat in over {
            self.arrange(chat);
        }
    }

    /// Notes that the chat's request ended.
    pub(super) fn end(&mut self, chat: ChatId) {
        self.busy.remove(&chat);
        self.arrange(chat);
    }

    /// Records the outcome of the chat's last try.
    pub(super) fn note(&mut self, chat: ChatId, taken: bool) {
        let forgotten = self.known.note(chat, taken);
        [Some(chat), forgotten].into_iter().flatten().for_each(|chat| self.arrange(chat));
    }

    /// Lets the delivery, if it is still owed, wait until this time because of its own failures.
    pub(super) fn set_wait(&mut self, owed: Owed, until: Option<Timestamp>) {
        if let Some(until) = until.filter(|_| self.owed.contains_key(&owed.place)) {
            self.waits.insert(owed.delivery, until);
            self.arrange(owed.chat);
        }
    }

    /// Ends all waits of deliveries.
    pub(super) fn end_waits(&mut self) {
        self.waits.clear();
        let waiting: Vec<ChatId> = self.over_by(Timestamp::from_ms(i64::MAX)).collect();
        for chat in waiting {
            self.arrange(chat);
        }
    }

    /// Forgets the outcomes of tries, because they went to another URL.
    pub(super) fn forget_tries(&mut self) {
        self.known.forget_all();
        let chats: Vec<ChatId> = self.turns.spots.keys().copied().collect();
        for chat in chats {
            self.arrange(chat);
        }
    }

    pub(super) fn has_waits(&self) -> bool {
        !self.waits.is_empty()
    }

    pub(super) fn has_failed(&self, chat: ChatId) -> bool {
        self.known.last(chat).is_some_and(|last| !last.taken)
    }

    /// True if a chat may have its turn at once. Chats whose last try failed count only if there is room for them.
    pub(super) fn is_ready(&self, room_for_failed: bool) -> bool {
        let turns = &self.turns;
        !turns.succeeded.is_empty() || !turns.untried.is_empty() || (room_for_failed && !turns.failed.is_empty())
    }

    /// Returns when the first wait of a delivery ends. Chats whose last try failed count only if there is room for
    /// them.
    pub(super) fn first_wait(&self, room_for_failed: bool) -> Option<Timestamp> {
        let failed = self.turns.waiting_failed.first().filter(|_| room_for_failed);
        failed.into_iter().chain(self.turns.waiting_others.first()).map(|(until, _)| *until).min()
    }

    /// Returns the next deliveries: at most `most`, of which at most `most_failed` of chats whose last try failed.
    pub(super) fn next(&self, order: Order, at: Timestamp, most: usize, most_failed: usize) -> Vec<Owed> {
        let chats = self.turns.first(order, most).into_iter().chain(self.over_by(at));
        let mut heads: Vec<(Head, Owed)> = chats.filter_map(|chat| self.head(chat)).collect();
        heads.sort_by_key(|(head, _)| head.rank(order));
        let mut room = most_failed;
        heads.retain(|(head, _)| {
            let fits = !head.has_failed() || room > 0;
            room = room.saturating_sub(usize::from(head.has_failed()));
            fits
        });
        heads.into_iter().take(most).map(|(_, owed)| owed).collect()
    }

    /// Returns the waiting chats whose waits are over at this time.
    fn over_by(&self, at: Timestamp) -> impl Iterator<Item = ChatId> {
        let over = move |waiting: &&(Timestamp, ChatId)| waiting.0 <= at;
        let (failed, others) = (&self.turns.waiting_failed, &self.turns.waiting_others);
        failed.iter().take_while(over).chain(others.iter().take_while(over)).map(|(_, chat)| *chat)
    }

    fn head(&self, chat: ChatId) -> Option<(Head, Owed)> {
        let (_, place) = *self.of_chats.range((chat, 0)..=(chat, u64::MAX)).next()?;
        let (_, delivery) = *self.owed.get(&place)?;
        Some((Head { place, last: self.known.last(chat) }, Owed { place, chat, delivery }))
    }

    /// Moves the chat to the group where it belongs now.
    fn arrange(&mut self, chat: ChatId) {
        self.turns.take(chat);
        if self.busy.contains(&chat) {
            return;
        }
        let Some((head, owed)) = self.head(chat) else { return };
        let wait = self.waits.get(&owed.delivery).copied().filter(|until| *until > self.passed);
        self.turns.put(chat, wait.map_or(Spot::Ready(head), |until| Spot::Waiting(head, until)));
    }
}

/// The serialized form.
#[derive(Deserialize)]
struct Stored {
    owed: Vec<Owed>,
    waits: BTreeMap<DeliveryId, Timestamp>,
    busy: BTreeSet<ChatId>,
    known: Known,
    passed: Timestamp,
}

impl From<Stored> for Queue {
    fn from(Stored { owed, waits, busy, known, passed }: Stored) -> Self {
        let mut queue = Self { waits, busy, known, passed, ..Self::default() };
        for owed in owed {
            queue.insert(owed);
        }
        queue
    }
}

impl Serialize for Queue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'a, L> {
            owed: L,
            waits: &'a BTreeMap<DeliveryId, Timestamp>,
            busy: &'a BTreeSet<ChatId>,
            known: &'a Known,
            passed: Timestamp,
        }
        let Self { waits, busy, known, passed, .. } = self;
        Written { owed: List(&self.owed), waits, busy, known, passed: *passed }.serialize(serializer)
    }
}

/// Serialized one by one, so that a million deliveries are not copied first.
struct List<'a>(&'a BTreeMap<u64, (ChatId, DeliveryId)>);

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let owed = self.0.iter();
        serializer.collect_seq(owed.map(|(place, (chat, delivery))| Owed {
            place: *place,
            chat: *chat,
            delivery: *delivery,
        }))
    }
}
