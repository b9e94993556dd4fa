//! What is said about the routes of a workspace's key.

use serde_json::json;

use super::super::accounts::{AccountView, ConnectBody};
use super::super::chats::ChatView;
use super::super::credits::LedgerRow;
use super::super::messages::{MessageView, SettleBody};
use super::doc::Doc;
use super::schemas;

/// Every such route.
pub(super) fn docs() -> Vec<Doc> {
    [credits(), accounts(), chats(), messages(), sending(), attempts()].into_iter().flatten().collect()
}

fn credits() -> Vec<Doc> {
    let cursor = json!({"type": "string", "pattern": "^([0-9]{1,15}\\.-?[0-9]{1,15})?$"});
    let balance = schemas::object(json!({"balance": {"type": "integer", "format": "int64", "minimum": 0}}));
    vec![
        Doc::new("Credits", "GET /api/v1/credits", "The balance").answers_schema(200, balance),
        Doc::new("Credits", "GET /api/v1/credits/ledger", "Every movement of credits, the newest first")
            .lists::<LedgerRow>()
            .limited()
            .query("after", "Rows behind this place: `page.next` of the page before.", cursor),
    ]
}

fn accounts() -> Vec<Doc> {
    vec![
        Doc::new("Accounts", "GET /api/v1/accounts", "All connected numbers, the newest first")
            .lists::<AccountView>()
            .paged(),
        Doc::new("Accounts", "POST /api/v1/accounts", "Connects a number")
            .takes::<ConnectBody>()
            .answers::<AccountView>(201)
            .refusing(&["account_exists", "limit_reached"]),
        Doc::new("Accounts", "GET /api/v1/accounts/{id}", "One account")
            .answers::<AccountView>(200)
            .refusing(&["account_not_found"]),
    ]
}

fn chats() -> Vec<Doc> {
    vec![
        Doc::new("Chats", "GET /api/v1/chats", "All chats, the newest first").lists::<ChatView>().paged(),
        Doc::new("Chats", "GET /api/v1/chats/{id}", "One chat").answers::<ChatView>(200).refusing(&["chat_not_found"]),
        Doc::new("Chats", "GET /api/v1/chats/{id}/messages", "What was said in a chat, the newest first")
            .lists::<MessageView>()
            .paged()
            .refusing(&["chat_not_found"]),
    ]
}

fn messages() -> Vec<Doc> {
    vec![
        Doc::new("Messages", "GET /api/v1/messages/{id}", "One message")
            .answers::<MessageView>(200)
            .refusing(&["message_not_found"]),
        Doc::new("Messages", "POST /api/v1/messages/{id}/settle", "Settles an uncertain message by somebody's word")
            .takes::<SettleBody>()
            .answers::<MessageView>(200)
            .refusing(&["message_not_found", "not_uncertain"]),
    ]
}

fn sending() -> Vec<Doc> {
    let doc = |route, summary| {
        Doc::new("Messages", route, summary)
            .header("Idempotency-Key", "As at the inbound webhook.", json!({"type": "string"}))
            .header("Dry-Run", "As at the inbound webhook.", schemas::dry_run())
            .takes_schema(schemas::send_by_api())
            .answers::<MessageView>(201)
            .answers_schema(200, schemas::verdict())
            .refusing(&["recipient_missing", "empty_message", "text_too_long", "conflicting_fields", "limit_reached"])
            .refusing(&["file_name_missing", "file_url_missing", "insufficient_credits", "chat_name_ambiguous"])
            .refusing(&["chat_not_found", "account_not_found", "no_connected_account", "idempotency_conflict"])
            .refusing(&["disk_full", "overloaded"])
    };
    vec![
        doc("POST /api/v1/messages", "Accepts a message; a dry run is answered with 200"),
        doc("POST /api/v1/chats/{id}/messages", "Accepts a message to a chat; a dry run is answered with 200"),
    ]
}

fn attempts() -> Vec<Doc> {
    let doc = |route, summary| Doc::new("Inbound webhook", route, summary);
    let limit = json!({"type": "integer", "minimum": 1, "maximum": 100, "default": 10});
    let place = json!({"type": "integer", "minimum": 0});
    vec![
        doc("GET /api/v1/inbound/attempts", "The last attempts, the newest first")
            .answers_schema(200, schemas::list(&schemas::attempt()))
            .query("limit", "At most so many rows.", limit)
            .query("after", "Rows behind this place: `page.next` of the page before.", place.clone())
            .query("before", "Rows before this place: `page.prev` of the page behind.", place),
        doc("GET /api/v1/inbound/attempts/{id}", "One attempt")
            .answers_schema(200, schemas::attempt())
            .refusing(&["attempt_not_found"]),
        doc("GET /api/v1/inbound/log.json", "The last 100 attempts as a list")
            .answers_schema(200, json!({"type": "array", "items": schemas::attempt()})),
        doc("GET /api/v1/inbound/log.csv", "The last 100 attempts as a table").answers_text(&["text/csv"]),
        doc("GET /api/v1/inbound/log.txt", "The last 100 attempts for reading").answers_text(&["text/plain"]),
    ]
}
