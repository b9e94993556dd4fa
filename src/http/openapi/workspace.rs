//! Documentation of the routes for a workspace's daily work: credits, accounts, chats, messages, files, the live
//! stream.

use serde_json::json;
use utoipa::ToSchema as _;

use super::doc::Doc;
use super::schemas;
use crate::http::api::accounts::{ConnectBody, ReasonBody};
use crate::http::api::chats::{ChatBody, EraseBody};
use crate::http::api::files::CheckBody;
use crate::http::api::messages::SettleBody;
use crate::service::accounts::AccountView;
use crate::service::chats::ChatView;
use crate::service::erasures::{ErasureVerdict, ErasureView};
use crate::service::files::FileCheckView;
use crate::service::ledger::LedgerRow;
use crate::service::messages::MessageView;
use crate::service::proofs::MessageProof;
use crate::service::timeline::MomentView;

pub(super) fn docs() -> Vec<Doc> {
    [credits(), accounts(), chats(), messages(), stream()].into_iter().flatten().collect()
}

fn credits() -> Vec<Doc> {
    let cursor = json!({"type": "string", "pattern": "^([0-9]{1,15}\\.-?[0-9]{1,15})?$"});
    let balance = schemas::object(json!({"balance": {"type": "integer", "format": "int64", "minimum": 0}}));
    vec![
        Doc::new("Credits", "GET /api/v1/credits", "The balance").answers_schema(200, balance),
        Doc::new("Credits", "GET /api/v1/credits/ledger", "Every movement of credits, the newest first")
            .lists::<LedgerRow>()
            .limited()
            .query("after", "Rows behind this place: `page.next` of the page before.", cursor.clone())
            .query("before", "Rows before this place: `page.prev` of the page behind.", cursor),
    ]
}

fn accounts() -> Vec<Doc> {
    let one = |route, summary| {
        Doc::new("Accounts", route, summary).answers::<AccountView>(200).refusing(&["account_not_found"])
    };
    let told = |route, summary| one(route, summary).may_take::<ReasonBody>();
    vec![
        Doc::new("Accounts", "GET /api/v1/accounts", "All connected numbers, the newest first")
            .lists::<AccountView>()
            .paged(),
        Doc::new("Accounts", "POST /api/v1/accounts", "Connects a number")
            .takes::<ConnectBody>()
            .answers::<AccountView>(201)
            .refusing(&["account_exists", "number_taken", "limit_reached"]),
        one("GET /api/v1/accounts/{id}", "One account"),
        told("DELETE /api/v1/accounts/{id}", "Ends the connection; after 24 hours its queue is failed and refunded"),
        told("POST /api/v1/accounts/{id}/pause", "Holds the queue").refusing(&["account_not_connected"]),
        told("POST /api/v1/accounts/{id}/resume", "Lets the queue go on").refusing(&["account_not_connected"]),
    ]
}

fn chats() -> Vec<Doc> {
    let one = |route, summary| Doc::new("Chats", route, summary).answers::<ChatView>(200).refusing(&["chat_not_found"]);
    vec![
        Doc::new("Chats", "GET /api/v1/chats", "All chats, the newest first").lists::<ChatView>().paged(),
        one("GET /api/v1/chats/{id}", "One chat"),
        one("PATCH /api/v1/chats/{id}", "Renames a chat, or makes a teammate responsible for it")
            .takes::<ChatBody>()
            .refusing(&["teammate_not_found", "chat_erased"]),
        erasing(
            "POST /api/v1/chats/{id}/erase",
            "Erases a chat: its texts, and the names and addresses of its contact",
        ),
        Doc::new("Chats", "GET /api/v1/chats/{id}/messages", "What was said in a chat, the newest first")
            .lists::<MessageView>()
            .paged()
            .refusing(&["chat_not_found"]),
    ]
}

/// Documents a route that erases a chat.
pub(super) fn erasing(route: &'static str, summary: &'static str) -> Doc {
    let [done, verdict] = [ErasureView::name(), ErasureVerdict::name()].map(|name| schemas::reference(&name));
    let about = "What is queued fails with `chat_erased` and is refunded, what is owed to the outbound webhook is dropped, \
        and texts, names and addresses can never be read again. Copies that were made before are not reached: backups, \
        images of the machine, what the receiver got. Other chats of the same person stay: those of other accounts, and \
        groups, where each member's words are sealed by the group's key.";
    Doc::new("Chats", route, summary)
        .may_take::<EraseBody>()
        .mentions::<ErasureView>()
        .mentions::<ErasureVerdict>()
        .answers_schema(200, json!({"oneOf": [done, verdict]}))
        .saying(200, about)
        .answers_schema(202, done)
        .saying(202, "It has begun, and goes on by itself.")
        .header(
            "Dry-Run",
            "`true`: only what would fail, be refunded and be dropped.",
            json!({"type": "string", "enum": ["true", "false"]}),
        )
        .refusing(&["chat_not_found"])
}

fn messages() -> Vec<Doc> {
    vec![
        Doc::new("Messages", "GET /api/v1/messages", "What the accounts were given to send, the newest first")
            .lists::<MessageView>()
            .paged(),
        Doc::new("Messages", "GET /api/v1/messages/{id}", "One message")
            .answers::<MessageView>(200)
            .refusing(&["message_not_found"]),
        Doc::new("Messages", "GET /api/v1/messages/{id}/timeline", "All that happened to a message, the oldest first")
            .lists::<MomentView>()
            .paged_by_500()
            .refusing(&["message_not_found"]),
        Doc::new("Messages", "GET /api/v1/messages/{id}/proof", "Proves what happened to a message to others")
            .answers::<MessageProof>(200)
            .refusing(&["message_not_found"]),
        Doc::new("Messages", "POST /api/v1/messages/{id}/settle", "Settles an uncertain message by somebody's word")
            .takes::<SettleBody>()
            .answers::<MessageView>(200)
            .refusing(&["message_not_found", "not_uncertain"]),
        Doc::new(
            "Files",
            "POST /api/v1/files/check",
            "Whether a file can be had, and if not, why not; nothing is sent",
        )
        .takes::<CheckBody>()
        .answers::<FileCheckView>(200)
        .refusing(&["too_many_requests", "unavailable"]),
    ]
}

fn stream() -> Vec<Doc> {
    let position = json!({"type": "integer", "minimum": 0, "maximum": u64::MAX});
    let last = "Events behind this position: the `id` of the last event that arrived. Browsers send it by themselves.";
    let about = "Server-sent events (`text/event-stream`): `id` is the position, `event` the type, `data` one line of \
        JSON such as `GET /admin/v1/events` has, without digests of secrets. An `id` without an event moves the \
        position on; after 15 s of silence a comment comes with one. The stream ends when the gateway stops or the key \
        is revoked.";
    vec![
        Doc::new("Live stream", "GET /api/v1/stream", "Every event of the workspace, in order, once it is durable")
            .answers_events()
            .saying(200, about)
            .header("Last-Event-ID", last, position.clone())
            .query("after", "As Last-Event-ID, which counts more. Without either, the stream begins now.", position)
            .refusing(&["too_many_streams"]),
    ]
}
