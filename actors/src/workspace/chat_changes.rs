//! Changes the titles and responsible teammates of a workspace's chats, and records messages that were not sent
//! through us.

use events::chat::{ChatAssigned, ChatRenamed, MessageReceived, ReceivedFile, Responsible};
use events::event::Event;
use events::ids::{ChatId, WorkspaceId};
use events::who::Who;

use super::submit::opened;
use super::{Answer, ChangeChat, ChatLookups, Receive, ReceiveLookups, Rejection, State};
use crate::chat::received_bytes;
use crate::decider::{Decision, LookupRequest, LookupResult};
use crate::names::{ADDRESS_BYTES_MAX, NAME_BYTES_MAX, media_type, received, received_text};
use crate::reporting::owed;

pub(super) fn change(state: &State, workspace: WorkspaceId, change: ChangeChat) -> Result<Decision<Answer>, Rejection> {
    let ChangeChat { chat, name, responsible, by, looked_up } = change;
    let missing = if looked_up.erased == Some(true) { Rejection::ChatErased } else { Rejection::ChatNotFound };
    let entry = looked_up.chat.flatten().ok_or(missing)?;
    let mut events: Vec<Event> = Vec::new();
    if let Some(name) = name.filter(|name| name != entry.name.reveal()) {
        let renamed = ChatRenamed { workspace, chat, previous: entry.name, name: name.into(), by };
        events.push(renamed.into());
    }
    if let Some(email) = responsible {
        let responsible = email.map(|email| teammate(state, &email)).transpose()?;
        if responsible != looked_up.responsible.flatten() {
            events.push(ChatAssigned { workspace, chat, responsible, by }.into());
        }
    }
    Ok(Decision::of(events, Answer::Done))
}

fn teammate(state: &State, email: &str) -> Result<Responsible, Rejection> {
    let (_, found) = state.teammate(email).ok_or(Rejection::TeammateNotFound)?;
    Ok(Responsible { full_name: found.full_name.clone(), email: found.email.clone() })
}

impl ChangeChat {
    pub(super) fn asks(&self, state: &State) -> Option<LookupRequest> {
        if state.workspace != Some(self.chat.workspace()) {
            return None;
        }
        match &self.looked_up {
            ChatLookups { chat: None, .. } => Some(LookupRequest::Chat(self.chat)),
            ChatLookups { chat: Some(None), erased: None, .. } => Some(LookupRequest::Erased(self.chat)),
            ChatLookups { chat: Some(Some(_)), responsible: None, .. } if self.responsible.is_some() => {
                Some(LookupRequest::Responsible(self.chat))
            }
            ChatLookups { .. } => None,
        }
    }

    pub(super) fn told(&mut self, found: LookupResult) {
        match found {
            LookupResult::Chat(chat) => self.looked_up.chat = Some(chat),
            LookupResult::Erased(erased) => self.looked_up.erased = Some(erased),
            LookupResult::Responsible(responsible) => self.looked_up.responsible = Some(responsible),
            _ => {}
        }
    }
}

/// Records a message, once. A new contact opens a chat. A chat gets the title that `WhatsApp` gives now, unless
/// somebody gave it one.
pub(super) fn receive(state: &State, workspace: WorkspaceId, heard: Receive) -> Result<Decision<Answer>, Rejection> {
    if !state.accounts.contains_key(&heard.account) {
        return Err(Rejection::AccountNotFound);
    }
    if heard.looked_up.known == Some(true) {
        return Ok(Decision::nothing(Answer::Done));
    }
    let name = heard.title();
    let (chat, first) = if let Some(chat) = heard.looked_up.peer.flatten() {
        (chat, heard.renamed(workspace, chat, name.as_deref()).map(Event::from))
    } else {
        let opened = opened(state, heard.account, &heard.peer, name.as_deref().unwrap_or(&heard.peer.name))?;
        if heard.looked_up.room != Some(true) {
            return Err(Rejection::NoRoom);
        }
        (opened.chat, Some(opened.into()))
    };
    let owed = owed(heard.looked_up.reporting, heard.file.is_some());
    let Receive { message, account, from_me, kind, sender, sender_name, text, file, at, .. } = heard;
    let text = received_text(&text);
    let file = file.map(|file| ReceivedFile {
        name: received(file.name.reveal(), NAME_BYTES_MAX).into(),
        mime: media_type(&file.mime),
        ..file
    });
    let said = MessageReceived {
        message,
        workspace,
        account,
        chat,
        from_me,
        kind,
        sender: received(&sender, ADDRESS_BYTES_MAX).into(),
        address: None,
        sender_name: received(&sender_name, NAME_BYTES_MAX).into(),
        report_bytes: received_bytes(&text, file.as_ref()),
        text: text.into(),
        particulars: None,
        file,
        wire_id: None,
        reply_to: None,
        at,
        owed,
    };
    Ok(Decision::of(first.into_iter().chain([said.into()]).collect(), Answer::Done))
}

impl Receive {
    /// Returns the next look-up that is needed: whether the message is known, then the chat, then the reporting
    /// settings.
    pub(super) fn asks(&self, state: &State) -> Option<LookupRequest> {
        match (self.looked_up.known, self.looked_up.peer, &self.looked_up.chat) {
            (None, ..) => Some(LookupRequest::Known(self.message)),
            (Some(false), None, _) => Some(LookupRequest::Peer(self.account, self.peer.canonical.clone())),
            (Some(false), Some(Some(chat)), None) => Some(LookupRequest::Chat(chat)),
            (Some(false), Some(Some(chat)), Some(Some(_)))
                if self.may_rename() && self.looked_up.named_by_hand.is_none() =>
            {
                Some(LookupRequest::NamedByHand(chat))
            }
            (Some(false), Some(None), _) if self.looked_up.room.is_none() => {
                Some(LookupRequest::Room(state.chats.saturating_add(1)))
            }
            (Some(false), ..) if self.looked_up.reporting.is_none() => Some(LookupRequest::Reporting),
            _ => None,
        }
    }

    pub(super) fn told(&mut self, found: LookupResult) {
        match found {
            LookupResult::Known(known) => self.looked_up.known = Some(known),
            LookupResult::Peer(peer) => self.looked_up.peer = Some(peer),
            LookupResult::Chat(chat) => self.looked_up.chat = Some(chat),
            LookupResult::NamedByHand(by_hand) => self.looked_up.named_by_hand = Some(by_hand),
            LookupResult::Reporting(reporting) => self.looked_up.reporting = Some(reporting),
            LookupResult::Room(room) => self.looked_up.room = Some(room),
            _ => {}
        }
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
