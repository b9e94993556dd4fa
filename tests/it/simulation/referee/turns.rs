//! The rules for the order of tries: the first delivery of each chat, and which chat comes next.

use events::ids::{ChatId, DeliveryId};
use events::record::Position;
use events::time::Timestamp;
use events::webhook::DeliveryStarted;

use super::hook::Try;
use super::{OutboundWebhook, Referee, Verdict, require};

const AT_ONCE: usize = 8;
/// The most tries at once for chats whose last try failed.
const FAILED_AT_ONCE: usize = 4;
/// After this many successes since an error, the oldest delivery comes first again.
const CALM_AFTER: u32 = 1_000;

impl OutboundWebhook {
    fn is_healthy(&self) -> bool {
        self.errors == 0 && self.proven
    }

    fn has_failed(&self, chat: ChatId) -> bool {
        self.last.get(&chat).is_some_and(|last| !last.taken)
    }

    /// True if another try, of this chat, may begin.
    fn has_room(&self, chat: ChatId) -> bool {
        if !self.is_healthy() {
            return self.trying.is_empty();
        }
        let most = self.slow.map_or(AT_ONCE, |(at_once, _)| at_once);
        let failing = self.trying.keys().filter(|chat| self.has_failed(**chat)).count();
        self.trying.len() < most && (failing < FAILED_AT_ONCE || !self.has_failed(chat))
    }

    /// The rank of a chat whose first delivery has this place; the lowest comes first.
    fn rank(&self, chat: ChatId, place: u64) -> (u8, u64) {
        if self.is_healthy() && self.since_error.is_none_or(|successes| successes >= CALM_AFTER) {
            return (0, place);
        }
        match self.last.get(&chat) {
            Some(last) if last.taken && self.is_healthy() => (0, place),
            Some(last) if last.taken => (0, u64::MAX - last.at),
            None => (1, place),
            Some(last) => (2, last.at),
        }
    }
}

impl Referee {
    /// Returns the first delivery that is owed to this chat.
    fn first_of(&self, hook: &OutboundWebhook, chat: ChatId) -> Option<DeliveryId> {
        hook.owed.get(&chat)?.iter().min_by_key(|delivery| self.deliveries[*delivery].place).copied()
    }

    pub(super) fn delivery_started(&mut self, position: Position, e: &DeliveryStarted) -> Verdict {
        let hook = self.hooks.get(&e.webhook).ok_or("a try of an unknown webhook")?;
        require(hook.is_open(), "a try of a webhook that is switched off")?;
        require(!self.is_erased(e.chat), "a report of an erased chat is tried")?;
        require(e.at >= hook.not_before, "a try before its time")?;
        require(self.first_of(hook, e.chat) == Some(e.delivery), "not the first that is owed to its chat")?;
        require(!hook.trying.contains_key(&e.chat), "two tries of one chat at once")?;
        require(hook.has_room(e.chat), "too many tries at once")?;
        require(e.at >= self.deliveries[&e.delivery].not_before, "a try before the delivery's own time")?;
        let best = self.whose_turn(hook, e.at);
        require(best == Some(e.chat), &format!("the turn is {best:?}'s, not {}'s", e.chat))?;
        let told = self.deliveries.get_mut(&e.delivery).ok_or("an unknown delivery is tried")?;
        require(e.try_number > told.number || told.by_hand, "tries are not counted right")?;
        told.number = told.number.max(e.try_number);
        told.posts_max += 1;
        let began = Try { delivery: e.delivery, number: e.try_number, began: position };
        self.hook(e.webhook).trying.insert(e.chat, began);
        Ok(())
    }

    fn whose_turn(&self, hook: &OutboundWebhook, at: Timestamp) -> Option<ChatId> {
        let waiting = hook.owed.keys().filter(|chat| !hook.trying.contains_key(chat) && hook.has_room(**chat));
        let firsts = waiting.filter_map(|chat| Some((*chat, &self.deliveries[&self.first_of(hook, *chat)?])));
        let ready = firsts.filter(|(_, told)| told.not_before <= at);
        ready.min_by_key(|(chat, told)| hook.rank(*chat, told.place)).map(|(chat, _)| chat)
    }
}
