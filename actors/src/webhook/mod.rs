//! An outbound webhook: keeps the open windows, owes deliveries, tries them, and switches itself off when nothing
//! gets through.

mod decide;
mod known;
mod listening;
mod pace;
mod parked_notice;
mod queue;
mod state;
#[cfg(test)]
mod tests;
mod tries;
mod windows;

use std::sync::Arc;

use events::event::Event;
use events::ids::{ChatId, DeliveryId, StreamId, WebhookId};
use events::personal::Digest;
use events::time::Timestamp;
use events::webhook::Aggregation;
use events::who::Who;

use crate::decider::{Decider, Decision, Due, LookupRequest, LookupResult};

pub use known::CHATS_KNOWN_MAX;
pub use listening::Listening;
pub use parked_notice::TOLD_EVERY_MS;
pub use queue::{Owed, Queue};
pub use state::State;
pub use tries::{ManualTry, Parked, Try};

/// Maximum number of chats served at once while the webhook is healthy.
pub const AT_ONCE: usize = 8;
/// Maximum number of those chats whose last try failed.
pub const FAILED_AT_ONCE: usize = 4;
/// After an error, the chats whose last try succeeded go first until this many requests have succeeded; then the
/// oldest delivery goes first again.
pub const CALM_AFTER: u32 = 1_000;
/// More errors in a row than this switch the webhook off.
pub const ERRORS_MAX: u32 = 10;
/// A delivery that failed this often is parked; 429 responses do not count.
pub const PARKED_AT: u32 = 11;
/// Longest wait that a receiver can ask for, in milliseconds.
pub const RETRY_AFTER_MS_MAX: u64 = 8 * 3_600_000;
/// Maximum number of windows closed at once.
pub const CLOSED_AT_ONCE: usize = 64;

/// The code of a try of which nothing was posted, because the chat was erased: no failure of the receiver.
const CHAT_ERASED: &str = "chat_erased";
/// The receiver is too busy for any request, whatever is posted.
const TOO_MANY_REQUESTS: u16 = 429;

/// The rules of outbound webhooks.
pub struct Webhook;

/// Commands of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A wake-up time has come.
    WakeUp,
    /// Change the settings.
    Configure(Configure),
    /// A request ended.
    Tried(Tried),
    /// A chat was asked to close a window; its bundle is the answer.
    Asked,
    /// Close all windows that are open now.
    Flush {
        /// The requester.
        by: Who,
    },
    /// Post a delivery once more.
    Resend {
        delivery: DeliveryId,
        /// The delivery's chat.
        chat: ChatId,
        by: Who,
        /// True if that chat was erased; `None` if not looked up yet.
        erased: Option<bool>,
    },
    /// Give up one delivery.
    Discard(Discard),
    /// Try parked deliveries again.
    Recover {
        /// Only those parked at this time or later.
        since: Timestamp,
        by: Who,
    },
    /// Forget the errors in a row and the waits.
    ResetErrors {
        /// The requester.
        by: Who,
    },
    /// Requests are signed with another key from now on.
    KeyRotated {
        webhook: WebhookId,
        /// Digest of the new key.
        key_hash: Digest,
        by: Who,
    },
    /// A program on the gateway's machine begins to listen.
    Listen {
        /// The listeners' webhook.
        webhook: WebhookId,
        /// True if it receives in place of the URL.
        instead: bool,
        by: Who,
    },
    /// The last listening program has gone.
    ListenersGone {
        /// True if only those have gone that received in place of the URL.
        instead: bool,
    },
    /// The e-mail to the owner was handed over.
    Notified {
        /// The number of the notice.
        notice: u64,
    },
    /// The e-mail about parked deliveries was handed over.
    ToldOfParked {
        notice: u64,
        /// How many times deliveries had been parked when it was written.
        parkings: u64,
    },
}

/// One delivery to give up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discard {
    pub delivery: DeliveryId,
    pub chat: ChatId,
    pub by: Who,
    pub reason: String,
}

/// New settings; `None` leaves a setting unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configure {
    pub webhook: WebhookId,
    /// The URL to report to; `Some(None)` switches reports off.
    pub url: Option<Option<String>>,
    pub aggregation: Option<Aggregation>,
    pub enabled: Option<bool>,
    /// True to give up all owed deliveries when switching on.
    pub discard: bool,
    pub by: Who,
    pub reason: String,
}

/// A request that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    pub delivery: DeliveryId,
    /// 1 for the first try.
    pub try_number: u32,
    pub outcome: Outcome,
    /// True if a listening program answered in place of the URL: whatever it answers, the webhook stays on, and no delivery
    /// is parked.
    pub by_listener: bool,
    /// Waits after the first error in a row, the second, and so on, in milliseconds; the last one applies to all
    /// further errors.
    pub retry_ms: Arc<[u64]>,
}

/// The outcome of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver accepted the delivery.
    Taken {
        /// The HTTP status.
        status: u16,
    },
    /// Nothing was posted: the delivery's chat is erased, and nobody knows any more what it said.
    Erased,
    /// The receiver did not accept the delivery.
    Failed {
        /// A stable code such as `report_timeout`.
        code: String,
        /// The HTTP status, if there was a response.
        status: Option<u16>,
        /// The wait that the receiver asks for, in milliseconds.
        retry_after_ms: Option<u64>,
    },
}

/// Answers of a webhook to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The command has been carried out.
    Done,
    /// The number of windows or deliveries concerned.
    Count(u64),
}

/// Reasons for which a webhook rejects a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// There is no URL to report to.
    NoUrl,
    /// The delivery is still owed and will be posted anyway.
    StillOwed,
    /// The delivery is neither owed nor parked.
    NotOwed,
    /// The delivery's chat was erased: nobody knows any more what it said.
    ChatErased,
}

/// Side effects of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Ask a chat for the messages that a window has gathered.
    Close {
        chat: ChatId,
        window: u64,
        /// True if its messages are reported together.
        aggregated: bool,
    },
    /// A side effect outside the actors.
    Outside(Outside),
}

/// Side effects of a webhook outside the actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outside {
    /// Post a delivery. Doing it twice is harmless: the receiver knows it by its id.
    Post {
        webhook: WebhookId,
        chat: ChatId,
        delivery: DeliveryId,
        /// 1 for the first try.
        try_number: u32,
        /// True if somebody asked for this try.
        by_hand: bool,
    },
    /// E-mail the owner that the webhook was switched off. Doing it twice is harmless: e-mails have ids.
    Notify {
        webhook: WebhookId,
        /// The number of the notice.
        notice: u64,
    },
    /// Wait until the last listening program has gone.
    Watch {
        webhook: WebhookId,
        /// True to wait only for those that receive in place of the URL.
        instead: bool,
    },
    /// E-mail the owner that deliveries were parked. Doing it twice is harmless: e-mails have ids.
    NotifyParked {
        webhook: WebhookId,
        /// The number among notices of this kind.
        notice: u64,
    },
}

impl State {
    /// True if a delivery that a listener has left without an answer is still for the URL: the webhook reports to one,
    /// and still owes the delivery.
    pub fn is_left_to_url(&self, chat: ChatId, delivery: DeliveryId) -> bool {
        self.is_open() && self.url.is_some() && self.owed.find(chat, delivery).is_some()
    }
}

impl Decider for Webhook {
    type Id = WebhookId;
    type State = State;
    type Command = Command;
    type Answer = Answer;
    type Rejection = Rejection;
    type Effect = Effect;

    fn stream(id: WebhookId) -> StreamId {
        StreamId::Webhook(id)
    }

    fn next_lookup(_: &State, command: &Command) -> Option<LookupRequest> {
        match command {
            Command::Resend { chat, erased: None, .. } => Some(LookupRequest::Erased(*chat)),
            _ => None,
        }
    }

    fn resolve(command: &mut Command, found: LookupResult) {
        if let (Command::Resend { erased, .. }, LookupResult::Erased(found)) = (command, found) {
            *erased = Some(found);
        }
    }

    fn forget_lookups(command: &mut Command) {
        if let Command::Resend { erased, .. } = command {
            *erased = None;
        }
    }

    fn decide(state: &State, command: Command, now: Timestamp) -> Result<Decision<Answer>, Rejection> {
        let events = match command {
            Command::WakeUp => decide::wake_up(state, now),
            Command::Configure(configure) => decide::configure(state, configure, now)?,
            Command::Tried(tried) => decide::tried(state, &tried, now),
            Command::Asked => Vec::new(),
            Command::Flush { by } => return Ok(decide::flush(state, by, now)),
            Command::Resend { erased: Some(true), .. } => return Err(Rejection::ChatErased),
            Command::Resend { delivery, chat, by, .. } => decide::resend(state, delivery, chat, by)?,
            Command::Discard(discard) => decide::discard(state, discard, now)?,
            Command::Recover { since, by } => return Ok(decide::recover(state, since, by)),
            Command::ResetErrors { by } => decide::reset_errors(state, by),
            Command::KeyRotated { webhook, key_hash, by } => decide::key_rotated(webhook, key_hash, by),
            Command::Listen { webhook, instead, by } => decide::listen(state, webhook, instead, by),
            Command::ListenersGone { instead } => decide::listeners_gone(state, instead, now),
            Command::Notified { notice } => decide::notified(state, notice, now),
            Command::ToldOfParked { notice, parkings } => decide::told_of_parked(state, notice, parkings, now),
        };
        Ok(Decision::of(events, Answer::Done))
    }

    fn apply(state: &mut State, event: &Event) {
        state.apply(event);
    }

    fn due(state: &State) -> Due<Effect> {
        state.due()
    }

    fn answered_by(effect: &Effect) -> Who {
        match effect {
            Effect::Close { .. } | Effect::Outside(Outside::Watch { .. }) => Who::System,
            Effect::Outside(Outside::Post { .. }) => Who::Receiver,
            Effect::Outside(Outside::Notify { .. } | Outside::NotifyParked { .. }) => Who::Mail,
        }
    }

    fn wake_up() -> Option<Command> {
        Some(Command::WakeUp)
    }

    fn is_awaited(effect: &Effect) -> bool {
        matches!(effect, Effect::Outside(Outside::Post { .. }))
    }
}
