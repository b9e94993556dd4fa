//! The demo's lines about reports: each post, failures, a webhook switched on or off, e-mails to the owner.

use events::event::Event;
use events::ids::{DeliveryId, StreamId};
use events::log::ReadError;
use events::record::Record;
use events::webhook::{
    DeliveryDiscarded, DeliveryFailed, DeliverySucceeded, DisabledBecause, WebhookConfigured, WebhookDisabled,
};

use super::activity_line::{ActivityEntry, Kind, clock};
use crate::gateway::Gateway;
use crate::outbound::rebuild;
use crate::recent::mask;
use crate::service::wording::counted;

/// Returns what to print for an event about reports; `None` for other events.
pub(super) fn told(
    gateway: &Gateway,
    record: &Record,
    event: &Event,
) -> Result<Option<ActivityEntry<'static>>, ReadError> {
    Ok(Some(match event {
        Event::DeliverySucceeded(e) => {
            let (phone, note) = success(gateway, e)?;
            ActivityEntry { status: Some(e.status), phone, ..ActivityEntry::noting(Kind::Out, note) }
        }
        Event::DeliveryFailed(e) => {
            let phone = whom(gateway, e.delivery)?.0;
            ActivityEntry { status: e.status, phone, ..ActivityEntry::noting(Kind::Unreported, failure(record, e)) }
        }
        Event::DeliveryParked(e) => {
            let note = format!("put aside after {} failures: `tidings outbound deliveries --state parked`", e.failures);
            ActivityEntry { phone: whom(gateway, e.delivery)?.0, ..ActivityEntry::noting(Kind::Unreported, note) }
        }
        Event::OwnerNotified(e) => ActivityEntry::noting(Kind::Mail, mail(gateway, e.about)?),
        Event::OwnerToldOfParked(e) => ActivityEntry::noting(Kind::Mail, mail(gateway, StreamId::Webhook(e.webhook))?),
        _ => return Ok(switched(event).map(|note| ActivityEntry::noting(Kind::Webhook, note))),
    }))
}

fn switched(event: &Event) -> Option<String> {
    match event {
        Event::WebhookConfigured(e) => Some(settings(e)),
        Event::WebhookEnabled(e) => Some(because("on", e.reason.reveal())),
        Event::WebhookDisabled(e) => Some(off(e)),
        Event::WebhookErrorsReset(_) => Some("errors in a row forgotten".to_owned()),
        Event::WebhookKeyRotated(_) => Some("signed by a new key, and by the previous one for a day".to_owned()),
        Event::FlushRequested(_) => Some("what was gathered is reported now".to_owned()),
        Event::DeliveryDiscarded(e) => Some(given_up(e)),
        Event::SingleDeliveryDiscarded(e) => Some(because("1 report given up", e.reason.reveal())),
        Event::DeliveriesRecovered(e) => Some(format!("{} tried again", counted(e.deliveries, "report"))),
        _ => None,
    }
}

fn success(gateway: &Gateway, event: &DeliverySucceeded) -> Result<(Option<String>, String), ReadError> {
    let (phone, messages) = whom(gateway, event.delivery)?;
    let took = took_ms(gateway, event)?.map(|ms| format!(" in {ms} ms")).unwrap_or_default();
    let again = if event.try_number > 1 { format!(", try {}", event.try_number) } else { String::new() };
    Ok((phone, format!("{} reported{took}, signed{again}", counted(messages, "message"))))
}

/// Returns the chat's phone, if known, and the number of messages.
fn whom(gateway: &Gateway, delivery: DeliveryId) -> Result<(Option<String>, u64), ReadError> {
    let found = rebuild(gateway.shard.history(), delivery)?;
    let Some((flushed, _)) = found else { return Ok((None, 0)) };
    // A group has no phone, and the first message's sender is one of many.
    let group = flushed.is_group.then(|| flushed.chat_name.reveal().to_owned());
    let phone = group.or_else(|| flushed.chat_phone.map(|phone| phone.reveal().to_owned()));
    Ok((phone, u64::try_from(flushed.messages.len()).unwrap_or(u64::MAX)))
}

/// Returns how long the delivery's last try took, if it is among the tries that are kept.
fn took_ms(gateway: &Gateway, event: &DeliverySucceeded) -> Result<Option<u64>, ReadError> {
    let tries = gateway.tries.list(gateway.shard.history(), event.webhook.workspace())?;
    let named = event.delivery.to_string();
    Ok(tries.iter().find(|(_, view)| view.delivery_id == named).map(|(_, view)| view.duration_ms))
}

/// Describes a failure. Names the time of the next try, unless this failure switched the webhook off.
fn failure(record: &Record, event: &DeliveryFailed) -> String {
    let is_last = record.events.iter().any(|event| matches!(event, Event::WebhookDisabled(_)));
    let errors = event.counted.map(|errors| format!(", {} in a row", counted(errors.into(), "error")));
    let next = event.delivery_not_before.filter(|_| !is_last).map(|at| format!("; tried again after {}", clock(at)));
    format!("not reported: {}{}{}", event.code, errors.unwrap_or_default(), next.unwrap_or_default())
}

fn settings(event: &WebhookConfigured) -> String {
    let gathered = match event.aggregation.name() {
        "none" => String::new(),
        hours => format!(", gathered for {hours}"),
    };
    let to = event.url.as_ref().map_or_else(|| "nowhere".to_owned(), |url| mask::url(url.reveal()));
    format!("reports go to {to}{gathered}").replace("to nowhere", "nowhere")
}

fn off(event: &WebhookDisabled) -> String {
    let kept = "what is said stays owed: `tidings outbound enable`";
    if event.webhook.is_of_listeners() {
        return "whoever listens gets no more after errors in a row: start `tidings listen` anew".to_owned();
    }
    match event.because {
        DisabledBecause::Owner => because("off", event.reason.reveal()),
        DisabledBecause::Errors => format!("off after {} in a row; {kept}", counted(event.errors.into(), "error")),
        DisabledBecause::Gone => format!("off: its receiver says that it is gone; {kept}"),
    }
}

fn given_up(event: &DeliveryDiscarded) -> String {
    because(&format!("{} given up", counted(event.deliveries, "report")), event.reason.reveal())
}

fn mail(gateway: &Gateway, stream: StreamId) -> Result<String, ReadError> {
    let about = match stream {
        StreamId::Webhook(_) => "webhook",
        _ => "account",
    };
    let mails = gateway.mail_queue.list(gateway.shard.history(), stream.workspace())?;
    let told = mails.into_iter().map(|(_, mail)| mail).find(|mail| mail.id.starts_with(about));
    let told = told.map(|mail| format!("to {}: {}", mail.to, mail.subject));
    Ok(format!("{} (`tidings outbound mails`)", told.unwrap_or_else(|| "to the owner".to_owned())))
}

pub(super) fn because(what: &str, reason: &str) -> String {
    if reason.is_empty() { what.to_owned() } else { format!("{what}: {reason}") }
}
