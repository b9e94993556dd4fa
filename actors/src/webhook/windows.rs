//! The open windows of a webhook's chats, oldest first, and when each closes.

use std::collections::{BTreeMap, BTreeSet};

use events::ids::ChatId;
use events::time::Timestamp;
use events::webhook::Aggregation;
use serde::{Deserialize, Serialize, Serializer};

use super::{CLOSED_AT_ONCE, Effect};

/// Open windows, at most one per chat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "BTreeMap<ChatId, Window>")]
pub(super) struct Windows {
    of_chats: BTreeMap<ChatId, Window>,
    oldest: BTreeSet<(Timestamp, ChatId)>,
}

/// A window that gathers messages of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Window {
    /// Its number among the chat's windows.
    pub(super) number: u64,
    pub(super) opened_at: Timestamp,
}

impl Windows {
    pub(super) fn len(&self) -> u64 {
        self.of_chats.len() as u64
    }

    pub(super) fn open(&mut self, chat: ChatId, window: Window) {
        self.oldest.insert((window.opened_at, chat));
        self.of_chats.insert(chat, window);
    }

    /// Closes the chat's window without a bundle.
    pub(super) fn drop_chat(&mut self, chat: ChatId) {
        if let Some(window) = self.of_chats.remove(&chat) {
            self.oldest.remove(&(window.opened_at, chat));
        }
    }

    /// Closes the window with this number, if it is the chat's open one.
    pub(super) fn close(&mut self, chat: ChatId, number: u64) {
        if let Some(window) = self.of_chats.get(&chat).filter(|window| window.number == number) {
            self.oldest.remove(&(window.opened_at, chat));
            self.of_chats.remove(&chat);
        }
    }

    /// Returns the oldest open windows, each with the time at which it closes: when its hours are over, or at once if a
    /// flush was requested since it opened.
    pub(super) fn closings(
        &self,
        aggregation: Aggregation,
        flushed_at: Option<Timestamp>,
    ) -> impl Iterator<Item = (Timestamp, Effect)> {
        self.oldest().take(CLOSED_AT_ONCE).map(move |(chat, Window { number, opened_at })| {
            let is_flushed = flushed_at.is_some_and(|at| opened_at <= at);
            let at = if is_flushed { opened_at } else { opened_at.plus_ms(aggregation.window_ms()) };
            (at, Effect::Close { chat, window: number, aggregated: aggregation != Aggregation::None })
        })
    }

    fn oldest(&self) -> impl Iterator<Item = (ChatId, Window)> {
        self.oldest.iter().filter_map(|(_, chat)| Some((*chat, *self.of_chats.get(chat)?)))
    }
}

impl From<BTreeMap<ChatId, Window>> for Windows {
    fn from(of_chats: BTreeMap<ChatId, Window>) -> Self {
        let oldest = of_chats.iter().map(|(chat, window)| (window.opened_at, *chat)).collect();
        Self { of_chats, oldest }
    }
}

impl Serialize for Windows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.of_chats.serialize(serializer)
    }
}
