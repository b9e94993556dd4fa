//! The rules for chats, for the inbound webhook's settings, and for received messages.

use events::account::Origin;
use events::chat::{AddressKind, ChatAddressLearnt, ChatOpened, MessageReceived, Responsible};
use events::event::Event;
use events::ids::AccountId;
use events::who::Who;

use super::erasing::Erasure;
use super::{Referee, Verdict, require};

/// The state of a chat.
#[derive(Debug)]
pub struct Room {
    pub account: AccountId,
    pub title: String,
    is_group: bool,
    responsible: Option<Responsible>,
    /// Set once somebody erases it.
    pub erasure: Option<Erasure>,
}

impl Room {
    /// What people call it, also after it is erased.
    pub fn called(&self) -> String {
        self.erasure.as_ref().map_or_else(|| self.title.clone(), |erasure| erasure.title.clone())
    }
}

/// The state of an inbound webhook.
#[derive(Debug, Default)]
pub struct InboundWebhook {
    disabled: bool,
    strict: bool,
}

impl Referee {
    pub(super) fn see_desk(&mut self, by: Who, event: &Event) -> Verdict {
        match event {
            Event::ChatOpened(e) => self.opened_chat(by, e),
            Event::ChatRenamed(e) => {
                let room = self.chats.get_mut(&e.chat).ok_or("renamed an unknown chat")?;
                require(room.erasure.is_none(), "an erased chat is renamed")?;
                require(room.title == e.previous.reveal(), "another title was replaced")?;
                require(e.previous != e.name, "renamed to what it is called")?;
                e.name.reveal().clone_into(&mut room.title);
                Ok(())
            }
            Event::ChatAssigned(e) => {
                let room = self.chats.get_mut(&e.chat).ok_or("assigned an unknown chat")?;
                require(room.erasure.is_none(), "an erased chat is assigned")?;
                require(room.responsible != e.responsible, "assigned to who is responsible already")?;
                room.responsible.clone_from(&e.responsible);
                Ok(())
            }
            Event::ChatAddressLearnt(e) => self.learnt(e),
            Event::MessageReceived(e) => self.received(e),
            Event::MessageQueued(e) => {
                let disabled = self.doors.get(&e.workspace).is_some_and(|door| door.disabled);
                require(!(disabled && e.origin == Origin::Inbound), "a webhook took a message though it is disabled")?;
                self.queued(e)
            }
            Event::InboundDisabled(e) => {
                let door = self.doors.entry(e.workspace).or_default();
                require(!std::mem::replace(&mut door.disabled, true), "disabled twice")
            }
            Event::InboundEnabled(e) => {
                let door = self.doors.entry(e.workspace).or_default();
                require(std::mem::take(&mut door.disabled), "enabled twice")
            }
            Event::InboundStrictChanged(e) => {
                let door = self.doors.entry(e.workspace).or_default();
                require(std::mem::replace(&mut door.strict, e.strict) != e.strict, "strict as before")
            }
            _ => self.see_erasure(event),
        }
    }

    fn opened_chat(&mut self, by: Who, e: &ChatOpened) -> Verdict {
        let strict = self.doors.get(&e.workspace).is_some_and(|door| door.strict);
        let invalid = e.peer.reveal().starts_with('?');
        require(!(by == Who::Inbound && strict && invalid), "a strict webhook took a phone that is none")?;
        let key = (e.account, e.peer.reveal().to_owned());
        require(self.peers.insert(key, e.chat).is_none(), "two chats with one recipient")?;
        let (title, is_group) = (e.name.reveal().to_owned(), e.is_group);
        let room = Room { account: e.account, title, is_group, responsible: None, erasure: None };
        require(self.chats.insert(e.chat, room).is_none(), "one id, two chats")
    }

    fn learnt(&mut self, e: &ChatAddressLearnt) -> Verdict {
        let room = self.chats.get(&e.chat).ok_or("an address of an unknown chat")?;
        require(room.account == e.account, "an address of another account's chat")?;
        let before = self.peers.insert((e.account, e.address.reveal().to_owned()), e.chat);
        require(before != Some(e.chat), "learnt what was known")?;
        require(before.is_none() || e.kind == AddressKind::Lid, "a phone leads to another chat than before")
    }

    fn received(&mut self, e: &MessageReceived) -> Verdict {
        let room = self.chats.get(&e.chat).ok_or("heard in an unknown chat")?;
        require(room.account == e.account, "heard in another account's chat")?;
        require(room.erasure.is_none(), "heard in an erased chat")?;
        let of_person = !e.from_me && !room.is_group;
        self.told(e.chat, e.text.reveal());
        require(!self.messages.contains_key(&e.message), "heard what was queued")?;
        let spelled = e.address.as_ref().unwrap_or(&e.sender).reveal();
        let leads_to = self.peers.get(&(e.account, spelled.to_owned()));
        require(!of_person || leads_to.is_none_or(|chat| *chat == e.chat), "heard in another chat than the sender's")?;
        require(self.heard_ids.insert(e.message), "heard under the same id twice")?;
        let is_new = self.heard.insert((e.account, e.text.reveal().to_owned()));
        // Once its chat is erased, nobody knows any more that an address without a phone was the same person's.
        require(is_new || self.was_told_in_erased(e.text.reveal()), "heard twice")
    }
}
