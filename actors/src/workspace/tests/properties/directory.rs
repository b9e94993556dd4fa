//! The index as a workspace's rules see it.

use std::collections::{BTreeMap, BTreeSet};

use events::chat::{AddressKind, ChatOpened, Responsible};
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId};
use events::index::{ChatEntry, Remembered};
use events::personal::ShortDigest;
use events::record::Idempotency;
use events::time::Timestamp;
use events::who::Who;

use crate::decider::{LookupRequest, LookupResult};

/// Chats by recipient, id and title; messages; idempotency keys.
#[derive(Default)]
pub(super) struct Directory {
    peers: BTreeMap<(AccountId, String), ChatId>,
    chats: BTreeMap<ChatId, ChatEntry>,
    erased: BTreeSet<ChatId>,
    named_by_hand: BTreeSet<ChatId>,
    responsible: BTreeMap<ChatId, Option<Responsible>>,
    known: BTreeSet<MessageId>,
    keys: BTreeMap<ShortDigest, Remembered>,
}

impl Directory {
    pub(super) fn find(&self, question: &LookupRequest) -> LookupResult {
        match question {
            LookupRequest::Peer(account, canonical) => {
                LookupResult::Peer(self.peers.get(&(*account, canonical.clone())).copied())
            }
            LookupRequest::Chat(chat) => LookupResult::Chat(self.chats.get(chat).cloned()),
            LookupRequest::Erased(chat) => {
                assert!(!self.chats.contains_key(chat), "a chat that was found is not erased");
                LookupResult::Erased(self.erased.contains(chat))
            }
            LookupRequest::Responsible(chat) => {
                LookupResult::Responsible(self.responsible.get(chat).cloned().flatten())
            }
            LookupRequest::Named(name) => {
                let named = self.chats.iter().filter(|(_, entry)| entry.name.reveal() == name);
                LookupResult::Named(named.map(|(chat, entry)| (*chat, entry.clone())).collect())
            }
            LookupRequest::Known(message) => LookupResult::Known(self.known.contains(message)),
            LookupRequest::Remembered(key) => LookupResult::Remembered(self.keys.get(key).copied()),
            LookupRequest::Holders(_) => LookupResult::Holders(Vec::new()),
            LookupRequest::NamedByHand(chat) => LookupResult::NamedByHand(self.named_by_hand.contains(chat)),
            LookupRequest::Account(_) => LookupResult::Account(None),
            LookupRequest::Reporting => LookupResult::Reporting(None),
            LookupRequest::Room(chats) => {
                let opened = self.chats.len() + self.erased.len();
                assert_eq!(*chats, opened as u64 + 1, "room for one more chat is wanted");
                LookupResult::Room(true)
            }
        }
    }

    /// True if the message was queued or received.
    pub(super) fn knows(&self, message: MessageId) -> bool {
        self.known.contains(&message)
    }

    /// Forgets the chat, if there is one, but for the fact that it was erased.
    pub(super) fn erase(&mut self, chat: ChatId) {
        if self.chats.remove(&chat).is_some() {
            self.peers.retain(|_, known| *known != chat);
            self.responsible.remove(&chat);
            self.named_by_hand.remove(&chat);
            self.erased.insert(chat);
        }
    }

    pub(super) fn has_erased(&self, chat: ChatId) -> bool {
        self.erased.contains(&chat)
    }

    pub(super) fn sees(&mut self, event: &Event, idempotency: Option<&Idempotency>, now: Timestamp) {
        match event {
            Event::ChatOpened(e) => self.opened(e),
            Event::ChatRenamed(e) => {
                let entry = self.chats.get_mut(&e.chat).unwrap();
                assert_eq!(entry.name, e.previous, "the title so far is another one");
                assert_ne!(entry.name, e.name, "renamed to what it is called");
                entry.name = e.name.clone();
                assert!(
                    e.by != Who::Transport || !self.named_by_hand.contains(&e.chat),
                    "a title given by hand is gone"
                );
                if e.by != Who::Transport {
                    self.named_by_hand.insert(e.chat);
                }
            }
            Event::ChatAssigned(e) => {
                assert!(self.chats.contains_key(&e.chat));
                let before = self.responsible.insert(e.chat, e.responsible.clone()).flatten();
                assert_ne!(before, e.responsible, "assigned to who is responsible already");
            }
            Event::ChatAddressLearnt(e) => {
                assert_eq!(self.chats[&e.chat].account, e.account);
                let before = self.peers.insert((e.account, e.address.reveal().to_owned()), e.chat);
                assert_ne!(before, Some(e.chat), "learnt what was known");
                assert!(before.is_none() || e.kind == AddressKind::Lid, "a phone leads elsewhere now");
            }
            Event::MessageReceived(e) => {
                assert!(self.known.insert(e.message), "heard twice");
                assert_eq!(self.chats[&e.chat].account, e.account);
            }
            Event::MessageQueued(e) => {
                assert!(self.known.insert(e.message), "queued twice");
                assert_eq!(self.chats[&e.chat].account, e.account);
                if let Some(given) = idempotency {
                    let remembered = Remembered { message: e.message, body: given.body, at: now };
                    self.keys.insert(given.key, remembered);
                }
            }
            _ => {}
        }
    }

    fn opened(&mut self, opened: &ChatOpened) {
        let peer = (opened.account, opened.peer.reveal().to_owned());
        assert!(self.peers.insert(peer, opened.chat).is_none(), "one person, two chats");
        let before = self.chats.insert(opened.chat, ChatEntry::from(opened));
        assert!(before.is_none() && !self.has_erased(opened.chat), "one chat, two persons");
    }
}
