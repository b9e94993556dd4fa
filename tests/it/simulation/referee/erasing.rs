//! The rules for erasures: nothing of an erased chat begins any more, and nobody reads it again.

use events::event::Event;
use events::ids::{ChatId, WebhookId};
use events::time::Timestamp;

use super::{Fate, Referee, Verdict, require};

/// How far the erasure of a chat has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The title that it had.
    pub title: String,
    /// True if its key is destroyed.
    pub is_done: bool,
}

impl Referee {
    pub fn is_erased(&self, chat: ChatId) -> bool {
        self.chats.get(&chat).is_some_and(|room| room.erasure.is_some())
    }

    /// True if the chat's key is destroyed.
    pub fn is_forgotten(&self, chat: ChatId) -> bool {
        self.chats.get(&chat).and_then(|room| room.erasure.as_ref()).is_some_and(|erasure| erasure.is_done)
    }

    pub(super) fn see_erasure(&mut self, event: &Event) -> Verdict {
        match event {
            Event::ChatErased(e) => {
                let room = self.chats.get_mut(&e.chat).ok_or("erased an unknown chat")?;
                require(room.account == e.account, "erased another account's chat")?;
                let title = std::mem::replace(&mut room.title, "[erased]".to_owned());
                let before = room.erasure.replace(Erasure { title, is_done: false });
                require(before.is_none(), "a chat is erased twice")?;
                self.peers.retain(|_, chat| *chat != e.chat);
                self.drop_reports(e.chat);
                Ok(())
            }
            Event::ChatKeyDestroyed(e) => {
                let room = self.chats.get_mut(&e.chat).ok_or("destroyed the key of an unknown chat")?;
                let erasure = room.erasure.as_mut().ok_or("destroyed the key of a chat that nobody erased")?;
                require(!std::mem::replace(&mut erasure.is_done, true), "a key is destroyed twice")?;
                let texts = self.told_in.iter().filter(|(_, chats)| chats.contains(&e.chat));
                let gone = texts.filter(|(_, chats)| chats.iter().all(|chat| self.is_forgotten(*chat)));
                gone.for_each(|(text, _)| self.leaks.forget(text));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A chat says or hears a text.
    pub(super) fn told(&mut self, chat: ChatId, text: &str) {
        self.leaks.allow(text);
        self.told_in.entry(text.to_owned()).or_default().insert(chat);
    }

    pub fn was_told_in_erased(&self, text: &str) -> bool {
        self.told_in.get(text).is_some_and(|chats| chats.iter().any(|chat| self.is_erased(*chat)))
    }

    /// What is owed or parked of the chat is dropped, and what waits for a bundle. Only what is under way still ends.
    fn drop_reports(&mut self, chat: ChatId) {
        if let Some(owing) = self.reports.chats.get_mut(&chat) {
            owing.forget();
        }
        let webhook = WebhookId::of(chat.workspace());
        let Some(hook) = self.hooks.get_mut(&webhook) else { return };
        let owed = hook.owed.remove(&chat).unwrap_or_default();
        let parked = hook.parked.iter().filter(|delivery| self.deliveries[*delivery].chat == chat);
        let parked: Vec<_> = parked.copied().collect();
        for delivery in &parked {
            self.unparked(webhook, *delivery);
        }
        for delivery in owed.into_iter().chain(parked) {
            *self.counts.entry("dropped reports").or_default() += 1;
            self.deliveries.entry(delivery).and_modify(|told| {
                (told.end, told.by_hand, told.not_before) = (Some(Fate::Discarded), true, Timestamp::default());
                told.forgive();
            });
        }
    }

    /// The number of chats whose keys are about to be destroyed, and of their messages that nobody sends any more.
    pub(super) fn erasing(&self) -> usize {
        let begun = self.chats.values().filter(|room| room.erasure.as_ref().is_some_and(|erasure| !erasure.is_done));
        let waiting = self.accounts.values().flat_map(|line| {
            let left = move |message: &&events::ids::MessageId| line.trying != Some(**message);
            line.waiting.values().filter(left)
        });
        begun.count() + waiting.filter(|message| self.is_erased(self.messages[*message].chat)).count()
    }
}
