//! Codes of refusals that depend on who asks, and on what there is.

use super::{Code, Credits};

const fn missing(name: &'static str, meaning: &'static str) -> Code {
    Code::refusal(404, name, meaning).because(UNKNOWN_ID)
}

const UNKNOWN_ID: &[&str] =
    &["The id is mistyped, or of another workspace.", "It is of another installation of Tidings."];

pub(super) const CODES: &[Code] = &[
    Code::refusal(401, "unauthorized", "The key is missing or wrong.")
        .saying("The key is missing or wrong")
        .because(&[
            "The header is missing, or lacks the word Bearer.",
            "The key was revoked, or belongs to the other API: wsk_ is for /api/v1, adm_ for /admin/v1.",
        ])
        .so("Send the header `Authorization: Bearer <key>`."),
    Code::refusal(402, "insufficient_credits", "The message costs more than the balance.")
        .saying("Insufficient credits: 2 needed, 1 available")
        .because(&["The workspace has used up its credits.", "A text with a file costs 2 credits."])
        .so("Have credits granted, then send again."),
    Code::refusal(403, "webhook_disabled", "The owner has switched the webhook off.")
        .saying("Webhook is disabled")
        .because(&["It was switched off in the settings."])
        .so("Switch it on: PATCH /api/v1/inbound {\"enabled\": true}."),
    missing("webhook_not_found", "No webhook has this URL.")
        .saying("Webhook not found")
        .because(&[
            "The URL was replaced by a new one.",
            "It was not copied as a whole. A slash or a blank behind it does no harm.",
        ])
        .so("Copy the current URL from the settings into the CRM."),
    missing("not_found", "There is nothing at this path.")
        .saying("Not found")
        .because(&["The path is mistyped.", "There is a slash too many, or the part /api/v1 is missing."])
        .so("Look the path up at /docs."),
    missing("account_not_found", "The workspace has no such account.")
        .saying("WhatsApp account not found")
        .because(&["No account has the number that is to send.", "The id is mistyped, or of another workspace."])
        .so("See GET /api/v1/accounts for the accounts that there are, or leave the sender out."),
    missing("chat_not_found", "The workspace has no such chat.")
        .saying("Chat not found")
        .because(&[
            "The id is mistyped, or of another workspace.",
            "No chat has this name: case counts. The hint tells the nearest one.",
        ])
        .so("See GET /api/v1/chats for the chats that there are, or send to the phone."),
    missing("message_not_found", "The workspace has no such message.")
        .saying("Message not found")
        .so("Use the message_id of the answer that accepted it, or one of GET /api/v1/chats/{id}/messages."),
    missing("attempt_not_found", "The webhook has no such attempt on record.")
        .saying("Attempt not found")
        .because(&["Only the last 100 attempts are kept.", "The id is mistyped, or of another workspace."])
        .so("See GET /api/v1/inbound/attempts for what is kept."),
    missing("try_not_found", "The outbound webhook has no such try on record.")
        .saying("Try not found")
        .because(&["Only the last 100 tries are kept.", "The id is mistyped, or of another workspace."])
        .so("See GET /api/v1/outbound/tries for what is kept."),
    missing("key_not_found", "The workspace has no such key.")
        .saying("Key not found")
        .because(&["It was revoked before.", "The id is mistyped, or of another workspace."])
        .so("See GET /api/v1/keys for the keys that there are."),
    missing("delivery_not_found", "The workspace has no such delivery.")
        .saying("Delivery not found")
        .so("Use a delivery_id of GET /api/v1/outbound/tries, or the webhook-id that the receiver got."),
    missing("teammate_not_found", "The workspace has no such teammate.")
        .saying("Teammate not found")
        .so("See GET /api/v1/teammates for the teammates that there are."),
    missing("workspace_not_found", "There is no such workspace.")
        .saying("Workspace not found")
        .so("Use the workspace_id that was answered when it was created."),
    missing("stream_not_found", "There is no such stream, or it had no event yet at that moment.")
        .saying("Stream not found")
        .so("Write it as workspace/1001, account/10010001 or chat/100100000001."),
    missing("event_not_found", "There is no event at this position.")
        .saying("Event not found")
        .because(&["The position lies behind the end of the log, or is 0."])
        .so("See GET /admin/v1/events for the positions that there are."),
    Code::refusal(405, "method_not_allowed", "The path does not take this method.")
        .saying("Method not allowed")
        .because(&["The inbound URL was opened in a browser: it takes POST only.", "A redirect turned POST into GET."])
        .so("Use one of the methods that the Allow header names."),
    Code::refusal(408, "request_timeout", "The request body came too slowly.")
        .saying("The request body came too slowly")
        .because(&["The connection broke or was very slow.", "Content-Length names more bytes than were sent."])
        .so("Send it again."),
    Code::refusal(409, "idempotency_conflict", "The Idempotency-Key was used for another body within 24 hours.")
        .saying("The Idempotency-Key was used for another body")
        .because(&["The key is not made anew for each message.", "The body changed between two tries of one message."])
        .so("Use one key per message, and repeat a message with the same fields."),
    Code::refusal(409, "chat_name_ambiguous", "Several chats have this name.")
        .saying("2 chats have this name")
        .naming("chat_name")
        .because(&["Two contacts or groups have the same name.", "Two accounts have a chat with the same person."])
        .so("Send by chat_id or phone, or name the sending account as well."),
    Code::refusal(409, "no_connected_account", "No sender is named, and no account of the workspace is connected.")
        .saying("No WhatsApp account is connected")
        .because(&["No account was connected yet.", "All accounts are disconnected, paused or blocked."])
        .so("Connect or resume an account. A message that names its account is accepted and held."),
    Code::refusal(409, "account_exists", "The workspace has an account with this number.")
        .saying("Account exists already")
        .because(&["The number was connected before."])
        .so("Use the account that the hint names."),
    Code::refusal(409, "teammate_exists", "The workspace has a teammate with this e-mail address.")
        .saying("Teammate exists already")
        .because(&["The teammate was added before."])
        .so("Use the teammate that there is."),
    Code::refusal(409, "limit_reached", "The workspace has as many of these as it may have.")
        .saying("No room for more of these in this workspace")
        .because(&["Old ones were never removed."])
        .so("Remove what is not used any more."),
    Code::refusal(409, "not_uncertain", "Only an uncertain message can be settled.")
        .saying("Only an uncertain message can be settled")
        .because(&["A receipt came in, or somebody else settled it.", "The message is still on its way."])
        .so("Look at the message's state."),
    Code::refusal(409, "account_not_connected", "The account has no connection, so it cannot be paused or resumed.")
        .saying("The account has no connection")
        .because(&["It was disconnected.", "WhatsApp lost it."])
        .so("Connect it again first: POST /api/v1/accounts with its number."),
    Code::refusal(409, "no_webhook_url", "The outbound webhook has no URL.")
        .saying("There is no URL to report to")
        .because(&["None was set yet, or it was removed."])
        .so("Set one: PATCH /api/v1/outbound {\"url\": \"https://...\"}."),
    Code::refusal(409, "delivery_owed", "The delivery is still owed, so it cannot be sent out of its turn.")
        .saying("The delivery waits for its turn anyway")
        .because(&["The webhook is switched off, waits after an error, or serves other chats first."])
        .so("See GET /api/v1/outbound; switch it on, or set the errors back to try at once."),
    Code::refusal(409, "delivery_not_owed", "The delivery is neither owed nor parked, so it cannot be given up.")
        .saying("The delivery is neither owed nor parked")
        .because(&["The receiver has it by now.", "It was given up before."])
        .so("See GET /api/v1/outbound/deliveries for what is owed and parked."),
    Code::refusal(
        409,
        "too_many_signing_keys",
        "Reports are signed by five keys already, and no key ends before its day.",
    )
    .saying("Five signing keys are valid already")
    .because(&["The signing key was replaced four times within a day."])
    .so("Wait until the oldest key ends: the hint says when."),
    Code::refusal(409, "last_key", "The last API key of a workspace cannot be revoked.")
        .saying("The last key cannot be revoked")
        .because(&["Nobody could get in any more."])
        .so("Make another key first: POST /api/v1/keys."),
    Code::refusal(409, "conflict", "Something else changed at the same moment.")
        .saying("Workspace exists already; try again")
        .because(&["Two requests wanted the same at once."])
        .so("Try again."),
    Code::refusal(429, "too_many_requests", "More requests came at once than are allowed.")
        .saying("Too many requests; try again in 3 s")
        .because(&[
            "Something sends in a loop.",
            "The flood limit, or [limits] changes_per_workspace_s, is too low for what is sent at once.",
            "As many files of the workspace are being checked as may be.",
        ])
        .so("Wait as long as Retry-After says. A queue does not make this necessary: messages are paced here."),
    Code::refusal(429, "too_many_streams", "The workspace has as many live streams open as it may have.")
        .saying("Too many streams are open")
        .because(&["A program opens streams and never closes them.", "More programs follow than the limit allows."])
        .so("Close streams that nobody reads, or let the operator raise [limits] streams_per_workspace."),
    Code::refusal(500, "internal", "Something broke on our side.")
        .saying("Something broke on our side")
        .because(&["A fault in Tidings, or of the disk. The log names it under the request's id."])
        .so("Try again with the same Idempotency-Key. If it stays, give the operator the request_id.")
        .costing(Credits::Unknown),
    Code::refusal(503, "overloaded", "Too much is asked at once.")
        .saying("Too much at once; try again shortly")
        .because(&["A burst of requests."])
        .so("Send it again after the time that Retry-After names."),
    Code::refusal(503, "unavailable", "The gateway lacks connections, ports or memory at the moment.")
        .saying("This gateway is short of connections or memory at the moment")
        .because(&["Many connections are open at once.", "The service may open too few files (LimitNOFILE)."])
        .so("Send it again after the time that Retry-After names. The operator finds the reason in the log."),
    Code::refusal(503, "disk_full", "The disk is full, so that nothing new can be taken safely.")
        .saying("The disk is full; nothing new is taken")
        .because(&["Less room is left than disk_reserve_mb."])
        .so("The operator must make room. What is queued is sent all the same."),
];
