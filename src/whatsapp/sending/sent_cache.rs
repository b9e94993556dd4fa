//! Remembers the account and chat of recently sent messages, so that receipts need no log look-up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use events::ids::{AccountId, ChatId, MessageId};

/// At most this many messages are remembered, the newest. Receipts usually come seconds after the message was sent.
const HELD_MAX: usize = 1 << 16;

/// The account and chat of recent messages, which never change. Clones share the memory.
#[derive(Clone, Default)]
pub struct SentCache(Arc<Mutex<Generations>>);

#[derive(Default)]
struct Generations {
    young: HashMap<MessageId, (AccountId, ChatId)>,
    old: HashMap<MessageId, (AccountId, ChatId)>,
}

impl SentCache {
    pub(super) fn sent(&self, message: MessageId, account: AccountId, chat: ChatId) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.young.len() >= HELD_MAX / 2 {
            held.old = std::mem::take(&mut held.young);
        }
        held.young.insert(message, (account, chat));
    }

    /// Returns the account and chat of a message, if it was sent recently.
    pub(crate) fn whose(&self, message: MessageId) -> Option<(AccountId, ChatId)> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.young.get(&message).or_else(|| held.old.get(&message)).copied()
    }
}

#[cfg(test)]
mod tests {
    use events::ids::WorkspaceId;

    use super::*;

    #[test]
    fn the_latest_are_known_and_the_oldest_are_forgotten() {
        let (sent_cache, workspace) = (SentCache::default(), WorkspaceId::nth(0));
        let whose = (AccountId::nth(workspace, 1).unwrap(), ChatId::nth(workspace, 2).unwrap());
        let last = HELD_MAX as u64 + 10;
        for number in 0..=last {
            sent_cache.sent(MessageId::from_bits(number), whose.0, whose.1);
        }
        for (number, wanted) in [(last, Some(whose)), (last - HELD_MAX as u64 / 2, Some(whose)), (0, None)] {
            assert_eq!(sent_cache.whose(MessageId::from_bits(number)), wanted, "{number}");
        }
        assert!(sent_cache.0.lock().unwrap().old.len() <= HELD_MAX / 2);
    }
}
