//! The state of an account, folded from its events.

use std::collections::{BTreeMap, VecDeque};

use events::account::SettledAs;
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId, WorkspaceId};
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::accepted::AcceptedMessages;
use super::pacing::Gap;
use super::queue::{Charged, Queue, Waiting};
use super::{Effect, HELD_MS};
use crate::decider::Due;

/// A late failure is still refunded for this long after a message ended.
pub const LATE_FAILURE_MS: u64 = 7 * 24 * 3_600_000;

/// The queue, the current try, and the messages that are uncertain or ended lately.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Its id and its workspace; `None` until it is connected for the first time.
    pub connected: Option<(AccountId, WorkspaceId)>,
    /// True if the transport uses our message ids.
    pub own_message_id: bool,
    pub gap: Gap,
    /// Set while `WhatsApp` does not let it send.
    pub blocked: Option<Stop>,
    /// True while somebody holds its queue.
    pub paused: bool,
    /// When it lost its connection; `None` while it is connected.
    pub disconnected: Option<Timestamp>,
    /// Waiting messages, including the one being tried.
    pub queue: Queue,
    /// The try under way.
    pub current: Option<Current>,
    /// When the last try ended.
    pub last_outcome: Option<Timestamp>,
    /// Messages that may have been sent or not.
    pub uncertain: BTreeMap<MessageId, Charged>,
    /// Messages that `WhatsApp` took, and of which nobody knows yet whether it sent them.
    pub accepted: AcceptedMessages,
    /// Messages that were sent or failed within the last `LATE_FAILURE_MS`.
    pub ended: BTreeMap<MessageId, Ended>,
    ended_order: VecDeque<(Timestamp, MessageId)>,
    /// Number of stops that the owner must be told of, and whether the notice of the last one is still due.
    pub(super) notices: u64,
    pub(super) notice_due: bool,
}

/// A stop by `WhatsApp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// When it ends, if that is known.
    pub until: Option<Timestamp>,
}

/// Reasons that keep an account from sending, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// The account has no connection.
    Disconnected { at: Timestamp },
    /// `WhatsApp` does not let it send.
    Blocked { until: Option<Timestamp> },
    /// Somebody holds its queue.
    Paused,
}

/// What the erasure of a chat would do to the messages that wait in an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ForeseenErasure {
    /// Messages that would fail.
    pub failed: u64,
    /// Credits that would be refunded for them.
    pub refunded: u64,
    /// Messages that may have been sent, and would have to be settled.
    pub uncertain: u64,
}

/// A try under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    pub message: MessageId,
    /// 1 for the first try.
    pub try_number: u32,
    /// True if the transport that makes this try uses our message ids.
    pub own_message_id: bool,
}

/// A message that was sent or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub charged: Charged,
    /// True if it failed, so its charge was refunded.
    pub failed: bool,
    /// When it ended first; a later failure does not change this.
    pub at: Timestamp,
}

impl State {
    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::AccountConnected(e) => {
                self.connected = Some((e.account, e.workspace));
                self.own_message_id = e.own_message_id;
                self.gap = Gap { min_ms: e.gap_ms_min, max_ms: e.gap_ms_max };
                self.disconnected = None;
            }
            // An account whose connection was lost before keeps the earlier time.
            Event::AccountDisconnected(e) => self.disconnected = self.disconnected.or(Some(e.at)),
            Event::AccountPaused(_) => self.paused = true,
            Event::AccountResumed(_) => {
                self.paused = false;
                self.blocked = None;
            }
            Event::AccountBlocked(e) => {
                self.blocked = Some(Stop { until: e.until });
                self.notices = self.notices.saturating_add(1);
                self.notice_due = true;
            }
            Event::OwnerNotified(e) => self.notice_due &= e.notice != self.notices,
            Event::AccountUnblocked(_) => self.blocked = None,
            Event::PacingChanged(e) => self.gap = Gap { min_ms: e.gap_ms_min, max_ms: e.gap_ms_max },
            Event::FileFetched(e) => self.queue.fetched(e.message),
            Event::FetchFailed(e) => self.queue.fetch_failed(e),
            Event::MessageQueued(e) => self.queue.push(e),
            Event::ChatErased(e) => self.queue.erase(e.chat),
            _ => self.apply_to_tries(event),
        }
    }

    fn apply_to_tries(&mut self, event: &Event) {
        match event {
            Event::SendStarted(e) => {
                self.queue.started(e.message, e.try_number);
                let own_message_id = self.own_message_id;
                self.current = Some(Current { message: e.message, try_number: e.try_number, own_message_id });
            }
            Event::SendDeferred(e) => {
                self.queue.deferred(e);
                self.try_ended(e.message, e.at);
            }
            Event::SendUncertain(e) => {
                if let Some(waiting) = self.queue.remove(e.message) {
                    self.uncertain.insert(e.message, waiting.charged());
                }
                self.try_ended(e.message, e.at);
            }
            Event::MessageAccepted(e) => {
                if let Some(waiting) = self.queue.remove(e.message) {
                    self.accepted.insert(e, waiting.charged());
                }
                self.try_ended(e.message, e.at);
            }
            Event::MessageSent(e) => self.end(e.message, e.at, false),
            Event::MessageFailed(e) => self.end(e.message, e.at, true),
            Event::MessageSettled(e) => self.end(e.message, e.at, e.settled_as == SettledAs::Failed),
            _ => {}
        }
    }

    fn try_ended(&mut self, message: MessageId, at: Timestamp) {
        if self.is_trying(message) {
            self.current = None;
            self.last_outcome = Some(at);
        }
    }

    fn end(&mut self, message: MessageId, at: Timestamp, failed: bool) {
        self.try_ended(message, at);
        let queued = self.queue.remove(message).map(|waiting| waiting.charged());
        let accepted = self.accepted.remove(message).map(|accepted| accepted.charged);
        let known = queued.or(accepted).or_else(|| self.uncertain.remove(&message));
        if let Some(charged) = known {
            self.ended_order.push_back((at, message));
            self.ended.insert(message, Ended { charged, failed, at });
        } else if let Some(ended) = self.ended.get_mut(&message) {
            ended.failed |= failed;
        }
        while let Some((then, oldest)) = self.ended_order.front().copied() {
            if at.since_ms(then) <= LATE_FAILURE_MS {
                break;
            }
            self.ended_order.pop_front();
            self.ended.remove(&oldest);
        }
    }

    /// True if a receipt for this message would show that it was sent.
    pub(super) fn may_be_sent(&self, message: MessageId) -> bool {
        let is_over = self.uncertain.contains_key(&message) || self.accepted.get(message).is_some();
        is_over || self.queue.get(message).is_some_and(|waiting| waiting.maybe_sent)
    }

    /// True if a try of this message is under way.
    pub(super) fn is_trying(&self, message: MessageId) -> bool {
        self.current.is_some_and(|current| current.message == message)
    }

    pub(super) fn hold(&self) -> Option<Hold> {
        let disconnected = self.disconnected.map(|at| Hold::Disconnected { at });
        let blocked = self.blocked.map(|stop| Hold::Blocked { until: stop.until });
        disconnected.or(blocked).or(self.paused.then_some(Hold::Paused))
    }

    /// Returns the messages of erased chats that no try is under way for.
    pub(super) fn of_erased(&self) -> impl Iterator<Item = &Waiting> {
        let current = self.current.map(|current| current.message);
        self.queue.of_erased().filter(move |waiting| Some(waiting.message) != current)
    }

    /// Returns what the erasure of a chat would do to its messages.
    pub fn foresee_erasure(&self, chat: ChatId) -> ForeseenErasure {
        let current = self.current.map(|current| current.message);
        let uncertain = self.uncertain.values().filter(|known| known.chat == chat).count() as u64;
        let mut foreseen = ForeseenErasure { uncertain, ..ForeseenErasure::default() };
        for waiting in self.queue.of_chat(chat).filter(|waiting| Some(waiting.message) != current) {
            if waiting.maybe_sent {
                foreseen.uncertain = foreseen.uncertain.saturating_add(1);
            } else {
                foreseen.failed = foreseen.failed.saturating_add(1);
                foreseen.refunded = foreseen.refunded.saturating_add(waiting.cost);
            }
        }
        foreseen
    }

    pub(super) fn due(&self) -> Due<Effect> {
        let mut due = Due { waiting: self.queue.len(), ..Due::nothing() };
        let Some((account, _)) = self.connected else { return due };
        match (self.current, self.hold()) {
            (Some(Current { message, try_number, .. }), _) => {
                due.effects.push(Effect::Send { account, message, try_number });
            }
            (None, Some(Hold::Disconnected { at })) => {
                let oldest = self.queue.iter().next();
                due.wake_at = oldest.map(|oldest| oldest.queued_at.max(at).plus_ms(HELD_MS));
            }
            (None, Some(Hold::Blocked { until })) => due.wake_at = until,
            (None, Some(Hold::Paused)) => {}
            (None, None) => {
                due.wake_at = self.queue.candidates(self.gap, self.last_outcome).map(|(start, _)| start).min();
            }
        }
        if self.of_erased().next().is_some() {
            due.wake_at = Some(Timestamp::default());
        }
        if self.notice_due {
            due.effects.push(Effect::Notify { account, notice: self.notices });
        }
        if self.hold().is_none() {
            let fetch = |message| Effect::Fetch { account, message };
            due.effects.extend(self.queue.to_fetch().map(fetch));
            due.later.extend(self.queue.to_fetch_later().map(|(at, message)| (at, fetch(message))));
            let next = due.wake_at.max(self.last_outcome);
            let behind = self.queue.len().saturating_sub(1);
            due.empty_at = next.map(|at| at.plus_ms(behind.saturating_mul(self.gap.usual_ms())));
        }
        due.wake_at = due.wake_at.into_iter().chain(self.accepted.next_overdue()).min();
        due
    }
}
