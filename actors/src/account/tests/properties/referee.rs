//! Watches the facts of one account, and knows nothing of how its rules are written.

use std::collections::BTreeMap;

use events::account::{DeferReason, SendDeferred, SendStarted, SettledAs};
use events::event::Event;
use events::ids::{ChatId, MessageId};
use events::time::Timestamp;

/// The shortest gap of the accounts under test.
const GAP_MS: u64 = 1_500;
/// Credits move for this long after a message ended.
const WEEK_MS: u64 = 7 * 24 * 3_600_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Uncertain,
    Sent,
    Failed,
}

#[derive(Debug)]
struct Seen {
    place: usize,
    chat: ChatId,
    cost: u64,
    stage: Stage,
    tries: u32,
    counted: u32,
    maybe_sent: bool,
    limited: bool,
    not_before: Timestamp,
    ended_at: Timestamp,
    refunds: u32,
}

/// Objects to every broken invariant.
pub(super) struct Referee {
    own_message_id: bool,
    messages: BTreeMap<MessageId, Seen>,
    current: Option<MessageId>,
    last_end: Option<Timestamp>,
    account_not_before: Timestamp,
    stopped: bool,
}

impl Referee {
    pub(super) fn new(own_message_id: bool) -> Self {
        Self {
            own_message_id,
            messages: BTreeMap::new(),
            current: None,
            last_end: None,
            account_not_before: Timestamp::default(),
            stopped: false,
        }
    }

    /// One commit: after it, exactly what failed is refunded, and once.
    pub(super) fn sees(&mut self, now: Timestamp, events: &[Event]) {
        for event in events {
            self.see(now, event);
        }
        for (message, seen) in &self.messages {
            assert_eq!(seen.refunds, u32::from(seen.stage == Stage::Failed), "{message}: {seen:?}");
        }
    }

    fn see(&mut self, now: Timestamp, event: &Event) {
        match event {
            Event::MessageQueued(e) => {
                let seen = Seen {
                    place: self.messages.len(),
                    chat: e.chat,
                    cost: e.cost,
                    stage: Stage::Waiting,
                    tries: 0,
                    counted: 0,
                    maybe_sent: false,
                    limited: false,
                    not_before: Timestamp::default(),
                    ended_at: Timestamp::default(),
                    refunds: 0,
                };
                assert!(self.messages.insert(e.message, seen).is_none());
            }
            Event::SendStarted(e) => self.started(now, e),
            Event::SendDeferred(e) => self.deferred(e),
            Event::SendUncertain(e) => {
                self.try_ended(e.message, e.at);
                self.moves(e.message, Stage::Waiting, Stage::Uncertain, e.at);
            }
            Event::MessageSent(e) => {
                let seen = &self.messages[&e.message];
                assert!(self.current == Some(e.message) || seen.maybe_sent, "sent without a try: {seen:?}");
                self.try_ended(e.message, e.at);
                self.moves(e.message, Stage::Waiting, Stage::Sent, e.at);
            }
            Event::MessageFailed(e) => self.failed(e.message, e.at),
            Event::MessageSettled(e) => {
                let to = if e.settled_as == SettledAs::Sent { Stage::Sent } else { Stage::Failed };
                self.moves(e.message, Stage::Uncertain, to, e.at);
            }
            Event::CreditRefunded(e) => {
                let seen = self.messages.get_mut(&e.message).unwrap();
                assert_eq!(e.amount, seen.cost);
                seen.refunds += 1;
            }
            Event::AccountBlocked(_) => self.stopped = true,
            Event::AccountUnblocked(_) => self.stopped = false,
            _ => {}
        }
    }

    fn started(&mut self, now: Timestamp, started: &SendStarted) {
        assert_eq!(self.current, None, "two tries at once");
        assert!(!self.stopped, "a try of a stopped account");
        assert!(self.last_end.is_none_or(|end| now.since_ms(end) >= GAP_MS), "the gap was cut short");
        assert!(now >= self.account_not_before, "the whole account should wait until {}", self.account_not_before);
        let seen = &self.messages[&started.message];
        assert!(seen.stage == Stage::Waiting && now >= seen.not_before, "{seen:?} at {now}");
        assert!(self.own_message_id || !seen.maybe_sent, "it may be sent twice: {seen:?}");
        assert_eq!(started.try_number, seen.tries + 1);
        self.overtakes_nobody(seen);
        self.current = Some(started.message);
        self.messages.get_mut(&started.message).unwrap().tries += 1;
    }

    /// Nobody in its own chat; in others only who is limited, and who stands behind one who is.
    fn overtakes_nobody(&self, seen: &Seen) {
        let before = |other: &&Seen| other.stage == Stage::Waiting && other.place < seen.place;
        for earlier in self.messages.values().filter(before) {
            assert_ne!(earlier.chat, seen.chat, "{seen:?} overtakes {earlier:?}");
            let limited = |other: &Seen| {
                let ahead = other.chat == earlier.chat && other.place <= earlier.place;
                ahead && other.limited && other.stage == Stage::Waiting
            };
            assert!(self.messages.values().any(limited), "{seen:?} overtakes {earlier:?}");
        }
    }

    fn deferred(&mut self, deferred: &SendDeferred) {
        assert_eq!(self.current, Some(deferred.message));
        self.try_ended(deferred.message, deferred.at);
        let seen = self.messages.get_mut(&deferred.message).unwrap();
        seen.not_before = deferred.not_before;
        seen.limited = deferred.reason == DeferReason::PairRateLimited;
        seen.maybe_sent |= matches!(deferred.reason, DeferReason::OutcomeUnknown | DeferReason::Interrupted);
        match deferred.reason {
            DeferReason::ServerError | DeferReason::OutcomeUnknown => seen.counted += 1,
            DeferReason::AccountRateLimited | DeferReason::NotConnected => {
                self.account_not_before = self.account_not_before.max(deferred.not_before);
            }
            DeferReason::PairRateLimited | DeferReason::AccountStopped | DeferReason::Interrupted => {}
        }
        assert!(seen.counted < 3, "a third try that counts was not the last: {seen:?}");
    }

    fn try_ended(&mut self, message: MessageId, at: Timestamp) {
        if self.current == Some(message) {
            self.current = None;
            self.last_end = Some(at);
        }
    }

    fn failed(&mut self, message: MessageId, at: Timestamp) {
        let seen = &self.messages[&message];
        if seen.stage == Stage::Sent {
            assert!(at.since_ms(seen.ended_at) <= WEEK_MS, "credits moved after seven days: {seen:?} at {at}");
            self.moves(message, Stage::Sent, Stage::Failed, at);
        } else {
            assert_eq!(self.current, Some(message), "{seen:?} failed without a try");
            self.try_ended(message, at);
            self.moves(message, Stage::Waiting, Stage::Failed, at);
        }
    }

    fn moves(&mut self, message: MessageId, from: Stage, to: Stage, at: Timestamp) {
        let seen = self.messages.get_mut(&message).unwrap();
        assert_eq!(seen.stage, from, "{seen:?} cannot become {to:?}");
        (seen.stage, seen.ended_at) = (to, at);
    }
}
