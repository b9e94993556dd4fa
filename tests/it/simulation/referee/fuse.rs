//! What may happen to deliveries: order, pace, the fuse, what is parked and what owners are told.

use std::collections::BTreeSet;

use events::event::Event;
use events::ids::{ChatId, DeliveryId, StreamId, WebhookId};
use events::record::Position;
use events::time::Timestamp;
use events::webhook::{DeliveryFailed, DeliveryStarted, DisabledBecause, OwnerNotified, WebhookDisabled};

use super::hook::{Fate, Try};
use super::{Hook, Notice, Referee, Verdict, require};

const AT_ONCE: usize = 8;
/// This error in a row switches off, and this failure of its own parks a delivery.
const ELEVENTH: u32 = 11;
const GONE: u16 = 410;
const ASKED_MS_MAX: u64 = 8 * 3_600_000;

impl Referee {
    pub(super) fn hook(&mut self, webhook: WebhookId) -> &mut Hook {
        self.hooks.entry(webhook).or_default()
    }

    /// A new life: what was under way is done once more.
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
            Event::DeliverySucceeded(e) => self.delivery_taken(e.webhook, e.delivery, e.try_number),
            Event::DeliveryFailed(e) => self.delivery_failed(position, e),
            Event::DeliveryParked(e) => {
                let hook = self.hook(e.webhook);
                require(hook.must_park.take() == Some(e.delivery), "parked for nothing")?;
                hook.owed.get_mut(&e.chat).ok_or("parked what is not owed")?.remove(&e.delivery);
                let told = self.deliveries.get_mut(&e.delivery).ok_or("an unknown delivery is parked")?;
                (told.end, told.failures) = (Some(Fate::Parked(e.at)), 0);
                Ok(())
            }
            Event::DeliveryDiscarded(e) => self.discarded(e.webhook, e.deliveries),
            Event::DeliveryResent(e) => self.resent(e.webhook, e.delivery),
            Event::DeliveriesRecovered(e) => self.recovered(e.webhook, e.since, e.deliveries),
            Event::OwnerNotified(e) => self.notified(e),
            _ => Ok(()),
        }
    }

    fn begin_anew(&mut self, webhook: WebhookId) {
        let position = self.position;
        self.hook(webhook).anew(position);
        self.deliveries.values_mut().filter(|told| told.webhook == webhook).for_each(|told| told.failures = 0);
    }

    fn delivery_started(&mut self, position: Position, e: &DeliveryStarted) -> Verdict {
        let place = |delivery: &DeliveryId| self.deliveries[delivery].place;
        let hook = self.hooks.get(&e.webhook).ok_or("a try of an unknown webhook")?;
        require(hook.is_open(), "a try of a webhook that is switched off")?;
        require(e.at >= hook.not_before, "a try before its time")?;
        let first = hook.owed.get(&e.chat).and_then(|owed| owed.iter().min_by_key(|delivery| place(delivery)));
        require(first == Some(&e.delivery), "not the first that is owed to its chat")?;
        require(!hook.trying.contains_key(&e.chat), "two tries of one chat at once")?;
        let healthy = hook.errors == 0 && hook.proven;
        require(hook.trying.len() < if healthy { AT_ONCE } else { 1 }, "too many tries at once")?;
        let others = hook.owed.iter().filter(|(chat, owed)| !owed.is_empty() && Some(**chat) != hook.last_failed);
        let probes_another = Some(e.chat) != hook.last_failed || others.count() == 0;
        require(healthy || probes_another, "the chat that failed last is tried before others")?;
        let told = self.deliveries.get_mut(&e.delivery).ok_or("an unknown delivery is tried")?;
        require(e.try_number > told.number || told.by_hand, "tries are not counted right")?;
        told.number = told.number.max(e.try_number);
        told.posts_max += 1;
        let began = Try { delivery: e.delivery, number: e.try_number, began: position };
        self.hook(e.webhook).trying.insert(e.chat, began);
        Ok(())
    }

    /// The try that ended, unless somebody asked for it.
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

    fn delivery_taken(&mut self, webhook: WebhookId, delivery: DeliveryId, number: u32) -> Verdict {
        let ended = self.try_ended(webhook, delivery, number)?;
        let told = self.deliveries.get_mut(&delivery).ok_or("an unknown delivery was taken")?;
        told.failures = 0;
        if ended.is_some() || matches!(told.end, Some(Fate::Parked(_))) {
            told.end = Some(Fate::Taken);
        }
        let Some((chat, ended)) = ended else { return Ok(()) };
        let hook = self.hook(webhook);
        hook.owed.entry(chat).or_default().remove(&delivery);
        if hook.enabled && ended.began > hook.epoch {
            (hook.errors, hook.not_before) = (0, Timestamp::default());
            (hook.proven, hook.last_failed) = (true, None);
        }
        Ok(())
    }

    fn delivery_failed(&mut self, position: Position, e: &DeliveryFailed) -> Verdict {
        let ended = self.try_ended(e.webhook, e.delivery, e.try_number)?;
        let waits: Vec<u64> = self.retry_s.iter().map(|wait| u64::from(*wait) * 1_000).collect();
        let Some((chat, ended)) = ended else {
            return require(e.counted.is_none() && e.not_before.is_none(), "a try by hand counts");
        };
        let hook = self.hook(e.webhook);
        let counts = hook.enabled && ended.began > hook.last_counted.max(hook.epoch);
        let wanted = counts.then_some(hook.errors + 1);
        require(e.counted == wanted, &format!("counted as {:?}, though it is {wanted:?}", e.counted))?;
        require(e.not_before.is_some() == counts, "a wait without an error that counts")?;
        if let (Some(errors), Some(not_before)) = (wanted, e.not_before) {
            let nth = usize::try_from(errors - 1).unwrap().min(waits.len() - 1);
            let wait = not_before.since_ms(e.at);
            require((waits[nth]..=waits[nth].max(ASKED_MS_MAX)).contains(&wait), "another wait than is laid down")?;
            (hook.errors, hook.last_counted, hook.not_before) = (errors, position, not_before);
        }
        if !hook.enabled {
            return Ok(());
        }
        if !counts {
            *self.counts.entry("overlapping failures").or_default() += 1;
        }
        let hook = self.hook(e.webhook);
        hook.last_failed = Some(chat);
        if e.status == Some(GONE) && ended.began > hook.epoch {
            hook.must_disable = Some(DisabledBecause::Gone);
        } else if counts && hook.errors >= ELEVENTH {
            hook.must_disable = Some(DisabledBecause::Errors);
        }
        let (off, owed) =
            (hook.must_disable.is_some(), hook.owed.get(&chat).is_some_and(|owed| owed.contains(&e.delivery)));
        let told = self.deliveries.get_mut(&e.delivery).ok_or("an unknown delivery failed")?;
        told.failures += 1;
        if told.failures >= ELEVENTH && !off && owed {
            self.hook(e.webhook).must_park = Some(e.delivery);
        }
        Ok(())
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

    /// What has to follow from a failure follows in the same commit.
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
            (told.end, told.by_hand, told.failures) = (Some(Fate::Discarded), true, 0);
        }
        Ok(())
    }

    fn resent(&mut self, webhook: WebhookId, delivery: DeliveryId) -> Verdict {
        let told = self.deliveries.get_mut(&delivery).ok_or("an unknown delivery is resent")?;
        require(told.end.is_some(), "resent what is owed")?;
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
        back.into_iter().try_for_each(|(chat, delivery)| self.hook(webhook).owe(chat, delivery))
    }

    /// Of what stops by itself its owner is told.
    pub(super) fn see_stop(&mut self, at: Timestamp, event: &Event) {
        let about = match event {
            Event::WebhookDisabled(e) if e.because != DisabledBecause::Owner => StreamId::Webhook(e.webhook),
            Event::AccountBlocked(e) => StreamId::Account(e.account),
            _ => return,
        };
        let id = format!("{}-{}", about.to_string().replace('/', "-"), at.ms());
        self.stops.entry(about).or_default().push(id);
    }

    fn notified(&mut self, e: &OwnerNotified) -> Verdict {
        self.told.push(Notice { about: e.about, number: e.notice, at: self.position });
        let StreamId::Webhook(webhook) = e.about else { return Ok(()) };
        let hook = self.hook(webhook);
        require(e.notice == hook.fuses && hook.told < hook.fuses, "an owner is told twice, or for nothing")?;
        hook.told = e.notice;
        Ok(())
    }
}
