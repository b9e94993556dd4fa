//! What an event means for a message, in plain words.

use events::account::{
    DeferReason, FetchFailed, MessageQueued, MessageSettled, Origin, SendDeferred, SettledAs, SettledHow,
};
use events::chat::MessageReceived;
use events::event::Event;
use events::ids::MessageId;
use events::personal::Personal;
use events::time::Timestamp;
use events::webhook::{BundleFlushed, DeliveryFailed, DisabledBecause, WebhookDisabled};
use events::who::Who;

use super::step::StepKind;
use crate::codes;
use crate::outbound::TryView;
use crate::service::wording::{after, counted};

/// Describes an event of a message or of the bundle that reports it; `None` if it tells nothing of either.
pub(super) fn of(event: &Event, message: MessageId) -> Option<(StepKind, String)> {
    sending(event).or_else(|| reporting(event, message))
}

fn sending(event: &Event) -> Option<(StepKind, String)> {
    Some(match event {
        Event::MessageQueued(e) => queued(e),
        Event::CreditCharged(e) => (StepKind::Charged, format!("{} charged", counted(e.amount, "credit"))),
        Event::CreditRefunded(e) => {
            (StepKind::Refunded, format!("{} refunded, because: {}", counted(e.amount, "credit"), code(&e.reason)))
        }
        Event::FileFetched(e) => {
            (StepKind::FileFetched, format!("The file was fetched: {}, {}", counted(e.size, "byte"), e.mime))
        }
        Event::FetchFailed(e) => (StepKind::FileFailed, not_fetched(e)),
        Event::MessageReceived(e) => (StepKind::Received, received(e)),
        Event::SendStarted(e) => (StepKind::SendStarted, format!("Try {} to send it began", e.try_number)),
        Event::SendDeferred(e) => (StepKind::Deferred, deferred(e)),
        Event::SendUncertain(e) => (
            StepKind::Uncertain,
            format!("Nobody knows whether try {} has sent it; it waits to be settled", e.try_number),
        ),
        Event::MessageAccepted(e) => {
            (StepKind::Accepted, format!("WhatsApp took it at try {}, and has not sent it yet", e.try_number))
        }
        Event::MessageSent(e) => (StepKind::Sent, format!("WhatsApp sent it at try {}", e.try_number)),
        Event::MessageFailed(e) => (StepKind::Failed, format!("It failed for good: {}", code(&e.code))),
        Event::MessageSettled(e) => (StepKind::Settled, settled(e)),
        Event::MessageDelivered(_) => (StepKind::Delivered, "It arrived on the recipient's phone".to_owned()),
        Event::MessageRead(_) => (StepKind::Read, "The recipient read it".to_owned()),
        _ => return None,
    })
}

fn reporting(event: &Event, message: MessageId) -> Option<(StepKind, String)> {
    Some(match event {
        Event::BundleOpened(e) if e.message == message => {
            (StepKind::ReportDue, "A report to the CRM is due: messages of the chat are gathered for it".to_owned())
        }
        Event::BundleOpened(e) => (
            StepKind::ReportDue,
            format!("A report of the chat began to be gathered, with {}; this message joined it later", e.message),
        ),
        Event::BundleFlushed(e) => (StepKind::Bundled, bundled(e, message)),
        Event::DeliveryStarted(e) => {
            (StepKind::ReportStarted, format!("Try {} to post the report began", e.try_number))
        }
        Event::DeliverySucceeded(e) => (
            StepKind::ReportDelivered,
            format!("The CRM took the report at try {} (status {})", e.try_number, e.status),
        ),
        Event::DeliveryFailed(e) => (StepKind::ReportFailed, not_posted(e, None)),
        Event::DeliveryParked(e) => (
            StepKind::ReportParked,
            format!("The report failed {} and is parked until somebody decides", times(e.failures)),
        ),
        Event::DeliveryResent(e) => (StepKind::ReportResent, format!("{} had the report posted once more", who(e.by))),
        Event::SingleDeliveryDiscarded(e) => {
            (StepKind::ReportDiscarded, format!("{} discarded the report{}", who(e.by), because(&e.reason)))
        }
        _ => return None,
    })
}

/// Describes what happened to a webhook while a report was owed.
pub(super) fn of_webhook(event: &Event) -> Option<(StepKind, String)> {
    Some(match event {
        Event::DeliveryDiscarded(e) => (
            StepKind::ReportDiscarded,
            format!(
                "{} discarded all that was owed, {}{}",
                who(e.by),
                counted(e.deliveries, "report"),
                because(&e.reason)
            ),
        ),
        Event::DeliveriesRecovered(e) => (
            StepKind::ReportResent,
            format!("{} had the reports tried again that were parked since {}", who(e.by), e.since),
        ),
        Event::WebhookDisabled(e) => (StepKind::Webhook, disabled(e)),
        Event::WebhookEnabled(e) => {
            (StepKind::Webhook, format!("{} switched the outbound webhook on{}", who(e.by), because(&e.reason)))
        }
        _ => return None,
    })
}

/// Describes what happened to an account while a message waited.
pub(super) fn of_account(event: &Event) -> Option<String> {
    Some(match event {
        Event::AccountPaused(e) => format!("{} paused the account{}", who(e.by), because(&e.reason)),
        Event::AccountResumed(e) => format!("{} resumed the account{}", who(e.by), because(&e.reason)),
        Event::AccountConnected(_) => "The account was connected".to_owned(),
        Event::AccountDisconnected(e) => {
            format!("{} disconnected the account{}", who(e.by), because(&e.reason))
        }
        Event::AccountBlocked(e) => format!("The account was stopped: {}", code(&e.reason)),
        Event::AccountUnblocked(_) => "The account may send again".to_owned(),
        _ => return None,
    })
}

fn queued(e: &MessageQueued) -> (StepKind, String) {
    let (kind, through) = match e.origin {
        Origin::Inbound => (StepKind::Queued, "the inbound webhook"),
        Origin::Api => (StepKind::QueuedByApi, "the API"),
    };
    let file = if e.file.is_some() { ", with a file" } else { "" };
    (kind, format!("Accepted through {through} and queued for {}{file}", e.to.reveal()))
}

fn received(e: &MessageReceived) -> String {
    if e.from_me {
        "Typed on the account's own phone".to_owned()
    } else {
        format!("Received from {}", e.sender.reveal())
    }
}

fn not_fetched(e: &FetchFailed) -> String {
    let again = e.again_at.map_or_else(String::new, |at| format!("; again at {at}"));
    format!("The file could not be fetched (fetch {}): {}{again}", e.fetch_number, code(&e.code))
}

fn deferred(e: &SendDeferred) -> String {
    let reason = match e.reason {
        DeferReason::ServerError => "WhatsApp's server failed",
        DeferReason::OutcomeUnknown => "no answer came",
        DeferReason::NotConnected => "the account has no connection",
        DeferReason::PairRateLimited => "too much was sent to this recipient",
        DeferReason::AccountRateLimited => "the account has sent too much",
        DeferReason::AccountStopped => "the account was stopped",
        DeferReason::Interrupted => "the gateway was stopped meanwhile",
        DeferReason::FileGone => "the file has to be fetched again",
    };
    let again =
        if e.not_before > e.at { format!("at {} or later", e.not_before) } else { "at its next turn".to_owned() };
    format!("Try {} did not send it: {reason}; again {again}", e.try_number)
}

fn settled(e: &MessageSettled) -> String {
    let verdict = match e.settled_as {
        SettledAs::Sent => "sent",
        SettledAs::Failed => "not sent",
    };
    match e.how {
        SettledHow::Owner => format!("{} settled it as {verdict}{}", who(e.by), because(&e.reason)),
        SettledHow::Status => format!("A receipt settled it as {verdict}"),
    }
}

fn bundled(e: &BundleFlushed, message: MessageId) -> String {
    let delivery = e.delivery().map(|delivery| delivery.to_string()).unwrap_or_default();
    let place = e.messages.iter().position(|one| *one == message).map_or(0, |place| place + 1);
    match e.messages.len() {
        1 => format!("Put into the report {delivery}"),
        all => format!("Put into the report {delivery}, as message {place} of {all}"),
    }
}

/// Describes a try to post the report that failed, also with what is kept of it.
pub(super) fn not_posted(e: &DeliveryFailed, kept: Option<&TryView>) -> String {
    let took = kept.map_or_else(String::new, |kept| format!(" {}", after(kept.duration_ms)));
    let why = match kept.and_then(|kept| kept.error.as_deref()?.split_once(": ")) {
        Some((_, words)) => words,
        None => codes::find(&e.code).map_or("", |code| code.meaning.trim_end_matches('.')),
    };
    let status = e.status.map(|status| status.to_string()).filter(|status| !why.contains(status));
    let status = status.map_or_else(String::new, |status| format!(", status {status}"));
    let again = e.delivery_not_before.max(e.not_before);
    let again = again.map_or_else(String::new, |at: Timestamp| format!("; again at {at} or later"));
    format!("Try {} to post the report failed{took}: {why} ({}{status}){again}", e.try_number, e.code)
}

fn disabled(e: &WebhookDisabled) -> String {
    match e.because {
        DisabledBecause::Owner => format!("{} switched the outbound webhook off{}", who(e.by), because(&e.reason)),
        DisabledBecause::Errors => {
            format!("{} in a row switched the outbound webhook off", counted(e.errors.into(), "error"))
        }
        DisabledBecause::Gone => "The CRM wants no more reports (status 410): the outbound webhook is off".to_owned(),
    }
}

/// Names the originator of a change.
pub(super) fn who(who: Who) -> String {
    match who {
        Who::Operator => "The operator".to_owned(),
        Who::Key(number) => format!("The API key {number}"),
        Who::Inbound => "The inbound webhook".to_owned(),
        Who::Person(number) => format!("Teammate {number}"),
        Who::Transport => "WhatsApp".to_owned(),
        Who::Receiver => "The CRM".to_owned(),
        Who::Mail => "The mail server".to_owned(),
        Who::Restore => "The restoration of a backup".to_owned(),
        Who::System => "Tidings".to_owned(),
    }
}

fn because(reason: &Personal) -> String {
    match reason.reveal().trim() {
        "" => String::new(),
        reason => format!(": {reason}"),
    }
}

/// Explains a stable code, and names it.
fn code(name: &str) -> String {
    codes::find(name).map_or_else(|| name.to_owned(), |code| format!("{} ({name})", code.message))
}

fn times(number: u32) -> String {
    if number == 1 { "once".to_owned() } else { format!("{number} times") }
}

#[cfg(test)]
mod tests {
    use events::account::FileFetched;
    use events::ids::{AccountId, ChatId, DeliveryId, WebhookId, WorkspaceId};
    use events::webhook::{DeliveryDiscarded, DeliveryParked};
    use events::workspace::CreditCharged;
    use serde_json::json;

    use super::*;

    const MESSAGE: MessageId = MessageId::from_bits(7);
    const AT: Timestamp = Timestamp::from_ms(0);

    fn webhook() -> WebhookId {
        WebhookId::nth(WorkspaceId::nth(0), 1).unwrap()
    }

    #[track_caller]
    fn check(event: impl Into<Event>, wanted: &str) {
        let event = event.into();
        assert_eq!(of(&event, MESSAGE).or_else(|| of_webhook(&event)).unwrap().1, wanted);
    }

    #[test]
    fn one_and_many_are_told_as_people_do() {
        let workspace = WorkspaceId::nth(0);
        for (amount, wanted) in [(1, "1 credit charged"), (2, "2 credits charged")] {
            check(CreditCharged { workspace, message: MESSAGE, amount }, wanted);
        }
        let account = AccountId::nth(workspace, 1).unwrap();
        for (size, wanted) in [(1, "The file was fetched: 1 byte, x/y"), (2, "The file was fetched: 2 bytes, x/y")] {
            check(FileFetched { message: MESSAGE, account, size, mime: "x/y".to_owned() }, wanted);
        }
        let (chat, delivery) = (ChatId::nth(workspace, 1).unwrap(), DeliveryId::of(MESSAGE));
        for (failures, count) in [(1, "once"), (11, "11 times")] {
            let wanted = format!("The report failed {count} and is parked until somebody decides");
            check(DeliveryParked { webhook: webhook(), delivery, chat, failures, at: AT }, &wanted);
        }
        for (deliveries, count) in [(1, "1 report"), (2, "2 reports")] {
            let wanted = format!("The operator discarded all that was owed, {count}: a holiday");
            let (by, reason) = (Who::Operator, "a holiday".into());
            check(DeliveryDiscarded { webhook: webhook(), deliveries, by, reason, at: AT }, &wanted);
        }
    }

    #[test]
    fn a_failed_try_says_what_really_came_back() {
        let failed = DeliveryFailed {
            webhook: webhook(),
            delivery: DeliveryId::of(MESSAGE),
            try_number: 2,
            code: "report_http_error".to_owned(),
            status: Some(503),
            counted: None,
            not_before: None,
            delivery_not_before: Some(AT),
            at: AT,
        };
        let wanted = "Try 2 to post the report failed: The receiver answered with a status that is no success \
            (report_http_error, status 503); again at 1970-01-01T00:00:00.000Z or later";
        assert_eq!(not_posted(&failed, None), wanted);
        let kept = |error: &str, duration_ms| -> TryView {
            let request = json!({"headers": {}, "body": ""});
            serde_json::from_value(json!({
                "id": "try_1", "at": "", "delivery_id": "", "request": request, "response": null, "error": error,
                "duration_ms": duration_ms,
            }))
            .unwrap()
        };
        let failed = DeliveryFailed { delivery_not_before: None, ..failed };
        let answered = kept("report_http_error: The receiver answers with status 503", 999);
        let wanted =
            "Try 2 to post the report failed at once: The receiver answers with status 503 (report_http_error)";
        assert_eq!(not_posted(&failed, Some(&answered)), wanted);
        let failed = DeliveryFailed { code: "report_timeout".to_owned(), status: None, ..failed };
        let silent = kept("report_timeout: The receiver did not answer within 15 seconds", 15_040);
        let wanted = "Try 2 to post the report failed after 15.0 s: The receiver did not answer within 15 seconds \
            (report_timeout)";
        assert_eq!(not_posted(&failed, Some(&silent)), wanted);
    }
}
