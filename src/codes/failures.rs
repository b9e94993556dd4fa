//! Codes of accepted messages that could not be sent, and of stopped accounts.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code::failure("recipient_invalid", "The recipient is not a valid number or JID.")
        .message("The recipient is not a valid number or JID")
        .causes(&["The country's code is missing, or the number begins with 0.", "There are words in the field."])
        .remedy("Correct the number in the CRM: 7 to 15 digits, the first not 0, such as +12025550100."),
    Code::failure("not_on_whatsapp", "The number is not on WhatsApp.")
        .message("The number is not on WhatsApp")
        .causes(&["It is a landline.", "The person does not use WhatsApp, or has a new number."])
        .remedy("Reach the person another way, or correct the number."),
    Code::failure("refused", "WhatsApp or the recipient refused the message.")
        .message("WhatsApp or the recipient refused it")
        .causes(&[
            "The recipient has blocked the account.",
            "WhatsApp limits messages to people who never wrote to it.",
        ])
        .remedy("Do not send it again: repeated refusals get accounts blocked."),
    Code::failure("window_closed", "Free text was not allowed at that time.")
        .message("Free text was not allowed at that time")
        .causes(&["The contact's last message is older than 24 hours; WhatsApp's Cloud API wants a template then."])
        .remedy("Wait until the contact writes, or use a transport without this window."),
    Code::failure("content_rejected", "WhatsApp rejected the content.")
        .message("WhatsApp rejected the content")
        .causes(&["The text or file is of a kind or size that the transport does not take."])
        .remedy("Change the content, then send it again."),
    Code::failure("server_error", "WhatsApp's server failed at every try.")
        .message("WhatsApp's server failed at every try")
        .causes(&["WhatsApp had a disturbance; three tries were made."])
        .remedy("Send it again later."),
    Code::failure("settled_as_failed", "Somebody settled the message as not sent.")
        .message("Somebody settled it as not sent")
        .causes(&["Its outcome was unknown, and a person looked at the phone."])
        .remedy("Send it again if it is still wanted. The timeline names who settled it and why."),
    Code::failure("account_disconnected", "The account was not connected for too long.")
        .message("The account was not connected for too long")
        .causes(&[
            "The account was disconnected or removed while messages waited.",
            "It did not come back within 24 hours.",
        ])
        .remedy("Connect the account, then send again."),
    Code::stop("account_blocked", "WhatsApp has blocked the account.")
        .causes(&["Recipients reported it, or it wrote to many people who did not know it."])
        .remedy(
            "Look at the phone, or at WhatsApp's business manager. Its queue goes on when the account is unblocked.",
        ),
    Code::stop("account_unauthorised", "WhatsApp refuses the account's credentials.")
        .causes(&["A token has expired or was withdrawn.", "The device was logged out on the phone."])
        .remedy("Enter new credentials, or link the device again."),
    Code::stop("account_misconfigured", "The account is set up wrongly at the provider.")
        .causes(&["A payment method is missing, or the number is not registered there."])
        .remedy("Correct the settings at the provider."),
];
