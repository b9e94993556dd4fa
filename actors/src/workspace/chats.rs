//! What a workspace's chats are called, who is responsible for them, and what is heard in them.

use events::chat::{ChatAssigned, ChatRenamed, MessageReceived, Responsible};
use events::event::Event;
use events::ids::{ChatId, WorkspaceId};

use super::state::TRANSPORT;
use super::submit::opened;
use super::{Answer, ChangeChat, ChatLookedUp, Receive, Rejection, State};
use crate::decider::{Decision, Found, Question};
use crate::reporting::owed;

pub(super) fn change(state: &State, workspace: WorkspaceId, change: ChangeChat) -> Result<Decision<Answer>, Rejection> {
    let ChangeChat { chat, name, responsible, by, looked_up } = change;
    let entry = looked_up.chat.flatten().ok_or(Rejection::ChatNotFound)?;
    let mut events: Vec<Event> = Vec::new();
    if let Some(name) = name.filter(|name| name != entry.name.reveal()) {
        let renamed = ChatRenamed { workspace, chat, previous: entry.name, name: name.into(), by: by.clone() };
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
    pub(super) fn asks(&self, state: &State) -> Option<Question> {
        if state.workspace != Some(self.chat.workspace()) {
            return None;
        }
        match &self.looked_up {
            ChatLookedUp { chat: None, .. } => Some(Question::Chat(self.chat)),
            ChatLookedUp { chat: Some(Some(_)), responsible: None } if self.responsible.is_some() => {
                Some(Question::Responsible(self.chat))
            }
            ChatLookedUp { .. } => None,
        }
    }

    pub(super) fn told(&mut self, found: Found) {
        match found {
            Found::Chat(chat) => self.looked_up.chat = Some(chat),
            Found::Responsible(responsible) => self.looked_up.responsible = Some(responsible),
            _ => {}
        }
    }
}

/// Notes what was said, once. A contact who never wrote before opens a chat; one whose chat still is called by its
/// address gives it a name.
pub(super) fn receive(state: &State, workspace: WorkspaceId, heard: Receive) -> Result<Decision<Answer>, Rejection> {
    if !state.accounts.contains_key(&heard.account) {
        return Err(Rejection::AccountNotFound);
    }
    if heard.looked_up.known == Some(true) {
        return Ok(Decision::nothing(Answer::Done));
    }
    let name = heard.title();
    let (chat, first) = if let Some(chat) = heard.looked_up.peer.flatten() {
        (chat, heard.renamed(workspace, chat, name).map(Event::from))
    } else {
        let opened = opened(state, heard.account, &heard.peer, name.unwrap_or(&heard.peer.name))?;
        (opened.chat, Some(opened.into()))
    };
    let owed = owed(heard.looked_up.reporting, heard.file.is_some());
    let Receive { message, account, from_me, sender, sender_name, text, file, at, .. } = heard;
    let received = MessageReceived {
        message,
        workspace,
        account,
        chat,
        from_me,
        sender: sender.into(),
        sender_name: sender_name.into(),
        text: text.into(),
        file,
        at,
        owed,
    };
    Ok(Decision::of(first.into_iter().chain([received.into()]).collect(), Answer::Done))
}

impl Receive {
    /// What is needed next: whether it is known, then the chat.
    pub(super) fn asks(&self) -> Option<Question> {
        match (self.looked_up.known, self.looked_up.peer, &self.looked_up.chat) {
            (None, ..) => Some(Question::Known(self.message)),
            (Some(false), None, _) => Some(Question::Peer(self.account, self.peer.canonical.clone())),
            (Some(false), Some(Some(chat)), None) => Some(Question::Chat(chat)),
            (Some(false), ..) if self.looked_up.reporting.is_none() => Some(Question::Reporting),
            _ => None,
        }
    }

    pub(super) fn told(&mut self, found: Found) {
        match found {
            Found::Known(known) => self.looked_up.known = Some(known),
            Found::Peer(peer) => self.looked_up.peer = Some(peer),
            Found::Chat(chat) => self.looked_up.chat = Some(chat),
            Found::Reporting(reporting) => self.looked_up.reporting = Some(reporting),
            _ => {}
        }
    }

    /// What the transport calls the conversation: the group, or the person who writes.
    fn title(&self) -> Option<&str> {
        let by_sender = if self.peer.is_group || self.from_me { "" } else { self.sender_name.trim() };
        let given = if self.chat_name.trim().is_empty() { by_sender } else { self.chat_name.trim() };
        Some(given).filter(|name| !name.is_empty())
    }

    /// A chat that somebody named keeps that name.
    fn renamed(&self, workspace: WorkspaceId, chat: ChatId, name: Option<&str>) -> Option<ChatRenamed> {
        let entry = self.looked_up.chat.iter().flatten().next()?;
        let name = name.filter(|name| *name != entry.name.reveal())?;
        let unnamed = entry.name.reveal() == self.peer.name || entry.name == entry.to;
        unnamed.then(|| ChatRenamed {
            workspace,
            chat,
            previous: entry.name.clone(),
            name: name.into(),
            by: TRANSPORT.to_owned(),
        })
    }
}
