//! The letters about a webhook that was switched off, and about parked deliveries.

use events::time::Timestamp;

use super::Letter;
use super::address::address;
use super::page::{Page, moment};
use super::words::{Of, Words, shown};
use crate::notices::mail::Language;

const COMMAND: &str = "tidings outbound enable --backlog send";
const REQUEST: &str = "PATCH /api/v1/outbound\n{\"enabled\":true,\"backlog\":\"send\"}";
const PARKED_COMMANDS: &str = "tidings outbound deliveries --state parked\ntidings outbound recover";
const PARKED_REQUESTS: &str = "GET /api/v1/outbound/deliveries?state=parked\nPOST /api/v1/outbound/recover";

/// The webhook failed too often in a row.
#[derive(Debug, Clone, Copy)]
pub struct WebhookDisabled<'a> {
    /// The owner's name; may be empty.
    pub owner: &'a str,
    pub workspace: &'a str,
    /// The receiver's URL as configured.
    pub url: &'a str,
    pub errors_in_a_row: u64,
    /// The error of the last failed try.
    pub last_error: LastError<'a>,
    /// Number of deliveries that wait.
    pub owed: u64,
    /// When it was switched off.
    pub at: Timestamp,
}

/// The error of a try.
#[derive(Debug, Clone, Copy)]
pub struct LastError<'a> {
    /// A stable code.
    pub code: &'a str,
    /// The HTTP status of the response, if there was one.
    pub status: Option<u16>,
}

/// The receiver answered 410 Gone.
#[derive(Debug, Clone, Copy)]
pub struct WebhookGone<'a> {
    /// The owner's name; may be empty.
    pub owner: &'a str,
    pub workspace: &'a str,
    /// The receiver's URL as configured.
    pub url: &'a str,
    /// Number of deliveries that wait.
    pub owed: u64,
    /// When it was switched off.
    pub at: Timestamp,
}

/// Deliveries were refused again and again, and wait for somebody to decide.
#[derive(Debug, Clone, Copy)]
pub struct DeliveriesParked<'a> {
    /// The owner's name; may be empty.
    pub owner: &'a str,
    pub workspace: &'a str,
    /// The receiver's URL as configured.
    pub url: &'a str,
    /// Number of parked deliveries.
    pub parked: u64,
    /// The error of the last try of the one parked last, if known.
    pub last_error: Option<LastError<'a>>,
    /// When the last of them was parked.
    pub at: Timestamp,
}

/// Writes that the webhook was switched off after too many errors in a row.
pub fn webhook_disabled(what: &WebhookDisabled<'_>, language: Language) -> Letter {
    let words = Words::new(language);
    let about = [("workspace", Of::Text(what.workspace)), ("count", Of::Count(what.errors_in_a_row))];
    let opening = words.say_of("webhook-disabled-opening", &about);
    let page = Page::new(&words, what.owner, subject(&words, what.workspace), opening)
        .fact(words.say("address"), address(what.url))
        .fact(words.say("switched-off-at"), moment(what.at))
        .fact(words.say("errors-in-a-row"), what.errors_in_a_row.to_string())
        .fact(words.say("last-error"), error(what.last_error))
        .fact(words.say("owed"), words.say_of("owed-count", &[("count", Of::Count(what.owed))]))
        .step(words.say("webhook-disabled-mend"));
    switch_on(&words, page).into_letter()
}

/// Writes that the webhook was switched off because its receiver wants no more reports.
pub fn webhook_gone(what: &WebhookGone<'_>, language: Language) -> Letter {
    let words = Words::new(language);
    let opening = words.say_of("webhook-gone-opening", &[("workspace", Of::Text(what.workspace))]);
    let page = Page::new(&words, what.owner, subject(&words, what.workspace), opening)
        .fact(words.say("address"), address(what.url))
        .fact(words.say("switched-off-at"), moment(what.at))
        .fact(words.say("last-error"), "HTTP 410 Gone".to_owned())
        .fact(words.say("owed"), words.say_of("owed-count", &[("count", Of::Count(what.owed))]))
        .step(words.say("webhook-gone-mend"));
    switch_on(&words, page).into_letter()
}

/// Writes that deliveries were parked.
pub fn deliveries_parked(what: &DeliveriesParked<'_>, language: Language) -> Letter {
    let words = Words::new(language);
    let about = [("workspace", Of::Text(what.workspace)), ("count", Of::Count(what.parked))];
    let subject = words.say_of("webhook-parked-subject", &about);
    let opening = words.say_of("webhook-parked-opening", &about);
    let page = Page::new(&words, what.owner, subject, opening)
        .fact(words.say("address"), address(what.url))
        .fact(words.say("parked"), what.parked.to_string())
        .fact(words.say("parked-at"), moment(what.at))
        .fact(words.say("last-error"), what.last_error.map_or_else(|| words.say("unknown"), error))
        .step(words.say("webhook-parked-mend"))
        .step(words.say("webhook-parked-again"));
    page.command(words.say("on-the-command-line"), PARKED_COMMANDS.to_owned())
        .command(words.say("over-the-api"), PARKED_REQUESTS.to_owned())
        .into_letter()
}

fn error(last: LastError<'_>) -> String {
    match last {
        LastError { code, status: Some(status) } => format!("{} (HTTP {status})", shown(code)),
        LastError { code, status: None } => shown(code),
    }
}

fn subject(words: &Words, workspace: &str) -> String {
    words.say_of("webhook-subject", &[("workspace", Of::Text(workspace))])
}

fn switch_on(words: &Words, page: Page) -> Page {
    page.step(words.say("webhook-switch-on"))
        .command(words.say("on-the-command-line"), COMMAND.to_owned())
        .command(words.say("over-the-api"), REQUEST.to_owned())
}
