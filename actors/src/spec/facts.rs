//! Events that tests begin with. Message 21 is the first message of chat 2, and 22 its second. A message without a
//! file costs 1 credit.

use events::account::{
    DeferReason, FetchFailed, File, FileFetched, MessageAccepted, MessageFailed, MessageQueued, MessageSent,
    MessageSettled, Origin, SendDeferred, SendStarted, SendUncertain, SettledAs, SettledHow,
};
use events::chat::{ChatErased, ChatKeyDestroyed, ChatOpened};
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId, StreamId, WorkspaceId};
use events::personal::Digest;
use events::time::Timestamp;
use events::webhook::OwnerNotified;
use events::who::Who;
use events::workspace::{
    AccountBlocked, AccountConnected, AccountDisconnected, AccountPaused, AccountResumed, AccountUnblocked,
    CreditCharged, CreditRefunded, CreditsGranted, InboundUrlGenerated, KeyCreated, PacingChanged, WorkspaceCreated,
};

use super::at;
use crate::chat::queued_bytes;

/// The reason that people give for everything they do here.
pub(crate) const REASON: &str = "moving house";

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

/// The operator creates a key at time 0; its name is the key in clear text.
pub(crate) fn key_created(number: u32, key: &str) -> Event {
    let (key_hash, name, by) = (Digest::of(key.as_bytes()), key.into(), operator());
    KeyCreated { workspace: workspace(), key: number, key_hash, name, at: at(0), by }.into()
}

/// The first inbound token of a workspace.
pub(crate) fn url_generated(token: &str) -> Event {
    let token_hash = Digest::of(token.as_bytes());
    InboundUrlGenerated { workspace: workspace(), token_hash, replaces: None, by: operator() }.into()
}

/// The author of everything that people do here.
pub(crate) const fn operator() -> Who {
    Who::Operator
}

pub(crate) fn granted(amount: u64, reason: &str) -> Event {
    CreditsGranted { workspace: workspace(), amount, reason: reason.into(), by: Who::Operator }.into()
}

pub(crate) fn charged(number: u64) -> Event {
    CreditCharged { workspace: workspace(), message: message(number), amount: 1 }.into()
}

pub(crate) fn refunded(number: u64, code: &str) -> Event {
    CreditRefunded { workspace: workspace(), message: message(number), amount: 1, reason: code.to_owned() }.into()
}

/// The connection of the `nth` account, with a gap of 1.5 to 2.5 s, on a transport that uses our message ids.
pub(crate) fn connection(nth: u64, phone: &str) -> AccountConnected {
    AccountConnected {
        workspace: workspace(),
        account: account(nth),
        phone: phone.into(),
        full_name: "Ada Example".into(),
        email: "ada@kite.example".into(),
        transport: "simulator".to_owned(),
        provider_account: None,
        callback: None,
        own_message_id: true,
        gap_ms_min: 1_500,
        gap_ms_max: 2_500,
        by: operator(),
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

/// The owner was told that the first account was stopped, for the `notice`th time.
pub(crate) fn told(notice: u64) -> Event {
    OwnerNotified { about: StreamId::Account(account(1)), notice, at: at(0) }.into()
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

/// Somebody asks at `ms` to erase everything that is known of this chat.
pub(crate) fn erased(nth: u64, ms: i64) -> Event {
    let (workspace, account, chat) = (workspace(), account(1), chat(nth));
    ChatErased { workspace, account, chat, by: operator(), reason: REASON.into(), at: at(ms) }.into()
}

pub(crate) fn key_destroyed(nth: u64, ms: i64) -> Event {
    ChatKeyDestroyed { workspace: workspace(), chat: chat(nth), at: at(ms) }.into()
}

pub(crate) fn queueing(number: u64) -> MessageQueued {
    queueing_as(number, "hi", None)
}

/// With this text and file, and with the bytes that they take in a report.
pub(crate) fn queueing_as(number: u64, text: &str, file: Option<File>) -> MessageQueued {
    MessageQueued {
        message: message(number),
        workspace: workspace(),
        account: account(1),
        chat: chat_of(number),
        to: "+12025550101".into(),
        text: text.into(),
        report_bytes: queued_bytes(text, file.as_ref()),
        file,
        cost: 1,
        origin: Origin::Inbound,
        at: at(0),
    }
}

pub(crate) fn queued(number: u64) -> Event {
    queueing(number).into()
}

/// Queued at `ms`.
pub(crate) fn queued_at(number: u64, ms: i64) -> Event {
    MessageQueued { at: at(ms), ..queueing(number) }.into()
}

/// Text with a file: costs 2 credits.
pub(crate) fn queued_with_file(number: u64) -> Event {
    MessageQueued { cost: 2, ..queueing_as(number, "hi", Some(file())) }.into()
}

pub(crate) fn file() -> File {
    File { url: "https://kite.example/price.pdf".into(), name: "price.pdf".into() }
}

pub(crate) fn fetched(number: u64) -> Event {
    let (size, mime) = (70_000, "application/pdf".to_owned());
    FileFetched { message: message(number), account: account(1), size, mime }.into()
}

/// A fetch that failed at `ms`; the next one is at `again_ms`, if there is one.
pub(crate) fn fetch_failed(number: u64, fetch_number: u32, code: &str, ms: i64, again_ms: Option<i64>) -> Event {
    FetchFailed {
        message: message(number),
        account: account(1),
        chat: chat_of(number),
        fetch_number,
        code: code.to_owned(),
        detail: DETAIL.into(),
        at: at(ms),
        again_at: again_ms.map(at),
    }
    .into()
}

/// The detail of every failed fetch in these events.
pub(crate) const DETAIL: &str = "The file's server says so";

pub(crate) fn disconnected(nth: u64, by: Who, ms: i64) -> Event {
    let reason = if by == Who::Transport { "connection lost" } else { REASON }.into();
    AccountDisconnected { workspace: workspace(), account: account(nth), by, reason, at: at(ms) }.into()
}

pub(crate) fn paused(nth: u64) -> Event {
    let (by, reason) = (operator(), REASON.into());
    AccountPaused { workspace: workspace(), account: account(nth), by, reason }.into()
}

pub(crate) fn resumed(nth: u64) -> Event {
    let (by, reason) = (operator(), REASON.into());
    AccountResumed { workspace: workspace(), account: account(nth), by, reason }.into()
}

/// For one account, or with `None` for all accounts connected later.
pub(crate) fn pacing_changed(nth: Option<u64>, gap_ms_min: u32, gap_ms_max: u32) -> Event {
    let account = nth.map(account);
    PacingChanged { workspace: workspace(), account, gap_ms_min, gap_ms_max, by: operator() }.into()
}

pub(crate) fn started(number: u64, try_number: u32) -> Event {
    SendStarted { message: message(number), account: account(1), try_number }.into()
}

/// A try that ended at `ms` and is repeated at `not_before_ms` or later.
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
    MessageSent { message: message(number), account, chat, try_number, wire_id: None, at: at(ms), owed: None }.into()
}

/// Accepted at `ms`, under our own wire id.
pub(crate) fn message_accepted(number: u64, try_number: u32, ms: i64) -> Event {
    let (account, chat) = (account(1), chat_of(number));
    MessageAccepted { message: message(number), account, chat, try_number, wire_id: None, at: at(ms) }.into()
}

pub(crate) fn failed(number: u64, code: &str, ms: i64) -> Event {
    let (account, chat) = (account(1), chat_of(number));
    MessageFailed { message: message(number), account, chat, code: code.to_owned(), at: at(ms) }.into()
}

/// Settled by the owner, with the reason `she called`.
pub(crate) fn settled(number: u64, settled_as: SettledAs, ms: i64) -> Event {
    MessageSettled {
        message: message(number),
        account: account(1),
        chat: chat_of(number),
        settled_as,
        how: SettledHow::Owner,
        by: Who::Person(7),
        reason: "she called".into(),
        at: at(ms),
        owed: None,
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
        by: Who::Transport,
        reason: "".into(),
        at: at(ms),
        owed: None,
    }
    .into()
}
