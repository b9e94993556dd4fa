//! Decides what a status says of a message whose try is over, and what follows if none comes.

use events::account::{MessageSent, MessageSettled, SettledAs, SettledHow};
use events::event::Event;
use events::ids::{AccountId, MessageId, WebhookId};
use events::time::Timestamp;
use events::who::Who;

use super::EXPIRED_AT_ONCE;
use super::accepted::Accepted;
use super::queue::{Charged, Waiting};
use super::refund_events::{failed_and_refunded, refunded};
use super::state::{LATE_FAILURE_MS, State};
use crate::reporting::{ReportingLookup, owed};

/// A status shows that the message was sent.
pub(super) fn seen(state: &State, message: MessageId, reporting: ReportingLookup, now: Timestamp) -> Vec<Event> {
    let Some((account, _)) = state.connected else { return Vec::new() };
    if let Some(charged) = state.uncertain.get(&message).copied() {
        let owed = owed(reporting, charged.has_file);
        return vec![settled((account, message), charged, SettledAs::Sent, "", now, owed)];
    }
    if let Some(accepted) = state.accepted.get(message) {
        return vec![sent((account, message), accepted, reporting, now)];
    }
    match state.queue.get(message) {
        Some(waiting) if waiting.maybe_sent && !state.is_trying(message) => {
            let (chat, try_number, owed) = (waiting.chat, waiting.tries, owed(reporting, waiting.has_file()));
            vec![MessageSent { message, account, chat, try_number, wire_id: None, at: now, owed }.into()]
        }
        _ => Vec::new(),
    }
}

/// A status says that the message failed: it fails and is refunded, unless it is known to have arrived or ended too long
/// ago. The status may come before the answer to the try: then it is the outcome of the try, the gap runs from it, and
/// the answer is passed over.
pub(super) fn failed_later(
    state: &State,
    message: MessageId,
    code: &str,
    has_arrived: bool,
    now: Timestamp,
) -> Vec<Event> {
    let Some(who) = state.connected.filter(|_| !has_arrived) else { return Vec::new() };
    if let Some(charged) = state.uncertain.get(&message).copied() {
        let settled = settled((who.0, message), charged, SettledAs::Failed, code, now, None);
        return vec![settled, refunded(who.1, message, charged.cost, code)];
    }
    let of_ended = state.ended.get(&message).filter(|ended| !ended.failed && now.since_ms(ended.at) <= LATE_FAILURE_MS);
    let of_queue = state.queue.get(message).filter(|waiting| waiting.maybe_sent || state.is_trying(message));
    let charged = of_ended.map(|ended| ended.charged);
    let charged = charged.or_else(|| state.accepted.get(message).map(|accepted| accepted.charged));
    let charged = charged.or_else(|| of_queue.map(Waiting::charged));
    charged.map(|charged| failed_and_refunded(who, message, charged, code, now)).unwrap_or_default()
}

/// Counts accepted messages as sent of which nothing was heard for too long, at most `EXPIRED_AT_ONCE` at a time.
pub(super) fn overdue(state: &State, account: AccountId, reporting: ReportingLookup, now: Timestamp) -> Vec<Event> {
    let overdue = state.accepted.overdue(now).take(EXPIRED_AT_ONCE);
    overdue.map(|(message, accepted)| sent((account, message), accepted, reporting, now)).collect()
}

fn sent(
    (account, message): (AccountId, MessageId),
    Accepted { charged, try_number, .. }: Accepted,
    reporting: ReportingLookup,
    at: Timestamp,
) -> Event {
    let owed = owed(reporting, charged.has_file);
    MessageSent { message, account, chat: charged.chat, try_number, wire_id: None, at, owed }.into()
}

fn settled(
    (account, message): (AccountId, MessageId),
    charged: Charged,
    settled_as: SettledAs,
    reason: &str,
    at: Timestamp,
    owed: Option<WebhookId>,
) -> Event {
    let (chat, how, by, reason) = (charged.chat, SettledHow::Status, Who::Transport, reason.into());
    MessageSettled { message, account, chat, settled_as, how, by, reason, at, owed }.into()
}
