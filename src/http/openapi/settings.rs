//! Documentation of the routes of a workspace's settings: the workspace itself, teammates, keys, the inbound webhook.

use serde_json::{Value, json};

use super::doc::Doc;
use super::schemas;
use crate::http::api::inbound_settings::InboundBody;
use crate::http::api::keys::CreateKeyBody;
use crate::http::api::teammates::TeammateBody;
use crate::http::api::workspace::WorkspaceBody;
use crate::notices::mail::MailView;
use crate::recent::attempts::AttemptView;
use crate::service::inbound::InboundView;
use crate::service::keys::{KeyView, NewKeyView};
use crate::service::settings::WorkspaceView;
use crate::service::teammates::TeammateView;

pub(super) fn docs() -> Vec<Doc> {
    [workspace(), teammates(), keys(), inbound(), attempts(), downloads(), mails()].into_iter().flatten().collect()
}

fn workspace() -> Vec<Doc> {
    vec![
        Doc::new("Workspace", "GET /api/v1/workspace", "Its name, its owner and its pacing")
            .answers::<WorkspaceView>(200),
        Doc::new("Workspace", "PATCH /api/v1/workspace", "Changes what is named")
            .takes::<WorkspaceBody>()
            .answers::<WorkspaceView>(200),
    ]
}

fn teammates() -> Vec<Doc> {
    let by_id = |route, summary| {
        Doc::new("Teammates", route, summary).answers::<TeammateView>(200).refusing(&["teammate_not_found"])
    };
    vec![
        Doc::new("Teammates", "GET /api/v1/teammates", "All teammates, the newest first")
            .lists::<TeammateView>()
            .paged(),
        Doc::new("Teammates", "POST /api/v1/teammates", "Adds a teammate, who may be responsible for chats")
            .takes::<TeammateBody>()
            .answers::<TeammateView>(201)
            .refusing(&["teammate_exists", "limit_reached"]),
        by_id("DELETE /api/v1/teammates", "Removes a teammate, named by id or e-mail address")
            .query("id", "The teammate's id.", json!({"type": "string"}))
            .query("email", "The teammate's address.", json!({"type": "string"}))
            .may_take_schema(naming(&["id", "email"]))
            .refusing(&["missing_field"]),
        by_id("DELETE /api/v1/teammates/{id}", "Removes a teammate"),
    ]
}

fn keys() -> Vec<Doc> {
    let by_id = |route, summary| {
        Doc::new("Keys", route, summary).answers::<KeyView>(200).refusing(&["key_not_found", "last_key"])
    };
    vec![
        Doc::new("Keys", "GET /api/v1/keys", "All keys in force, the newest first").lists::<KeyView>().paged(),
        Doc::new("Keys", "POST /api/v1/keys", "Makes a key; it is shown only now")
            .takes::<CreateKeyBody>()
            .answers::<NewKeyView>(201)
            .refusing(&["limit_reached"]),
        by_id("DELETE /api/v1/keys", "Revokes a key, named by its id")
            .query("id", "The key's id.", json!({"type": "string"}))
            .may_take_schema(naming(&["id"]))
            .refusing(&["missing_field"]),
        by_id("DELETE /api/v1/keys/{id}", "Revokes a key: it opens nothing any more"),
    ]
}

/// A body that names the resource, if the query does not.
fn naming(fields: &[&str]) -> Value {
    let one = json!({"type": ["string", "integer"]});
    let properties: serde_json::Map<String, Value> =
        fields.iter().map(|name| ((*name).to_owned(), one.clone())).collect();
    json!({"type": "object", "properties": properties})
}

fn inbound() -> Vec<Doc> {
    let url = schemas::object(json!({"url": {"type": "string", "format": "uri"}}));
    vec![
        Doc::new("Inbound webhook", "GET /api/v1/inbound", "The secret URL and its switches")
            .answers::<InboundView>(200),
        Doc::new("Inbound webhook", "PATCH /api/v1/inbound", "Turns the switches that are named")
            .takes::<InboundBody>()
            .answers::<InboundView>(200),
        Doc::new("Inbound webhook", "POST /api/v1/inbound/rotate", "Makes a new URL; the one before it stops at once")
            .answers_schema(200, url),
    ]
}

fn mails() -> Vec<Doc> {
    let about = "The last 100 e-mails to the owner, the newest first";
    vec![Doc::new("Outbox", "GET /api/v1/outbox", about).lists::<MailView>().paged()]
}

fn attempts() -> Vec<Doc> {
    vec![
        Doc::new("Inbound webhook", "GET /api/v1/inbound/attempts", "The last attempts to send, the newest first")
            .lists::<AttemptView>()
            .paged_by_ten(),
        Doc::new("Inbound webhook", "GET /api/v1/inbound/attempts/{id}", "One attempt")
            .answers::<AttemptView>(200)
            .refusing(&["attempt_not_found"]),
    ]
}

fn downloads() -> Vec<Doc> {
    let log = |route, summary| Doc::new("Inbound webhook", route, summary);
    let logs = [
        log("GET /api/v1/inbound/log.json", "The last 100 attempts as JSON").answers_all::<AttemptView>(),
        log("GET /api/v1/inbound/log.csv", "The last 100 attempts as a table").answers_text(&["text/csv"]),
        log("GET /api/v1/inbound/log.txt", "The last 100 attempts to read").answers_text(&["text/plain"]),
    ];
    logs.into_iter().map(|doc| doc.downloads("inbound-log")).collect()
}
