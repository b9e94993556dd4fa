//! A chat: tracks the stages of its messages, which never go backwards, and what is to be reported of them.

mod bundles;
mod reports;
mod size;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use events::account::{MessageQueued, SettledAs};
use events::chat::{MessageDelivered, MessageRead, Responsible};
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId, StreamId, WebhookId};
use events::index::AccountEntry;
use events::personal::Personal;
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::decider::{Decider, Decision, Due, LookupRequest, LookupResult, Never};
use crate::reporting::{self, owed};

pub use reports::{BUNDLE_MESSAGES_MAX, BUNDLES_AT_ONCE, Reports};
pub use size::{Frame, file_bytes, said_bytes};

/// Receipts are accepted for this many of a chat's latest messages.
pub const MESSAGES_MAX: usize = 1_000;
/// Assumed size of a message whose text is no longer known: it fits into no bundle with others, so it is reported
/// alone.
const UNKNOWN_BYTES: u64 = u64::MAX;

/// The rules of chats.
pub struct Chat;

/// Commands of a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// There is something to report.
    WakeUp(ReportLookups),
    /// A receipt arrived; it may be late, duplicate or out of order.
    Receipt {
        message: MessageId,
        receipt: Receipt,
        /// The workspace's reporting settings, once looked up.
        reporting: reporting::ReportingLookup,
    },
    /// The webhook wants what a window has gathered; doing it twice is harmless.
    Close {
        window: u64,
        /// True if its messages are reported together.
        aggregated: bool,
        looked_up: ReportLookups,
    },
}

/// The results of a bundle's look-ups; `None` if not looked up yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportLookups {
    pub reporting: reporting::ReportingLookup,
    /// The account that the chat belongs to.
    pub account: Option<Option<AccountEntry>>,
}

/// The kind of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// The recipient's phone has it.
    Delivered,
    /// The recipient has read it.
    Read,
}

/// The stage of a message, which only rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Queued,
    /// `WhatsApp` accepted it.
    Sent,
    /// It failed, possibly after it was sent.
    Failed,
    /// The recipient's phone has it.
    Delivered,
    /// The recipient has read it.
    Read,
}

/// The stage of each of the latest messages, and what is to be reported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    chat: Option<ChatId>,
    account: Option<AccountId>,
    name: Personal,
    phone: Option<Personal>,
    is_group: bool,
    responsible: Option<Responsible>,
    messages: BTreeMap<MessageId, Known>,
    order: VecDeque<MessageId>,
    reports: Reports,
}

/// One of the latest messages that we sent, or are about to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    stage: Stage,
    /// True if it was sent at some time, even if it failed later: it is reported once.
    said: bool,
    bytes: u64,
    has_file: bool,
}

impl State {
    fn add(&mut self, queued: &MessageQueued) {
        let file = queued.file.as_ref().map(|file| file_bytes(file.name.reveal(), file.url.reveal()));
        let bytes = said_bytes(queued.text.reveal()).saturating_add(file.unwrap_or(0));
        let known = Known { stage: Stage::Queued, said: false, bytes, has_file: queued.file.is_some() };
        self.messages.insert(queued.message, known);
        self.order.push_back(queued.message);
        if self.order.len() > MESSAGES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.messages.remove(&oldest);
        }
    }

    fn rise(&mut self, message: MessageId, to: Stage) {
        if let Some(known) = self.messages.get_mut(&message) {
            known.stage = to.max(known.stage);
            known.said |= to != Stage::Failed;
        }
    }

    /// Raises the stage, and owes the message to its webhook unless it counted as sent before. The account does not
    /// know of a receipt that came before its own event: then the message is already owed, or to nobody.
    fn said(&mut self, message: MessageId, to: Stage, owed: Option<WebhookId>) {
        let before = self.messages.get(&message).copied();
        self.rise(message, to);
        if let Some(webhook) = owed.filter(|_| before.is_none_or(|known| !known.said)) {
            self.reports.owe(message, webhook, before.map_or(UNKNOWN_BYTES, |known| known.bytes));
        }
    }
}

impl Decider for Chat {
    type Id = ChatId;
    type State = State;
    type Command = Command;
    type Answer = ();
    type Rejection = Never;
    type Effect = Never;

    fn stream(id: ChatId) -> StreamId {
        StreamId::Chat(id)
    }

    fn next_lookup(state: &State, command: &Command) -> Option<LookupRequest> {
        match command {
            Command::Receipt { message, reporting: None, .. } => {
                state.messages.get(message).filter(|known| !known.said).map(|_| LookupRequest::Reporting)
            }
            Command::Receipt { .. } => None,
            Command::WakeUp(looked_up) | Command::Close { looked_up, .. } => match looked_up {
                ReportLookups { reporting: None, .. } => Some(LookupRequest::Reporting),
                ReportLookups { account: None, .. } => state.account.map(LookupRequest::Account),
                ReportLookups { .. } => None,
            },
        }
    }

    fn resolve(command: &mut Command, found: LookupResult) {
        match (command, found) {
            (Command::Receipt { reporting, .. }, LookupResult::Reporting(found)) => *reporting = Some(found),
            (Command::WakeUp(looked_up) | Command::Close { looked_up, .. }, found) => match found {
                LookupResult::Reporting(found) => looked_up.reporting = Some(found),
                LookupResult::Account(found) => looked_up.account = Some(found),
                _ => {}
            },
            _ => {}
        }
    }

    fn decide(state: &State, command: Command, now: Timestamp) -> Result<Decision<()>, Never> {
        let events = match command {
            Command::WakeUp(looked_up) => bundles::due(state, &looked_up, now),
            Command::Receipt { message, receipt, reporting } => receipted(state, message, receipt, reporting, now),
            Command::Close { window, aggregated, looked_up } => {
                bundles::close(state, window, aggregated, &looked_up, now)
            }
        };
        Ok(Decision::of(events, ()))
    }

    fn apply(state: &mut State, event: &Event) {
        match event {
            Event::ChatOpened(e) => {
                (state.chat, state.account) = (Some(e.chat), Some(e.account));
                (state.name, state.phone, state.is_group) = (e.name.clone(), e.phone.clone(), e.is_group);
            }
            Event::ChatRenamed(e) => state.name = e.name.clone(),
            Event::ChatAssigned(e) => state.responsible.clone_from(&e.responsible),
            Event::MessageQueued(e) => state.add(e),
            Event::MessageSent(e) => state.said(e.message, Stage::Sent, e.owed),
            Event::MessageFailed(e) => state.rise(e.message, Stage::Failed),
            Event::MessageSettled(e) => match e.settled_as {
                SettledAs::Sent => state.said(e.message, Stage::Sent, e.owed),
                SettledAs::Failed => state.rise(e.message, Stage::Failed),
            },
            Event::MessageDelivered(e) => state.said(e.message, Stage::Delivered, e.owed),
            Event::MessageRead(e) => state.said(e.message, Stage::Read, e.owed),
            Event::MessageReceived(e) => {
                if let Some(webhook) = e.owed {
                    let file = e.file.as_ref().map(|file| file_bytes(file.name.reveal(), &file.mime));
                    let bytes = said_bytes(e.text.reveal()).saturating_add(file.unwrap_or(0));
                    state.reports.owe(e.message, webhook, bytes);
                }
            }
            Event::BundleOpened(e) => state.reports.opened(e),
            Event::BundleFlushed(e) => state.reports.flushed(e),
            _ => {}
        }
    }

    fn due(state: &State) -> Due<Never> {
        Due { wake_at: state.reports.is_due().then(Timestamp::default), ..Due::nothing() }
    }

    fn wake_up() -> Option<Command> {
        Some(Command::WakeUp(ReportLookups::default()))
    }
}

/// Records a receipt that says more than is known. It also shows that a message that seemed to have failed was sent.
fn receipted(
    state: &State,
    message: MessageId,
    receipt: Receipt,
    reporting: reporting::ReportingLookup,
    at: Timestamp,
) -> Vec<Event> {
    let (Some(chat), Some(known)) = (state.chat, state.messages.get(&message)) else { return Vec::new() };
    let owed = if known.said { None } else { owed(reporting, known.has_file) };
    let event = match receipt {
        Receipt::Delivered if known.stage < Stage::Delivered => MessageDelivered { message, chat, at, owed }.into(),
        Receipt::Read if known.stage < Stage::Read => MessageRead { message, chat, at, owed }.into(),
        _ => return Vec::new(),
    };
    vec![event]
}
