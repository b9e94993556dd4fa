//! Checks the events of one account, independently of how its rules are written.

use std::collections::{BTreeMap, BTreeSet};

use events::account::{
    DeferReason, FetchFailed, MessageFailed, MessageQueued, MessageSent, SendDeferred, SendStarted, SettledAs,
};
use events::event::Event;
use events::ids::{ChatId, MessageId};
use events::time::Timestamp;

/// A disconnected account holds a message for this long.
const DAY_MS: u64 = 24 * 3_600_000;
/// Maximum number of events in one commit.
const EVENTS_MAX: usize = 1_000;
/// A late failure is refunded for this long after a message ended.
const WEEK_MS: u64 = 7 * 24 * 3_600_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Accepted,
    Uncertain,
    Sent,
    Failed,
}

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "facts of one message, each of its own")]
struct MessageFacts {
    place: usize,
    chat: ChatId,
    cost: u64,
    stage: Stage,
    tries: u32,
    counted: u32,
    maybe_sent: bool,
    limited: bool,
    has_file: bool,
    wants_file: bool,
    fetches: u32,
    fetch_at: Timestamp,
    queued_at: Timestamp,
    not_before: Timestamp,
    ended_at: Timestamp,
    refunds: u32,
}

/// A try under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Try {
    message: MessageId,
    own_message_id: bool,
}

/// Panics at every broken invariant.
#[derive(Default)]
pub(super) struct Referee {
    own_message_id: bool,
    gap_ms: u64,
    messages: BTreeMap<MessageId, MessageFacts>,
    current: Option<Try>,
    last_end: Option<Timestamp>,
    account_not_before: Timestamp,
    blocked: bool,
    paused: bool,
    disconnected: Option<Timestamp>,
    erased: BTreeSet<ChatId>,
}

impl Referee {
    /// Checks one commit: after it, exactly the failed messages are refunded, each once.
    pub(super) fn sees(&mut self, now: Timestamp, events: &[Event]) {
        assert!(events.len() <= EVENTS_MAX, "{} events in one commit", events.len());
        for event in events {
            self.see(now, event);
        }
        for (message, seen) in &self.messages {
            assert_eq!(seen.refunds, u32::from(seen.stage == Stage::Failed), "{message}: {seen:?}");
        }
    }

    /// True if anything keeps the account from sending.
    pub(super) fn is_held(&self) -> bool {
        self.blocked || self.paused || self.disconnected.is_some()
    }

    /// True if the message waits for its file.
    pub(super) fn wants_file(&self, message: MessageId) -> bool {
        self.messages.get(&message).is_some_and(|seen| seen.stage == Stage::Waiting && seen.wants_file)
    }

    /// True if a message of an erased chat waits whose try is not under way: it has to end at once.
    pub(super) fn gives_up(&self) -> bool {
        let waits = |seen: &MessageFacts| seen.stage == Stage::Waiting && self.erased.contains(&seen.chat);
        self.messages.iter().any(|(message, seen)| waits(seen) && !self.tries(*message))
    }

    /// Returns when the message was accepted of which nothing was heard for the longest time.
    pub(super) fn accepted_since(&self) -> Option<Timestamp> {
        let accepted = self.messages.values().filter(|seen| seen.stage == Stage::Accepted);
        accepted.map(|seen| seen.ended_at).min()
    }

    pub(super) fn chat(&self, message: MessageId) -> ChatId {
        self.messages[&message].chat
    }

    fn see(&mut self, now: Timestamp, event: &Event) {
        match event {
            Event::MessageQueued(e) => self.queued(e),
            Event::FileFetched(e) => {
                assert!(self.wants_file(e.message), "nobody waits for the file of {}", e.message);
                let seen = self.messages.get_mut(&e.message).unwrap();
                assert!(now >= seen.fetch_at, "fetched too early: {seen:?}");
                (seen.wants_file, seen.fetches, seen.fetch_at) = (false, 0, Timestamp::default());
            }
            Event::FetchFailed(e) => self.fetch_failed(now, e),
            Event::SendStarted(e) => self.started(now, e),
            Event::SendDeferred(e) => self.deferred(e),
            Event::SendUncertain(e) => {
                let seen = &self.messages[&e.message];
                assert!(self.tries(e.message) || seen.maybe_sent, "uncertain without a try: {seen:?}");
                self.try_ended(e.message, e.at);
                self.moves(e.message, Stage::Waiting, Stage::Uncertain, e.at);
            }
            Event::MessageAccepted(e) => {
                assert!(self.tries(e.message), "accepted without a try: {:?}", self.messages[&e.message]);
                self.try_ended(e.message, e.at);
                self.moves(e.message, Stage::Waiting, Stage::Accepted, e.at);
            }
            Event::MessageSent(e) => self.sent(e),
            Event::MessageFailed(e) => self.failed(e),
            Event::MessageSettled(e) => {
                let to = if e.settled_as == SettledAs::Sent { Stage::Sent } else { Stage::Failed };
                self.moves(e.message, Stage::Uncertain, to, e.at);
            }
            Event::CreditRefunded(e) => {
                let seen = self.messages.get_mut(&e.message).unwrap();
                assert_eq!(e.amount, seen.cost);
                seen.refunds += 1;
            }
            Event::AccountConnected(e) => {
                self.own_message_id = e.own_message_id;
                self.gap_ms = u64::from(e.gap_ms_min);
                self.disconnected = None;
            }
            Event::PacingChanged(e) => self.gap_ms = u64::from(e.gap_ms_min),
            Event::AccountDisconnected(e) => self.disconnected = self.disconnected.or(Some(e.at)),
            Event::AccountPaused(_) => self.paused = true,
            Event::AccountResumed(_) => (self.paused, self.blocked) = (false, false),
            Event::AccountBlocked(_) => self.blocked = true,
            Event::AccountUnblocked(_) => self.blocked = false,
            Event::OwnerNotified(_) => {}
            Event::ChatErased(e) => assert!(self.erased.insert(e.chat), "erased twice"),
            other => panic!("{other:?} does not concern an account"),
        }
    }

    fn sent(&mut self, sent: &MessageSent) {
        let seen = &self.messages[&sent.message];
        if seen.stage == Stage::Accepted {
            return self.moves(sent.message, Stage::Accepted, Stage::Sent, sent.at);
        }
        assert!(self.tries(sent.message) || seen.maybe_sent, "sent without a try: {seen:?}");
        self.try_ended(sent.message, sent.at);
        self.moves(sent.message, Stage::Waiting, Stage::Sent, sent.at);
    }

    fn queued(&mut self, queued: &MessageQueued) {
        let seen = MessageFacts {
            place: self.messages.len(),
            chat: queued.chat,
            cost: queued.cost,
            stage: Stage::Waiting,
            tries: 0,
            counted: 0,
            maybe_sent: false,
            limited: false,
            has_file: queued.file.is_some(),
            wants_file: queued.file.is_some(),
            fetches: 0,
            fetch_at: Timestamp::default(),
            queued_at: queued.at,
            not_before: Timestamp::default(),
            ended_at: Timestamp::default(),
            refunds: 0,
        };
        assert!(!self.erased.contains(&queued.chat), "queued though its chat is erased");
        assert!(self.messages.insert(queued.message, seen).is_none());
    }

    /// Checks a failed fetch: it is at most the third, and the next one follows after at least two or ten seconds.
    fn fetch_failed(&mut self, now: Timestamp, failed: &FetchFailed) {
        let tries = self.tries(failed.message);
        let seen = self.messages.get_mut(&failed.message).unwrap();
        assert!(seen.stage == Stage::Waiting && (seen.wants_file || tries), "nobody waits for this file: {seen:?}");
        assert!(now >= seen.fetch_at, "fetched too early: {seen:?}");
        seen.fetches += 1;
        assert_eq!(failed.fetch_number, seen.fetches);
        if let Some(again_at) = failed.again_at {
            let wait = [2_000, 10_000][usize::try_from(seen.fetches).unwrap() - 1];
            assert!((wait..=60_000).contains(&again_at.since_ms(now)), "again at {again_at} after {now}");
            seen.fetch_at = again_at;
        }
    }

    fn tries(&self, message: MessageId) -> bool {
        self.current.is_some_and(|current| current.message == message)
    }

    fn started(&mut self, now: Timestamp, started: &SendStarted) {
        assert_eq!(self.current, None, "two tries at once");
        assert!(!self.is_held(), "a try of an account that may not send");
        assert!(self.last_end.is_none_or(|end| now.since_ms(end) >= self.gap_ms), "the gap was cut short");
        assert!(now >= self.account_not_before, "the whole account should wait until {}", self.account_not_before);
        let seen = &self.messages[&started.message];
        assert!(seen.stage == Stage::Waiting && now >= seen.not_before, "{seen:?} at {now}");
        assert!(!seen.wants_file, "it left without its file: {seen:?}");
        assert!(!self.erased.contains(&seen.chat), "it left though its chat is erased: {seen:?}");
        assert!(self.own_message_id || !seen.maybe_sent, "it may be sent twice: {seen:?}");
        assert_eq!(started.try_number, seen.tries + 1);
        self.overtakes_nobody(seen);
        self.current = Some(Try { message: started.message, own_message_id: self.own_message_id });
        self.messages.get_mut(&started.message).unwrap().tries += 1;
    }

    /// Asserts that a message overtakes none of its own chat, and of other chats only messages that are rate-limited
    /// or wait for a file, or that stand behind such a message in their chat.
    fn overtakes_nobody(&self, seen: &MessageFacts) {
        let before = |other: &&MessageFacts| other.stage == Stage::Waiting && other.place < seen.place;
        for earlier in self.messages.values().filter(before) {
            assert_ne!(earlier.chat, seen.chat, "{seen:?} overtakes {earlier:?}");
            let gives_way = |other: &MessageFacts| {
                let ahead = other.chat == earlier.chat && other.place <= earlier.place;
                ahead && (other.limited || other.wants_file) && other.stage == Stage::Waiting
            };
            assert!(self.messages.values().any(gives_way), "{seen:?} overtakes {earlier:?}");
        }
    }

    fn deferred(&mut self, deferred: &SendDeferred) {
        let ended = self.current.filter(|current| current.message == deferred.message).unwrap();
        self.try_ended(deferred.message, deferred.at);
        let seen = self.messages.get_mut(&deferred.message).unwrap();
        seen.not_before = deferred.not_before;
        seen.limited = deferred.reason == DeferReason::PairRateLimited;
        seen.maybe_sent |= matches!(deferred.reason, DeferReason::OutcomeUnknown | DeferReason::Interrupted);
        let unknown = matches!(deferred.reason, DeferReason::OutcomeUnknown | DeferReason::Interrupted);
        assert!(!unknown || ended.own_message_id, "it may be sent twice: {seen:?}");
        match deferred.reason {
            DeferReason::ServerError | DeferReason::OutcomeUnknown => seen.counted += 1,
            DeferReason::AccountRateLimited | DeferReason::NotConnected => {
                self.account_not_before = self.account_not_before.max(deferred.not_before);
            }
            DeferReason::PairRateLimited | DeferReason::AccountStopped | DeferReason::Interrupted => {}
            DeferReason::FileGone => seen.wants_file = seen.has_file,
        }
        assert!(seen.counted < 3, "a third try that counts was not the last: {seen:?}");
    }

    fn try_ended(&mut self, message: MessageId, at: Timestamp) {
        if self.tries(message) {
            self.current = None;
            self.last_end = Some(at);
        }
    }

    fn failed(&mut self, failed: &MessageFailed) {
        let (message, at) = (failed.message, failed.at);
        let seen = &self.messages[&message];
        let is_erased = failed.code == "chat_erased";
        assert!(!is_erased || self.erased.contains(&seen.chat), "nobody erased its chat: {seen:?}");
        if seen.stage == Stage::Sent {
            assert!(at.since_ms(seen.ended_at) <= WEEK_MS, "credits moved after seven days: {seen:?} at {at}");
            return self.moves(message, Stage::Sent, Stage::Failed, at);
        }
        if seen.stage == Stage::Accepted {
            assert!(failed.code == "refused", "no status said so: {seen:?}");
            return self.moves(message, Stage::Accepted, Stage::Failed, at);
        }
        if !self.tries(message) {
            let held = self.disconnected.map(|since| at.since_ms(since.max(seen.queued_at)));
            let given_up = failed.code == "account_disconnected" && held.is_some_and(|ms| ms >= DAY_MS);
            let by_status = failed.code == "refused" && seen.maybe_sent;
            assert!(given_up || is_erased || by_status || seen.wants_file, "{seen:?} failed without a try");
            assert!(!given_up || self.current.is_none(), "the queue was given up during a try");
            assert!(by_status || !seen.maybe_sent, "it may have been sent: {seen:?}");
        }
        self.try_ended(message, at);
        self.moves(message, Stage::Waiting, Stage::Failed, at);
    }

    fn moves(&mut self, message: MessageId, from: Stage, to: Stage, at: Timestamp) {
        let seen = self.messages.get_mut(&message).unwrap();
        assert_eq!(seen.stage, from, "{seen:?} cannot become {to:?}");
        (seen.stage, seen.ended_at) = (to, at);
    }
}
