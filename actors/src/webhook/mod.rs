//! An outbound webhook: owns the open windows, owes deliveries, tries them, and switches itself off when nothing gets
//! through.

mod decide;
mod known;
mod notice;
mod pace;
mod queue;
mod state;
#[cfg(test)]
mod tests;
mod windows;

use std::sync::Arc;

use events::event::Event;
use events::ids::{ChatId, DeliveryId, StreamId, WebhookId};
use events::personal::Digest;
use events::time::Timestamp;
use events::webhook::Aggregation;
use events::who::Who;

use crate::decider::{Decider, Decision, Due};

pub use known::CHATS_KNOWN_MAX;
pub use notice::TOLD_EVERY_MS;
pub use queue::{Owed, Queue};
pub use state::{ManualTry, Parked, State, Try};

/// Chats that are served at once while all is well.
pub const AT_ONCE: usize = 8;
/// Of those, chats whose last try failed.
pub const FAILED_AT_ONCE: usize = 4;
/// After an error the chats that got through go first, until so many requests succeeded; then the oldest does.
pub const CALM_AFTER: u32 = 1_000;
/// More errors in a row than this switch the webhook off.
pub const ERRORS_MAX: u32 = 10;
/// A delivery that failed so often is parked; 429 does not count.
pub const PARKED_AT: u32 = 11;
/// Longest wait that a receiver can ask for, in milliseconds.
pub const RETRY_AFTER_MS_MAX: u64 = 8 * 3_600_000;
/// Windows that are closed at once.
pub const CLOSED_AT_ONCE: usize = 64;

/// The receiver has no time now, whatever it is that is posted.
const TOO_MANY_REQUESTS: u16 = 429;

/// The rules of outbound webhooks.
pub struct Webhook;

/// What a webhook can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Time has come for something.
    WakeUp,
    /// New settings.
    Configure(Configure),
    /// A request ended.
    Tried(Tried),
    /// A chat was asked to close a window; it answers with its bundle.
    Asked,
    /// Close all windows that are open now.
    Flush {
        /// Who wants it.
        by: Who,
    },
    /// Post a delivery once more.
    Resend {
        /// Which delivery.
        delivery: DeliveryId,
        /// Its conversation.
        chat: ChatId,
        /// Who wants it.
        by: Who,
    },
    /// Give up one delivery.
    Discard(Discard),
    /// Try again what was parked.
    Recover {
        /// At this moment or later.
        since: Timestamp,
        /// Who wants it.
        by: Who,
    },
    /// Forget the errors in a row.
    ResetErrors {
        /// Who wants it.
        by: Who,
    },
    /// Requests are signed with another key now.
    KeyRotated {
        /// Which webhook.
        webhook: WebhookId,
        /// Digest of the new key.
        key_hash: Digest,
        /// Who wants it.
        by: Who,
    },
    /// The owner's e-mail was handed over.
    Notified {
        /// Which notice.
        notice: u64,
    },
    /// The e-mail about parked deliveries was handed over.
    ToldOfParked {
        /// Which notice.
        notice: u64,
        /// So many times a delivery had been parked when it was written.
        parkings: u64,
    },
}

/// One delivery to give up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discard {
    /// Which delivery.
    pub delivery: DeliveryId,
    /// Its conversation.
    pub chat: ChatId,
    /// Who wants it.
    pub by: Who,
    /// Why.
    pub reason: String,
}

/// New settings; `None` leaves one as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configure {
    /// Which webhook.
    pub webhook: WebhookId,
    /// Where reports go; `Some(None)`: nowhere.
    pub url: Option<Option<String>>,
    /// How messages are gathered.
    pub aggregation: Option<Aggregation>,
    /// Whether it is switched on.
    pub enabled: Option<bool>,
    /// Whether what is owed is given up on switching on.
    pub discard: bool,
    /// Who wants it.
    pub by: Who,
    /// Why.
    pub reason: String,
}

/// A request that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Which delivery.
    pub delivery: DeliveryId,
    /// Which try.
    pub try_number: u32,
    /// What came of it.
    pub outcome: Outcome,
    /// The wait after the first error in a row, the second, and so on, in milliseconds; the last one serves for more.
    pub retry_ms: Arc<[u64]>,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver took the delivery.
    Taken {
        /// Its status.
        status: u16,
    },
    /// It did not.
    Failed {
        /// Why, in one stable word such as `report_timeout`.
        code: String,
        /// The status, if one came.
        status: Option<u16>,
        /// How long it asks us to wait, in milliseconds.
        retry_after_ms: Option<u64>,
    },
}

/// What a webhook answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is so now.
    Done,
    /// So many windows or deliveries.
    Count(u64),
}

/// Why a webhook refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// There is no URL to report to.
    NoUrl,
    /// The delivery waits for its turn anyway.
    StillOwed,
    /// The delivery is neither owed nor parked.
    NotOwed,
}

/// What a webhook wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Ask a chat for what a window has gathered.
    Close {
        /// Which chat.
        chat: ChatId,
        /// Which window.
        window: u64,
        /// Whether its messages are reported together.
        aggregated: bool,
    },
    /// Something that leaves the actors.
    Outside(Outside),
}

/// What a webhook wants done outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outside {
    /// Post a delivery. Twice is harmless: the receiver knows it by its id.
    Post {
        /// Which webhook.
        webhook: WebhookId,
        /// The conversation.
        chat: ChatId,
        /// Which delivery.
        delivery: DeliveryId,
        /// Which try.
        try_number: u32,
        /// Whether somebody asked for it.
        by_hand: bool,
    },
    /// Mail the owner that the webhook was switched off. Twice is harmless: mails have ids.
    Notify {
        /// Which webhook.
        webhook: WebhookId,
        /// Which notice.
        notice: u64,
    },
    /// Mail the owner that deliveries were parked. Twice is harmless: mails have ids.
    NotifyParked {
        /// Which webhook.
        webhook: WebhookId,
        /// Which of these notices.
        notice: u64,
    },
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

    fn decide(state: &State, command: Command, now: Timestamp) -> Result<Decision<Answer>, Rejection> {
        let events = match command {
            Command::WakeUp => decide::wake_up(state, now),
            Command::Configure(configure) => decide::configure(state, configure, now)?,
            Command::Tried(tried) => decide::tried(state, &tried, now),
            Command::Asked => Vec::new(),
            Command::Flush { by } => return Ok(decide::flush(state, by, now)),
            Command::Resend { delivery, chat, by } => decide::resend(state, delivery, chat, by)?,
            Command::Discard(discard) => decide::discard(state, discard, now)?,
            Command::Recover { since, by } => return Ok(decide::recover(state, since, by)),
            Command::ResetErrors { by } => decide::reset_errors(state, by),
            Command::KeyRotated { webhook, key_hash, by } => decide::key_rotated(webhook, key_hash, by),
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
            Effect::Close { .. } => Who::System,
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
