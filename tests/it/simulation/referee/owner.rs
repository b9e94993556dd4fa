//! The rules for notices to owners: about stopped webhooks and accounts, and about parked deliveries.

use events::event::Event;
use events::ids::StreamId;
use events::time::Timestamp;
use events::webhook::{DisabledBecause, OwnerNotified, OwnerToldOfParked};

use super::{Notice, ParkedNotice, Referee, Verdict, require};

/// The least time between two letters about parked deliveries.
const HOUR_MS: u64 = 3_600_000;

impl Referee {
    /// Notes a stop that was not the owner's decision; its owner must be told.
    pub(super) fn see_stop(&mut self, at: Timestamp, event: &Event) {
        let about = match event {
            Event::WebhookDisabled(e) if e.because != DisabledBecause::Owner => StreamId::Webhook(e.webhook),
            Event::AccountBlocked(e) => StreamId::Account(e.account),
            _ => return,
        };
        let id = format!("{}-{}", about.to_string().replace('/', "-"), at.ms());
        self.stops.entry(about).or_default().push(id);
    }

    pub(super) fn notified(&mut self, e: &OwnerNotified) -> Verdict {
        self.told.push(Notice { about: e.about, number: e.notice, at: self.position });
        let StreamId::Webhook(webhook) = e.about else { return Ok(()) };
        let hook = self.hook(webhook);
        require(e.notice == hook.fuses && hook.told < hook.fuses, "an owner is told twice, or for nothing")?;
        hook.told = e.notice;
        Ok(())
    }

    /// A notice about parked deliveries may come once an hour at most.
    pub(super) fn told_of_parked(&mut self, e: &OwnerToldOfParked) -> Verdict {
        let position = self.position;
        let hook = self.hook(e.webhook);
        require(e.notice == hook.notices + 1, "notices of parked deliveries are not counted right")?;
        let due = hook.noticed_at.is_none_or(|at| e.at.since_ms(at) >= HOUR_MS);
        require(due, "an owner is told of parked deliveries twice within an hour")?;
        require(e.parkings > hook.known && e.parkings <= hook.parkings, "an owner is told of nothing new")?;
        (hook.notices, hook.known, hook.noticed_at) = (e.notice, e.parkings, Some(e.at));
        let has_letter = !std::mem::replace(&mut hook.emptied, hook.parked.is_empty());
        let id = format!("webhook-{}-parked-{}", e.webhook, e.notice);
        self.told_of_parked.push(ParkedNotice { id, has_letter, at: position });
        Ok(())
    }
}
