//! Decides on a message to be sent: its recipient, its account and its cost, or the reason for refusing it.

use events::account::MessageQueued;
use events::chat::ChatOpened;
use events::event::Event;
use events::ids::{AccountId, ChatId, WorkspaceId};
use events::index::{ChatEntry, Remembered};
use events::time::Timestamp;
use events::workspace::CreditCharged;

use super::credits::cost;
use super::{Accepted, Answer, Command, Doubt, IDEMPOTENCY_MS, Recipient, Rejection, State, Submit, Verdict, no_room};
use crate::chat::queued_bytes;
use crate::decider::{Decision, LookupRequest, LookupResult};
use crate::names::{NAME_BYTES_MAX, received};
use crate::peer::Peer;

pub(super) fn submit(state: &State, submit: Box<Submit>, now: Timestamp) -> Result<Decision<Answer>, Rejection> {
    let workspace = submit.admitted(state)?;
    if let Some(first) = submit.first_answer(now)? {
        let accepted = Accepted { message: first.message, account: None, balance: state.balance, replayed: true };
        return Ok(Decision::nothing(Answer::Accepted(accepted)));
    }
    submit.strictly(state)?;
    let Target { account, chat, to, opened } = submit.target(state)?;
    let cost = cost(&submit.text, submit.file.is_some());
    let balance = state
        .balance
        .checked_sub(cost)
        .ok_or(Rejection::InsufficientCredits { needed: cost, available: state.balance })?;
    if opened.is_some() && !submit.dry_run && submit.looked_up.room != Some(true) {
        return Err(no_room(Command::Submit(submit)));
    }
    if submit.dry_run {
        let chat = if opened.is_some() { None } else { Some(chat) };
        return Ok(Decision::nothing(Answer::Verdict(Verdict { account, chat, cost, balance: state.balance })));
    }
    let Submit { message, text, file, origin, .. } = *submit;
    let report_bytes = queued_bytes(&text, file.as_ref());
    let queued = MessageQueued {
        message,
        workspace,
        account,
        chat,
        to: to.into(),
        text: text.into(),
        file,
        report_bytes,
        cost,
        origin,
        at: now,
    };
    let mut events: Vec<Event> = opened.into_iter().collect();
    events.extend([queued.into(), CreditCharged { workspace, message, amount: cost }.into()]);
    Ok(Decision::of(events, Answer::Accepted(Accepted { message, account: Some(account), balance, replayed: false })))
}

/// The destination of a message.
struct Target {
    account: AccountId,
    chat: ChatId,
    to: String,
    opened: Option<Event>,
}

impl Target {
    /// Rejects a chat of whose recipient nobody knows any more: its key is destroyed, or lost with the vault.
    fn of(chat: ChatId, entry: &ChatEntry) -> Result<Self, Rejection> {
        let to = entry.to.readable().ok_or(Rejection::ChatErased)?.to_owned();
        Ok(Self { account: entry.account, chat, to, opened: None })
    }
}

impl Submit {
    /// Returns the next look-up that is needed: first the idempotency key, then the chat.
    pub(super) fn asks(&self, state: &State) -> Option<LookupRequest> {
        if let (Some(given), None, false) = (&self.idempotency, self.looked_up.remembered, self.dry_run) {
            return Some(LookupRequest::Remembered(given.key));
        }
        match &self.recipient {
            // Another workspace's chat is not even looked up.
            Recipient::Chat(chat) if self.looked_up.chat.is_none() && state.workspace == Some(chat.workspace()) => {
                Some(LookupRequest::Chat(*chat))
            }
            Recipient::Chat(chat) if matches!(self.looked_up.chat, Some(None)) && self.looked_up.erased.is_none() => {
                Some(LookupRequest::Erased(*chat))
            }
            Recipient::Peer(peer) if self.looked_up.peer.is_none() => {
                let account = self.account(state).ok()?;
                Some(LookupRequest::Peer(account, peer.canonical.clone()))
            }
            Recipient::Peer(_)
                if self.looked_up.peer == Some(None) && self.looked_up.room.is_none() && !self.dry_run =>
            {
                Some(LookupRequest::Room(state.chats.saturating_add(1)))
            }
            Recipient::Name(name) if self.looked_up.named.is_none() => Some(LookupRequest::Named(name.clone())),
            _ => None,
        }
    }

    pub(super) fn told(&mut self, found: LookupResult) {
        match found {
            LookupResult::Remembered(remembered) => self.looked_up.remembered = Some(remembered),
            LookupResult::Chat(chat) => self.looked_up.chat = Some(chat),
            LookupResult::Erased(erased) => self.looked_up.erased = Some(erased),
            LookupResult::Peer(peer) => self.looked_up.peer = Some(peer),
            LookupResult::Named(chats) => self.looked_up.named = Some(chats),
            LookupResult::Room(room) => self.looked_up.room = Some(room),
            _ => {}
        }
    }

    fn admitted(&self, state: &State) -> Result<WorkspaceId, Rejection> {
        let workspace = state.workspace.ok_or(Rejection::WebhookNotFound)?;
        match self.token_hash {
            Some(_) if self.token_hash != state.token_hash => Err(Rejection::WebhookNotFound),
            Some(_) if state.inbound_disabled => Err(Rejection::WebhookDisabled),
            _ => Ok(workspace),
        }
    }

    /// Rejects what only a strict webhook refuses.
    fn strictly(&self, state: &State) -> Result<(), Rejection> {
        if self.token_hash.is_none() || !state.inbound_strict {
            return Ok(());
        }
        if let Some(field) = self.unknown_fields.first() {
            return Err(Rejection::UnknownField(field.clone()));
        }
        match (&self.doubt, &self.recipient) {
            (Some(Doubt::Phone(why)), _) => Err(Rejection::PhoneNotE164(why.clone())),
            (Some(Doubt::Text(what)), _) => Err(Rejection::BrokenText(what.clone())),
            (None, Recipient::Peer(peer)) if !peer.is_valid() => Err(Rejection::PhoneNotE164(String::new())),
            _ => Ok(()),
        }
    }

    fn target(&self, state: &State) -> Result<Target, Rejection> {
        match &self.recipient {
            Recipient::Chat(chat) => {
                let missing =
                    if self.looked_up.erased == Some(true) { Rejection::ChatErased } else { Rejection::ChatNotFound };
                let entry = self.looked_up.chat.iter().flatten().next().ok_or(missing)?;
                Target::of(*chat, entry)
            }
            Recipient::Peer(peer) => {
                let account = self.account(state)?;
                match self.looked_up.peer.flatten() {
                    Some(chat) => Ok(Target { account, chat, to: peer.to.clone(), opened: None }),
                    None => open(state, account, peer),
                }
            }
            Recipient::Name(_) => self.named(state),
        }
    }

    /// Returns the one chat with the given title, among those of the sender if one is named.
    fn named(&self, state: &State) -> Result<Target, Rejection> {
        let sender = self.sender.as_ref().map(|_| self.account(state)).transpose()?;
        let chats = self.looked_up.named.iter().flatten();
        let mut chats = chats.filter(|(_, entry)| sender.is_none_or(|sender| entry.account == sender));
        let (chat, entry) = chats.next().ok_or(Rejection::ChatNotFound)?;
        match chats.count() as u64 {
            0 => Target::of(*chat, entry),
            others => Err(Rejection::ChatNameAmbiguous(others.saturating_add(1))),
        }
    }

    /// Returns the named sender, or the default account.
    fn account(&self, state: &State) -> Result<AccountId, Rejection> {
        match &self.sender {
            Some(phone) => state.account_of(phone).ok_or(Rejection::AccountNotFound),
            None => state.default_account().ok_or_else(|| Rejection::NoConnectedAccount(state.nearly_active())),
        }
    }

    /// Returns the first answer for the idempotency key while it is remembered; a conflict if that was for another
    /// body.
    fn first_answer(&self, now: Timestamp) -> Result<Option<Remembered>, Rejection> {
        let (Some(given), Some(remembered)) = (&self.idempotency, self.looked_up.remembered.flatten()) else {
            return Ok(None);
        };
        if now.since_ms(remembered.at) >= IDEMPOTENCY_MS {
            return Ok(None);
        }
        if given.body == remembered.body { Ok(Some(remembered)) } else { Err(Rejection::IdempotencyConflict) }
    }
}

fn open(state: &State, account: AccountId, peer: &Peer) -> Result<Target, Rejection> {
    let opened = opened(state, account, peer, &peer.name)?;
    Ok(Target { account, chat: opened.chat, to: peer.to.clone(), opened: Some(opened.into()) })
}

/// Makes the event that opens a chat with this title.
pub(super) fn opened(state: &State, account: AccountId, peer: &Peer, name: &str) -> Result<ChatOpened, Rejection> {
    let workspace = account.workspace();
    Ok(ChatOpened {
        workspace,
        account,
        chat: ChatId::nth(workspace, state.chats.saturating_add(1)).ok_or(Rejection::Full)?,
        peer: peer.canonical.as_str().into(),
        to: peer.to.as_str().into(),
        name: received(name, NAME_BYTES_MAX).into(),
        phone: peer.phone.as_deref().map(Into::into),
        is_group: peer.is_group,
    })
}
