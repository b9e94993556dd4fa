//! How a message was reported: its bundle, the tries to post it, and those tries that are still kept.

use std::ops::ControlFlow;

use events::event::Event;
use events::history::{History, Of};
use events::ids::{DeliveryId, MessageId, StreamId, WebhookId};
use events::log::ReadError;
use events::record::Position;
use events::time::Timestamp;
use events::webhook::DeliveryFailed;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::step::{Step, StepKind};
use super::words;
use crate::outbound::TryView;
use crate::service::wording::after;

/// Events of a webhook that are looked through.
const LOOKED_THROUGH_MAX: usize = 16_384;

/// The report that contains a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TracedReport {
    #[schema(example = "dlv_9FCC85FE99662E46")]
    delivery_id: String,
    webhook_id: u64,
    /// The message's place in it, from 1.
    place: usize,
    /// Number of its messages.
    messages: usize,
    state: TracedReportState,
    /// Tries that have ended.
    tries: usize,
}

/// How far a report has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TracedReportState {
    #[default]
    Owed,
    Delivered,
    Parked,
    Discarded,
}

/// The bundle of a message.
pub(super) struct Flushed {
    position: Position,
    pub(super) window: u64,
    webhook: WebhookId,
    delivery: DeliveryId,
    messages: Vec<MessageId>,
}

/// A try that has ended.
struct Ended {
    position: Position,
    began_at: Option<Timestamp>,
    at: Timestamp,
    /// Why it failed, if it did.
    failed: Option<DeliveryFailed>,
}

/// The report of a message while it is gathered.
#[derive(Default)]
pub(super) struct Reporting {
    pub(super) flushed: Option<Flushed>,
    state: TracedReportState,
    began_at: Option<Timestamp>,
    ended: Vec<Ended>,
    /// Where nothing more was owed.
    done: Option<Position>,
}

impl Reporting {
    pub(super) fn take(&mut self, position: Position, at: Timestamp, event: &Event, message: MessageId) {
        match event {
            Event::BundleFlushed(e) if e.messages.contains(&message) => {
                self.flushed = e.delivery().map(|delivery| Flushed {
                    position,
                    window: e.window,
                    webhook: e.webhook,
                    delivery,
                    messages: e.messages.clone(),
                });
            }
            Event::DeliveryStarted(_) => self.began_at = Some(at),
            Event::DeliveryFailed(e) => self.end(position, at, Some(e)),
            Event::DeliverySucceeded(_) => {
                self.end(position, at, None);
                (self.state, self.done) = (TracedReportState::Delivered, Some(position));
            }
            Event::DeliveryParked(_) => self.state = TracedReportState::Parked,
            Event::DeliveryResent(_) if self.state == TracedReportState::Parked => self.state = TracedReportState::Owed,
            Event::SingleDeliveryDiscarded(_) => {
                (self.state, self.done) = (TracedReportState::Discarded, Some(position));
            }
            _ => {}
        }
    }

    fn end(&mut self, position: Position, at: Timestamp, failed: Option<&DeliveryFailed>) {
        // The walk passes what belongs to the message and to its bundle twice.
        if self.ended.iter().all(|ended| ended.position != position) {
            self.ended.push(Ended { position, began_at: self.began_at.take(), at, failed: failed.cloned() });
        }
    }

    /// Finds what happened to the webhook while the report was owed.
    pub(super) fn around(&mut self, history: &History, to: Position) -> Result<Vec<(Position, Step)>, ReadError> {
        let Some(flushed) = &self.flushed else { return Ok(Vec::new()) };
        let (range, mut left) = (flushed.position..=self.done.unwrap_or(to), LOOKED_THROUGH_MAX);
        let (mut found, mut state) = (Vec::new(), self.state);
        history.walk(Of::Stream(StreamId::Webhook(flushed.webhook)), range, |position, record, event| {
            if let Some((kind, text)) = words::of_webhook(event) {
                state = match event {
                    Event::DeliveryDiscarded(_) if state == TracedReportState::Owed => TracedReportState::Discarded,
                    Event::DeliveriesRecovered(_) if state == TracedReportState::Parked => TracedReportState::Owed,
                    _ => state,
                };
                found.push((position, Step::of(position, record, kind, text)));
            }
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        self.state = state;
        Ok(found)
    }

    pub(super) fn report(&self, message: MessageId) -> Option<TracedReport> {
        let flushed = self.flushed.as_ref()?;
        Some(TracedReport {
            delivery_id: flushed.delivery.to_string(),
            webhook_id: flushed.webhook.number(),
            place: flushed.messages.iter().position(|one| *one == message)? + 1,
            messages: flushed.messages.len(),
            state: self.state,
            tries: self.ended.len(),
        })
    }

    /// Names the kept try beside each step that tells how one ended, and adds those that no event tells of. Returns a
    /// note if some are not kept any more.
    pub(super) fn add_kept(&self, steps: &mut Vec<Step>, kept: &[TryView]) -> Option<String> {
        let delivery = self.flushed.as_ref()?.delivery.to_string();
        let of_delivery = kept.iter().filter(|kept| kept.delivery_id == delivery && !kept.test);
        // Newest first, as the tries are kept.
        let mut tries: Vec<(Timestamp, &TryView)> =
            of_delivery.filter_map(|kept| Some((kept.at.parse().ok()?, kept))).collect();
        let mut named = 0;
        for ended in self.ended.iter().rev() {
            let is_it =
                |(at, _): &(Timestamp, &TryView)| *at <= ended.at && ended.began_at.is_none_or(|began| *at >= began);
            let Some(found) = tries.iter().position(is_it) else { continue };
            let (_, kept) = tries.remove(found);
            if let Some(step) = steps.iter_mut().find(|step| step.position == Some(ended.position)) {
                step.text = match &ended.failed {
                    Some(failed) => words::not_posted(failed, Some(kept)),
                    None => format!("{}, {}", step.text, after(kept.duration_ms)),
                };
                (step.id, step.status) =
                    (Some(kept.id.clone()), kept.response.as_ref().map(|response| response.status));
                named += 1;
            }
        }
        for (at, kept) in tries.into_iter().rev() {
            let place = steps.iter().rposition(|step| step.at.parse().is_ok_and(|step: Timestamp| step <= at));
            steps.insert(place.map_or(0, |place| place + 1), unnamed(kept));
        }
        let missing = self.ended.len().saturating_sub(named);
        let are = if missing == 1 { "is" } else { "are" };
        (missing > 0)
            .then(|| format!("{missing} of its tries {are} not kept any more: the last 100 of a workspace are."))
    }
}

/// A try that no event tells of: it goes on, or was interrupted.
fn unnamed(kept: &TryView) -> Step {
    let status = kept.response.as_ref().map(|response| response.status);
    let outcome = match (&kept.error, status) {
        (Some(error), _) => match error.split_once(": ") {
            Some((code, words)) => format!("{words} ({code})"),
            None => error.clone(),
        },
        (None, Some(status)) => format!("answered with {status}"),
        (None, None) => "no answer".to_owned(),
    };
    Step {
        at: kept.at.clone(),
        position: None,
        kind: StepKind::ReportTry,
        text: format!("The report was posted: {outcome}, {}", after(kept.duration_ms)),
        id: Some(kept.id.clone()),
        status,
    }
}
