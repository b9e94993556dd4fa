//! The letters about a `WhatsApp` account that has stopped sending.

use events::ids::AccountId;
use events::time::Timestamp;

use super::Letter;
use super::page::{Page, moment};
use super::words::{Of, Words, shown};
use crate::notices::mail::Language;

/// An account has stopped sending.
#[derive(Debug, Clone, Copy)]
pub struct AccountStopped<'a> {
    /// The owner's name; may be empty.
    pub owner: &'a str,
    pub workspace: &'a str,
    pub account: AccountId,
    /// The account's number.
    pub phone: &'a str,
    pub stop: Stop,
    /// Number of messages that wait.
    pub waiting: u64,
    /// When it stopped.
    pub at: Timestamp,
}

/// Why an account has stopped sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// `WhatsApp` has blocked it.
    Blocked {
        /// When the block ends, if `WhatsApp` said so.
        until: Option<Timestamp>,
    },
    /// `WhatsApp` no longer accepts its sign-in.
    Unauthorised,
    /// It is set up wrongly.
    Misconfigured,
}

impl Stop {
    /// The names of its subject, its opening and its first step.
    const fn sentences(self) -> [&'static str; 3] {
        match self {
            Self::Blocked { .. } => ["account-blocked-subject", "account-blocked-opening", "account-blocked-mend"],
            Self::Unauthorised => {
                ["account-unauthorised-subject", "account-unauthorised-opening", "account-unauthorised-mend"]
            }
            Self::Misconfigured => {
                ["account-misconfigured-subject", "account-misconfigured-opening", "account-misconfigured-mend"]
            }
        }
    }
}

/// Writes that an account has stopped sending, and why.
pub fn account_stopped(what: &AccountStopped<'_>, language: Language) -> Letter {
    let words = Words::new(language);
    let about = [("workspace", Of::Text(what.workspace)), ("phone", Of::Text(what.phone))];
    let [subject, opening, mend] = what.stop.sentences();
    let page = Page::new(&words, what.owner, words.say_of(subject, &about), words.say_of(opening, &about))
        .fact(words.say("account"), shown(what.phone))
        .fact(words.say("stopped-at"), moment(what.at));
    let page = match what.stop {
        Stop::Blocked { until } => page.fact(words.say("blocked-until"), end(&words, until)),
        Stop::Unauthorised | Stop::Misconfigured => page,
    };
    let account = what.account;
    page.fact(words.say("waiting"), words.say_of("waiting-count", &[("count", Of::Count(what.waiting))]))
        .step(words.say(mend))
        .step(words.say("account-resume"))
        .command(words.say("on-the-command-line"), format!("tidings account resume {account}"))
        .command(words.say("over-the-api"), format!("POST /api/v1/accounts/{account}/resume"))
        .into_letter()
}

fn end(words: &Words, until: Option<Timestamp>) -> String {
    until.map_or_else(|| words.say("unknown"), moment)
}
