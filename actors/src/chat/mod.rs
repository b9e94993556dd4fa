//! A chat: tracks the stages of its messages, which never go backwards, and what is to be reported of them.

mod bundles;
mod reports;
mod size;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use events::account::{MessageQueued, SettledAs};
use events::chat::{ChatErased, ChatKeyDestroyed, MessageDelivered, MessageRead, Responsible};
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId, StreamId, WebhookId};
use events::index::AccountEntry;
use events::personal::Personal;
use events::time::Timestamp;
use events::who::Who;
use serde::{Deserialize, Serialize};

use crate::decider::{Decider, Decision, Due, LookupRequest, LookupResult, Never};
use crate::reporting::{self, owed};

pub use reports::{BUNDLE_MESSAGES_MAX, BUNDLES_AT_ONCE, Reports};
pub use size::{Frame, file_bytes, queued_bytes, received_bytes, said_bytes};

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
    /// Erase everything that is known of its person or group. Doing it twice is harmless.
    Erase { by: Who, reason: String },
    /// Its key is destroyed, and what was kept of it beside the log is gone.
    Forgotten,
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

/// Side effects of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Destroy its key, and drop what is kept of it beside the log. Doing it twice is harmless.
    Forget { chat: ChatId },
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
    erasure: Option<Erasure>,
    messages: BTreeMap<MessageId, Known>,
    order: VecDeque<MessageId>,
    reports: Reports,
}

/// How far the erasure of a chat has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Erasure {
    /// Its texts can still be read.
    Begun {
        /// When somebody asked for it.
        at: Timestamp,
    },
    /// Its key is destroyed.
    Done {
        /// When somebody asked for it.
        at: Timestamp,
    },
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
    /// Returns how far its erasure has come, if anybody asked for it.
    pub const fn erasure(&self) -> Option<Erasure> {
        self.erasure
    }

    /// Returns how many of its messages are owed and in no bundle yet.
    pub fn owed(&self) -> u64 {
        self.reports.len()
    }

    /// Forgets all that tells who the chat is with, and what was to be reported of it.
    fn erase(&mut self, at: Timestamp) {
        (self.name, self.phone, self.responsible) = (Personal::erased(), None, None);
        self.reports = Reports::default();
        self.erasure = Some(Erasure::Begun { at });
    }

    fn add(&mut self, queued: &MessageQueued) {
        let bytes = u64::from(queued.report_bytes);
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
        // Of an erased chat nothing is reported any more.
        if let Some(webhook) = owed.filter(|_| self.erasure.is_none() && before.is_none_or(|known| !known.said)) {
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
    type Effect = Effect;

    fn stream(id: ChatId) -> StreamId {
        StreamId::Chat(id)
    }

    fn next_lookup(state: &State, command: &Command) -> Option<LookupRequest> {
        match command {
            Command::Receipt { message, reporting: None, .. } => {
                state.messages.get(message).filter(|known| !known.said).map(|_| LookupRequest::Reporting)
            }
            Command::Receipt { .. } | Command::Erase { .. } | Command::Forgotten => None,
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

    fn forget_lookups(command: &mut Command) {
        match command {
            Command::Receipt { reporting, .. } => *reporting = None,
            Command::WakeUp(looked_up) | Command::Close { looked_up, .. } => *looked_up = ReportLookups::default(),
            Command::Erase { .. } | Command::Forgotten => {}
        }
    }

    fn decide(state: &State, command: Command, now: Timestamp) -> Result<Decision<()>, Never> {
        let events = match command {
            Command::WakeUp(looked_up) => bundles::due(state, &looked_up, now),
            Command::Receipt { message, receipt, reporting } => receipted(state, message, receipt, reporting, now),
            Command::Close { window, aggregated, looked_up } => {
                bundles::close(state, window, aggregated, &looked_up, now)
            }
            Command::Erase { by, reason } => erased(state, by, reason, now),
            Command::Forgotten => forgotten(state, now),
        };
        Ok(Decision::of(events, ()))
    }

    fn apply(state: &mut State, event: &Event) {
        match event {
            Event::ChatOpened(e) => {
                (state.chat, state.account) = (Some(e.chat), Some(e.account));
                (state.name, state.phone, state.is_group) = (e.name.clone(), e.phone.clone(), e.is_group);
            }
            // What comes after an erasure has lost its texts when it is replayed.
            Event::ChatRenamed(_) | Event::ChatAssigned(_) | Event::ChatAddressLearnt(_) if state.erasure.is_some() => {
            }
            Event::ChatRenamed(e) => state.name = e.name.clone(),
            Event::ChatAssigned(e) => state.responsible.clone_from(&e.responsible),
            Event::ChatAddressLearnt(e) if state.phone.is_none() && e.kind.is_phone() => {
                state.phone = Some(e.address.clone());
            }
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
                if let Some(webhook) = e.owed.filter(|_| state.erasure.is_none()) {
                    state.reports.owe(e.message, webhook, u64::from(e.report_bytes));
                }
            }
            Event::ChatErased(e) => state.erase(e.at),
            Event::ChatKeyDestroyed(_) => {
                if let Some(Erasure::Begun { at }) = state.erasure {
                    state.erasure = Some(Erasure::Done { at });
                }
            }
            Event::BundleOpened(e) => state.reports.opened(e),
            Event::BundleFlushed(e) => state.reports.flushed(e),
            _ => {}
        }
    }

    fn due(state: &State) -> Due<Effect> {
        let begun = state.chat.filter(|_| matches!(state.erasure, Some(Erasure::Begun { .. })));
        let effects = begun.map(|chat| Effect::Forget { chat }).into_iter().collect();
        Due { effects, wake_at: state.reports.is_due().then(Timestamp::default), ..Due::nothing() }
    }

    fn wake_up() -> Option<Command> {
        Some(Command::WakeUp(ReportLookups::default()))
    }
}

/// Begins to erase the chat, once.
fn erased(state: &State, by: Who, reason: String, at: Timestamp) -> Vec<Event> {
    let (Some(chat), Some(account), None) = (state.chat, state.account, state.erasure) else { return Vec::new() };
    vec![ChatErased { workspace: chat.workspace(), account, chat, by, reason: reason.into(), at }.into()]
}

fn forgotten(state: &State, at: Timestamp) -> Vec<Event> {
    let begun = state.chat.filter(|_| matches!(state.erasure, Some(Erasure::Begun { .. })));
    let destroyed = begun.map(|chat| ChatKeyDestroyed { workspace: chat.workspace(), chat, at });
    destroyed.into_iter().map(Event::from).collect()
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
    let owed = if known.said || state.erasure.is_some() { None } else { owed(reporting, known.has_file) };
    let event = match receipt {
        Receipt::Delivered if known.stage < Stage::Delivered => MessageDelivered { message, chat, at, owed }.into(),
        Receipt::Read if known.stage < Stage::Read => MessageRead { message, chat, at, owed }.into(),
        _ => return Vec::new(),
    };
    vec![event]
}
