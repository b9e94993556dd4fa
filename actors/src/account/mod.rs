//! An account: sends its messages one at a time, in order, with a gap between every two.

mod decide;
pub mod outcome;
pub mod pacing;
mod queue;
mod state;
#[cfg(test)]
mod tests;

use events::account::SettledAs;
use events::event::Event;
use events::ids::{AccountId, MessageId, StreamId};
use events::time::Timestamp;
use events::who::Who;

use crate::decider::{Decider, Decision, Due, LookupRequest, LookupResult};
use crate::reporting::ReportingLookup;

pub use outcome::Outcome;
pub use state::{REMEMBERED_MS, State};

/// Tries with a fault or without an answer, at most.
pub const TRIES_MAX: u32 = 3;
/// An account without a connection tries again after this long.
pub const RECONNECT_MS: u64 = 5_000;
/// The queue of an account that was disconnected is held for this long, then failed and refunded.
pub const HELD_MS: u64 = 24 * 3_600_000;
/// Messages that are failed in one commit, at most.
pub const EXPIRED_AT_ONCE: usize = 256;

/// What is waited before the second and the third fetch of a file, at least; there is no fourth.
pub const FETCH_WAITS_MS: [u64; 2] = [2_000, 10_000];
/// No server makes us wait longer for a file.
pub const FETCH_WAIT_MS_MAX: u64 = 60_000;

/// The rules of accounts.
pub struct Account;

/// What an account can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Time has come for something.
    WakeUp,
    /// A try ended.
    Tried {
        /// Which message.
        message: MessageId,
        /// Which try.
        try_number: u32,
        /// What came of it.
        outcome: Outcome,
        /// Whether it is reported, if it was sent.
        reporting: ReportingLookup,
    },
    /// A try ended before the transport had the message: its file is gone meanwhile and could not be fetched again.
    NoFile {
        /// Which message.
        message: MessageId,
        /// Which try.
        try_number: u32,
        /// Why it could not be.
        missing: Missing,
    },
    /// The process ended during a try: it may have been sent or not, whatever a later try comes to.
    Interrupted {
        /// Which message.
        message: MessageId,
        /// Which try.
        try_number: u32,
    },
    /// A message's file was fetched, or cannot be.
    Fetched {
        /// Which message.
        message: MessageId,
        /// What came of it.
        result: Result<Fetched, Missing>,
    },
    /// A message's file was not asked for, because the gateway itself lacked the means: it is fetched once more.
    NotFetched {
        /// Which message.
        message: MessageId,
    },
    /// A receipt shows that the message was sent.
    Seen {
        /// Which message.
        message: MessageId,
        /// Whether it is reported.
        reporting: ReportingLookup,
    },
    /// A status says, after it was sent, that the message failed.
    FailedLater {
        /// Which message.
        message: MessageId,
        /// Why.
        code: String,
    },
    /// Somebody knows what became of an uncertain message.
    Settle {
        /// Which message.
        message: MessageId,
        /// The verdict.
        settled_as: SettledAs,
        /// Who says so.
        by: Who,
        /// Why.
        reason: String,
        /// Whether it is reported, if it was sent.
        reporting: ReportingLookup,
    },
    /// The owner's e-mail was handed over.
    Notified {
        /// Which notice.
        notice: u64,
    },
}

/// A file that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// How large it is, in bytes.
    pub size: u64,
    /// What it is, by its content.
    pub mime: String,
}

/// Why a file cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// In one stable word such as `not_a_direct_link`.
    pub code: String,
    /// In words, with all that is known.
    pub detail: String,
    /// Whether it is worth another try.
    pub prospect: Prospect,
}

/// Whether a file that could not be had may come later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prospect {
    /// It will not.
    Final,
    /// It may.
    Passing {
        /// How long the server asks to be left alone.
        retry_after_ms: u64,
    },
}

/// Why an account refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// The message is not uncertain.
    NotUncertain,
}

/// What an account wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Fetch a message's file. Doing it twice is harmless.
    Fetch {
        /// Who sends.
        account: AccountId,
        /// Which message.
        message: MessageId,
    },
    /// Hand a message to the transport.
    Send {
        /// Who sends.
        account: AccountId,
        /// Which message.
        message: MessageId,
        /// Which try.
        try_number: u32,
    },
    /// Mail the owner that the account was stopped. Twice is harmless: mails have ids.
    Notify {
        /// Which account.
        account: AccountId,
        /// Which notice.
        notice: u64,
    },
}

impl Decider for Account {
    type Id = AccountId;
    type State = State;
    type Command = Command;
    type Answer = ();
    type Rejection = Rejection;
    type Effect = Effect;

    fn stream(id: AccountId) -> StreamId {
        StreamId::Account(id)
    }

    fn next_lookup(state: &State, command: &Command) -> Option<LookupRequest> {
        let told = match command {
            Command::Tried { outcome: Outcome::Sent, reporting, .. } | Command::Settle { reporting, .. } => reporting,
            Command::Seen { message, reporting } if state.may_be_sent(*message) => reporting,
            _ => return None,
        };
        told.is_none().then_some(LookupRequest::Reporting)
    }

    fn resolve(command: &mut Command, found: LookupResult) {
        if let LookupResult::Reporting(found) = found
            && let Command::Tried { reporting, .. }
            | Command::Seen { reporting, .. }
            | Command::Settle { reporting, .. } = command
        {
            *reporting = Some(found);
        }
    }

    fn decide(state: &State, command: Command, now: Timestamp) -> Result<Decision<()>, Rejection> {
        let events = match command {
            Command::WakeUp => decide::wake_up(state, now),
            Command::Tried { message, try_number, outcome, reporting } => {
                decide::tried(state, message, try_number, &outcome, reporting, now)
            }
            Command::NoFile { message, try_number, missing } => {
                decide::no_file(state, message, try_number, &missing, now)
            }
            Command::Interrupted { message, try_number } => decide::interrupted(state, message, try_number, now),
            Command::Fetched { message, result } => decide::fetched(state, message, result, now),
            // Its fetch is still due.
            Command::NotFetched { .. } => Vec::new(),
            Command::Seen { message, reporting } => decide::seen(state, message, reporting, now),
            Command::Notified { notice } => decide::notified(state, notice, now),
            Command::FailedLater { message, code } => decide::failed_later(state, message, &code, now),
            Command::Settle { message, settled_as, by, reason, reporting } => {
                decide::settle(state, message, settled_as, (by, reason), reporting, now)?
            }
        };
        Ok(Decision::of(events, ()))
    }

    fn apply(state: &mut State, event: &Event) {
        state.apply(event);
    }

    fn due(state: &State) -> Due<Effect> {
        state.due()
    }

    fn wake_up() -> Option<Command> {
        Some(Command::WakeUp)
    }

    fn interrupted(effect: &Effect) -> Option<Command> {
        match *effect {
            Effect::Send { message, try_number, .. } => Some(Command::Interrupted { message, try_number }),
            Effect::Fetch { .. } | Effect::Notify { .. } => None,
        }
    }

    fn answered_by(effect: &Effect) -> Who {
        match effect {
            Effect::Fetch { .. } => Who::System,
            Effect::Send { .. } => Who::Transport,
            Effect::Notify { .. } => Who::Mail,
        }
    }
}
