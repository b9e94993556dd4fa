//! An account: sends its messages one at a time, in order, with a gap between every two.

mod accepted;
mod decide;
mod fetches;
pub mod outcome;
pub mod pacing;
mod queue;
mod refund_events;
mod spelling;
mod state;
mod statuses;
#[cfg(test)]
mod tests;

use events::account::SettledAs;
use events::event::Event;
use events::ids::{AccountId, MessageId, StreamId};
use events::time::Timestamp;
use events::who::Who;

use crate::decider::{Decider, Decision, Due, LookupRequest, LookupResult};
use crate::reporting::ReportingLookup;
use spelling::Spelled;

pub use accepted::ACCEPTED_MS;
pub use fetches::{FETCH_WAIT_MS_MAX, FETCH_WAITS_MS};
pub use outcome::{Acceptance, Outcome};
pub use spelling::SpelledLookups;
pub use state::{LATE_FAILURE_MS, State};

/// Maximum number of tries that end with a server error or without an answer.
pub const TRIES_MAX: u32 = 3;
/// Wait before the next try after one that found no connection.
pub const RECONNECT_MS: u64 = 5_000;
/// The queue of a disconnected account is held for this long, then failed and refunded.
pub const HELD_MS: u64 = 24 * 3_600_000;
/// Maximum number of messages that are failed in one commit.
pub const EXPIRED_AT_ONCE: usize = 256;

/// The rules of accounts.
pub struct Account;

/// Commands of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A wake-up time has come.
    WakeUp {
        /// The workspace's reporting settings, once looked up; used if an accepted message counts as sent now.
        reporting: ReportingLookup,
    },
    /// A try ended.
    Tried {
        message: MessageId,
        try_number: u32,
        outcome: Outcome,
        /// The workspace's reporting settings, once looked up; used if the message was sent.
        reporting: ReportingLookup,
        /// What is known of the recipient's address, if the outcome spells it.
        spelled: SpelledLookups,
    },
    /// A try ended before the transport had the message: its file was no longer stored and could not be fetched
    /// again.
    NoFile {
        message: MessageId,
        try_number: u32,
        /// The reason why the file could not be fetched.
        missing: Missing,
    },
    /// The process ended during a try: the message may have been sent or not, whatever the outcome of a later try.
    Interrupted {
        message: MessageId,
        /// 1 for the first try.
        try_number: u32,
    },
    /// A message's file was fetched, or could not be.
    Fetched {
        message: MessageId,
        /// The fetched file, or why there is none.
        result: Result<Fetched, Missing>,
    },
    /// A message's file was not requested because the gateway itself lacked the means: the fetch stays due.
    NotFetched {
        /// The message whose file is still to be fetched.
        message: MessageId,
    },
    /// A receipt shows that the message was sent.
    Seen {
        message: MessageId,
        /// The workspace's reporting settings, once looked up.
        reporting: ReportingLookup,
    },
    /// A status reports that the message failed after `WhatsApp` took it.
    FailedLater {
        message: MessageId,
        /// The failure code.
        code: String,
        /// True if an earlier status told that the recipient has it.
        has_arrived: bool,
    },
    /// Somebody settles an uncertain message as sent or as failed.
    Settle {
        message: MessageId,
        settled_as: SettledAs,
        by: Who,
        reason: String,
        /// The workspace's reporting settings, once looked up; used if the message was sent.
        reporting: ReportingLookup,
    },
    /// The e-mail to the owner was handed over.
    Notified {
        /// The number of the notice.
        notice: u64,
    },
}

/// A file that was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// In bytes.
    pub size: u64,
    /// Detected from the content.
    pub mime: String,
}

/// The reason why a file could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// A stable code such as `not_a_direct_link`.
    pub code: String,
    /// For people to read, with all that is known.
    pub detail: String,
    pub prospect: Prospect,
}

/// The prospect of a later fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prospect {
    /// A later fetch cannot succeed.
    Final,
    /// A later fetch may succeed.
    Passing {
        /// The wait that the server asks for; 0 if it asks for none.
        retry_after_ms: u64,
    },
}

/// Reasons for which an account rejects a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    NotUncertain,
}

/// Side effects of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Fetch a message's file. Doing it twice is harmless.
    Fetch {
        /// The sending account.
        account: AccountId,
        message: MessageId,
    },
    /// Hand a message to the transport.
    Send {
        account: AccountId,
        message: MessageId,
        /// 1 for the first try.
        try_number: u32,
    },
    /// E-mail the owner that the account was stopped. Doing it twice is harmless: e-mails have ids.
    Notify {
        account: AccountId,
        /// The number of the notice.
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
        if let Command::Tried { message, try_number, outcome, spelled, .. } = command
            && let Some(address) = Spelled::of(state, *message, *try_number, outcome)
        {
            return address.asks(*spelled);
        }
        let told = match command {
            Command::Tried { outcome: Outcome::Sent, reporting, .. } | Command::Settle { reporting, .. } => reporting,
            Command::Seen { message, reporting } if state.may_be_sent(*message) => reporting,
            Command::WakeUp { reporting } if !state.accepted.is_empty() => reporting,
            _ => return None,
        };
        told.is_none().then_some(LookupRequest::Reporting)
    }

    fn resolve(command: &mut Command, found: LookupResult) {
        match (command, found) {
            (
                Command::Tried { reporting, .. }
                | Command::Seen { reporting, .. }
                | Command::WakeUp { reporting }
                | Command::Settle { reporting, .. },
                LookupResult::Reporting(found),
            ) => *reporting = Some(found),
            (Command::Tried { spelled, .. }, found) => spelled.told(found),
            _ => {}
        }
    }

    fn forget_lookups(command: &mut Command) {
        match command {
            Command::Tried { reporting, spelled, .. } => {
                (*reporting, *spelled) = (None, SpelledLookups::default());
            }
            Command::Seen { reporting, .. } | Command::WakeUp { reporting } | Command::Settle { reporting, .. } => {
                *reporting = None;
            }
            _ => {}
        }
    }

    fn decide(state: &State, command: Command, now: Timestamp) -> Result<Decision<()>, Rejection> {
        let events = match command {
            Command::WakeUp { reporting } => decide::wake_up(state, reporting, now),
            Command::Tried { message, try_number, outcome, reporting, spelled } => {
                let address = Spelled::of(state, message, try_number, &outcome);
                let mut events = decide::tried(state, message, try_number, &outcome, reporting, now);
                events.extend(address.and_then(|address| address.learnt(spelled)));
                events
            }
            Command::NoFile { message, try_number, missing } => {
                decide::no_file(state, message, try_number, &missing, now)
            }
            Command::Interrupted { message, try_number } => decide::interrupted(state, message, try_number, now),
            Command::Fetched { message, result } => fetches::fetched(state, message, result, now),
            // The fetch stays due.
            Command::NotFetched { .. } => Vec::new(),
            Command::Seen { message, reporting } => statuses::seen(state, message, reporting, now),
            Command::Notified { notice } => decide::notified(state, notice, now),
            Command::FailedLater { message, code, has_arrived } => {
                statuses::failed_later(state, message, &code, has_arrived, now)
            }
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
        Some(Command::WakeUp { reporting: None })
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
