//! Documentation of the routes of the outbound webhook.

use serde_json::{Value, json};

use super::doc::Doc;
use crate::http::api::deliveries::DiscardBody;
use crate::http::api::outbound::{OutboundBody, RecoverBody};
use crate::outbound::TryView;
use crate::service::deliveries::{DeliveryView, DiscardedView};
use crate::service::listen::{AnswerBody, AnsweredView, ListenerView, ReportView};
use crate::service::outbound::{FlushedView, OutboundView, RecoveredView, ResentView, SecretView};

const TAG: &str = "Outbound webhook";

pub(super) fn docs() -> Vec<Doc> {
    [settings(), listening(), deliveries(), tries()].into_iter().flatten().collect()
}

fn settings() -> Vec<Doc> {
    vec![
        Doc::new(TAG, "GET /api/v1/outbound", "Where reports go, and how it goes").answers::<OutboundView>(200),
        Doc::new(TAG, "PATCH /api/v1/outbound", "Changes what is named, all of it or nothing")
            .takes::<OutboundBody>()
            .answers::<OutboundView>(200)
            .refusing(&["no_webhook_url", "unavailable"]),
        Doc::new(TAG, "GET /api/v1/outbound/secret", "The key that requests are signed with, after Standard Webhooks")
            .answers::<SecretView>(200),
        Doc::new(TAG, "POST /api/v1/outbound/rotate-secret", "Makes a new key; each one before signs too for 24 hours")
            .answers::<SecretView>(200)
            .refusing(&["too_many_signing_keys"]),
        Doc::new(
            TAG,
            "POST /api/v1/outbound/reset-errors",
            "Forgets the errors in a row: the next try is made at once",
        )
        .answers::<OutboundView>(200),
    ]
}

fn listening() -> Vec<Doc> {
    let about = "Server-sent events (`text/event-stream`). `standing`: what this listener gets now (`ListenerView`), at once \
        and whenever it changes. `report`: a report as it is posted (`ReportView`); one that `counts` waits for its answer \
        as for any receiver's, `outbound.timeout_s`. After 15 s of silence a comment comes. The stream ends when the \
        gateway stops or the key is revoked. Nothing is owed to a listener that has gone; what it had not answered goes \
        to the webhook's URL in the same try.";
    let listen = "Listens to reports on this machine; touches no setting";
    vec![
        Doc::new(TAG, "GET /api/v1/outbound/listen", listen)
            .answers_events()
            .saying(200, about)
            .mentions::<ListenerView>()
            .mentions::<ReportView>()
            .query(
                "instead",
                "Receives in place of the webhook's URL. Without a URL it is the receiver anyway.",
                flag(),
            )
            .refusing(&["other_machine", "too_many_requests", "too_many_streams"]),
        Doc::new(TAG, "POST /api/v1/outbound/listen/{number}", "Answers a report of the stream, as its receiver")
            .takes::<AnswerBody>()
            .answers::<AnsweredView>(200)
            .refusing(&["other_machine", "report_not_found"]),
    ]
}

fn flag() -> Value {
    json!({"type": "boolean", "default": false})
}

fn deliveries() -> Vec<Doc> {
    vec![
        Doc::new(TAG, "POST /api/v1/outbound/test", "Posts a sample report, outside all counts, and shows the try")
            .answers::<TryView>(200)
            .refusing(&["no_webhook_url", "too_many_requests"]),
        Doc::new(TAG, "POST /api/v1/outbound/flush", "Sends what is being gathered now").answers::<FlushedView>(200),
        Doc::new(TAG, "POST /api/v1/outbound/recover", "Tries again what was parked, all of it or since a moment")
            .may_take::<RecoverBody>()
            .answers::<RecoveredView>(200),
        Doc::new(TAG, "GET /api/v1/outbound/deliveries", "Deliveries that are owed or parked, the newest first")
            .lists::<DeliveryView>()
            .paged()
            .query("state", "Only those.", json!({"type": "string", "enum": ["owed", "parked"]})),
        Doc::new(TAG, "POST /api/v1/outbound/deliveries/{id}/discard", "Gives up one delivery that is owed or parked")
            .may_take::<DiscardBody>()
            .answers::<DiscardedView>(200)
            .refusing(&["delivery_not_found", "delivery_not_owed"]),
        Doc::new(TAG, "POST /api/v1/outbound/deliveries/{id}/resend", "Posts a delivery once more, outside all counts")
            .answers::<ResentView>(202)
            .refusing(&["delivery_not_found", "delivery_owed", "no_webhook_url", "chat_erased"]),
    ]
}

fn tries() -> Vec<Doc> {
    let log = |route, summary| Doc::new(TAG, route, summary);
    let logs = [
        log("GET /api/v1/outbound/log.json", "The last 100 tries as JSON").answers_all::<TryView>(),
        log("GET /api/v1/outbound/log.csv", "The last 100 tries as a table").answers_text(&["text/csv"]),
        log("GET /api/v1/outbound/log.txt", "The last 100 tries to read").answers_text(&["text/plain"]),
    ];
    let tries = [
        log("GET /api/v1/outbound/tries", "The last tries to report, the newest first")
            .lists::<TryView>()
            .paged_by_ten(),
        log("GET /api/v1/outbound/tries/{id}", "One try").answers::<TryView>(200).refusing(&["try_not_found"]),
    ];
    tries.into_iter().chain(logs.map(|doc| doc.downloads("outbound-log"))).collect()
}
