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
    [credits(), accounts(), chats(), messages()].into_iter().flatten().collect()
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
