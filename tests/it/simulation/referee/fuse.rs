//! The rules for tries: waits, the fuse, parking, and the end of each delivery.

use std::collections::{BTreeMap, BTreeSet};

use events::event::Event;
use events::ids::{ChatId, DeliveryId, WebhookId};
use events::record::Position;
use events::time::Timestamp;
use events::webhook::{DeliveryFailed, DisabledBecause, SingleDeliveryDiscarded, WebhookDisabled};

use super::hook::{Fate, Last, Try};
use super::{OutboundWebhook, Referee, Verdict, require};

/// The eleventh error in a row disables the webhook, and a delivery's eleventh own failure parks it.
const ELEVENTH: u32 = 11;
const GONE: u16 = 410;
const TOO_MANY: u16 = 429;
const UNAVAILABLE: u16 = 503;
const ASKED_MS_MAX: u64 = 8 * 3_600_000;

impl Referee {
    pub(super) fn hook(&mut self, webhook: WebhookId) -> &mut OutboundWebhook {
        self.hooks.entry(webhook).or_default()
    }

    /// Begins a new life: tries that were under way may be repeated.
    pub(super) fn see_life(&mut self) {
        for hook in self.hooks.values() {
            let trying = hook.trying.values().map(|t| t.delivery).chain(hook.by_hand.keys().copied());
            for delivery in trying.collect::<BTreeSet<_>>() {
                self.deliveries.entry(delivery).and_modify(|told| told.posts_max += 2);
            }
        }
    }

    pub(super) fn see_delivery(&mut self, event: &Event) -> Verdict {
        let position = self.position;
        match event {
            Event::WebhookConfigured(e) => {
                let url = e.url.as_ref().map(|url| url.reveal().to_owned());
                if self.hook(e.webhook).url != url {
                    self.hook(e.webhook).url = url;
                    self.begin_anew(e.webhook);
                    self.forget_tries(e.webhook);
                }
                Ok(())
            }
            Event::WebhookEnabled(e) => {
                require(!std::mem::replace(&mut self.hook(e.webhook).enabled, true), "switched on twice")?;
                self.begin_anew(e.webhook);
                Ok(())
            }
            Event::WebhookErrorsReset(e) => {
                self.begin_anew(e.webhook);
                Ok(())
            }
            Event::WebhookDisabled(e) => self.webhook_disabled(e),
            Event::DeliveryStarted(e) => self.delivery_started(position, e),
            Event::DeliverySucceeded(e) => self.delivery_taken(e.webhook, e.delivery, e.try_number, e.at),
            Event::DeliveryFailed(e) => self.delivery_failed(position, e),
            Event::DeliveryParked(e) => {
                let hook = self.hook(e.webhook);
                require(hook.must_park.take() == Some(e.delivery), "parked for nothing")?;
                hook.owed.get_mut(&e.chat).ok_or("parked what is not owed")?.remove(&e.delivery);
                hook.parked.insert(e.delivery);
                hook.parkings += 1;
                let told = self.deliveries.get_mut(&e.delivery).ok_or("an unknown delivery is parked")?;
                (told.end, told.not_before) = (Some(Fate::Parked(e.at)), Timestamp::default());
                told.forgive();
                Ok(())
            }
            Event::SingleDeliveryDiscarded(e) => self.one_discarded(e),
            Event::OwnerToldOfParked(e) => self.told_of_parked(e),
            Event::DeliveryDiscarded(e) => self.discarded(e.webhook, e.deliveries),
            Event::DeliveryResent(e) => self.resent(e.webhook, e.delivery),
            Event::DeliveriesRecovered(e) => self.recovered(e.webhook, e.since, e.deliveries),
            Event::OwnerNotified(e) => self.notified(e),
            _ => Ok(()),
        }
    }

    /// Ends all waits; the failures of each delivery stay counted.
    fn begin_anew(&mut self, webhook: WebhookId) {
        let position = self.position;
        self.hook(webhook).anew(position);
        let own = self.deliveries.values_mut().filter(|told| told.webhook == webhook);
        own.for_each(|told| told.not_before = Timestamp::default());
    }

    /// Failures at another URL no longer count.
    fn forget_tries(&mut self, webhook: WebhookId) {
        let hook = self.hook(webhook);
        (hook.last, hook.since_error) = (BTreeMap::default(), None);
        self.deliveries.values_mut().filter(|told| told.webhook == webhook).for_each(super::Delivery::forgive);
    }

    /// Ends a try and returns it; `None` if it was a resend, which an owner requested.
    fn try_ended(
        &mut self,
        webhook: WebhookId,
        delivery: DeliveryId,
        number: u32,
    ) -> Result<Option<(ChatId, Try)>, String> {
        let hook = self.hook(webhook);
        let found = hook.trying.iter().find(|(_, t)| t.delivery == delivery && t.number == number);
        let found = found.map(|(chat, t)| (*chat, *t));
        let by_hand = hook.by_hand.contains_key(&delivery);
        if let Some((chat, _)) = found {
            hook.trying.remove(&chat);
        } else {
            require(by_hand, "an outcome of no try")?;
            hook.by_hand.remove(&delivery);
        }
        Ok(found)
    }

    fn delivery_taken(&mut self, webhook: WebhookId, delivery: DeliveryId, number: u32, at: Timestamp) -> Verdict {
        let ended = self.try_ended(webhook, delivery, number)?;
        let position = self.position;
        let told = self.deliveries.get_mut(&delivery).ok_or("an unknown delivery was taken")?;
        told.forgive();
        if ended.is_some() || matches!(told.end, Some(Fate::Parked(_))) {
            told.end = Some(Fate::Taken);
        }
        self.unparked(webhook, delivery);
        let Some((chat, ended)) = ended else { return Ok(()) };
        let hook = self.hook(webhook);
        hook.owed.entry(chat).or_default().remove(&delivery);
        if !hook.enabled || ended.began <= hook.epoch {
            return Ok(());
        }
        hook.last.insert(chat, Last { taken: true, at: position });
        if ended.began <= hook.last_counted {
            let waits = hook.errors > 0 && hook.not_before > at;
            *self.counts.entry("successes that reset nothing").or_default() += u64::from(waits);
            return Ok(());
        }
        (hook.errors, hook.proven) = (0, true);
        hook.since_error = hook.since_error.map(|successes| successes + 1);
        hook.slow = hook.slow.map(|(now, taken)| if taken + 1 == now { (2 * now, 0) } else { (now, taken + 1) });
        hook.slow = hook.slow.filter(|(at_once, _)| *at_once < 8);
        Ok(())
    }

    fn delivery_failed(&mut self, position: Position, e: &DeliveryFailed) -> Verdict {
        let ended = self.try_ended(e.webhook, e.delivery, e.try_number)?;
        if e.code == "chat_erased" {
            return self.unreadable(e, ended.map(|(chat, _)| chat));
        }
        let Some((chat, ended)) = ended else {
            let waits = e.not_before.or(e.delivery_not_before);
            return require(e.counted.is_none() && waits.is_none(), "a try by hand counts");
        };
        let hook = &self.hooks[&e.webhook];
        let matters = hook.enabled && ended.began > hook.epoch;
        let counts = matters && ended.began > hook.last_counted;
        let wanted = counts.then_some(hook.errors + 1);
        require(e.counted == wanted, &format!("counted as {:?}, though it is {wanted:?}", e.counted))?;
        require(e.delivery_not_before.is_some() == matters, "a delivery's own wait is missing, or for nothing")?;
        require(matters || e.not_before.is_none(), "a wait for what does not matter any more")?;
        if !matters {
            return Ok(());
        }
        let told = self.deliveries.get_mut(&e.delivery).ok_or("an unknown delivery failed")?;
        told.failed += 1;
        told.failures += u32::from(e.status != Some(TOO_MANY));
        let (own, parking) = (told.failed, told.failures);
        told.not_before = e.delivery_not_before.unwrap_or_default();
        let usual = |failures: u32| {
            let nth = usize::try_from(failures - 1).unwrap().min(self.retry_s.len() - 1);
            u64::from(self.retry_s[nth]) * 1_000
        };
        let right = |until: Timestamp, usual: u64| (usual..=usual.max(ASKED_MS_MAX)).contains(&until.since_ms(e.at));
        require(right(self.deliveries[&e.delivery].not_before, usual(own)), "another own wait than is laid down")?;
        if let Some(until) = e.not_before {
            require(right(until, wanted.map_or(1, usual)), "another wait than is laid down")?;
        }
        require(e.not_before.is_some() || !counts, "an error that counts without a wait")?;
        self.failure_matters(position, chat, e);
        let hook = self.hook(e.webhook);
        if e.status == Some(GONE) {
            hook.must_disable = Some(DisabledBecause::Gone);
        } else if counts && hook.errors >= ELEVENTH {
            hook.must_disable = Some(DisabledBecause::Errors);
        }
        let owed = hook.owed.get(&chat).is_some_and(|owed| owed.contains(&e.delivery));
        if parking >= ELEVENTH && e.status != Some(TOO_MANY) && hook.must_disable.is_none() && owed {
            hook.must_park = Some(e.delivery);
        }
        Ok(())
    }

    /// What nobody can read any more is not posted, and no failure of the receiver.
    fn unreadable(&mut self, e: &DeliveryFailed, chat: Option<ChatId>) -> Verdict {
        let told = self.deliveries.get_mut(&e.delivery).ok_or("an unknown delivery is erased")?;
        let waits = e.not_before.or(e.delivery_not_before);
        require(e.counted.is_none() && waits.is_none(), "an erased delivery counts as an error")?;
        told.forgive();
        let of = told.chat;
        require(self.is_erased(of), "erased without an erasure")?;
        if let Some(chat) = chat {
            self.hook(e.webhook).owed.entry(chat).or_default().remove(&e.delivery);
        }
        *self.counts.entry("erased tries").or_default() += 1;
        Ok(())
    }

    /// Applies the effect of a failure on the webhook.
    fn failure_matters(&mut self, position: Position, chat: ChatId, e: &DeliveryFailed) {
        let hook = self.hook(e.webhook);
        hook.last.insert(chat, Last { taken: false, at: position });
        hook.not_before = hook.not_before.max(e.not_before.unwrap_or_default());
        if matches!(e.status, Some(TOO_MANY | UNAVAILABLE)) {
            hook.slow = Some((1, 0));
        }
        match e.counted {
            Some(errors) => (hook.errors, hook.last_counted, hook.since_error) = (errors, position, Some(0)),
            None => *self.counts.entry("overlapping failures").or_default() += 1,
        }
    }

    fn webhook_disabled(&mut self, e: &WebhookDisabled) -> Verdict {
        let hook = self.hook(e.webhook);
        require(std::mem::replace(&mut hook.enabled, false), "switched off twice")?;
        if e.because != DisabledBecause::Owner {
            require(hook.must_disable.take() == Some(e.because), "the fuse blew for nothing")?;
            require(e.errors == hook.errors, "another count of errors")?;
            hook.fuses += 1;
            let what = if e.because == DisabledBecause::Gone { "gone receivers" } else { "blown fuses" };
            *self.counts.entry(what).or_default() += 1;
        }
        Ok(())
    }

    /// The consequences of a failure must be in the same commit.
    pub(super) fn see_consequences(&self) -> Verdict {
        let left = self.hooks.values().find(|hook| hook.must_disable.is_some() || hook.must_park.is_some());
        require(left.is_none(), "the 11th error did not switch off, or the 11th failure did not park")
    }

    fn discarded(&mut self, webhook: WebhookId, deliveries: u64) -> Verdict {
        let given_up = std::mem::take(&mut self.hook(webhook).owed);
        let given_up: Vec<DeliveryId> = given_up.into_values().flatten().collect();
        require(given_up.len() as u64 == deliveries, "another number was given up than was owed")?;
        for delivery in given_up {
            let told = self.deliveries.get_mut(&delivery).ok_or("an unknown delivery was given up")?;
            (told.end, told.by_hand, told.not_before) = (Some(Fate::Discarded), true, Timestamp::default());
            told.forgive();
        }
        Ok(())
    }

    fn one_discarded(&mut self, e: &SingleDeliveryDiscarded) -> Verdict {
        let owed = self.hook(e.webhook).owed.entry(e.chat).or_default().remove(&e.delivery);
        let parked = self.unparked(e.webhook, e.delivery);
        require(owed || parked, "given up what is neither owed nor parked")?;
        let told = self.deliveries.get_mut(&e.delivery).ok_or("an unknown delivery was given up")?;
        (told.end, told.by_hand, told.not_before) = (Some(Fate::Discarded), true, Timestamp::default());
        told.forgive();
        Ok(())
    }

    /// Removes a delivery from the parked ones; returns whether it was there.
    pub(super) fn unparked(&mut self, webhook: WebhookId, delivery: DeliveryId) -> bool {
        let hook = self.hook(webhook);
        let was = hook.parked.remove(&delivery);
        hook.emptied |= was && hook.parked.is_empty();
        was
    }

    fn resent(&mut self, webhook: WebhookId, delivery: DeliveryId) -> Verdict {
        let told = self.deliveries.get_mut(&delivery).ok_or("an unknown delivery is resent")?;
        require(told.end.is_some(), "resent what is owed")?;
        let chat = told.chat;
        require(!self.is_erased(chat), "an erased delivery is resent")?;
        let told = self.deliveries.get_mut(&delivery).ok_or("an unknown delivery is resent")?;
        (told.posts_max, told.by_hand) = (told.posts_max + 1, true);
        let hook = self.hook(webhook);
        require(hook.url.is_some(), "resent to nowhere")?;
        require(hook.by_hand.insert(delivery, 0).is_none(), "resent twice at once")
    }

    fn recovered(&mut self, webhook: WebhookId, since: Timestamp, deliveries: u64) -> Verdict {
        let mut back = Vec::new();
        for (delivery, told) in self.deliveries.iter_mut().filter(|(_, told)| told.webhook == webhook) {
            if matches!(told.end, Some(Fate::Parked(at)) if at >= since) {
                (told.end, told.by_hand) = (None, true);
                back.push((told.chat, *delivery));
            }
        }
        require(back.len() as u64 == deliveries, "another number was recovered than was parked")?;
        for (_, delivery) in &back {
            self.unparked(webhook, *delivery);
        }
        back.into_iter().try_for_each(|(chat, delivery)| self.hook(webhook).owe(chat, delivery))
    }
}
