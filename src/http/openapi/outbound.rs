//! What is said about the routes of the outbound webhook.

use super::super::outbound::{
    FlushedView, OutboundBody, OutboundView, RecoverBody, RecoveredView, ResentView, SecretView,
};
use super::doc::Doc;

const TAG: &str = "Outbound webhook";

/// Every such route.
pub(super) fn docs() -> Vec<Doc> {
    [settings(), deliveries()].into_iter().flatten().collect()
}

fn settings() -> Vec<Doc> {
    vec![
        Doc::new(TAG, "GET /api/v1/outbound", "Where reports go, and how it goes").answers::<OutboundView>(200),
        Doc::new(TAG, "PATCH /api/v1/outbound", "Changes what is named, all of it or nothing")
            .takes::<OutboundBody>()
            .answers::<OutboundView>(200)
            .refusing(&["no_webhook_url"]),
        Doc::new(TAG, "GET /api/v1/outbound/secret", "The key that requests are signed with, after Standard Webhooks")
            .answers::<SecretView>(200),
        Doc::new(TAG, "POST /api/v1/outbound/rotate-secret", "Makes a new key; the one before signs too for 24 hours")
            .answers::<SecretView>(200),
        Doc::new(
            TAG,
            "POST /api/v1/outbound/reset-errors",
            "Forgets the errors in a row: the next try is made at once",
        )
        .answers::<OutboundView>(200),
    ]
}

fn deliveries() -> Vec<Doc> {
    vec![
        Doc::new(TAG, "POST /api/v1/outbound/flush", "Sends what is being gathered now").answers::<FlushedView>(200),
        Doc::new(TAG, "POST /api/v1/outbound/recover", "Tries again what was parked, all of it or since a moment")
            .may_take::<RecoverBody>()
            .answers::<RecoveredView>(200),
        Doc::new(TAG, "POST /api/v1/outbound/deliveries/{id}/resend", "Posts a delivery once more, outside all counts")
            .answers::<ResentView>(202)
            .refusing(&["delivery_not_found", "delivery_owed", "no_webhook_url"]),
    ]
}
