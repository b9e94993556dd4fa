//! Events of several workspaces, for tests in which it matters which actors an event concerns.

use events::account::{MessageQueued, MessageSent, Origin};
use events::chat::{ChatAssigned, ChatOpened, ChatRenamed, Responsible};
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId, StreamId, WorkspaceId};
use events::personal::Digest;
use events::time::Timestamp;
use events::who::Who;
use events::workspace::{CreditCharged, InboundUrlGenerated, KeyCreated, KeyRevoked, WorkspaceCreated};

pub fn workspace(nth: u64) -> WorkspaceId {
    WorkspaceId::nth(nth)
}

/// The first account of a workspace.
pub fn account(nth: u64) -> AccountId {
    AccountId::nth(workspace(nth), 1).unwrap()
}

pub fn chat(nth: u64, chat: u64) -> ChatId {
    ChatId::nth(workspace(nth), chat).unwrap()
}

pub fn of_workspace(nth: u64) -> StreamId {
    StreamId::Workspace(workspace(nth))
}

pub fn of_account(nth: u64) -> StreamId {
    StreamId::Account(account(nth))
}

pub fn token(nth: u64) -> Digest {
    Digest::of(format!("in_{nth}").as_bytes())
}

pub fn key(nth: u64) -> Digest {
    Digest::of(format!("wsk_{nth}").as_bytes())
}

/// The first events of a workspace.
pub fn begun(nth: u64) -> Vec<Event> {
    let created = WorkspaceCreated {
        workspace: workspace(nth),
        name: "Blue Kite".into(),
        owner_name: "Ada Example".into(),
        owner_email: "ada@kite.example".into(),
        language: "en".to_owned(),
    };
    vec![created.into(), key_created(nth, 1, key(nth)), url_generated(nth, token(nth), None)]
}

pub fn key_created(nth: u64, number: u32, key_hash: Digest) -> Event {
    let (name, by) = ("till".into(), Who::Operator);
    KeyCreated { workspace: workspace(nth), key: number, key_hash, name, at: Timestamp::from_ms(1_000), by }.into()
}

pub fn key_revoked(nth: u64, number: u32, key_hash: Digest) -> Event {
    KeyRevoked { workspace: workspace(nth), key: number, key_hash, by: Who::Operator }.into()
}

pub fn url_generated(nth: u64, token_hash: Digest, replaces: Option<Digest>) -> Event {
    InboundUrlGenerated { workspace: workspace(nth), token_hash, replaces, by: Who::Operator }.into()
}

/// A chat of a workspace gets another title.
pub fn renamed(nth: u64, number: u64, previous: &str, name: &str) -> Event {
    ChatRenamed {
        workspace: workspace(nth),
        chat: chat(nth, number),
        previous: previous.into(),
        name: name.into(),
        by: Who::Operator,
    }
    .into()
}

pub fn assigned(nth: u64, number: u64, responsible: Option<Responsible>) -> Event {
    ChatAssigned { workspace: workspace(nth), chat: chat(nth, number), responsible, by: Who::Operator }.into()
}

pub fn peer(number: u64) -> String {
    format!("+1202555{number:04}")
}

/// A chat of a workspace's first account with the peer of the same number.
pub fn opened(nth: u64, number: u64) -> Event {
    ChatOpened {
        workspace: workspace(nth),
        account: account(nth),
        chat: chat(nth, number),
        peer: peer(number).into(),
        to: peer(number).into(),
        name: "Somebody".into(),
        phone: Some(peer(number).into()),
        is_group: false,
    }
    .into()
}

/// A message to a chat, and its charge.
pub fn accepted(nth: u64, chat_number: u64, message: u64) -> Vec<Event> {
    accepted_saying(nth, chat_number, message, "hi")
}

/// The same with another text.
pub fn accepted_saying(nth: u64, chat_number: u64, message: u64, text: &str) -> Vec<Event> {
    let (workspace, message) = (workspace(nth), MessageId::from_bits(message));
    let queued = MessageQueued {
        message,
        workspace,
        account: account(nth),
        chat: chat(nth, chat_number),
        to: peer(chat_number).into(),
        text: text.into(),
        file: None,
        report_bytes: 64,
        cost: 1,
        origin: Origin::Inbound,
        at: Timestamp::from_ms(1_000),
    };
    vec![queued.into(), CreditCharged { workspace, message, amount: 1 }.into()]
}

pub fn sent(nth: u64, chat_number: u64, message: u64) -> Event {
    MessageSent {
        message: MessageId::from_bits(message),
        account: account(nth),
        chat: chat(nth, chat_number),
        try_number: 1,
        wire_id: None,
        at: Timestamp::from_ms(5_000),
        owed: None,
    }
    .into()
}
