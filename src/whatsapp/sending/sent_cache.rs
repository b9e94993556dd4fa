//! Whose the messages are that were sent lately, so that their receipts need not be looked up in the log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use events::ids::{AccountId, ChatId, MessageId};

/// Messages after which the oldest are forgotten; their receipts come seconds after the sending, as a rule.
const HELD_MAX: usize = 1 << 16;

/// A memory of whose each message is, which never changes. Clones share it.
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

    /// Whose a message is, if it was sent lately.
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
