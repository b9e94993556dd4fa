//! The open windows of a webhook's chats, oldest first.

use std::collections::{BTreeMap, BTreeSet};

use events::ids::ChatId;
use events::time::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

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

    /// Closes the window with this number, if it is the chat's open one.
    pub(super) fn close(&mut self, chat: ChatId, number: u64) {
        if let Some(window) = self.of_chats.get(&chat).filter(|window| window.number == number) {
            self.oldest.remove(&(window.opened_at, chat));
            self.of_chats.remove(&chat);
        }
    }

    /// Returns all windows, oldest first.
    pub(super) fn oldest(&self) -> impl Iterator<Item = (ChatId, Window)> {
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
