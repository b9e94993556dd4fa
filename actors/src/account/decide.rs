//! Decides what an account does: which message is tried next, what follows from a try, and when messages expire.

use events::account::{
    DeferReason, MessageAccepted, MessageSent, MessageSettled, SendDeferred, SendStarted, SendUncertain, SettledAs,
    SettledHow,
};
use events::event::Event;
use events::ids::{AccountId, MessageId, StreamId, WorkspaceId};
use events::time::Timestamp;
use events::webhook::OwnerNotified;
use events::who::Who;
use events::workspace::{AccountBlocked, AccountUnblocked};

use super::fetches::without_file;
use super::outcome::{Acceptance, Outcome, Permanent, Scope, StopReason};
use super::queue::{Charged, Waiting};
use super::refund_events::{failed_and_refunded, refunded};
use super::state::{Hold, State};
use super::{EXPIRED_AT_ONCE, HELD_MS, Missing, Prospect, RECONNECT_MS, Rejection, TRIES_MAX, statuses};
use crate::names::ADDRESS_BYTES_MAX;
use crate::reporting::{ReportingLookup, owed};

/// Failure code of a message that got a server error three times.
const SERVER_ERROR: &str = "server_error";
/// Failure code of a message whose account was disconnected for too long.
const ACCOUNT_DISCONNECTED: &str = "account_disconnected";
/// Refund reason of a message that somebody settled as failed.
const SETTLED_AS_FAILED: &str = "settled_as_failed";

pub(super) fn wake_up(state: &State, reporting: ReportingLookup, now: Timestamp) -> Vec<Event> {
    let Some((account, workspace)) = state.connected else { return Vec::new() };
    let erased = of_erased_chats(state, (account, workspace), now);
    if !erased.is_empty() {
        return erased;
    }
    let overdue = statuses::overdue(state, account, reporting, now);
    if !overdue.is_empty() {
        return overdue;
    }
    match (state.current, state.hold()) {
        (None, None) => start(state, account, now).into_iter().collect(),
        (None, Some(Hold::Blocked { until: Some(until) })) if until <= now => {
            vec![AccountUnblocked { workspace, account }.into()]
        }
        (None, Some(Hold::Disconnected { at })) => expired(state, (account, workspace), at, now),
        _ => Vec::new(),
    }
}

/// Ends the messages of erased chats, at most `EXPIRED_AT_ONCE` at a time. A try that is under way goes on.
fn of_erased_chats(state: &State, who: (AccountId, WorkspaceId), now: Timestamp) -> Vec<Event> {
    let erased = state.of_erased().take(EXPIRED_AT_ONCE);
    erased.flat_map(|waiting| given_up(who, waiting, Permanent::ChatErased.code(), now)).collect()
}

/// Ends the messages that waited too long for a connection, oldest first, at most `EXPIRED_AT_ONCE` at a time.
fn expired(state: &State, who: (AccountId, WorkspaceId), since: Timestamp, now: Timestamp) -> Vec<Event> {
    let late = state.queue.iter().take_while(|waiting| waiting.queued_at.max(since).plus_ms(HELD_MS) <= now);
    late.take(EXPIRED_AT_ONCE).flat_map(|waiting| given_up(who, waiting, ACCOUNT_DISCONNECTED, now)).collect()
}

/// Ends a message that is not tried again: one that may have been sent becomes uncertain, another one fails.
fn given_up(who: (AccountId, WorkspaceId), waiting: &Waiting, code: &str, now: Timestamp) -> Vec<Event> {
    let message = waiting.message;
    if waiting.maybe_sent {
        return vec![SendUncertain { message, account: who.0, try_number: waiting.tries, at: now }.into()];
    }
    failed_and_refunded(who, message, waiting.charged(), code, now)
}

/// Begins the next try. A message that may have been sent becomes uncertain instead if the transport does not use our
/// message ids: it could not detect a duplicate.
fn start(state: &State, account: AccountId, now: Timestamp) -> Option<Event> {
    let mut candidates = state.queue.candidates(state.gap, state.last_outcome);
    let (_, next) = candidates.find(|(start, _)| *start <= now)?;
    if next.maybe_sent && !state.own_message_id {
        let Waiting { message, tries, .. } = *next;
        return Some(SendUncertain { message, account, try_number: tries, at: now }.into());
    }
    let try_number = next.tries.saturating_add(1);
    Some(SendStarted { message: next.message, account, try_number }.into())
}

pub(super) fn tried(
    state: &State,
    message: MessageId,
    try_number: u32,
    outcome: &Outcome,
    reporting: ReportingLookup,
    now: Timestamp,
) -> Vec<Event> {
    let Some(ended) = Ended::of(state, message, try_number, now) else { return Vec::new() };
    match outcome {
        Outcome::Sent => ended.sent(reporting),
        Outcome::Accepted(acceptance) => ended.accepted(acceptance),
        Outcome::Failed(why) => ended.refused(*why),
        Outcome::ServerError => ended.server_error(),
        Outcome::Unknown => ended.unknown(),
        Outcome::NotConnected => ended.deferred(DeferReason::NotConnected, RECONNECT_MS),
        Outcome::RateLimited { after_ms, scope: Scope::Pair } => {
            ended.deferred(DeferReason::PairRateLimited, *after_ms)
        }
        Outcome::RateLimited { after_ms, scope: Scope::Account } => {
            ended.deferred(DeferReason::AccountRateLimited, *after_ms)
        }
        Outcome::Stopped { reason, until_ms } => ended.stopped(*reason, *until_ms),
    }
}

/// Ends a try whose file is no longer stored: if it may be fetched again, defers the message and lets other chats go
/// first; otherwise ends the message.
pub(super) fn no_file(
    state: &State,
    message: MessageId,
    try_number: u32,
    missing: &Missing,
    now: Timestamp,
) -> Vec<Event> {
    let Some(ended) = Ended::of(state, message, try_number, now) else { return Vec::new() };
    match missing.prospect {
        Prospect::Passing { .. } => ended.deferred(DeferReason::FileGone, 0),
        Prospect::Final => without_file((ended.account, ended.workspace), ended.waiting, missing, now),
    }
}

pub(super) fn interrupted(state: &State, message: MessageId, try_number: u32, now: Timestamp) -> Vec<Event> {
    Ended::of(state, message, try_number, now).map(|ended| ended.interrupted()).unwrap_or_default()
}

/// A try that has just ended.
struct Ended<'a> {
    account: AccountId,
    workspace: WorkspaceId,
    waiting: &'a Waiting,
    try_number: u32,
    own_message_id: bool,
    now: Timestamp,
}

impl<'a> Ended<'a> {
    /// Returns `None` unless this try is the one under way.
    fn of(state: &'a State, message: MessageId, try_number: u32, now: Timestamp) -> Option<Self> {
        let current = state.current.filter(|current| current.message == message && current.try_number == try_number)?;
        let (account, workspace) = state.connected?;
        let waiting = state.queue.get(current.message)?;
        // Both the transport of this try and that of the next one must know the message by our id.
        let own_message_id = current.own_message_id && state.own_message_id;
        Some(Self { account, workspace, waiting, try_number, own_message_id, now })
    }

    fn sent(&self, reporting: ReportingLookup) -> Vec<Event> {
        let Waiting { message, chat, .. } = *self.waiting;
        let (account, try_number) = (self.account, self.try_number);
        let owed = owed(reporting, self.waiting.has_file());
        vec![MessageSent { message, account, chat, try_number, wire_id: None, at: self.now, owed }.into()]
    }

    fn accepted(&self, acceptance: &Acceptance) -> Vec<Event> {
        let Waiting { message, chat, .. } = *self.waiting;
        // An id that is too long to be stored could not be recognised either.
        let wire_id = acceptance.wire_id.clone().filter(|wire_id| wire_id.0.reveal().len() <= ADDRESS_BYTES_MAX);
        let (account, try_number) = (self.account, self.try_number);
        vec![MessageAccepted { message, account, chat, try_number, wire_id, at: self.now }.into()]
    }

    fn failed(&self, code: &str) -> Vec<Event> {
        let message = self.waiting.message;
        failed_and_refunded((self.account, self.workspace), message, self.waiting.charged(), code, self.now)
    }

    /// Fails the message if the recipient does not exist, as then nobody received it. Any other refusal proves
    /// nothing about an earlier try without an answer, so the message is uncertain after such a try.
    fn refused(&self, why: Permanent) -> Vec<Event> {
        let nobody = matches!(why, Permanent::RecipientInvalid | Permanent::NotOnWhatsApp);
        if self.waiting.maybe_sent && !nobody { self.uncertain() } else { self.failed(why.code()) }
    }

    /// After a try without an answer, server errors prove nothing: that try may have sent the message.
    fn server_error(&self) -> Vec<Event> {
        match (self.is_last(), self.waiting.maybe_sent) {
            (true, true) => self.uncertain(),
            (true, false) => self.failed(SERVER_ERROR),
            (false, _) => self.deferred(DeferReason::ServerError, 0),
        }
    }

    fn unknown(&self) -> Vec<Event> {
        if self.own_message_id && !self.is_last() {
            self.deferred(DeferReason::OutcomeUnknown, 0)
        } else {
            self.uncertain()
        }
    }

    fn interrupted(&self) -> Vec<Event> {
        if self.own_message_id { self.deferred(DeferReason::Interrupted, 0) } else { self.uncertain() }
    }

    fn is_last(&self) -> bool {
        self.waiting.counted.saturating_add(1) >= TRIES_MAX
    }

    fn uncertain(&self) -> Vec<Event> {
        let message = self.waiting.message;
        vec![SendUncertain { message, account: self.account, try_number: self.try_number, at: self.now }.into()]
    }

    fn deferred(&self, reason: DeferReason, after_ms: u64) -> Vec<Event> {
        let deferred = SendDeferred {
            message: self.waiting.message,
            account: self.account,
            try_number: self.try_number,
            reason,
            at: self.now,
            not_before: self.now.plus_ms(after_ms),
        };
        vec![deferred.into()]
    }

    fn stopped(&self, reason: StopReason, until_ms: Option<u64>) -> Vec<Event> {
        let mut events = self.deferred(DeferReason::AccountStopped, 0);
        let blocked = AccountBlocked {
            workspace: self.workspace,
            account: self.account,
            reason: stop_code(reason).to_owned(),
            until: until_ms.map(|ms| self.now.plus_ms(ms)),
        };
        events.push(blocked.into());
        events
    }
}

pub(super) fn settle(
    state: &State,
    message: MessageId,
    settled_as: SettledAs,
    (by, reason): (Who, String),
    reporting: ReportingLookup,
    now: Timestamp,
) -> Result<Vec<Event>, Rejection> {
    let (Some((account, workspace)), Some(Charged { chat, cost, has_file })) =
        (state.connected, state.uncertain.get(&message).copied())
    else {
        return Err(Rejection::NotUncertain);
    };
    let owed = if settled_as == SettledAs::Sent { owed(reporting, has_file) } else { None };
    let how = SettledHow::Owner;
    let settled = MessageSettled { message, account, chat, settled_as, how, by, reason: reason.into(), at: now, owed };
    let mut events = vec![settled.into()];
    if settled_as == SettledAs::Failed {
        events.push(refunded(workspace, message, cost, SETTLED_AS_FAILED));
    }
    Ok(events)
}

pub(super) fn notified(state: &State, notice: u64, at: Timestamp) -> Vec<Event> {
    let account = state.connected.filter(|_| state.notice_due && state.notices == notice);
    let notified = account.map(|(account, _)| OwnerNotified { about: StreamId::Account(account), notice, at });
    notified.into_iter().map(Event::from).collect()
}

const fn stop_code(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Blocked => "account_blocked",
        StopReason::Unauthorised => "account_unauthorised",
        StopReason::Misconfigured => "account_misconfigured",
    }
}
