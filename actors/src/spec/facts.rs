//! Facts that tests begin with. Message 21 is the first one of chat 2, 22 the second one; every message costs 1.

use events::account::{
    DeferReason, MessageFailed, MessageQueued, MessageSent, MessageSettled, Origin, SendDeferred, SendStarted,
    SendUncertain, SettledAs, SettledHow,
};
use events::chat::ChatOpened;
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId, WorkspaceId};
use events::personal::Digest;
use events::time::Timestamp;
use events::workspace::{
    AccountBlocked, AccountConnected, AccountUnblocked, CreditCharged, CreditRefunded, CreditsGranted,
    InboundUrlGenerated, KeyCreated, WorkspaceCreated,
};

use super::at;

pub(crate) const fn workspace() -> WorkspaceId {
    WorkspaceId::nth(0)
}

pub(crate) fn account(nth: u64) -> AccountId {
    AccountId::nth(workspace(), nth).unwrap()
}

pub(crate) fn chat(nth: u64) -> ChatId {
    ChatId::nth(workspace(), nth).unwrap()
}

pub(crate) const fn message(number: u64) -> MessageId {
    MessageId::from_bits(number)
}

fn chat_of(number: u64) -> ChatId {
    chat(number / 10)
}

pub(crate) fn created() -> Event {
    WorkspaceCreated {
        workspace: workspace(),
        name: "Blue Kite".into(),
        owner_name: "Ada Example".into(),
        owner_email: "ada@kite.example".into(),
        language: "en".to_owned(),
    }
    .into()
}

pub(crate) fn key_created(key: &str) -> Event {
    KeyCreated { workspace: workspace(), key_hash: Digest::of(key.as_bytes()) }.into()
}

pub(crate) fn url_generated(token: &str) -> Event {
    InboundUrlGenerated { workspace: workspace(), token_hash: Digest::of(token.as_bytes()) }.into()
}

pub(crate) fn granted(amount: u64, reason: &str) -> Event {
    CreditsGranted { workspace: workspace(), amount, reason: reason.to_owned(), by: "operator".to_owned() }.into()
}

pub(crate) fn charged(number: u64) -> Event {
    CreditCharged { workspace: workspace(), message: message(number), amount: 1 }.into()
}

pub(crate) fn refunded(number: u64, code: &str) -> Event {
    CreditRefunded { workspace: workspace(), message: message(number), amount: 1, reason: code.to_owned() }.into()
}

/// The `nth` account, with 1.5 to 2.5 s between two messages, on a transport that takes our ids.
pub(crate) fn connection(nth: u64, phone: &str) -> AccountConnected {
    AccountConnected {
        workspace: workspace(),
        account: account(nth),
        phone: phone.into(),
        full_name: "Ada Example".into(),
        email: "ada@kite.example".into(),
        transport: "simulator".to_owned(),
        own_message_id: true,
        gap_ms_min: 1_500,
        gap_ms_max: 2_500,
    }
}

pub(crate) fn connected() -> Event {
    connection(1, "+12025550100").into()
}

pub(crate) fn connected_without_own_ids() -> Event {
    AccountConnected { own_message_id: false, ..connection(1, "+12025550100") }.into()
}

pub(crate) fn blocked(nth: u64, until: Option<Timestamp>) -> Event {
    let reason = "account_blocked".to_owned();
    AccountBlocked { workspace: workspace(), account: account(nth), reason, until }.into()
}

pub(crate) fn unblocked(nth: u64) -> Event {
    AccountUnblocked { workspace: workspace(), account: account(nth) }.into()
}

pub(crate) fn opened(nth: u64, phone: &str) -> Event {
    ChatOpened {
        workspace: workspace(),
        account: account(1),
        chat: chat(nth),
        peer: phone.into(),
        to: phone.into(),
        name: phone.into(),
        phone: Some(phone.into()),
        is_group: false,
    }
    .into()
}

pub(crate) fn queueing(number: u64) -> MessageQueued {
    MessageQueued {
        message: message(number),
        workspace: workspace(),
        account: account(1),
        chat: chat_of(number),
        to: "+12025550101".into(),
        text: "hi".into(),
        cost: 1,
        origin: Origin::Inbound,
    }
}

pub(crate) fn queued(number: u64) -> Event {
    queueing(number).into()
}

pub(crate) fn started(number: u64, try_number: u32) -> Event {
    SendStarted { message: message(number), account: account(1), try_number }.into()
}

/// A try that ended at `ms` and will be repeated, not before `not_before_ms`.
pub(crate) fn deferred(number: u64, try_number: u32, reason: DeferReason, ms: i64, not_before_ms: i64) -> Event {
    SendDeferred {
        message: message(number),
        account: account(1),
        try_number,
        reason,
        at: at(ms),
        not_before: at(not_before_ms),
    }
    .into()
}

pub(crate) fn uncertain(number: u64, try_number: u32, ms: i64) -> Event {
    SendUncertain { message: message(number), account: account(1), try_number, at: at(ms) }.into()
}

pub(crate) fn sent(number: u64, try_number: u32, ms: i64) -> Event {
    let (account, chat) = (account(1), chat_of(number));
    MessageSent { message: message(number), account, chat, try_number, at: at(ms) }.into()
}

pub(crate) fn failed(number: u64, code: &str, ms: i64) -> Event {
    let (account, chat) = (account(1), chat_of(number));
    MessageFailed { message: message(number), account, chat, code: code.to_owned(), at: at(ms) }.into()
}

/// Settled by the owner, who says `she called`.
pub(crate) fn settled(number: u64, settled_as: SettledAs, ms: i64) -> Event {
    MessageSettled {
        message: message(number),
        account: account(1),
        chat: chat_of(number),
        settled_as,
        how: SettledHow::Owner,
        by: "ada@kite.example".to_owned(),
        reason: "she called".to_owned(),
        at: at(ms),
    }
    .into()
}

/// Settled as sent by a receipt.
pub(crate) fn settled_by_receipt(number: u64, ms: i64) -> Event {
    MessageSettled {
        message: message(number),
        account: account(1),
        chat: chat_of(number),
        settled_as: SettledAs::Sent,
        how: SettledHow::Status,
        by: "transport".to_owned(),
        reason: String::new(),
        at: at(ms),
    }
    .into()
}
