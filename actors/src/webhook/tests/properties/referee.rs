//! Checks the events of one webhook: which requests overlap which errors, and what follows from that.

use std::collections::{BTreeMap, BTreeSet};

use events::event::Event;
use events::ids::{ChatId, DeliveryId};
use events::time::Timestamp;
use events::webhook::{DeliveryFailed, DeliveryParked, DeliveryStarted, DisabledBecause};

use super::super::WAITS_MS;
use crate::decider::Due;
use crate::webhook::{Effect, Outside, Rejection};

const ELEVENTH: u32 = 11;
const EIGHT_HOURS_MS: u64 = 8 * 3_600_000;
const HOUR_MS: u64 = 3_600_000;
const TOO_MANY: u16 = 429;
const UNAVAILABLE: u16 = 503;
/// Maximum number of chats tried at once, of eight, whose last try failed.
const FAILED_AT_ONCE: usize = 4;

/// A request under way.
#[derive(Debug)]
struct Request {
    chat: ChatId,
    /// True if it was under way when an error was counted.
    overlaps_error: bool,
    /// True if it began before the webhook was last switched on, reset, or given another URL.
    is_old: bool,
}

/// Panics at every broken invariant.
#[derive(Debug, Default)]
pub(super) struct Referee {
    url: Option<String>,
    enabled: bool,
    owed: BTreeMap<ChatId, BTreeMap<usize, DeliveryId>>,
    places: Vec<(ChatId, DeliveryId)>,
    requests: BTreeMap<(DeliveryId, u32), Request>,
    by_hand: BTreeSet<DeliveryId>,
    parked: BTreeMap<DeliveryId, Timestamp>,
    /// The failures of each delivery: all of them, and those that count towards parking.
    failures: BTreeMap<DeliveryId, (u32, u32)>,
    /// Until when each delivery waits because of its own failures.
    waits: BTreeMap<DeliveryId, Timestamp>,
    /// The outcome of each chat's last try, and how many tries had ended then.
    last: BTreeMap<ChatId, (bool, u64)>,
    ends: u64,
    /// Successes since the last counted error, if there was one at this URL.
    since_error: Option<u32>,
    errors: u32,
    quiet_until: Option<Timestamp>,
    has_succeeded: bool,
    /// The limit of requests at once after the receiver asked to slow down, and the successes since.
    slow: Option<(usize, usize)>,
    parkings: u64,
    owner_knows: u64,
    owner_told: Option<(u64, Timestamp)>,
    /// The wait that the receiver asks for in the response that comes now.
    pub(super) asked_ms: u64,
    stops: u64,
    told: u64,
    erased: BTreeSet<ChatId>,
}

impl Referee {
    /// Checks one commit.
    pub(super) fn sees(&mut self, now: Timestamp, events: &[Event]) {
        for (nth, event) in events.iter().enumerate() {
            self.see(now, event, &events[nth + 1..]);
        }
    }

    /// Asserts that what is due follows from the events, and that the webhook is never stuck.
    pub(super) fn agrees(&self, now: Timestamp, due: &Due<Effect>) {
        let posts = due.effects.iter().filter(|effect| matches!(effect, Effect::Outside(Outside::Post { .. }))).count();
        let may_try = self.enabled && self.url.is_some();
        let under_way = if may_try { self.requests.len() } else { 0 };
        assert_eq!(posts, under_way + self.by_hand.len(), "{due:?}");
        let notices =
            due.effects.iter().filter(|effect| matches!(effect, Effect::Outside(Outside::Notify { .. }))).count();
        assert_eq!(notices > 0, self.told < self.stops, "{due:?}");
        assert_eq!(due.waiting, self.owes());
        let owes = self.owes() > 0;
        let goes_on = due.wake_at.is_some() || !self.requests.is_empty();
        assert!(!(may_try && owes) || goes_on, "nothing ever happens again: {self:?}");
        let soonest = self.soonest().filter(|_| may_try);
        assert_eq!(due.wake_at.map(|at| at.max(now)), soonest.map(|at| at.max(now)), "{due:?} {self:?}");
        let told_at = self.owner_told.map(|(_, at)| at.plus_ms(HOUR_MS)).unwrap_or_default();
        let untold = self.parkings > self.owner_knows && !self.parked.is_empty();
        let letters =
            due.later.iter().filter(|(_, effect)| matches!(effect, Effect::Outside(Outside::NotifyParked { .. })));
        assert_eq!(letters.map(|(at, _)| *at).collect::<Vec<_>>(), Vec::from_iter(untold.then_some(told_at)));
    }

    /// Returns when the next request may begin, if none has to end before.
    fn soonest(&self) -> Option<Timestamp> {
        let quiet = self.quiet_until.unwrap_or_default();
        let all = self.candidates().into_iter().filter(|chat| self.has_room(*chat));
        all.map(|chat| self.waits.get(&self.first(chat)).copied().unwrap_or_default().max(quiet)).min()
    }

    /// Returns the chats that owe something and have no request under way.
    fn candidates(&self) -> Vec<ChatId> {
        let owing = self.owed.iter().filter(|(_, owed)| !owed.is_empty()).map(|(chat, _)| *chat);
        owing.filter(|chat| self.requests.values().all(|request| request.chat != *chat)).collect()
    }

    fn first(&self, chat: ChatId) -> DeliveryId {
        *self.owed[&chat].values().next().unwrap()
    }

    fn is_healthy(&self) -> bool {
        self.errors == 0 && self.has_succeeded
    }

    fn failed_last(&self, chat: ChatId) -> bool {
        self.last.get(&chat).is_some_and(|(taken, _)| !taken)
    }

    fn has_room(&self, chat: ChatId) -> bool {
        if !self.is_healthy() {
            return self.requests.is_empty();
        }
        let failing = self.requests.values().filter(|request| self.failed_last(request.chat)).count();
        let most = self.slow.map_or(8, |(at_once, _)| at_once);
        self.requests.len() < most && (!self.failed_last(chat) || failing < FAILED_AT_ONCE)
    }

    /// The lowest rank goes first.
    fn rank(&self, chat: ChatId) -> (u8, u64) {
        let place = u64::try_from(*self.owed[&chat].keys().next().unwrap()).unwrap();
        match self.last.get(&chat) {
            _ if self.is_healthy() && self.since_error.is_none_or(|successes| successes >= 1_000) => (0, place),
            Some((true, _)) if self.is_healthy() => (0, place),
            Some((true, end)) => (0, u64::MAX - end),
            None => (1, place),
            Some((false, end)) => (2, *end),
        }
    }

    pub(super) fn refuses(&self, rejection: Rejection) {
        match rejection {
            Rejection::NoUrl => assert_eq!(self.url, None),
            Rejection::StillOwed => assert!(self.owes() > 0),
            Rejection::NotOwed => {}
            Rejection::ChatErased => assert!(!self.erased.is_empty(), "nobody erased a chat"),
        }
    }

    pub(super) fn has_erased(&self, chat: ChatId) -> bool {
        self.erased.contains(&chat)
    }

    fn see(&mut self, now: Timestamp, event: &Event, rest: &[Event]) {
        match event {
            Event::WebhookConfigured(e) => {
                let url = e.url.as_ref().map(|url| url.reveal().to_owned());
                if std::mem::replace(&mut self.url, url.clone()) != url {
                    self.begins_anew();
                    self.last.clear();
                    self.since_error = None;
                    self.failures.clear();
                }
            }
            Event::WebhookEnabled(_) => {
                assert!(!std::mem::replace(&mut self.enabled, true), "switched on twice");
                self.begins_anew();
            }
            Event::WebhookErrorsReset(_) => self.begins_anew(),
            Event::WebhookDisabled(e) => {
                assert!(std::mem::replace(&mut self.enabled, false), "switched off twice");
                self.stops += u64::from(e.because != DisabledBecause::Owner);
            }
            Event::BundleFlushed(e) => self.owe(self.places.len(), e.chat, e.delivery().unwrap()),
            Event::DeliveryStarted(e) => self.started(now, e),
            Event::DeliverySucceeded(e) => self.taken(e.delivery, e.try_number, e.at),
            Event::DeliveryFailed(e) => self.failed(e, rest),
            Event::DeliveryParked(e) => self.park(e),
            Event::SingleDeliveryDiscarded(e) => self.given_up(e.chat, e.delivery),
            Event::OwnerToldOfParked(e) => {
                let due_at = self.owner_told.map(|(_, at)| at.plus_ms(HOUR_MS));
                assert!(due_at.is_none_or(|due_at| e.at >= due_at), "told twice within an hour");
                assert_eq!(e.notice, self.owner_told.map_or(1, |(notice, _)| notice + 1));
                (self.owner_told, self.owner_knows) = (Some((e.notice, e.at)), e.parkings);
            }
            Event::DeliveryDiscarded(e) => {
                assert_eq!(e.deliveries, self.owes());
                self.forget_all();
            }
            Event::DeliveryResent(e) => {
                assert!(!self.has_erased(e.chat), "resent though its chat is erased");
                assert!(self.by_hand.insert(e.delivery), "resent twice at once");
            }
            Event::ChatErased(e) => self.erase(e.chat),
            Event::DeliveriesRecovered(e) => assert_eq!(e.deliveries, self.recover(e.since)),
            Event::OwnerNotified(e) => {
                assert!(e.notice == self.stops && self.told < self.stops, "told twice or for nothing");
                self.told = e.notice;
            }
            other => panic!("{other:?} does not concern a webhook"),
        }
    }

    fn forget_all(&mut self) {
        self.owed.clear();
        self.failures.clear();
        self.waits.clear();
    }

    fn owes(&self) -> u64 {
        self.owed.values().map(|owed| owed.len() as u64).sum()
    }

    /// Nothing of the chat is owed any more; its requests still end.
    fn erase(&mut self, chat: ChatId) {
        assert!(self.erased.insert(chat), "erased twice");
        let of_chat = self.places.iter().filter(|(known, _)| *known == chat);
        for (_, delivery) in of_chat {
            self.parked.remove(delivery);
            self.failures.remove(delivery);
            self.waits.remove(delivery);
        }
        self.owed.remove(&chat);
    }

    fn owe(&mut self, place: usize, chat: ChatId, delivery: DeliveryId) {
        self.places.push((chat, delivery));
        self.owed.entry(chat).or_default().insert(place, delivery);
    }

    fn begins_anew(&mut self) {
        (self.errors, self.quiet_until, self.has_succeeded, self.slow) = (0, None, false, None);
        self.requests.values_mut().for_each(|request| request.is_old = true);
        self.waits.clear();
    }

    fn started(&mut self, now: Timestamp, started: &DeliveryStarted) {
        assert!(self.enabled && self.url.is_some(), "tried though it is off");
        assert!(!self.has_erased(started.chat), "tried though its chat is erased");
        assert!(self.quiet_until.is_none_or(|until| now >= until), "tried too early");
        let first = self.owed.get(&started.chat).and_then(|owed| owed.values().next());
        assert_eq!(first, Some(&started.delivery), "not the first of its chat");
        assert!(self.requests.values().all(|request| request.chat != started.chat), "two of one chat at once");
        assert!(self.has_room(started.chat), "too many at once");
        let may_go = |chat: &ChatId| {
            self.has_room(*chat) && self.waits.get(&self.first(*chat)).is_none_or(|until| *until <= now)
        };
        let best = self.candidates().into_iter().filter(may_go).min_by_key(|chat| self.rank(*chat));
        assert_eq!(best, Some(started.chat), "another one's turn, or before its own time: {self:?}");
        let request = Request { chat: started.chat, overlaps_error: false, is_old: false };
        let before = self.requests.insert((started.delivery, started.try_number), request);
        assert!(before.is_none());
    }

    fn ended(&mut self, chat: ChatId, taken: bool) {
        self.ends += 1;
        self.last.insert(chat, (taken, self.ends));
    }

    fn taken(&mut self, delivery: DeliveryId, try_number: u32, at: Timestamp) {
        self.failures.remove(&delivery);
        self.parked.remove(&delivery);
        let Some(ended) = self.requests.remove(&(delivery, try_number)) else {
            assert!(self.by_hand.remove(&delivery), "a success of no request");
            return;
        };
        self.owed.entry(ended.chat).or_default().retain(|_, owed| *owed != delivery);
        self.waits.remove(&delivery);
        if !self.enabled || ended.is_old {
            return;
        }
        self.ended(ended.chat, true);
        if !ended.overlaps_error {
            (self.errors, self.has_succeeded) = (0, true);
            self.since_error = self.since_error.map(|successes| successes + 1);
            self.quiet_until = self.quiet_until.filter(|until| *until > at);
            self.slow = self.slow.map(|(at_once, taken)| (at_once, taken + 1));
            self.slow = self.slow.map(|(now, taken)| if taken == now { (2 * now, 0) } else { (now, taken) });
            self.slow = self.slow.filter(|(at_once, _)| *at_once < 8);
        }
    }

    /// Until when all wait because of this failure; counts it.
    fn quiet(&mut self, at: Timestamp, asked_ms: u64, matters: bool, counts: bool) -> Option<Timestamp> {
        let mut quiet = None;
        if counts {
            self.errors += 1;
            self.since_error = Some(0);
            quiet = Some(at.plus_ms(usual_ms(self.errors).max(asked_ms)));
            self.requests.values_mut().for_each(|request| request.overlaps_error = true);
        } else if matters && asked_ms > 0 {
            quiet = Some(at.plus_ms(asked_ms));
        }
        self.quiet_until = self.quiet_until.max(quiet);
        quiet
    }

    /// Counts a failure of the delivery itself; true if it is parked for it.
    fn one_more_failure(&mut self, failed: &DeliveryFailed, ended: &Request, asked_ms: u64) -> bool {
        let is_owed = self.owed.values().flat_map(BTreeMap::values).any(|owed| *owed == failed.delivery);
        self.ended(ended.chat, false);
        let (all, parking) = self.failures.entry(failed.delivery).or_default();
        *all += 1;
        *parking += u32::from(failed.status != Some(TOO_MANY));
        let parks = *parking >= ELEVENTH && failed.status != Some(TOO_MANY) && is_owed;
        let wait = failed.at.plus_ms(usual_ms(*all).max(asked_ms));
        assert_eq!(failed.delivery_not_before, Some(wait));
        if is_owed {
            self.waits.insert(failed.delivery, wait);
        }
        if matches!(failed.status, Some(TOO_MANY | UNAVAILABLE)) {
            self.slow = Some((1, 0));
        }
        parks
    }

    /// Puts back what was parked since then; says how many.
    fn recover(&mut self, since: Timestamp) -> u64 {
        let (back, stay): (BTreeMap<_, _>, _) =
            std::mem::take(&mut self.parked).into_iter().partition(|(_, at)| *at >= since);
        let count = back.len() as u64;
        self.parked = stay;
        for delivery in back.into_keys() {
            let place = self.places.iter().position(|(_, known)| *known == delivery).unwrap();
            self.owed.entry(self.places[place].0).or_default().insert(place, delivery);
        }
        count
    }

    fn park(&mut self, e: &DeliveryParked) {
        self.owed.get_mut(&e.chat).unwrap().retain(|_, owed| *owed != e.delivery);
        self.failures.remove(&e.delivery);
        self.parked.insert(e.delivery, e.at);
        self.waits.remove(&e.delivery);
        self.parkings += 1;
    }

    fn given_up(&mut self, chat: ChatId, delivery: DeliveryId) {
        let owed = self.owed.entry(chat).or_default();
        let was_owed = owed.values().any(|owed| *owed == delivery);
        owed.retain(|_, owed| *owed != delivery);
        assert!(self.parked.remove(&delivery).is_some() || was_owed, "given up what nobody is owed");
        self.failures.remove(&delivery);
        self.waits.remove(&delivery);
    }

    /// Checks a request that was not made, because nobody can read the chat any more: nothing else follows.
    fn not_posted(&mut self, failed: &DeliveryFailed, rest: &[Event]) {
        assert_eq!((failed.counted, failed.not_before, failed.delivery_not_before, rest), (None, None, None, &[][..]));
        self.failures.remove(&failed.delivery);
        let Some(ended) = self.requests.remove(&(failed.delivery, failed.try_number)) else {
            assert!(self.by_hand.remove(&failed.delivery), "the end of no request");
            return;
        };
        self.owed.entry(ended.chat).or_default().retain(|_, owed| *owed != failed.delivery);
        self.waits.remove(&failed.delivery);
    }

    fn failed(&mut self, failed: &DeliveryFailed, rest: &[Event]) {
        if failed.code == "chat_erased" {
            return self.not_posted(failed, rest);
        }
        let Some(ended) = self.requests.remove(&(failed.delivery, failed.try_number)) else {
            assert!(self.by_hand.remove(&failed.delivery), "a failure of no request");
            assert_eq!((failed.counted, failed.not_before, rest), (None, None, [].as_slice()));
            assert_eq!(failed.delivery_not_before, None);
            return;
        };
        let matters = self.enabled && !ended.is_old;
        let counts = matters && !ended.overlaps_error;
        let asked = self.asked_ms.min(EIGHT_HOURS_MS);
        let quiet = self.quiet(failed.at, asked, matters, counts);
        let parks = matters && self.one_more_failure(failed, &ended, asked);
        if !matters {
            assert_eq!(failed.delivery_not_before, None);
        }
        assert_eq!(failed.counted, counts.then_some(self.errors));
        assert_eq!(failed.not_before, quiet);
        let gone = matters && failed.status == Some(410);
        let blown = counts && self.errors == ELEVENTH;
        match rest {
            [Event::WebhookDisabled(e)] => {
                let because = if gone { DisabledBecause::Gone } else { DisabledBecause::Errors };
                assert!((gone || blown) && e.because == because && e.errors == self.errors, "{e:?}");
            }
            [Event::DeliveryParked(e)] => assert!(!gone && !blown && parks, "{e:?}"),
            [] => assert!(!gone && !blown && !parks, "{failed:?}"),
            other => panic!("{other:?} does not follow from a failure"),
        }
    }
}

/// Returns the documented wait after this many failures.
fn usual_ms(failures: u32) -> u64 {
    WAITS_MS[WAITS_MS.len().min(usize::try_from(failures).unwrap()) - 1]
}
