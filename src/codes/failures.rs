//! Codes of messages that were accepted and could not be sent, and of accounts that stand still.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code::failure("recipient_invalid", "The recipient is not a valid number or JID.")
        .saying("The recipient is not a valid number or JID")
        .because(&["The country's code is missing, or the number begins with 0.", "There are words in the field."])
        .so("Correct the number in the CRM: 7 to 15 digits, the first not 0, such as +12025550100."),
    Code::failure("not_on_whatsapp", "The number is not on WhatsApp.")
        .saying("The number is not on WhatsApp")
        .because(&["It is a landline.", "The person does not use WhatsApp, or has a new number."])
        .so("Reach the person another way, or correct the number."),
    Code::failure("refused", "WhatsApp or the recipient refused the message.")
        .saying("WhatsApp or the recipient refused it")
        .because(&[
            "The recipient has blocked the account.",
            "WhatsApp limits messages to people who never wrote to it.",
        ])
        .so("Do not send it again: repeated refusals get accounts blocked."),
    Code::failure("window_closed", "Free text was not allowed at that time.")
        .saying("Free text was not allowed at that time")
        .because(&["The contact's last message is older than 24 hours; WhatsApp's Cloud API wants a template then."])
        .so("Wait until the contact writes, or use a transport without this window."),
    Code::failure("content_rejected", "WhatsApp rejected the content.")
        .saying("WhatsApp rejected the content")
        .because(&["The text or file is of a kind or size that the transport does not take."])
        .so("Change the content, then send it again."),
    Code::failure("server_error", "WhatsApp's server failed at every try.")
        .saying("WhatsApp's server failed at every try")
        .because(&["WhatsApp had a disturbance; three tries were made."])
        .so("Send it again later."),
    Code::failure("settled_as_failed", "Somebody settled the message as not sent.")
        .saying("Somebody settled it as not sent")
        .because(&["Its outcome was unknown, and a person looked at the phone."])
        .so("Send it again if it is still wanted. The timeline names who settled it and why."),
    Code::failure("account_disconnected", "The account was not connected for too long.")
        .saying("The account was not connected for too long")
        .because(&[
            "The account was disconnected or removed while messages waited.",
            "It did not come back within 24 hours.",
        ])
        .so("Connect the account, then send again."),
    Code::stop("account_blocked", "WhatsApp has blocked the account.")
        .because(&["Recipients reported it, or it wrote to many people who did not know it."])
        .so("Look at the phone, or at WhatsApp's business manager. Its queue goes on when the account is unblocked."),
    Code::stop("account_unauthorised", "WhatsApp refuses the account's credentials.")
        .because(&["A token has expired or was withdrawn.", "The device was logged out on the phone."])
        .so("Enter new credentials, or link the device again."),
    Code::stop("account_misconfigured", "The account is set up wrongly at the provider.")
        .because(&["A payment method is missing, or the number is not registered there."])
        .so("Correct the settings at the provider."),
];
