//! Tests what a webhook owes, tries and gives up, one behaviour per test.

mod effects;
mod erasing;
mod failing;
mod listening;
mod parking;
mod probing;
mod properties;
mod settings;
mod windows;

use std::sync::Arc;

use events::event::Event;
use events::ids::{DeliveryId, StreamId, WebhookId};
use events::webhook::{
    Aggregation, BUNDLE_BYTES, BundleAccount, BundleFlushed, BundleOpened, DeliveriesRecovered, DeliveryDiscarded,
    DeliveryFailed, DeliveryParked, DeliveryResent, DeliveryStarted, DeliverySucceeded, DisabledBecause,
    FlushRequested, OwnerNotified, OwnerToldOfParked, SingleDeliveryDiscarded, WebhookConfigured, WebhookDisabled,
    WebhookEnabled, WebhookErrorsReset,
};
use events::who::Who;

use super::{
    Answer, Command, Configure, Discard, ERRORS_MAX, Effect, Outcome, Outside, PARKED_AT, Rejection, Tried, Webhook,
};
use crate::spec::facts::*;
use crate::spec::{Spec, at};

type WebhookSpec = Spec<Webhook>;

const URL: &str = "https://crm.example/hook";
const TIMEOUT: &str = "report_timeout";
/// The documented waits, in milliseconds.
const WAITS_MS: [u64; 10] =
    [5_000, 30_000, 120_000, 300_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000];

fn webhook() -> WebhookId {
    WebhookId::of(workspace())
}

fn delivery(number: u64) -> DeliveryId {
    DeliveryId::of(message(number))
}

fn configured(aggregation: Aggregation) -> Event {
    let url = Some(URL.into());
    WebhookConfigured { workspace: workspace(), webhook: webhook(), url, aggregation, by: operator() }.into()
}

fn enabled() -> Event {
    WebhookEnabled { webhook: webhook(), by: operator(), reason: REASON.into() }.into()
}

fn disabled(because: DisabledBecause, errors: u32, reason: &str, ms: i64) -> Event {
    let by = if because == DisabledBecause::Owner { operator() } else { Who::System };
    WebhookDisabled { webhook: webhook(), because, errors, by, reason: reason.into(), at: at(ms) }.into()
}

fn opened_at(chat_number: u64, window: u64, ms: i64) -> Event {
    let message = message(chat_number * 10 + window);
    let (webhook, chat, at, room_bytes) = (webhook(), chat(chat_number), at(ms), BUNDLE_BYTES);
    BundleOpened { webhook, chat, window, message, at, room_bytes, line_bytes: 0 }.into()
}

/// A bundle of one message, numbered by its chat and window.
fn flushed(chat_number: u64, window: u64) -> Event {
    BundleFlushed {
        workspace: workspace(),
        webhook: webhook(),
        chat: chat(chat_number),
        window,
        messages: vec![message(chat_number * 10 + window)],
        aggregated: false,
        account: BundleAccount::default(),
        chat_name: "Cleo".into(),
        chat_phone: Some("+12025550101".into()),
        is_group: false,
        is_new_chat: window == 1,
        responsible: None,
        at: at(0),
    }
    .into()
}

/// Delivery 11 is the first one of chat 1.
fn owed(number: u64) -> Event {
    flushed(number / 10, number % 10)
}

fn started(number: u64, try_number: u32, ms: i64) -> Event {
    let (delivery, chat) = (delivery(number), chat(number / 10));
    DeliveryStarted { webhook: webhook(), delivery, chat, try_number, at: at(ms) }.into()
}

fn succeeded(number: u64, try_number: u32, ms: i64) -> Event {
    DeliverySucceeded { webhook: webhook(), delivery: delivery(number), try_number, status: 200, at: at(ms) }.into()
}

/// A try that timed out. `counted` is the number of errors in a row and when the next request may begin; `own` is
/// when this delivery may be tried again.
fn failed(number: u64, try_number: u32, counted: Option<(u32, i64)>, own: Option<i64>, ms: i64) -> Event {
    DeliveryFailed {
        webhook: webhook(),
        delivery: delivery(number),
        try_number,
        code: TIMEOUT.to_owned(),
        status: None,
        counted: counted.map(|(errors, _)| errors),
        not_before: counted.map(|(_, ms)| at(ms)),
        delivery_not_before: own.map(at),
        at: at(ms),
    }
    .into()
}

/// The same with a response of this status.
fn refused(number: u64, try_number: u32, status: u16, counted: Option<(u32, i64)>, own: Option<i64>, ms: i64) -> Event {
    let Event::DeliveryFailed(e) = failed(number, try_number, counted, own, ms) else { unreachable!() };
    DeliveryFailed { code: "report_http_error".to_owned(), status: Some(status), ..e }.into()
}

/// The wait after this many failures, in milliseconds.
fn wait_ms(failures: u32) -> i64 {
    let nth = usize::try_from(failures).unwrap().min(WAITS_MS.len());
    i64::try_from(WAITS_MS[nth - 1]).unwrap()
}

fn parked(number: u64, failures: u32, ms: i64) -> Event {
    let (delivery, chat) = (delivery(number), chat(number / 10));
    DeliveryParked { webhook: webhook(), delivery, chat, failures, at: at(ms) }.into()
}

fn tried(number: u64, try_number: u32, outcome: Outcome) -> Command {
    let (delivery, by_listener, retry_ms) = (delivery(number), false, Arc::from(WAITS_MS));
    Command::Tried(Tried { delivery, try_number, outcome, by_listener, retry_ms })
}

fn taken(number: u64, try_number: u32) -> Command {
    tried(number, try_number, Outcome::Taken { status: 200 })
}

fn timed_out(number: u64, try_number: u32) -> Command {
    tried(number, try_number, Outcome::Failed { code: TIMEOUT.to_owned(), status: None, retry_after_ms: None })
}

fn answered(number: u64, try_number: u32, status: u16, retry_after_ms: Option<u64>) -> Command {
    let (code, status) = ("report_http_error".to_owned(), Some(status));
    tried(number, try_number, Outcome::Failed { code, status, retry_after_ms })
}

fn post(number: u64, try_number: u32) -> Effect {
    let (delivery, chat) = (delivery(number), chat(number / 10));
    Effect::Outside(Outside::Post { webhook: webhook(), chat, delivery, try_number, by_hand: false })
}

/// A webhook that is switched on and has had one success.
fn healthy() -> Vec<Event> {
    vec![configured(Aggregation::None), enabled(), owed(91), started(91, 1, 0), succeeded(91, 1, 0)]
}

fn given(past: impl IntoIterator<Item = Event>) -> WebhookSpec {
    WebhookSpec::given(past)
}
