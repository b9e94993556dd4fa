//! What the erasure of a chat changes in the state of a webhook: nothing of the chat is owed any more.

use events::ids::{ChatId, DeliveryId};

use super::State;
use crate::webhook::tries::Try;

impl State {
    /// Drops what is owed of the chat, what is parked, and what a window gathers. A request under way still ends.
    pub(super) fn chat_erased(&mut self, chat: ChatId) {
        self.windows.drop_chat(chat);
        let parked = self.parked.extract_if(.., |_, parked| parked.owed.chat == chat).map(|(delivery, _)| delivery);
        let dropped: Vec<_> = parked.chain(self.owed.remove_chat(chat)).collect();
        for delivery in dropped {
            self.failures.remove(&delivery);
        }
    }

    /// Drops a delivery of which nobody knows any more what it said: otherwise it would be tried for ever.
    pub(super) fn unreadable(&mut self, delivery: DeliveryId, ended: Option<Try>) {
        self.failures.remove(&delivery);
        if let Some(Try { owed, .. }) = ended {
            self.owed.remove(owed);
            self.owed.end(owed.chat);
        }
    }

    /// Returns how many reports of a chat are owed or parked.
    pub fn owed_of(&self, chat: ChatId) -> u64 {
        let parked = self.parked.values().filter(|parked| parked.owed.chat == chat).count() as u64;
        self.owed.count_of(chat).saturating_add(parked)
    }
}
