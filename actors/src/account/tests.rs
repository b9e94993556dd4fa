//! Tests the rules of an account, one behaviour per test.

mod accepted;
mod disconnection;
mod erasing;
mod fetches;
mod files;
mod once;
mod outcomes;
mod pacing;
mod pauses;
mod properties;
mod reports;
mod settling;
mod spelling;
mod stops;

use events::time::Timestamp;

use super::outcome::Outcome;
use super::pacing::Gap;
use super::{Account, Command, Effect, Fetched, Missing, Prospect, SpelledLookups};
use crate::spec::facts::{DETAIL, account, message};
use crate::spec::{Spec, at};

type AccountSpec = Spec<Account>;

const WAKE_UP: Command = Command::WakeUp { reporting: None };

fn tried(number: u64, try_number: u32, outcome: Outcome) -> Command {
    Command::Tried {
        message: message(number),
        try_number,
        outcome,
        reporting: None,
        spelled: SpelledLookups::default(),
    }
}

fn seen(number: u64) -> Command {
    Command::Seen { message: message(number), reporting: None }
}

fn failed_later(number: u64) -> Command {
    Command::FailedLater { message: message(number), code: "refused".to_owned(), has_arrived: false }
}

fn fetch(number: u64) -> Effect {
    Effect::Fetch { account: account(1), message: message(number) }
}

/// A reason why a file could not be fetched, with the detail that the test events use.
fn missing(code: &str, prospect: Prospect) -> Missing {
    Missing { code: code.to_owned(), detail: DETAIL.to_owned(), prospect }
}

/// The file of this message was fetched.
fn came(number: u64) -> Command {
    let result = Ok(Fetched { size: 70_000, mime: "application/pdf".to_owned() });
    Command::Fetched { message: message(number), result }
}

/// The file of this message could not be fetched, for this reason.
fn not_had(number: u64, missing: Missing) -> Command {
    Command::Fetched { message: message(number), result: Err(missing) }
}

fn send(number: u64, try_number: u32) -> Effect {
    Effect::Send { account: account(1), message: message(number), try_number }
}

/// The earliest time of a try with the default gap, when the try before it ended at `ms`.
fn gap_after(ms: i64, number: u64, try_number: u32) -> Timestamp {
    at(ms).plus_ms(Gap::default().wait_ms(message(number), try_number))
}
