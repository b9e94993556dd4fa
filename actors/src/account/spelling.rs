//! Learns the address of a recipient as `WhatsApp` spells it: some countries have two spellings of one phone number.

use events::chat::ChatAddressLearnt;
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId, WorkspaceId};

use super::outcome::{Acceptance, Outcome};
use super::state::State;
use crate::decider::{LookupRequest, LookupResult};
use crate::peer::{ADDRESSES_MAX, Peer};

/// The results of the look-ups for a spelled address; `None` if not looked up yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpelledLookups {
    /// The chat that the address leads to.
    pub leads_to: Option<Option<ChatId>>,
    /// True if the message's chat is there, not erased, and may have another address.
    pub has_room: Option<bool>,
}

/// An address that the answer to the try under way spells.
pub(super) struct Spelled {
    who: (AccountId, WorkspaceId),
    chat: ChatId,
    address: Peer,
}

impl Spelled {
    /// `None` if the answer spells none, or belongs to no try that is under way.
    pub(super) fn of(state: &State, message: MessageId, try_number: u32, outcome: &Outcome) -> Option<Self> {
        let Outcome::Accepted(Acceptance { address: Some(address), .. }) = outcome else { return None };
        let under_way =
            |current: &super::state::Current| current.message == message && current.try_number == try_number;
        state.current.as_ref().filter(|current| under_way(current))?;
        let chat = state.queue.get(message)?.chat;
        Some(Self { who: state.connected?, chat, address: Peer::read(address)? })
    }

    /// Returns the next look-up that is needed.
    pub(super) fn asks(&self, looked_up: SpelledLookups) -> Option<LookupRequest> {
        match looked_up {
            SpelledLookups { leads_to: None, .. } => {
                Some(LookupRequest::Peer(self.who.0, self.address.canonical.clone()))
            }
            SpelledLookups { leads_to: Some(None), has_room: None } => Some(LookupRequest::Chat(self.chat)),
            SpelledLookups { .. } => None,
        }
    }

    /// Makes the event by which the address leads to the message's chat, if it leads nowhere yet.
    pub(super) fn learnt(self, looked_up: SpelledLookups) -> Option<Event> {
        let kind = self.address.kind()?;
        let SpelledLookups { leads_to: Some(None), has_room: Some(true) } = looked_up else { return None };
        let ((account, workspace), address) = (self.who, self.address.canonical.into());
        Some(ChatAddressLearnt { workspace, account, chat: self.chat, kind, address }.into())
    }
}

impl SpelledLookups {
    pub(super) fn told(&mut self, found: LookupResult) {
        match found {
            LookupResult::Peer(chat) => self.leads_to = Some(chat),
            LookupResult::Chat(chat) => {
                self.has_room = Some(chat.is_some_and(|entry| entry.peers.len() < ADDRESSES_MAX));
            }
            _ => {}
        }
    }
}
