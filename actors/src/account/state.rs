//! What an account remembers.

use std::collections::{BTreeMap, VecDeque};

use events::event::Event;
use events::ids::{AccountId, MessageId, WorkspaceId};
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::pacing::Gap;
use super::queue::{Charged, Queue};
use super::{Effect, HELD_MS};
use crate::decider::Due;

/// For this long a status may still move credits.
pub const REMEMBERED_MS: u64 = 7 * 24 * 3_600_000;

/// Queue, current try, what is not settled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Its id and its workspace; `None` before it is connected.
    pub connected: Option<(AccountId, WorkspaceId)>,
    /// Whether the transport takes our message ids.
    pub own_message_id: bool,
    /// Bounds of the gap.
    pub gap: Gap,
    /// Set while `WhatsApp` does not let it send: until when, if that is known.
    pub blocked: Option<Stop>,
    /// Whether somebody holds its queue.
    pub paused: bool,
    /// Since when it has no connection.
    pub disconnected: Option<Timestamp>,
    /// What waits, the message being tried included.
    pub queue: Queue,
    /// The try under way.
    pub current: Option<Current>,
    /// When the last try ended.
    pub last_outcome: Option<Timestamp>,
    /// Messages of which nobody knows whether they were sent.
    pub uncertain: BTreeMap<MessageId, Charged>,
    /// Messages that were sent or failed in the last days.
    pub ended: BTreeMap<MessageId, Ended>,
    ended_order: VecDeque<(Timestamp, MessageId)>,
    /// How often the owner had to be told that it was stopped, and whether that is still due.
    pub(super) notices: u64,
    pub(super) notice_due: bool,
}

/// A stop by `WhatsApp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// When it ends, if that is known.
    pub until: Option<Timestamp>,
}

/// What keeps an account from sending, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// It has no connection.
    Disconnected { at: Timestamp },
    /// `WhatsApp` does not let it.
    Blocked { until: Option<Timestamp> },
    /// Somebody holds its queue.
    Paused,
}

/// A try under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    /// Which message.
    pub message: MessageId,
    /// Which try.
    pub try_number: u32,
    /// Whether the transport that makes it takes our message ids.
    pub own_message_id: bool,
}

/// A message that is done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The message.
    pub charged: Charged,
    /// Whether it failed, so that its charge is given back.
    pub failed: bool,
    /// When it was done with; a later failure changes nothing of that.
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
            // What the transport lost, somebody may end for good: the time runs on.
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
            Event::MessageSent(e) => self.end(e.message, e.at, false),
            Event::MessageFailed(e) => self.end(e.message, e.at, true),
            Event::MessageSettled(e) => {
                let failed = e.settled_as == events::account::SettledAs::Failed;
                self.end(e.message, e.at, failed);
            }
            _ => {}
        }
    }

    fn try_ended(&mut self, message: MessageId, at: Timestamp) {
        if self.current.is_some_and(|current| current.message == message) {
            self.current = None;
            self.last_outcome = Some(at);
        }
    }

    fn end(&mut self, message: MessageId, at: Timestamp, failed: bool) {
        self.try_ended(message, at);
        let queued = self.queue.remove(message).map(|waiting| waiting.charged());
        let known = queued.or_else(|| self.uncertain.remove(&message));
        if let Some(charged) = known {
            self.ended_order.push_back((at, message));
            self.ended.insert(message, Ended { charged, failed, at });
        } else if let Some(ended) = self.ended.get_mut(&message) {
            ended.failed |= failed;
        }
        while let Some((then, oldest)) = self.ended_order.front().copied() {
            if at.since_ms(then) <= REMEMBERED_MS {
                break;
            }
            self.ended_order.pop_front();
            self.ended.remove(&oldest);
        }
    }

    /// Whether a receipt would show that this message was sent.
    pub(super) fn may_be_sent(&self, message: MessageId) -> bool {
        self.uncertain.contains_key(&message) || self.queue.get(message).is_some_and(|waiting| waiting.maybe_sent)
    }

    pub(super) fn hold(&self) -> Option<Hold> {
        let disconnected = self.disconnected.map(|at| Hold::Disconnected { at });
        let blocked = self.blocked.map(|stop| Hold::Blocked { until: stop.until });
        disconnected.or(blocked).or(self.paused.then_some(Hold::Paused))
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
        due
    }
}
