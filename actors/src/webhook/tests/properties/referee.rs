//! Watches the facts of one webhook: which requests overlap which errors, and what follows from that.

use std::collections::{BTreeMap, BTreeSet};

use events::event::Event;
use events::ids::{ChatId, DeliveryId};
use events::time::Timestamp;
use events::webhook::{DeliveryFailed, DeliveryStarted, DisabledBecause};

use super::super::WAITS_MS;
use crate::decider::Due;
use crate::webhook::{Effect, Rejection};

const ELEVENTH: u32 = 11;
const EIGHT_HOURS_MS: u64 = 8 * 3_600_000;

/// A request under way.
#[derive(Debug)]
struct Request {
    chat: ChatId,
    /// It was under way when an error counted.
    overlaps_error: bool,
    /// It began before the webhook began anew.
    is_old: bool,
}

/// Objects to every broken invariant.
#[derive(Debug, Default)]
pub(super) struct Referee {
    url: Option<String>,
    enabled: bool,
    owed: BTreeMap<ChatId, BTreeMap<usize, DeliveryId>>,
    places: Vec<(ChatId, DeliveryId)>,
    requests: BTreeMap<(DeliveryId, u32), Request>,
    by_hand: BTreeSet<DeliveryId>,
    parked: BTreeMap<DeliveryId, Timestamp>,
    /// Failures of its own since the webhook began anew.
    failures: BTreeMap<DeliveryId, u32>,
    errors: u32,
    quiet_until: Option<Timestamp>,
    has_succeeded: bool,
    last_failed: Option<ChatId>,
    /// How long the receiver asks to be left alone in the answer that comes now.
    pub(super) asked_ms: u64,
    stops: u64,
    told: u64,
}

impl Referee {
    /// One commit.
    pub(super) fn sees(&mut self, now: Timestamp, events: &[Event]) {
        for (nth, event) in events.iter().enumerate() {
            self.see(now, event, &events[nth + 1..]);
        }
    }

    /// What is to be done follows from what is known; never at a standstill.
    pub(super) fn agrees(&self, due: &Due<Effect>) {
        let posts = due.effects.iter().filter(|effect| matches!(effect, Effect::Post { .. })).count();
        let may_try = self.enabled && self.url.is_some();
        let under_way = if may_try { self.requests.len() } else { 0 };
        assert_eq!(posts, under_way + self.by_hand.len(), "{due:?}");
        let notices = due.effects.iter().filter(|effect| matches!(effect, Effect::Notify { .. })).count();
        assert_eq!(notices > 0, self.told < self.stops, "{due:?}");
        assert_eq!(due.waiting, self.owes());
        let owes = self.owes() > 0;
        let goes_on = due.wake_at.is_some() || !self.requests.is_empty();
        assert!(!(may_try && owes) || goes_on, "nothing ever happens again: {self:?}");
        assert!(may_try && owes || due.wake_at.is_none(), "woken for nothing: {due:?}");
        assert!(due.wake_at.is_none_or(|at| at == self.quiet_until.unwrap_or_default()), "{due:?} {self:?}");
    }

    pub(super) fn refuses(&self, rejection: Rejection) {
        match rejection {
            Rejection::NoUrl => assert_eq!(self.url, None),
            Rejection::StillOwed => assert!(self.owes() > 0),
        }
    }

    fn see(&mut self, now: Timestamp, event: &Event, rest: &[Event]) {
        match event {
            Event::WebhookConfigured(e) => {
                let url = e.url.as_ref().map(|url| url.reveal().to_owned());
                if std::mem::replace(&mut self.url, url.clone()) != url {
                    self.begins_anew();
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
            Event::DeliverySucceeded(e) => self.taken(e.delivery, e.try_number),
            Event::DeliveryFailed(e) => self.failed(e, rest),
            Event::DeliveryParked(e) => {
                self.owed.get_mut(&e.chat).unwrap().retain(|_, owed| *owed != e.delivery);
                self.failures.remove(&e.delivery);
                self.parked.insert(e.delivery, e.at);
            }
            Event::DeliveryDiscarded(e) => {
                assert_eq!(e.deliveries, self.owes());
                self.owed.clear();
                self.failures.clear();
            }
            Event::DeliveryResent(e) => assert!(self.by_hand.insert(e.delivery), "resent twice at once"),
            Event::DeliveriesRecovered(e) => {
                let (back, stay): (BTreeMap<_, _>, _) =
                    std::mem::take(&mut self.parked).into_iter().partition(|(_, at)| *at >= e.since);
                assert_eq!(e.deliveries, back.len() as u64);
                self.parked = stay;
                for delivery in back.into_keys() {
                    let place = self.places.iter().position(|(_, known)| *known == delivery).unwrap();
                    self.owed.entry(self.places[place].0).or_default().insert(place, delivery);
                }
            }
            Event::OwnerNotified(e) => {
                assert!(e.notice == self.stops && self.told < self.stops, "told twice or for nothing");
                self.told = e.notice;
            }
            other => panic!("{other:?} does not concern a webhook"),
        }
    }

    fn owes(&self) -> u64 {
        self.owed.values().map(|owed| owed.len() as u64).sum()
    }

    fn owe(&mut self, place: usize, chat: ChatId, delivery: DeliveryId) {
        self.places.push((chat, delivery));
        self.owed.entry(chat).or_default().insert(place, delivery);
    }

    fn begins_anew(&mut self) {
        (self.errors, self.quiet_until, self.has_succeeded, self.last_failed) = (0, None, false, None);
        self.requests.values_mut().for_each(|request| request.is_old = true);
        self.failures.clear();
    }

    fn started(&mut self, now: Timestamp, started: &DeliveryStarted) {
        assert!(self.enabled && self.url.is_some(), "tried though it is off");
        assert!(self.quiet_until.is_none_or(|until| now >= until), "tried too early");
        let first = self.owed.get(&started.chat).and_then(|owed| owed.values().next());
        assert_eq!(first, Some(&started.delivery), "not the first of its chat");
        assert!(self.requests.values().all(|request| request.chat != started.chat), "two of one chat at once");
        let healthy = self.errors == 0 && self.has_succeeded;
        assert!(self.requests.len() < if healthy { 8 } else { 1 }, "too many at once");
        let heads = self.owed.iter().filter_map(|(chat, owed)| Some((*owed.first_key_value()?.0, *chat)));
        let oldest = heads.filter(|(_, chat)| Some(*chat) != self.last_failed).min().map(|(_, chat)| chat);
        assert!(healthy || oldest.is_none_or(|oldest| oldest == started.chat), "another probe is due");
        let request = Request { chat: started.chat, overlaps_error: false, is_old: false };
        let before = self.requests.insert((started.delivery, started.try_number), request);
        assert!(before.is_none());
    }

    fn taken(&mut self, delivery: DeliveryId, try_number: u32) {
        self.failures.remove(&delivery);
        self.parked.remove(&delivery);
        let Some(ended) = self.requests.remove(&(delivery, try_number)) else {
            assert!(self.by_hand.remove(&delivery), "a success of no request");
            return;
        };
        self.owed.entry(ended.chat).or_default().retain(|_, owed| *owed != delivery);
        if self.enabled && !ended.is_old {
            (self.errors, self.quiet_until, self.has_succeeded, self.last_failed) = (0, None, true, None);
        }
    }

    fn failed(&mut self, failed: &DeliveryFailed, rest: &[Event]) {
        let Some(ended) = self.requests.remove(&(failed.delivery, failed.try_number)) else {
            assert!(self.by_hand.remove(&failed.delivery), "a failure of no request");
            assert_eq!((failed.counted, failed.not_before, rest), (None, None, [].as_slice()));
            return;
        };
        if self.enabled {
            *self.failures.entry(failed.delivery).or_default() += 1;
            self.last_failed = Some(ended.chat);
        }
        let counts = self.enabled && !ended.is_old && !ended.overlaps_error;
        if counts {
            self.errors += 1;
            let usual = WAITS_MS[WAITS_MS.len().min(usize::try_from(self.errors).unwrap()) - 1];
            let wait = usual.max(self.asked_ms.min(EIGHT_HOURS_MS));
            self.quiet_until = Some(failed.at.plus_ms(wait));
            self.requests.values_mut().for_each(|request| request.overlaps_error = true);
        }
        assert_eq!(failed.counted, counts.then_some(self.errors));
        assert_eq!(failed.not_before, self.quiet_until.filter(|_| counts));
        let gone = self.enabled && !ended.is_old && failed.status == Some(410);
        let blown = counts && self.errors == ELEVENTH;
        match rest {
            [Event::WebhookDisabled(e)] => {
                let because = if gone { DisabledBecause::Gone } else { DisabledBecause::Errors };
                assert!((gone || blown) && e.because == because && e.errors == self.errors, "{e:?}");
            }
            [Event::DeliveryParked(e)] => {
                assert!(!gone && !blown && self.failures[&failed.delivery] == ELEVENTH, "{e:?}");
            }
            [] => {
                let is_owed = self.owed.values().flat_map(BTreeMap::values).any(|owed| *owed == failed.delivery);
                let parks = is_owed && self.enabled && self.failures[&failed.delivery] >= ELEVENTH;
                assert!(!gone && !blown && !parks, "{failed:?}");
            }
            other => panic!("{other:?} does not follow from a failure"),
        }
    }
}
