//! Codes of refusals that depend on the caller and on what exists.

use super::{Code, Credits};

const fn missing(name: &'static str, meaning: &'static str) -> Code {
    Code::refusal(404, name, meaning).causes(UNKNOWN_ID)
}

const UNKNOWN_ID: &[&str] =
    &["The id is mistyped, or of another workspace.", "It is of another installation of Tidings."];

pub(super) const CODES: &[Code] = &[
    Code::refusal(401, "unauthorized", "The key is missing or wrong.")
        .message("The key is missing or wrong")
        .causes(&[
            "The header is missing, or lacks the word Bearer.",
            "The key was revoked, or belongs to the other API: wsk_ is for /api/v1, adm_ for /admin/v1.",
        ])
        .remedy("Send the header `Authorization: Bearer <key>`."),
    Code::refusal(402, "insufficient_credits", "The message costs more than the balance.")
        .message("Insufficient credits: 2 needed, 1 available")
        .causes(&["The workspace has used up its credits.", "A text with a file costs 2 credits."])
        .remedy("Have credits granted, then send again."),
    Code::refusal(403, "webhook_disabled", "The owner has switched the webhook off.")
        .message("Webhook is disabled")
        .causes(&["It was switched off in the settings."])
        .remedy("Switch it on: PATCH /api/v1/inbound {\"enabled\": true}."),
    Code::refusal(403, "other_machine", "Only programs on the gateway's machine may call this.")
        .message("Only programs on the gateway's machine may do this")
        .causes(&["The request came from another machine, or through a proxy.", "A web page of another site made it."])
        .remedy("Call it on the gateway's machine, at a loopback address such as http://127.0.0.1:8080."),
    missing("webhook_not_found", "No webhook has this URL.")
        .message("Webhook not found")
        .causes(&[
            "The URL was replaced by a new one.",
            "It was not copied as a whole. A slash or a blank behind it does no harm.",
        ])
        .remedy("Copy the current URL from the settings into the CRM."),
    missing("not_found", "There is nothing at this path.")
        .message("Not found")
        .causes(&["The path is mistyped.", "There is a slash too many, or the part /api/v1 is missing."])
        .remedy("Look the path up at /docs."),
    missing("account_not_found", "The workspace has no such account.")
        .message("WhatsApp account not found")
        .causes(&["No account has the number that is to send.", "The id is mistyped, or of another workspace."])
        .remedy("See GET /api/v1/accounts for the accounts that there are, or leave the sender out."),
    missing("chat_not_found", "The workspace has no such chat.")
        .message("Chat not found")
        .causes(&[
            "The id is mistyped, or of another workspace.",
            "No chat has this name: case counts. The hint tells the nearest one.",
        ])
        .remedy("See GET /api/v1/chats for the chats that there are, or send to the phone."),
    missing("message_not_found", "The workspace has no such message.")
        .message("Message not found")
        .remedy("Use the message_id of the answer that accepted it, or one of GET /api/v1/chats/{id}/messages."),
    missing("attempt_not_found", "The webhook has no such attempt on record.")
        .message("Attempt not found")
        .causes(&["Only the last 100 attempts are kept.", "The id is mistyped, or of another workspace."])
        .remedy("See GET /api/v1/inbound/attempts for what is kept."),
    missing("report_not_found", "Nobody waits for an answer to this report.")
        .message("Nobody waits for an answer to this report")
        .causes(&[
            "It was answered already, or too late: `outbound.timeout_s`.",
            "It is a copy, whose answer does not count.",
            "The number is mistyped, or of another workspace.",
        ])
        .remedy("Answer reports whose `counts` is true, by their number, while the stream is open."),
    missing("try_not_found", "The outbound webhook has no such try on record.")
        .message("Try not found")
        .causes(&["Only the last 100 tries are kept.", "The id is mistyped, or of another workspace."])
        .remedy("See GET /api/v1/outbound/tries for what is kept."),
    missing("key_not_found", "The workspace has no such key.")
        .message("Key not found")
        .causes(&["It was revoked before.", "The id is mistyped, or of another workspace."])
        .remedy("See GET /api/v1/keys for the keys that there are."),
    missing("delivery_not_found", "The workspace has no such delivery.")
        .message("Delivery not found")
        .remedy("Use a delivery_id of GET /api/v1/outbound/tries, or the webhook-id that the receiver got."),
    missing("teammate_not_found", "The workspace has no such teammate.")
        .message("Teammate not found")
        .remedy("See GET /api/v1/teammates for the teammates that there are."),
    missing("workspace_not_found", "There is no such workspace.")
        .message("Workspace not found")
        .remedy("Use the workspace_id that was answered when it was created."),
    missing("stream_not_found", "There is no such stream, or it had no event yet at that moment.")
        .message("Stream not found")
        .remedy("Write it as workspace/1001, account/10010001 or chat/100100000001."),
    missing("event_not_found", "There is no event at this position.")
        .message("Event not found")
        .causes(&["The position lies behind the end of the log, or is 0."])
        .remedy("See GET /admin/v1/events for the positions that there are."),
    Code::refusal(410, "chat_erased", "The chat was erased: it takes nothing more, and what waited in it failed.")
        .message("The chat was erased")
        .causes(&["Somebody asked to erase everything that is known of its contact."])
        .remedy("Send by phone: the same contact gets a new chat. A secret URL answers chat_not_found instead, and says why.")
        .fails_messages_too()
        .credits(Credits::Refunded),
    Code::refusal(405, "method_not_allowed", "The path does not take this method.")
        .message("Method not allowed")
        .causes(&["The inbound URL was opened in a browser: it takes POST only.", "A redirect turned POST into GET."])
        .remedy("Use one of the methods that the Allow header names."),
    Code::refusal(408, "request_timeout", "The request body came too slowly.")
        .message("The request body came too slowly")
        .causes(&["The connection broke or was very slow.", "Content-Length names more bytes than were sent."])
        .remedy("Send it again."),
    Code::refusal(431, "headers_too_large", "The request's headers are too long.")
        .message("The request's headers are too long")
        .causes(&["A header repeats a whole body or a long cookie.", "There are more than 96 headers."])
        .remedy("Send what is long in the body."),
    Code::refusal(409, "idempotency_conflict", "The Idempotency-Key was used for another body within 24 hours.")
        .message("The Idempotency-Key was used for another body")
        .causes(&["The key is not made anew for each message.", "The body changed between two tries of one message."])
        .remedy("Use one key per message, and repeat a message with the same fields."),
    Code::refusal(409, "chat_name_ambiguous", "Several chats have this name.")
        .message("2 chats have this name")
        .param("chat_name")
        .causes(&["Two contacts or groups have the same name.", "Two accounts have a chat with the same person."])
        .remedy("Send by chat_id or phone, or name the sending account as well."),
    Code::refusal(409, "no_connected_account", "No sender is named, and no account of the workspace is connected.")
        .message("No WhatsApp account is connected")
        .causes(&[
            "No account was connected yet.",
            "All accounts are disconnected, paused or blocked: the message names the nearest one.",
        ])
        .remedy("Connect or resume an account. A message that names its account is accepted and held."),
    Code::refusal(409, "account_exists", "The workspace has an account with this number.")
        .message("Account exists already")
        .causes(&["The number was connected before."])
        .remedy("Use the account that the hint names."),
    Code::refusal(409, "number_taken", "Another workspace has this number connected.")
        .message("The number is connected in another workspace")
        .param("phone")
        .causes(&["The simulator connects a number once, over all workspaces.", "The number is mistyped."])
        .remedy("Disconnect it there first (tidings account disconnect, or DELETE /api/v1/accounts/{id}), or connect another number."),
    Code::refusal(409, "teammate_exists", "The workspace has a teammate with this e-mail address.")
        .message("Teammate exists already")
        .causes(&["The teammate was added before."])
        .remedy("Use the teammate that there is."),
    Code::refusal(409, "limit_reached", "The workspace has as many of these as it may have.")
        .message("No room for more of these in this workspace")
        .causes(&["Old ones were never removed."])
        .remedy("Remove what is not used any more."),
    Code::refusal(409, "not_uncertain", "Only an uncertain message can be settled.")
        .message("Only an uncertain message can be settled")
        .causes(&["A receipt came in, or somebody else settled it.", "The message is still on its way."])
        .remedy("Look at the message's state."),
    Code::refusal(409, "account_not_connected", "The account has no connection, so it cannot be paused or resumed.")
        .message("The account has no connection")
        .causes(&["It was disconnected.", "WhatsApp lost it."])
        .remedy("Connect it again first: POST /api/v1/accounts with its number."),
    Code::refusal(409, "no_webhook_url", "The outbound webhook has no URL.")
        .message("There is no URL to report to")
        .causes(&["None was set yet, or it was removed."])
        .remedy("Set one: PATCH /api/v1/outbound {\"url\": \"https://...\"}."),
    Code::refusal(409, "delivery_owed", "The delivery is still owed, so it cannot be sent out of its turn.")
        .message("The delivery waits for its turn anyway")
        .causes(&["The webhook is switched off, waits after an error, or serves other chats first."])
        .remedy("See GET /api/v1/outbound; switch it on, or set the errors back to try at once."),
    Code::refusal(409, "delivery_not_owed", "The delivery is neither owed nor parked, so it cannot be given up.")
        .message("The delivery is neither owed nor parked")
        .causes(&["The receiver has it by now.", "It was given up before."])
        .remedy("See GET /api/v1/outbound/deliveries for what is owed and parked."),
    Code::refusal(
        409,
        "too_many_signing_keys",
        "Reports are signed by five keys already, and no key ends before its day.",
    )
    .message("Five signing keys are valid already")
    .causes(&["The signing key was replaced four times within a day."])
    .remedy("Wait until the oldest key ends: the hint says when."),
    Code::refusal(409, "last_key", "The last API key of a workspace cannot be revoked.")
        .message("The last key cannot be revoked")
        .causes(&["Nobody could get in any more."])
        .remedy("Make another key first: POST /api/v1/keys."),
    Code::refusal(409, "conflict", "Something else changed at the same moment.")
        .message("Workspace exists already; try again")
        .causes(&["Two requests wanted the same at once."])
        .remedy("Try again."),
    Code::refusal(429, "too_many_requests", "More requests came at once than are allowed.")
        .message("Too many requests; try again in 3 s")
        .causes(&[
            "Something sends in a loop.",
            "The flood limit, or [limits] changes_per_workspace_s, is too low for what is sent at once.",
            "As many files of the workspace are being checked as may be.",
        ])
        .remedy("Wait as long as Retry-After says. A queue does not make this necessary: messages are paced here."),
    Code::refusal(429, "too_many_streams", "The workspace has as many live streams open as it may have.")
        .message("Too many streams are open")
        .causes(&["A program opens streams and never closes them.", "More programs follow than the limit allows."])
        .remedy("Close streams that nobody reads, or let the operator raise [limits] streams_per_workspace."),
    Code::refusal(500, "internal", "Something broke on our side.")
        .message("Something broke on our side")
        .causes(&["A fault in Tidings, or of the disk. The log names it under the request's id."])
        .remedy("Try again with the same Idempotency-Key. If it stays, give the operator the request_id.")
        .credits(Credits::Unknown),
    Code::refusal(503, "overloaded", "Too much is asked at once.")
        .message("Too much at once; try again shortly")
        .causes(&["A burst of requests."])
        .remedy("Send it again after the time that Retry-After names."),
    Code::refusal(503, "unavailable", "The gateway lacks connections, ports or memory at the moment.")
        .message("This gateway is short of connections or memory at the moment")
        .causes(&["Many connections are open at once.", "The service may open too few files (LimitNOFILE)."])
        .remedy("Send it again after the time that Retry-After names. The operator finds the reason in the log."),
    Code::refusal(503, "disk_full", "The disk is full, so that nothing new can be taken safely.")
        .message("The disk is full; nothing new is taken")
        .causes(&["Less room is left than disk_reserve_mb."])
        .remedy("The operator must make room. What is queued is sent all the same."),
];
