//! The rules of a workspace.

use events::account::MessageQueued;
use events::chat::ChatOpened;
use events::event::Event;
use events::ids::{AccountId, ChatId, ID_MAX, WorkspaceId};
use events::index::Remembered;
use events::time::Timestamp;
use events::workspace::{
    AccountConnected, CreditCharged, CreditsGranted, InboundUrlGenerated, KeyCreated, WorkspaceCreated,
};

use super::{Accepted, Answer, Connect, Create, Grant, REMEMBERED_MS, Recipient, Rejection, State, Submit};
use crate::decider::{Decision, Question};
use crate::peer::{Peer, e164};

/// What a text costs.
const TEXT_COST: u64 = 1;

pub(super) fn create(state: &State, create: Create) -> Result<Decision<Answer>, Rejection> {
    if state.workspace.is_some() {
        return Err(Rejection::WorkspaceExists);
    }
    let workspace = create.workspace;
    let mut events = vec![
        WorkspaceCreated {
            workspace,
            name: create.name.into(),
            owner_name: create.owner_name.into(),
            owner_email: create.owner_email.into(),
            language: create.language,
        }
        .into(),
        KeyCreated { workspace, key_hash: create.key_hash }.into(),
        InboundUrlGenerated { workspace, token_hash: create.token_hash }.into(),
    ];
    if create.credits > 0 {
        let first = Grant { amount: create.credits, reason: "first credits".to_owned(), by: "operator".to_owned() };
        events.push(granted(workspace, 0, first)?);
    }
    Ok(Decision::of(events, Answer::Created))
}

pub(super) fn grant(state: &State, grant: Grant) -> Result<Decision<Answer>, Rejection> {
    let workspace = state.workspace.ok_or(Rejection::UnknownWorkspace)?;
    let balance = state.balance.saturating_add(grant.amount);
    let event = granted(workspace, state.balance, grant)?;
    Ok(Decision::of(vec![event], Answer::Balance(balance)))
}

fn granted(workspace: WorkspaceId, balance: u64, grant: Grant) -> Result<Event, Rejection> {
    let Grant { amount, reason, by } = grant;
    if amount == 0 || amount > ID_MAX || balance.saturating_add(amount) > ID_MAX {
        return Err(Rejection::InvalidAmount);
    }
    Ok(CreditsGranted { workspace, amount, reason, by }.into())
}

pub(super) fn connect(state: &State, connect: Connect) -> Result<Decision<Answer>, Rejection> {
    let workspace = state.workspace.ok_or(Rejection::UnknownWorkspace)?;
    let phone = e164(&connect.phone).ok_or(Rejection::InvalidPhone)?;
    if let Some(account) = state.account_of(&phone) {
        return Err(Rejection::AccountExists(account));
    }
    let account = AccountId::nth(workspace, state.accounts.len() as u64 + 1).ok_or(Rejection::Full)?;
    let event = AccountConnected {
        workspace,
        account,
        phone: phone.into(),
        full_name: connect.full_name.into(),
        email: connect.email.into(),
        transport: connect.transport,
        own_message_id: connect.own_message_id,
        gap_ms_min: connect.gap_ms_min,
        gap_ms_max: connect.gap_ms_max,
    };
    Ok(Decision::of(vec![event.into()], Answer::Connected(account)))
}

pub(super) fn submit(state: &State, submit: Submit, now: Timestamp) -> Result<Decision<Answer>, Rejection> {
    let workspace = admitted(state, &submit)?;
    if let Some(first) = submit.first_answer(now)? {
        let accepted = Accepted { message: first.message, account: None, balance: state.balance, replayed: true };
        return Ok(Decision::nothing(Answer::Accepted(accepted)));
    }
    let target = target(state, &submit)?;
    let balance = state
        .balance
        .checked_sub(TEXT_COST)
        .ok_or(Rejection::InsufficientCredits { needed: TEXT_COST, available: state.balance })?;
    let Target { account, chat, to, opened } = target;
    let message = submit.message;
    let queued = MessageQueued {
        message,
        workspace,
        account,
        chat,
        to: to.into(),
        text: submit.text.into(),
        cost: TEXT_COST,
        origin: submit.origin,
    };
    let mut events: Vec<Event> = opened.into_iter().collect();
    events.extend([queued.into(), CreditCharged { workspace, message, amount: TEXT_COST }.into()]);
    Ok(Decision::of(events, Answer::Accepted(Accepted { message, account: Some(account), balance, replayed: false })))
}

fn admitted(state: &State, submit: &Submit) -> Result<WorkspaceId, Rejection> {
    let workspace = state.workspace.ok_or(Rejection::WebhookNotFound)?;
    match submit.token_hash {
        Some(_) if submit.token_hash != state.token_hash => Err(Rejection::WebhookNotFound),
        _ => Ok(workspace),
    }
}

/// Where a message goes.
struct Target {
    account: AccountId,
    chat: ChatId,
    to: String,
    opened: Option<Event>,
}

fn target(state: &State, submit: &Submit) -> Result<Target, Rejection> {
    match &submit.recipient {
        Recipient::Chat(chat) => {
            let entry = submit.looked_up.chat.clone().flatten().ok_or(Rejection::ChatNotFound)?;
            Ok(Target { account: entry.account, chat: *chat, to: entry.to.reveal().to_owned(), opened: None })
        }
        Recipient::Peer(peer) => {
            let account = submit.account(state)?;
            match submit.looked_up.peer.flatten() {
                Some(chat) => Ok(Target { account, chat, to: peer.to.clone(), opened: None }),
                None => open(state, account, peer),
            }
        }
    }
}

fn open(state: &State, account: AccountId, peer: &Peer) -> Result<Target, Rejection> {
    let workspace = account.workspace();
    let chat = ChatId::nth(workspace, state.chats.saturating_add(1)).ok_or(Rejection::Full)?;
    let opened = ChatOpened {
        workspace,
        account,
        chat,
        peer: peer.canonical.as_str().into(),
        to: peer.to.as_str().into(),
        name: peer.name.as_str().into(),
        phone: peer.phone.as_deref().map(Into::into),
        is_group: peer.is_group,
    };
    Ok(Target { account, chat, to: peer.to.clone(), opened: Some(opened.into()) })
}

impl Submit {
    /// What is needed next: first the client's key, then the chat.
    pub(super) fn asks(&self, state: &State) -> Option<Question> {
        if let (Some(given), None) = (&self.idempotency, self.looked_up.remembered) {
            return Some(Question::Remembered(given.key.clone()));
        }
        match &self.recipient {
            // Another workspace's chat is not even looked up.
            Recipient::Chat(chat) if self.looked_up.chat.is_none() && state.workspace == Some(chat.workspace()) => {
                Some(Question::Chat(*chat))
            }
            Recipient::Peer(peer) if self.looked_up.peer.is_none() => {
                let account = self.account(state).ok()?;
                Some(Question::Peer(account, peer.canonical.clone()))
            }
            _ => None,
        }
    }

    /// Who sends when no chat is named.
    fn account(&self, state: &State) -> Result<AccountId, Rejection> {
        match &self.sender {
            Some(phone) => state.account_of(phone).ok_or(Rejection::AccountNotFound),
            None => state.default_account().ok_or(Rejection::NoConnectedAccount),
        }
    }

    /// The first answer to the client's key within its time; a conflict when that was for another body.
    fn first_answer(&self, now: Timestamp) -> Result<Option<Remembered>, Rejection> {
        let (Some(given), Some(remembered)) = (&self.idempotency, self.looked_up.remembered.flatten()) else {
            return Ok(None);
        };
        if now.since_ms(remembered.at) >= REMEMBERED_MS {
            return Ok(None);
        }
        if given.body == remembered.body { Ok(Some(remembered)) } else { Err(Rejection::IdempotencyConflict) }
    }
}
