//! Remembers the outcome of each chat's last try, for the chats tried most recently; all others count as never tried.

use std::collections::BTreeMap;

use events::ids::ChatId;
use serde::{Deserialize, Serialize, Serializer};

/// Maximum number of remembered chats whose last try succeeded, and also of those whose last try failed.
pub const CHATS_KNOWN_MAX: usize = 1_024;

/// The last tries of chats, numbered among all tries that ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Stored")]
pub(super) struct Known {
    last: BTreeMap<ChatId, Last>,
    /// Number of tries that ended.
    ends: u64,
    succeeded: BTreeMap<u64, ChatId>,
    failed: BTreeMap<u64, ChatId>,
}

/// The outcome of a chat's last try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Last {
    /// Its number among all tries that ended.
    pub(super) end: u64,
    /// True if the receiver accepted the delivery.
    pub(super) taken: bool,
}

impl Known {
    pub(super) fn last(&self, chat: ChatId) -> Option<Last> {
        self.last.get(&chat).copied()
    }

    /// Records the end of a try of this chat. Returns the chat that is forgotten to make room, if any.
    pub(super) fn note(&mut self, chat: ChatId, taken: bool) -> Option<ChatId> {
        self.ends = self.ends.saturating_add(1);
        let last = Last { end: self.ends, taken };
        if let Some(before) = self.last.insert(chat, last) {
            self.order(before.taken).remove(&before.end);
        }
        let order = self.order(taken);
        order.insert(last.end, chat);
        let forgotten = if order.len() > CHATS_KNOWN_MAX { order.pop_first() } else { None };
        forgotten.map(|(_, forgotten)| {
            self.last.remove(&forgotten);
            forgotten
        })
    }

    pub(super) fn forget_all(&mut self) {
        *self = Self { ends: self.ends, ..Self::default() };
    }

    const fn order(&mut self, taken: bool) -> &mut BTreeMap<u64, ChatId> {
        if taken { &mut self.succeeded } else { &mut self.failed }
    }
}

/// The serialized form.
#[derive(Deserialize)]
struct Stored {
    last: BTreeMap<ChatId, Last>,
    ends: u64,
}

impl From<Stored> for Known {
    fn from(Stored { last, ends }: Stored) -> Self {
        let mut known = Self { last, ends, ..Self::default() };
        for (chat, Last { end, taken }) in known.last.clone() {
            known.order(taken).insert(end, chat);
        }
        known
    }
}

impl Serialize for Known {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'a> {
            last: &'a BTreeMap<ChatId, Last>,
            ends: u64,
        }
        Written { last: &self.last, ends: self.ends }.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use events::ids::WorkspaceId;

    use super::*;

    fn chat(number: u64) -> ChatId {
        ChatId::nth(WorkspaceId::nth(0), number).unwrap()
    }

    #[test]
    fn so_many_chats_are_known_of_either_kind_and_the_one_tried_longest_ago_is_forgotten_first() {
        let most = CHATS_KNOWN_MAX as u64;
        let mut known = Known::default();
        for number in 1..=most {
            assert_eq!(known.note(chat(number), true), None);
        }
        assert_eq!(known.note(chat(1), true), None, "known already");
        assert_eq!(known.note(chat(most + 1), true), Some(chat(2)));
        assert_eq!(known.note(chat(3), false), None, "of the other kind");
        assert_eq!((known.last(chat(2)), known.last(chat(3)).map(|last| last.taken)), (None, Some(false)));
        for number in 1..=most {
            known.note(chat(5_000 + number), false);
        }
        assert_eq!(known.last(chat(3)), None);
        assert!(known.last.len() <= 2 * CHATS_KNOWN_MAX);
    }
}
