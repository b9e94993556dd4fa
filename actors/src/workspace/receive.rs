//! Records messages that were not sent through us: each once, in the chat with the person however they are addressed.

use events::chat::{ChatAddressLearnt, ChatRenamed, MessageReceived, ReceivedFile};
use events::event::Event;
use events::ids::{ChatId, MessageId, WireId, WorkspaceId};
use events::personal::Personal;
use events::who::Who;

use super::received_id::received_id;
use super::submit::opened;
use super::{Answer, Command, Receive, ReceiveLookups, Rejection, State, no_room};
use crate::chat::received_bytes;
use crate::decider::{Decision, LookupRequest, LookupResult};
use crate::names::{ADDRESS_BYTES_MAX, NAME_BYTES_MAX, media_type, received, received_text};
use crate::peer::{ADDRESSES_MAX, Peer};
use crate::reporting::owed;

/// Records a message, once. A new contact opens a chat. A chat gets the title that `WhatsApp` gives now, unless
/// somebody gave it one. An address that was not known to lead to the chat does so from now on.
pub(super) fn receive(
    state: &State,
    workspace: WorkspaceId,
    heard: Box<Receive>,
) -> Result<Decision<Answer>, Rejection> {
    if !state.accounts.contains_key(&heard.account) {
        return Err(Rejection::AccountNotFound);
    }
    let known_chat = heard.known_chat();
    if heard.is_known() {
        let learnt = known_chat.map(|chat| heard.learnt(workspace, chat)).unwrap_or_default();
        return Ok(Decision::of(learnt, Answer::Done));
    }
    let name = heard.title();
    let (chat, mut events) = if let Some(chat) = known_chat {
        (chat, heard.renamed(workspace, chat, name.as_deref()).map(Event::from).into_iter().collect())
    } else {
        let with = heard.best_known_as();
        let opened = opened(state, heard.account, with, name.as_deref().unwrap_or(&with.name))?;
        if heard.looked_up.room != Some(true) {
            return Err(no_room(Command::Receive(heard)));
        }
        (opened.chat, vec![opened.into()])
    };
    events.extend(heard.learnt(workspace, chat));
    events.push(heard.said(workspace, chat).into());
    Ok(Decision::of(events, Answer::Done))
}

impl Receive {
    /// Returns the next look-up that is needed: the chat, then whether the message is known, then the reporting
    /// settings.
    pub(super) fn asks(&self, state: &State) -> Option<LookupRequest> {
        let looked_up = &self.looked_up;
        if looked_up.peer.is_none() {
            return Some(LookupRequest::Peer(self.account, self.peer.canonical.clone()));
        }
        if let (Some(also), None) = (self.other_address(), looked_up.also) {
            return Some(LookupRequest::Peer(self.account, also.canonical.clone()));
        }
        let chat = self.known_chat();
        if let (Some(chat), None) = (chat, &looked_up.chat) {
            return Some(LookupRequest::Chat(chat));
        }
        if self.is_known() {
            return None;
        }
        if let Some(id) = self.ids().get(looked_up.known.len()) {
            return Some(LookupRequest::Known(*id));
        }
        match chat {
            Some(chat) if self.may_rename() && looked_up.named_by_hand.is_none() => {
                Some(LookupRequest::NamedByHand(chat))
            }
            None if looked_up.room.is_none() => Some(LookupRequest::Room(state.chats.saturating_add(1))),
            _ => looked_up.reporting.is_none().then_some(LookupRequest::Reporting),
        }
    }

    pub(super) fn told(&mut self, found: LookupResult) {
        match found {
            LookupResult::Peer(peer) if self.looked_up.peer.is_none() => self.looked_up.peer = Some(peer),
            LookupResult::Peer(also) => self.looked_up.also = Some(also),
            LookupResult::Chat(chat) => self.looked_up.chat = Some(chat),
            LookupResult::Known(known) => self.looked_up.known.push(known),
            LookupResult::NamedByHand(by_hand) => self.looked_up.named_by_hand = Some(by_hand),
            LookupResult::Reporting(reporting) => self.looked_up.reporting = Some(reporting),
            LookupResult::Room(room) => self.looked_up.room = Some(room),
            _ => {}
        }
    }

    /// Returns the other address of the chat's person, if the update names one.
    fn other_address(&self) -> Option<&Peer> {
        let is_other = |also: &&Peer| !also.is_group && also.canonical != self.peer.canonical;
        self.also.as_ref().filter(|_| !self.peer.is_group).filter(is_other)
    }

    /// True if only the other address has a phone number.
    fn prefers_other_address(&self) -> bool {
        self.peer.phone.is_none() && self.other_address().is_some_and(|also| also.phone.is_some())
    }

    /// Returns the address under which a new chat begins: with a phone number if the update names one.
    fn best_known_as(&self) -> &Peer {
        self.other_address().filter(|_| self.prefers_other_address()).unwrap_or(&self.peer)
    }

    /// Returns the chat that the message belongs to; if two addresses of the person lead to two chats, that of the
    /// phone number.
    fn known_chat(&self) -> Option<ChatId> {
        let (peer, also) = (self.looked_up.peer.flatten(), self.looked_up.also.flatten());
        if self.prefers_other_address() { also.or(peer) } else { peer.or(also) }
    }

    /// Makes the events by which the update's addresses lead to the chat, but for those that do already. A phone number
    /// that leads to another chat goes on leading there.
    fn learnt(&self, workspace: WorkspaceId, chat: ChatId) -> Vec<Event> {
        let addresses = [(Some(&self.peer), self.looked_up.peer), (self.other_address(), self.looked_up.also)];
        let addresses = addresses.into_iter().filter_map(|(address, leads_to)| Some((address?, leads_to.flatten())));
        let entry = self.looked_up.chat.iter().flatten().next();
        let room = ADDRESSES_MAX.saturating_sub(entry.map_or(1, |entry| entry.peers.len()));
        let opens = self.known_chat().is_none();
        let is_new = |(address, leads_to): &(&Peer, Option<ChatId>)| match leads_to {
            // A chat that is opened now is found by the address that it is opened with.
            None => !opens || address.canonical != self.best_known_as().canonical,
            Some(other) => *other != chat && address.phone.is_none(),
        };
        let learn = |(address, _): (&Peer, Option<ChatId>)| {
            let (kind, address) = (address.kind()?, address.canonical.as_str().into());
            Some(ChatAddressLearnt { workspace, account: self.account, chat, kind, address }.into())
        };
        addresses.filter(is_new).filter_map(learn).take(room).collect()
    }

    /// Returns who wrote the message, by the address that is the same however the update spells it: the one under which
    /// the chat began. Empty for our own side.
    fn resolved_sender(&self) -> String {
        if self.from_me {
            return String::new();
        }
        if self.peer.is_group {
            let also = self.also.as_ref().filter(|also| also.phone.is_some());
            return also.map_or_else(|| self.spelled_sender(), |also| also.canonical.clone());
        }
        match self.looked_up.chat.iter().flatten().next().and_then(|entry| Peer::read(entry.to.reveal())) {
            Some(first) => first.canonical,
            None => self.best_known_as().canonical.clone(),
        }
    }

    /// Returns the writer's address as the update gives it, in canonical spelling.
    fn spelled_sender(&self) -> String {
        match Peer::read(&self.sender) {
            _ if self.from_me => String::new(),
            Some(sender) if self.peer.is_group => sender.canonical,
            _ => self.peer.canonical.clone(),
        }
    }

    /// Returns the ids that the message may have been recorded under; the first is the one that it gets.
    fn ids(&self) -> Vec<MessageId> {
        let also = self.also.as_ref().filter(|_| !self.from_me).map(|also| also.canonical.clone());
        let senders = [Some(self.resolved_sender()), Some(self.spelled_sender()), also];
        let mut ids: Vec<MessageId> = Vec::new();
        let derived = senders.into_iter().flatten().map(|sender| received_id(self.account, &self.wire_digest, &sender));
        for id in derived.chain(self.own) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    fn is_known(&self) -> bool {
        self.looked_up.known.contains(&true)
    }

    fn said(self, workspace: WorkspaceId, chat: ChatId) -> MessageReceived {
        let owed = owed(self.looked_up.reporting, self.file.is_some());
        let message = self.ids().first().copied().unwrap_or(MessageId::from_bits(0));
        let (sender, address) = self.sender_and_address();
        let text = received_text(&self.text);
        let file = self.file.map(|file| ReceivedFile {
            name: received(file.name.reveal(), NAME_BYTES_MAX).into(),
            mime: media_type(&file.mime),
            ..file
        });
        MessageReceived {
            message,
            workspace,
            account: self.account,
            chat,
            from_me: self.from_me,
            kind: self.kind,
            sender,
            address,
            sender_name: received(&self.sender_name, NAME_BYTES_MAX).into(),
            report_bytes: received_bytes(&text, file.as_ref()),
            text: text.into(),
            particulars: None,
            file,
            wire_id: Some(WireId(received(&self.wire_id, ADDRESS_BYTES_MAX).into())),
            reply_to: None,
            at: self.at,
            owed,
        }
    }

    /// Returns who wrote it, and the address as the update gives it if that is another one.
    fn sender_and_address(&self) -> (Personal, Option<Personal>) {
        let spelled: Personal = received(&self.sender, ADDRESS_BYTES_MAX).into();
        let resolved = self.resolved_sender();
        if self.sender.is_empty() || resolved == self.spelled_sender() {
            return (spelled, None);
        }
        (received(&resolved, ADDRESS_BYTES_MAX).into(), Some(spelled))
    }

    /// Returns the title by the transport: the name of the conversation, or else of the person who writes.
    fn title(&self) -> Option<String> {
        let by_sender = if self.peer.is_group || self.from_me { "" } else { self.sender_name.trim() };
        let given = if self.chat_name.trim().is_empty() { by_sender } else { self.chat_name.trim() };
        Some(received(given, NAME_BYTES_MAX).trim_end().to_owned()).filter(|name| !name.is_empty())
    }

    /// True if the transport's title differs from that of the chat.
    fn may_rename(&self) -> bool {
        let entry = self.looked_up.chat.iter().flatten().next();
        entry.is_some_and(|entry| self.title().is_some_and(|title| title != entry.name.reveal()))
    }

    /// Renames the chat, unless somebody gave it its title.
    fn renamed(&self, workspace: WorkspaceId, chat: ChatId, name: Option<&str>) -> Option<ChatRenamed> {
        let ReceiveLookups { chat: Some(Some(entry)), named_by_hand, .. } = &self.looked_up else { return None };
        let name = name.filter(|name| *name != entry.name.reveal())?;
        (*named_by_hand != Some(true)).then(|| ChatRenamed {
            workspace,
            chat,
            previous: entry.name.clone(),
            name: name.into(),
            by: Who::Transport,
        })
    }
}
