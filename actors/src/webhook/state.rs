//! The state of a webhook, folded from its events.

mod erased;
mod listeners;

use std::collections::BTreeMap;

use events::event::Event;
use events::ids::{ChatId, DeliveryId, WebhookId};
use events::personal::Personal;
use events::time::Timestamp;
use events::webhook::{
    Aggregation, BundleFlushed, BundleOpened, DeliveryFailed, DeliveryParked, DeliveryStarted, DeliverySucceeded,
    DisabledBecause, SingleDeliveryDiscarded, WebhookConfigured, WebhookDisabled,
};
use serde::{Deserialize, Serialize};

use super::listening::Listening;
use super::pace::Pace;
use super::parked_notice::ParkedNotice;
use super::queue::{Order, Owed, Queue};
use super::tries::{Failures, ManualTry, Parked, Try};
use super::windows::{Window, Windows};
use super::{CALM_AFTER, CHAT_ERASED, Effect, FAILED_AT_ONCE, Outside, TOO_MANY_REQUESTS};
use crate::decider::Due;

/// Settings, open windows, owed deliveries, and the errors in a row that switch it off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Its id; `None` before its first event.
    pub webhook: Option<WebhookId>,
    /// The URL to report to; `None` if nothing is reported.
    pub url: Option<Personal>,
    pub aggregation: Aggregation,
    pub enabled: bool,
    /// Counted errors in a row.
    pub errors: u32,
    /// True until a request succeeds after the webhook was switched on, got another URL or had its errors reset.
    pub proving: bool,
    /// No request begins before this time: after an error, or because the receiver asked to wait.
    pub not_before: Option<Timestamp>,
    /// Deliveries that are owed.
    pub owed: Queue,
    /// Requests under way, at most one per chat.
    pub in_flight: BTreeMap<ChatId, Try>,
    /// Requests under way that somebody asked for.
    pub by_hand: BTreeMap<DeliveryId, ManualTry>,
    /// Deliveries that are not tried again unless somebody asks for it.
    pub parked: BTreeMap<DeliveryId, Parked>,
    windows: Windows,
    /// Windows opened up to this time are closed at once.
    flushed_at: Option<Timestamp>,
    /// Number of deliveries so far.
    deliveries: u64,
    /// Number of requests so far.
    starts: u64,
    /// Failures of requests up to this number do not count as another error, and their successes reset nothing.
    counts_after: u64,
    /// Requests up to this number began before the webhook was last switched on, got another URL or had its errors
    /// reset.
    stale_until: u64,
    /// Successes still needed after a counted error before the oldest delivery goes first again.
    careful: u32,
    /// Limits the number of requests at once.
    pace: Pace,
    /// Tries and failures of deliveries that failed before.
    failures: BTreeMap<DeliveryId, Failures>,
    /// Number of times it was switched off by errors or by the receiver, and whether the notice of the last time is
    /// still due.
    pub(super) notices: u64,
    pub(super) notice_due: bool,
    pub(super) parked_notice: ParkedNotice,
    pub listening: Listening,
}

impl State {
    /// Returns the number of open windows.
    pub fn windows(&self) -> u64 {
        self.windows.len()
    }

    /// True if requests may be made.
    pub const fn is_open(&self) -> bool {
        self.enabled && self.has_receiver()
    }

    /// True if there is anybody to report to.
    pub(super) const fn has_receiver(&self) -> bool {
        self.url.is_some() || self.listening.is_on()
    }

    /// True if no error was counted since the last success, so that several chats may be served at once.
    pub(super) const fn is_healthy(&self) -> bool {
        self.errors == 0 && !self.proving
    }

    pub(super) fn failures(&self, delivery: DeliveryId) -> Failures {
        self.failures.get(&delivery).copied().unwrap_or_default()
    }

    /// Returns the number of a delivery's next try: higher than that of any try of it under way, requested by hand or
    /// not.
    pub(super) fn next_number(&self, chat: ChatId, delivery: DeliveryId) -> u32 {
        let in_flight = self.in_flight.get(&chat).filter(|t| t.owed.delivery == delivery).map(|t| t.try_number);
        let by_hand = self.by_hand.get(&delivery).map(|by| by.try_number);
        let last = in_flight.max(by_hand).unwrap_or_default().max(self.failures(delivery).tries);
        last.saturating_add(1)
    }

    /// True if this request began after the last counted error: its failure is one more error in a row, and its
    /// success shows that the receiver is healthy again.
    pub(super) const fn counts(&self, start: u64) -> bool {
        self.enabled && start > self.counts_after
    }

    /// True if this request went to the present URL, and began after the webhook was last switched on or reset.
    pub(super) const fn is_fresh(&self, start: u64) -> bool {
        self.enabled && start > self.stale_until
    }

    /// Returns how many failures of this delivery count towards parking.
    pub fn failures_of(&self, delivery: DeliveryId) -> u32 {
        self.failures(delivery).parking
    }

    /// Returns how many times deliveries were parked.
    pub const fn parkings(&self) -> u64 {
        self.parked_notice.parkings()
    }

    /// Returns how many requests may begin now, and how many of them to chats whose last try failed. Such chats may
    /// take at most half of the places, so that chats for which the receiver does not answer block no others.
    fn room(&self) -> (usize, usize) {
        if !self.is_open() {
            return (0, 0);
        }
        if !self.is_healthy() {
            let one = usize::from(self.in_flight.is_empty());
            return (one, one);
        }
        let failed = self.in_flight.keys().filter(|chat| self.owed.has_failed(**chat)).count();
        (self.pace.at_once().saturating_sub(self.in_flight.len()), FAILED_AT_ONCE.saturating_sub(failed))
    }

    /// While healthy, the oldest delivery goes first, or for a while after errors the chats whose last try succeeded.
    /// Otherwise a single probe shows whether the receiver is healthy again.
    const fn order(&self) -> Order {
        match (self.is_healthy(), self.careful == 0) {
            (false, _) => Order::Probe,
            (true, false) => Order::Careful,
            (true, true) => Order::Calm,
        }
    }

    /// Returns what may be tried at this time. A delivery that waits because of its own failures blocks its own chat
    /// only.
    pub(super) fn next(&self, at: Timestamp) -> Vec<Owed> {
        let (most, most_failed) = self.room();
        if most == 0 { Vec::new() } else { self.owed.next(self.order(), at, most, most_failed) }
    }

    /// Returns when the next request may begin; `None` if nothing is owed or a request must end before.
    fn next_at(&self) -> Option<Timestamp> {
        let (most, most_failed) = self.room();
        if most == 0 {
            return None;
        }
        let quiet = self.not_before.unwrap_or_default();
        if self.owed.is_ready(most_failed > 0) {
            return Some(quiet);
        }
        self.owed.first_wait(most_failed > 0).map(|until| until.max(quiet))
    }

    /// True if something waits, or the pace is reduced, because of a failure.
    pub(super) fn waits(&self) -> bool {
        self.errors > 0 || self.not_before.is_some() || self.owed.has_waits() || self.pace != Pace::default()
    }

    pub(super) fn due(&self) -> Due<Effect> {
        let mut due = Due { waiting: self.owed.len(), ..Due::nothing() };
        let Some(webhook) = self.webhook else { return due };
        let post = |delivery, chat, try_number, by_hand| {
            Effect::Outside(Outside::Post { webhook, chat, delivery, try_number, by_hand })
        };
        // A request under way goes on when the webhook is switched off; one that a crash interrupted is not repeated
        // then.
        let in_flight = self.in_flight.values().filter(|_| self.is_open());
        due.effects.extend(in_flight.map(|t| post(t.owed.delivery, t.owed.chat, t.try_number, false)));
        due.effects.extend(self.by_hand.iter().map(|(delivery, by)| post(*delivery, by.chat, by.try_number, true)));
        if self.notice_due {
            due.effects.push(Effect::Outside(Outside::Notify { webhook, notice: self.notices }));
        }
        let watched = [true, false].into_iter().filter(|instead| self.listening.includes(*instead));
        due.effects.extend(watched.map(|instead| Effect::Outside(Outside::Watch { webhook, instead })));
        due.later = self.windows.closings(self.aggregation, self.flushed_at).collect();
        let notice = self.parked_notice.due().filter(|_| !self.parked.is_empty());
        due.later.extend(notice.map(|(at, notice)| (at, Effect::Outside(Outside::NotifyParked { webhook, notice }))));
        due.wake_at = self.next_at();
        due
    }

    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::WebhookConfigured(e) => self.configured(e),
            Event::WebhookEnabled(_) => {
                self.enabled = true;
                self.begin_anew();
            }
            Event::WebhookDisabled(e) => self.disabled(e),
            Event::WebhookErrorsReset(_) => self.begin_anew(),
            Event::OwnerNotified(e) => self.notice_due &= e.notice != self.notices,
            Event::BundleOpened(e) => self.opened(e),
            Event::FlushRequested(e) => self.flushed_at = Some(e.at),
            Event::BundleFlushed(e) => self.flushed(e),
            Event::DeliveryStarted(e) => self.started(e),
            Event::DeliverySucceeded(e) => self.succeeded(e),
            Event::DeliveryFailed(e) => self.try_failed(e),
            Event::DeliveryParked(e) => self.park(e),
            Event::DeliveryDiscarded(_) => {
                self.owed.clear();
                self.failures.clear();
            }
            Event::SingleDeliveryDiscarded(e) => self.discarded(e),
            Event::OwnerToldOfParked(e) => self.parked_notice.told(e),
            Event::DeliveryResent(e) => {
                let try_number = self.next_number(e.chat, e.delivery);
                self.by_hand.insert(e.delivery, ManualTry { chat: e.chat, try_number });
            }
            Event::DeliveriesRecovered(e) => self.recovered(e.since),
            Event::ListeningStarted(e) => self.listening_started(e),
            Event::ListeningEnded(e) => self.listening_ended(e),
            Event::ChatErased(e) => self.chat_erased(e.chat),
            _ => {}
        }
    }

    fn configured(&mut self, configured: &WebhookConfigured) {
        self.webhook = Some(configured.webhook);
        self.aggregation = configured.aggregation;
        if self.url != configured.url {
            self.url.clone_from(&configured.url);
            // Failures at another URL say nothing about this receiver.
            self.failures.values_mut().for_each(|failures| (failures.failed, failures.parking) = (0, 0));
            self.owed.forget_tries();
            self.careful = 0;
            self.begin_anew();
        }
    }

    /// Forgets the errors in a row and all waits: the next try shows how the receiver is. Failures of each delivery
    /// stay counted.
    fn begin_anew(&mut self) {
        (self.errors, self.not_before, self.proving) = (0, None, true);
        self.pace = Pace::default();
        (self.counts_after, self.stale_until) = (self.starts, self.starts);
        self.owed.end_waits();
    }

    fn disabled(&mut self, disabled: &WebhookDisabled) {
        self.enabled = false;
        if disabled.webhook.is_of_listeners() {
            // Whoever listens sees what went wrong, and nobody looks after what is owed.
            return self.forget_all(disabled.at);
        }
        if disabled.because != DisabledBecause::Owner {
            self.notices = self.notices.saturating_add(1);
            self.notice_due = true;
        }
    }

    fn opened(&mut self, opened: &BundleOpened) {
        self.webhook = Some(opened.webhook);
        self.windows.open(opened.chat, Window { number: opened.window, opened_at: opened.at });
    }

    fn flushed(&mut self, flushed: &BundleFlushed) {
        self.windows.close(flushed.chat, flushed.window);
        // Nothing is owed to listeners that have gone, or failed too often.
        let is_owed = self.is_open() || !flushed.webhook.is_of_listeners();
        if let Some(delivery) = flushed.delivery().filter(|_| is_owed) {
            self.deliveries = self.deliveries.saturating_add(1);
            self.owed.insert(Owed { place: self.deliveries, chat: flushed.chat, delivery });
        }
    }

    fn started(&mut self, started: &DeliveryStarted) {
        self.starts = self.starts.saturating_add(1);
        if let Some(owed) = self.owed.find(started.chat, started.delivery) {
            let try_number = started.try_number;
            self.in_flight.insert(started.chat, Try { owed, try_number, start: self.starts });
            self.owed.start(started.chat, started.at);
        }
        if started.try_number > 1 {
            self.failures.entry(started.delivery).or_default().tries = started.try_number;
        }
    }

    /// Ends the request if it is under way, and returns it unless it was requested by hand; its delivery stays
    /// queued.
    fn ended(&mut self, delivery: DeliveryId, try_number: u32) -> Option<Try> {
        if self.by_hand.get(&delivery).is_some_and(|by| by.try_number == try_number) {
            self.by_hand.remove(&delivery);
            return None;
        }
        let chat = *self.in_flight.iter().find(|(_, t)| t.owed.delivery == delivery && t.try_number == try_number)?.0;
        self.in_flight.remove(&chat)
    }

    fn succeeded(&mut self, succeeded: &DeliverySucceeded) {
        self.failures.remove(&succeeded.delivery);
        self.parked.remove(&succeeded.delivery);
        let Some(Try { owed, start, .. }) = self.ended(succeeded.delivery, succeeded.try_number) else { return };
        if self.is_fresh(start) {
            self.owed.note(owed.chat, true);
        }
        self.owed.remove(owed);
        self.owed.end(owed.chat);
        if self.counts(start) {
            (self.errors, self.proving) = (0, false);
            self.not_before = self.not_before.filter(|until| *until > succeeded.at);
            self.careful = self.careful.saturating_sub(1);
            self.pace.taken();
        }
    }

    fn try_failed(&mut self, failed: &DeliveryFailed) {
        let ended = self.ended(failed.delivery, failed.try_number);
        if failed.code == CHAT_ERASED {
            return self.unreadable(failed.delivery, ended);
        }
        let fresh = ended.is_some_and(|ended| self.is_fresh(ended.start));
        let failures = self.failures.entry(failed.delivery).or_default();
        failures.tries = failures.tries.max(failed.try_number);
        let Some(Try { owed, .. }) = ended else { return };
        if fresh {
            failures.failed = failures.failed.saturating_add(1);
            failures.parking = failures.parking.saturating_add(u32::from(failed.status != Some(TOO_MANY_REQUESTS)));
            self.owed.set_wait(owed, failed.delivery_not_before);
            self.owed.note(owed.chat, false);
            self.pace.failed(failed.status);
            self.not_before = self.not_before.max(failed.not_before);
        }
        self.owed.end(owed.chat);
        if let Some(errors) = failed.counted {
            (self.errors, self.counts_after, self.careful) = (errors, self.starts, CALM_AFTER);
        }
    }

    fn park(&mut self, parked: &DeliveryParked) {
        if let Some(owed) = self.owed.find(parked.chat, parked.delivery) {
            self.owed.remove(owed);
            self.parked.insert(parked.delivery, Parked { owed, failures: parked.failures, at: parked.at });
            let failures = self.failures.entry(parked.delivery).or_default();
            (failures.failed, failures.parking) = (0, 0);
            self.parked_notice.parked();
        }
    }

    fn discarded(&mut self, discarded: &SingleDeliveryDiscarded) {
        if let Some(owed) = self.owed.find(discarded.chat, discarded.delivery) {
            self.owed.remove(owed);
        }
        self.parked.remove(&discarded.delivery);
        self.failures.remove(&discarded.delivery);
    }

    fn recovered(&mut self, since: Timestamp) {
        for (_, parked) in self.parked.extract_if(.., |_, parked| parked.at >= since) {
            self.owed.insert(parked.owed);
        }
    }
}
