//! What an actor is about to do, and why, in plain words.

use ::actors::account::{self, Account};
use ::actors::chat::{self, Chat};
use ::actors::decider::{Due, Never};
use ::actors::runtime::registry::Kind;
use ::actors::webhook::{self, Outside, Webhook};
use ::actors::workspace::Workspace;
use events::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::service::schema::Moment;

/// The most things that are listed of one actor.
const ROWS_MAX: usize = 100;

/// Something that an actor is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DueRow {
    what: String,
    why: String,
    /// When; `null`: as soon as possible, or, if it is held, nobody knows.
    #[schema(value_type = Option<Moment>)]
    at: Option<String>,
    /// True while it is being done.
    in_flight: bool,
    /// True if it waits for somebody's decision, or for the other side.
    held: bool,
}

/// Words for what actors of a kind do.
pub(super) trait Described: Kind {
    /// Says what an effect does, and why it is due.
    fn effect(effect: &Self::Effect) -> (String, &'static str);

    /// Says what the wake-up command does in this state, and why.
    fn when_woken(_state: &Self::State) -> (&'static str, &'static str) {
        ("decide what is next", "its time has come")
    }

    /// Says what waits in this state without a time, and why.
    fn held(_state: &Self::State) -> Option<(&'static str, &'static str)> {
        None
    }
}

/// Lists what is due in a state, the first things first.
pub(super) fn rows<D: Described>(state: &D::State, in_flight: &[D::Effect]) -> Vec<DueRow> {
    let Due { effects, later, wake_at, .. } = D::due(state);
    let row = |(what, why): (String, &str), at: Option<Timestamp>| DueRow {
        what,
        why: why.to_owned(),
        at: at.map(|at| at.to_string()),
        in_flight: false,
        held: false,
    };
    let under_way = |effect: &D::Effect| in_flight.contains(effect);
    let done = effects.iter().map(|effect| DueRow { in_flight: under_way(effect), ..row(D::effect(effect), None) });
    // What the state does not ask for any more may still be under way.
    let ending = in_flight.iter().filter(|effect| !effects.contains(effect));
    let ending = ending.map(|effect| DueRow { in_flight: true, ..row(D::effect(effect), None) });
    let later = later.iter().map(|(at, effect)| (*at, row(D::effect(effect), Some(*at))));
    let woken = wake_at.map(|at| {
        let (what, why) = D::when_woken(state);
        (at, row((what.to_owned(), why), Some(at).filter(|at| *at > Timestamp::default())))
    });
    let mut timed: Vec<_> = later.chain(woken).collect();
    timed.sort_by_key(|(at, _)| *at);
    let held = D::held(state).filter(|_| wake_at.is_none());
    let held = held.map(|(what, why)| DueRow { held: true, ..row((what.to_owned(), why), None) });
    let all = done.chain(ending).chain(timed.into_iter().map(|(_, row)| row)).chain(held);
    all.take(ROWS_MAX).collect()
}

impl Described for Workspace {
    fn effect(effect: &Never) -> (String, &'static str) {
        match *effect {}
    }
}

impl Described for Account {
    fn effect(effect: &account::Effect) -> (String, &'static str) {
        match effect {
            account::Effect::Fetch { message, .. } => {
                (format!("fetch the file of message {message}"), "the message leaves with its file")
            }
            account::Effect::Send { message, try_number, .. } => {
                (format!("hand message {message} to the transport, try {try_number}"), "it is the message's turn")
            }
            account::Effect::Notify { notice, .. } => {
                (format!("mail the owner, notice {notice}"), "WhatsApp has stopped the account")
            }
        }
    }

    fn when_woken(state: &account::State) -> (&'static str, &'static str) {
        if state.queue.is_empty() {
            ("count a message that WhatsApp took as sent", "no status tells what became of it")
        } else if state.disconnected.is_some() {
            ("fail and refund what has waited too long", "the account has no connection")
        } else if state.blocked.is_some() {
            ("go on sending", "WhatsApp's block ends then")
        } else {
            ("send the next message", "the gap after the last one must pass first")
        }
    }

    fn held(state: &account::State) -> Option<(&'static str, &'static str)> {
        let why = match state {
            _ if state.queue.is_empty() || state.current.is_some() => return None,
            account::State { blocked: Some(_), .. } => "WhatsApp does not let the account send",
            account::State { paused: true, .. } => "somebody paused the account",
            _ => return None,
        };
        Some(("send the queued messages", why))
    }
}

impl Described for Chat {
    fn effect(effect: &chat::Effect) -> (String, &'static str) {
        match effect {
            chat::Effect::Forget { .. } => ("destroy the chat's key".to_owned(), "somebody asked for its erasure"),
        }
    }

    fn when_woken(_: &chat::State) -> (&'static str, &'static str) {
        ("hand over what is to be reported", "something was said that no report has yet")
    }
}

impl Described for Webhook {
    fn effect(effect: &webhook::Effect) -> (String, &'static str) {
        let outside = match effect {
            webhook::Effect::Close { chat, .. } => {
                return (format!("gather the report of chat {chat}"), "the report's time is over");
            }
            webhook::Effect::Outside(outside) => outside,
        };
        match outside {
            Outside::Post { delivery, try_number, by_hand, .. } => {
                let why = if *by_hand { "somebody asked for this try" } else { "it is the report's turn" };
                (format!("post report {delivery}, try {try_number}"), why)
            }
            Outside::Notify { notice, .. } => {
                (format!("mail the owner, notice {notice}"), "the webhook was switched off")
            }
            Outside::NotifyParked { notice, .. } => {
                (format!("mail the owner, notice {notice} of its kind"), "reports were put aside")
            }
            Outside::Watch { .. } => {
                ("wait until the listening programs have gone".to_owned(), "programs listen on this machine")
            }
        }
    }

    fn when_woken(state: &webhook::State) -> (&'static str, &'static str) {
        let why = if state.errors > 0 { "the receiver has failed: it waits first" } else { "reports are owed" };
        ("post the next report", why)
    }

    fn held(state: &webhook::State) -> Option<(&'static str, &'static str)> {
        let is_idle = !state.owed.is_empty() && !state.enabled;
        is_idle.then_some(("post the reports that are owed", "the webhook is switched off"))
    }
}
