//! The messages that wait in an account, in queue order.

use std::collections::{BTreeMap, BTreeSet};

use events::account::{DeferReason, FetchFailed, MessageQueued, SendDeferred};
use events::ids::{ChatId, MessageId};
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::pacing::Gap;

/// A message's file is not fetched while the files of this many messages before it are already here.
pub const FETCHED_MAX: usize = 8;
/// Maximum number of files that an account fetches at once; the port may fetch fewer from one host.
pub const FETCHES_MAX: usize = 256;

/// Waiting messages; holds ids, not texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    places: BTreeMap<MessageId, u64>,
    waiting: BTreeMap<u64, Waiting>,
    /// The places of each chat's messages.
    chats: BTreeMap<ChatId, BTreeSet<u64>>,
    /// Places of messages that are the first of their chat and do not wait for a file.
    ready: BTreeSet<u64>,
    /// Places of messages whose files are to be fetched now.
    wanted: BTreeSet<u64>,
    /// Places of messages whose last fetch failed, each with the time of the next fetch.
    wanted_later: BTreeSet<(Timestamp, u64)>,
    /// Places of messages whose files have been fetched.
    fetched: BTreeSet<u64>,
    /// Chats that were erased while messages of theirs waited.
    erased: BTreeSet<ChatId>,
    queued: u64,
    /// No message is tried before this time.
    not_before: Timestamp,
}

/// One waiting message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub message: MessageId,
    pub chat: ChatId,
    /// Credits charged.
    pub cost: u64,
    /// Tries begun.
    pub tries: u32,
    /// Tries that count towards the limit.
    pub counted: u32,
    /// True if a try ended without an answer, so the message may have been sent.
    pub maybe_sent: bool,
    /// The next try is not before this time.
    pub not_before: Timestamp,
    /// True if the messages of other chats go first meanwhile.
    pub gives_way: bool,
    pub queued_at: Timestamp,
    pub file: FileStage,
    /// Failed fetches of its file in a row, each for a transient reason.
    pub failed_fetches: u32,
    /// Time of the next fetch; the epoch means at once.
    pub fetch_at: Timestamp,
}

/// The data needed to end or refund a message that was charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charged {
    pub chat: ChatId,
    /// Credits charged.
    pub cost: u64,
    pub has_file: bool,
}

/// The stage of a message's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileStage {
    /// The message has no file.
    None,
    /// It must be fetched: the messages of other chats go first meanwhile.
    Wanted,
    Fetched,
}

impl Waiting {
    pub(super) fn has_file(&self) -> bool {
        self.file != FileStage::None
    }

    pub(super) fn charged(&self) -> Charged {
        Charged { chat: self.chat, cost: self.cost, has_file: self.has_file() }
    }
}

impl Queue {
    pub fn len(&self) -> u64 {
        self.waiting.len() as u64
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn get(&self, message: MessageId) -> Option<&Waiting> {
        self.waiting.get(self.places.get(&message)?)
    }

    fn get_mut(&mut self, message: MessageId) -> Option<&mut Waiting> {
        self.waiting.get_mut(self.places.get(&message)?)
    }

    pub(super) fn push(&mut self, queued: &MessageQueued) {
        self.queued = self.queued.saturating_add(1);
        self.places.insert(queued.message, self.queued);
        let waiting = Waiting {
            message: queued.message,
            chat: queued.chat,
            cost: queued.cost,
            tries: 0,
            counted: 0,
            maybe_sent: false,
            not_before: Timestamp::default(),
            gives_way: false,
            queued_at: queued.at,
            file: if queued.file.is_some() { FileStage::Wanted } else { FileStage::None },
            failed_fetches: 0,
            fetch_at: Timestamp::default(),
        };
        if waiting.file == FileStage::Wanted {
            self.wanted.insert(self.queued);
        }
        self.chats.entry(queued.chat).or_default().insert(self.queued);
        self.waiting.insert(self.queued, waiting);
        self.first_of(queued.chat);
    }

    pub(super) fn remove(&mut self, message: MessageId) -> Option<Waiting> {
        let place = self.places.remove(&message)?;
        self.wanted.remove(&place);
        self.fetched.remove(&place);
        self.ready.remove(&place);
        let removed = self.waiting.remove(&place)?;
        self.wanted_later.remove(&(removed.fetch_at, place));
        if let Some(places) = self.chats.get_mut(&removed.chat) {
            places.remove(&place);
            if places.is_empty() {
                self.chats.remove(&removed.chat);
                self.erased.remove(&removed.chat);
            }
        }
        self.first_of(removed.chat);
        Some(removed)
    }

    /// Lets no message of this chat be tried any more.
    pub(super) fn erase(&mut self, chat: ChatId) {
        if self.chats.contains_key(&chat) {
            self.erased.insert(chat);
        }
    }

    /// Returns the messages of erased chats, chat by chat.
    pub(super) fn of_erased(&self) -> impl Iterator<Item = &Waiting> {
        let places = self.erased.iter().filter_map(|chat| self.chats.get(chat)).flatten();
        places.filter_map(|place| self.waiting.get(place))
    }

    /// Returns the messages of a chat, in order.
    pub fn of_chat(&self, chat: ChatId) -> impl Iterator<Item = &Waiting> {
        self.chats.get(&chat).into_iter().flatten().filter_map(|place| self.waiting.get(place))
    }

    /// Marks the first message of a chat as ready, unless it waits for its file.
    fn first_of(&mut self, chat: ChatId) {
        let Some(first) = self.chats.get(&chat).and_then(BTreeSet::first) else { return };
        if self.waiting.get(first).is_some_and(|waiting| waiting.file != FileStage::Wanted) {
            self.ready.insert(*first);
        }
    }

    pub(super) fn started(&mut self, message: MessageId, try_number: u32) {
        if let Some(waiting) = self.get_mut(message) {
            waiting.tries = try_number;
        }
    }

    pub(super) fn fetched(&mut self, message: MessageId) {
        let Some(place) = self.places.get(&message).copied() else { return };
        if let Some(waiting) = self.waiting.get_mut(&place).filter(|waiting| waiting.file == FileStage::Wanted) {
            waiting.file = FileStage::Fetched;
            waiting.failed_fetches = 0;
            let (chat, fetch_at) = (waiting.chat, std::mem::take(&mut waiting.fetch_at));
            self.wanted.remove(&place);
            self.wanted_later.remove(&(fetch_at, place));
            self.fetched.insert(place);
            self.first_of(chat);
        }
    }

    /// Schedules the next fetch of a file that could not be fetched.
    pub(super) fn fetch_failed(&mut self, failed: &FetchFailed) {
        let (Some(place), Some(again_at)) = (self.places.get(&failed.message).copied(), failed.again_at) else {
            return;
        };
        let Some(waiting) = self.waiting.get_mut(&place).filter(|waiting| waiting.file == FileStage::Wanted) else {
            return;
        };
        waiting.failed_fetches = failed.fetch_number;
        let before = std::mem::replace(&mut waiting.fetch_at, again_at);
        self.wanted.remove(&place);
        self.wanted_later.remove(&(before, place));
        self.wanted_later.insert((again_at, place));
    }

    /// Wants a file again that was fetched but is no longer stored: other chats go first until it is fetched again.
    fn file_gone(&mut self, message: MessageId) {
        let Some(place) = self.places.get(&message).copied() else { return };
        if let Some(waiting) = self.waiting.get_mut(&place).filter(|waiting| waiting.file == FileStage::Fetched) {
            waiting.file = FileStage::Wanted;
            self.fetched.remove(&place);
            self.ready.remove(&place);
            self.wanted.insert(place);
        }
    }

    /// Returns the earliest scheduled repeats of fetches, each with its time.
    pub(super) fn to_fetch_later(&self) -> impl Iterator<Item = (Timestamp, MessageId)> {
        let earliest = self.wanted_later.iter().take(FETCHES_MAX);
        earliest.filter_map(|(at, place)| Some((*at, self.waiting.get(place)?.message)))
    }

    /// Returns the messages whose files are to be fetched now: those before the `FETCHED_MAX`th message whose file is
    /// already here. So files that arrive early never keep the files of earlier messages from being fetched.
    pub(super) fn to_fetch(&self) -> impl Iterator<Item = MessageId> {
        let last_ready = self.fetched.iter().nth(FETCHED_MAX - 1);
        let wanted = self.wanted.iter().take_while(move |place| last_ready.is_none_or(|last| *place < last));
        wanted.take(FETCHES_MAX).filter_map(|place| self.waiting.get(place)).map(|waiting| waiting.message)
    }

    /// Returns all waiting messages in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Waiting> {
        self.waiting.values()
    }

    pub(super) fn deferred(&mut self, deferred: &SendDeferred) {
        if matches!(deferred.reason, DeferReason::NotConnected | DeferReason::AccountRateLimited) {
            self.not_before = self.not_before.max(deferred.not_before);
        }
        if deferred.reason == DeferReason::FileGone {
            self.file_gone(deferred.message);
        }
        let Some(waiting) = self.get_mut(deferred.message) else { return };
        waiting.not_before = deferred.not_before;
        waiting.gives_way = deferred.reason == DeferReason::PairRateLimited;
        waiting.maybe_sent |= matches!(deferred.reason, DeferReason::OutcomeUnknown | DeferReason::Interrupted);
        if matches!(deferred.reason, DeferReason::ServerError | DeferReason::OutcomeUnknown) {
            waiting.counted = waiting.counted.saturating_add(1);
        }
    }

    /// Returns the messages that may be tried next, in order, each with the earliest time of its try: the first ready
    /// message that does not give way, and the ready ones before it that do. A message that waits for its file blocks
    /// its own chat only.
    pub(super) fn candidates(
        &self,
        gap: Gap,
        last_outcome: Option<Timestamp>,
    ) -> impl Iterator<Item = (Timestamp, &Waiting)> {
        let mut found_first = false;
        let ready = self.ready.iter().filter_map(|place| self.waiting.get(place));
        let ready = ready.take_while(move |waiting| !std::mem::replace(&mut found_first, !waiting.gives_way));
        ready.map(move |waiting| {
            let wait = gap.wait_ms(waiting.message, waiting.tries.saturating_add(1));
            let paced = last_outcome.map_or(Timestamp::default(), |at| at.plus_ms(wait));
            (paced.max(waiting.not_before).max(self.not_before), waiting)
        })
    }
}
