//! The rules of an outbound webhook.

use events::event::Event;
use events::ids::{ChatId, DeliveryId, StreamId, WebhookId};
use events::personal::Digest;
use events::time::Timestamp;
use events::webhook::{
    DeliveriesRecovered, DeliveryDiscarded, DeliveryFailed, DeliveryParked, DeliveryResent, DeliveryStarted,
    DeliverySucceeded, DisabledBecause, FlushRequested, ListeningEnded, ListeningStarted, OwnerNotified,
    OwnerToldOfParked, SingleDeliveryDiscarded, WebhookConfigured, WebhookDisabled, WebhookEnabled, WebhookErrorsReset,
    WebhookKeyRotated,
};
use events::who::Who;

use super::state::State;
use super::tries::Try;
use super::{
    Answer, CHAT_ERASED, Configure, Discard, ERRORS_MAX, Outcome, PARKED_AT, RETRY_AFTER_MS_MAX, Rejection,
    TOO_MANY_REQUESTS, Tried,
};
use crate::decider::Decision;

/// The receiver is gone and wants no more requests.
const GONE: u16 = 410;

/// Begins the next requests, if their time has come.
pub(super) fn wake_up(state: &State, at: Timestamp) -> Vec<Event> {
    let Some(webhook) = state.webhook.filter(|_| state.not_before.is_none_or(|not_before| not_before <= at)) else {
        return Vec::new();
    };
    let started = state.next(at).into_iter().map(|owed| {
        let try_number = state.next_number(owed.chat, owed.delivery);
        DeliveryStarted { webhook, delivery: owed.delivery, chat: owed.chat, try_number, at }.into()
    });
    started.collect()
}

/// Applies the whole change or nothing. The first URL of a webhook switches it on, unless the change says otherwise.
pub(super) fn configure(state: &State, change: Configure, at: Timestamp) -> Result<Vec<Event>, Rejection> {
    let Configure { webhook, by, reason, .. } = change;
    let url = change.url.map_or_else(|| state.url.clone(), |url| url.map(Into::into));
    let aggregation = change.aggregation.unwrap_or(state.aggregation);
    let first = state.url.is_none() && state.webhook.is_none() && url.is_some();
    let enabled = change.enabled.or(first.then_some(true));
    if enabled == Some(true) && url.is_none() {
        return Err(Rejection::NoUrl);
    }
    let mut events: Vec<Event> = Vec::new();
    if (&url, aggregation) != (&state.url, state.aggregation) {
        let workspace = webhook.workspace();
        events.push(WebhookConfigured { workspace, webhook, url, aggregation, by }.into());
    }
    match enabled {
        Some(true) => {
            if !state.enabled {
                events.push(WebhookEnabled { webhook, by, reason: reason.as_str().into() }.into());
            }
            if change.discard && !state.owed.is_empty() {
                events.push(
                    DeliveryDiscarded { webhook, deliveries: state.owed.len(), by, reason: reason.into(), at }.into(),
                );
            }
        }
        Some(false) if state.enabled => {
            let (because, errors) = (DisabledBecause::Owner, state.errors);
            events.push(WebhookDisabled { webhook, because, errors, by, reason: reason.into(), at }.into());
        }
        _ => {}
    }
    Ok(events)
}

/// Records a success, or a failure with all that follows from it. Ignores a request that is not under way.
pub(super) fn tried(state: &State, tried: &Tried, at: Timestamp) -> Vec<Event> {
    let Tried { delivery, try_number, outcome, retry_ms, by_listener } = tried;
    let (delivery, try_number, by_listener) = (*delivery, *try_number, *by_listener);
    let Some(webhook) = state.webhook else { return Vec::new() };
    let under_way = state.in_flight.values().find(|t| t.owed.delivery == delivery && t.try_number == try_number);
    let by_hand = state.by_hand.get(&delivery).is_some_and(|by| by.try_number == try_number);
    if under_way.is_none() && !by_hand {
        return Vec::new();
    }
    match outcome {
        Outcome::Taken { status } => {
            vec![DeliverySucceeded { webhook, delivery, try_number, status: *status, at }.into()]
        }
        Outcome::Erased => {
            let failed = DeliveryFailed {
                webhook,
                delivery,
                try_number,
                code: CHAT_ERASED.to_owned(),
                status: None,
                counted: None,
                not_before: None,
                delivery_not_before: None,
                at,
            };
            vec![failed.into()]
        }
        Outcome::Failed { code, status, retry_after_ms } => {
            let failure = (code.clone(), *status, *retry_after_ms);
            let failed = Failed { state, webhook, delivery, try_number, failure, retry_ms, by_listener, at };
            under_way.map_or_else(|| vec![failed.event(None).into()], |under_way| failed.events(under_way))
        }
    }
}

/// A request that failed.
struct Failed<'a> {
    state: &'a State,
    webhook: WebhookId,
    delivery: DeliveryId,
    try_number: u32,
    failure: (String, Option<u16>, Option<u64>),
    retry_ms: &'a [u64],
    by_listener: bool,
    at: Timestamp,
}

impl Failed<'_> {
    /// Counts the failure unless the request began before the last counted one. Too many errors in a row, or a
    /// receiver that is gone, switch the webhook off; otherwise a delivery that has failed too often is parked.
    fn events(&self, under_way: &Try) -> Vec<Event> {
        let state = self.state;
        let failed = self.event(Some(under_way));
        let gone = state.is_fresh(under_way.start) && failed.status == Some(GONE);
        let blown = failed.counted.is_some_and(|errors| errors > ERRORS_MAX);
        let (code, errors) = (failed.code.clone(), failed.counted.unwrap_or(state.errors));
        let parks = self.parks(under_way);
        let mut events = vec![failed.into()];
        if self.by_listener {
            return events;
        }
        if gone || blown {
            let because = if gone { DisabledBecause::Gone } else { DisabledBecause::Errors };
            let by = Who::System;
            events.push(
                WebhookDisabled { webhook: self.webhook, because, errors, by, reason: code.into(), at: self.at }.into(),
            );
        } else if let Some(failures) = parks {
            let (webhook, delivery, chat) = (self.webhook, self.delivery, under_way.owed.chat);
            events.push(DeliveryParked { webhook, delivery, chat, failures, at: self.at }.into());
        }
        events
    }

    /// Returns the number of failures that park the delivery, if it has enough. A 429 response does not count: the
    /// receiver is busy, but has nothing against this delivery. Of deliveries to listeners none is parked: nobody looks
    /// after them.
    fn parks(&self, under_way: &Try) -> Option<u32> {
        let (state, (_, status, _)) = (self.state, &self.failure);
        let failures = state.failures(self.delivery).parking.saturating_add(1);
        let counts = state.is_fresh(under_way.start) && *status != Some(TOO_MANY_REQUESTS);
        let is_owed = || state.owed.find(under_way.owed.chat, self.delivery).is_some();
        let parks = counts && failures >= PARKED_AT && !self.webhook.is_of_listeners();
        (parks && is_owed()).then_some(failures)
    }

    /// Makes the event, with two waits: the webhook waits by its errors in a row, the delivery by its own failures.
    /// Both wait at least as long as the receiver asks for.
    fn event(&self, under_way: Option<&Try>) -> DeliveryFailed {
        let state = self.state;
        let (code, status, asked_ms) = self.failure.clone();
        let asked_ms = asked_ms.unwrap_or(0).min(RETRY_AFTER_MS_MAX);
        let fresh = under_way.filter(|under_way| state.is_fresh(under_way.start));
        let counted = under_way.filter(|under_way| state.counts(under_way.start));
        let counted = counted.map(|_| state.errors.saturating_add(1));
        let asked = fresh.filter(|_| asked_ms > 0).map(|_| self.at.plus_ms(asked_ms));
        let wait = |failures: u32| self.at.plus_ms(self.usual_ms(failures).max(asked_ms));
        DeliveryFailed {
            webhook: self.webhook,
            delivery: self.delivery,
            try_number: self.try_number,
            code,
            status,
            counted,
            not_before: counted.map(wait).or(asked),
            delivery_not_before: fresh.map(|_| wait(state.failures(self.delivery).failed.saturating_add(1))),
            at: self.at,
        }
    }

    /// Returns the wait after this many failures, in milliseconds.
    fn usual_ms(&self, failures: u32) -> u64 {
        let nth = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
        self.retry_ms.get(nth).or(self.retry_ms.last()).copied().unwrap_or(0)
    }
}

pub(super) fn flush(state: &State, by: Who, at: Timestamp) -> Decision<Answer> {
    let windows = Answer::Count(state.windows());
    match state.webhook {
        Some(webhook) if state.windows() > 0 => Decision::of(vec![FlushRequested { webhook, by, at }.into()], windows),
        _ => Decision::nothing(windows),
    }
}

/// Posts a delivery once more, whatever its outcome was, unless it is still owed. Does nothing if such a request is
/// under way.
pub(super) fn resend(state: &State, delivery: DeliveryId, chat: ChatId, by: Who) -> Result<Vec<Event>, Rejection> {
    let Some(webhook) = state.webhook.filter(|_| state.has_receiver()) else { return Err(Rejection::NoUrl) };
    if state.by_hand.contains_key(&delivery) {
        return Ok(Vec::new());
    }
    if state.owed.find(chat, delivery).is_some() {
        return Err(Rejection::StillOwed);
    }
    Ok(vec![DeliveryResent { webhook, delivery, chat, by }.into()])
}

/// Gives up one delivery that is owed or parked. A request under way for it still ends normally.
pub(super) fn discard(state: &State, discard: Discard, at: Timestamp) -> Result<Vec<Event>, Rejection> {
    let Discard { delivery, chat, by, reason } = discard;
    let waits = state.parked.contains_key(&delivery) || state.owed.find(chat, delivery).is_some();
    let webhook = state.webhook.filter(|_| waits).ok_or(Rejection::NotOwed)?;
    Ok(vec![SingleDeliveryDiscarded { webhook, delivery, chat, by, reason: reason.into(), at }.into()])
}

pub(super) fn recover(state: &State, since: Timestamp, by: Who) -> Decision<Answer> {
    let deliveries = state.parked.values().filter(|parked| parked.at >= since).count() as u64;
    match state.webhook {
        Some(webhook) if deliveries > 0 => {
            let recovered = DeliveriesRecovered { webhook, since, deliveries, by };
            Decision::of(vec![recovered.into()], Answer::Count(deliveries))
        }
        _ => Decision::nothing(Answer::Count(0)),
    }
}

pub(super) fn reset_errors(state: &State, by: Who) -> Vec<Event> {
    let webhook = state.webhook.filter(|_| state.waits());
    webhook.map(|webhook| WebhookErrorsReset { webhook, by }.into()).into_iter().collect()
}

pub(super) fn key_rotated(webhook: WebhookId, key_hash: Digest, by: Who) -> Vec<Event> {
    vec![WebhookKeyRotated { webhook, key_hash, by }.into()]
}

/// Begins to report to a listening program, as to a webhook that is switched on. Further listeners change nothing.
pub(super) fn listen(state: &State, webhook: WebhookId, instead: bool, by: Who) -> Vec<Event> {
    if state.enabled && state.listening.includes(instead) {
        return Vec::new();
    }
    vec![ListeningStarted { workspace: webhook.workspace(), webhook, instead, by }.into()]
}

/// Gives up what is owed to listeners once the last one has gone. With it those have gone who received in place of the
/// URL, whose webhook must hear of it.
pub(super) fn listeners_gone(state: &State, instead: bool, at: Timestamp) -> Vec<Event> {
    let Some(webhook) = state.webhook else { return Vec::new() };
    let ends = [true, false].into_iter().filter(|kind| (!instead || *kind) && state.listening.includes(*kind));
    let ended = |instead| ListeningEnded { workspace: webhook.workspace(), webhook, instead, at }.into();
    ends.map(ended).collect()
}

pub(super) fn notified(state: &State, notice: u64, at: Timestamp) -> Vec<Event> {
    let webhook = state.webhook.filter(|_| state.notice_due && state.notices == notice);
    webhook.map(|webhook| OwnerNotified { about: StreamId::Webhook(webhook), notice, at }.into()).into_iter().collect()
}

pub(super) fn told_of_parked(state: &State, notice: u64, parkings: u64, at: Timestamp) -> Vec<Event> {
    let webhook = state.webhook.filter(|_| state.parked_notice.next() == notice);
    webhook.map(|webhook| OwnerToldOfParked { webhook, notice, parkings, at }.into()).into_iter().collect()
}
