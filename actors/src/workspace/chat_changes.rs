//! Changes the titles and responsible teammates of a workspace's chats.

use events::chat::{ChatAssigned, ChatRenamed, Responsible};
use events::event::Event;
use events::ids::WorkspaceId;

use super::{Answer, ChangeChat, ChatLookups, Rejection, State};
use crate::decider::{Decision, LookupRequest, LookupResult};

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
