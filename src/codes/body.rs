//! Codes of faults in a request, all with status 400.

use super::Code;

const fn bad(name: &'static str, meaning: &'static str) -> Code {
    Code::refusal(400, name, meaning)
}

pub(super) const CODES: &[Code] = &[
    bad("invalid_json", "The request body is not JSON.")
        .message("Invalid JSON at line 5, column 3: a comma is missing after \"text\": \"lorem ipsum\" on line 4")
        .causes(&[
            "A comma, quotation mark or brace is missing at the place that the message names.",
            "The tool that built the body put a text into it without escaping its quotation marks or line breaks.",
            "The body is a form, compressed, percent-encoded or empty, not JSON.",
            "The body is not UTF-8, or an invisible character was pasted into it; the message names its code.",
        ])
        .remedy("Mend the body at the line and column that the message names. Let a JSON library build it."),
    bad("malformed_request", "What came is no HTTP request, so the connection was closed.")
        .message("This is no HTTP request")
        .causes(&[
            "The request was sent with TLS (https) to an address that speaks plain HTTP.",
            "A header is not well-formed, or the request line is none.",
        ])
        .remedy("Use http:// here, or put a proxy that speaks TLS in front."),
    bad("not_an_object", "The request body is JSON, but not one object.")
        .message("The request body must be one JSON object")
        .causes(&["The object stands in a list.", "The JSON was encoded twice, so that the body is a text."])
        .remedy("Send one object in braces, one message per request."),
    bad("missing_field", "A mandatory field is missing.")
        .message("text is missing")
        .param("text")
        .causes(&[
            "The field is misspelt: names are lower case.",
            "The value was empty and the tool left it out.",
            "The fields stand inside another one, such as data, or in the address; the hint says so then.",
        ])
        .remedy("Add the field that the answer names."),
    bad("invalid_value", "A field, parameter or header has a value that it cannot have.")
        .message("action must be \"send\"")
        .param("action")
        .causes(&["The value is of another type.", "It is empty, too long or outside its range."])
        .remedy("Correct the field that `error.param` names, as the message says."),
    bad("unknown_field", "The body has a field that is not known, and this webhook is strict.")
        .message("Unknown field \"colour\"")
        .param("colour")
        .causes(&["The field is misspelt.", "The CRM adds fields of its own."])
        .remedy("Remove or rename the field, or switch strict off: then unknown fields are ignored with a warning."),
    bad("recipient_missing", "None of chat_id, jid, phone and chat_name is given.")
        .message("No recipient: one of chat_id, jid, phone, chat_name must be given")
        .causes(&[
            "The field's name was translated or misspelt, such as telefon; the hint says so then.",
            "The contact in the CRM has no phone number.",
        ])
        .remedy("Give one of the four fields, under exactly this name."),
    bad("invalid_phone", "The phone is not a number in international format.")
        .message("phone must be a number in international format")
        .param("phone")
        .causes(&[
            "The country's code is missing, or the number begins with 0.",
            "There are two numbers, words, a (0) or an extension in the field, so that it could be somebody else's number.",
            "A spreadsheet made a decimal or an exponent of it.",
            "It has a prefix such as tel: or 00, or no country's code: a strict webhook minds what others warn of.",
            "It is a JID, which belongs into jid.",
        ])
        .remedy("Write it as +12025550100: 7 to 15 digits, the first not 0. Only a strict webhook checks this when it accepts a message."),
    bad("empty_message", "There is neither a text nor a file to send.")
        .message("text is empty, and there is no file")
        .param("text")
        .causes(&["The text is blank: nothing is seen of it.", "The CRM's template came out empty."])
        .remedy("Give a text, or a file with file_url and file_name."),
    bad("text_too_long", "The text has more characters than are allowed.")
        .message("text has more than 65536 characters")
        .param("text")
        .causes(&["A whole document was put into the text."])
        .remedy("Shorten the text, split it, or send it as a file."),
    bad("body_too_large", "The request body has more bytes than are allowed.")
        .message("The request body has more than 1048576 bytes")
        .causes(&["A file was put into the body.", "The text is very long."])
        .remedy("Send files by file_url. The operator can raise limits.body_bytes."),
    bad("conflicting_fields", "Two fields that mean the same have different values.")
        .message("\"whatsapp account phone\" and \"whatsapp_account_phone\" differ")
        .param("whatsapp account phone")
        .causes(&["Both spellings of the field were filled in."])
        .remedy("Give one of the two."),
    bad("file_name_missing", "file_url is given without file_name.")
        .message("file_name must be given with file_url")
        .param("file_name")
        .causes(&["The field was forgotten or misspelt."])
        .remedy("Give the name under which the recipient is to see the file, such as offer.pdf."),
    bad("file_url_missing", "file_name is given without file_url.")
        .message("file_url must be given with file_name")
        .param("file_url")
        .causes(&["The field was forgotten or misspelt.", "The CRM's record has no file."])
        .remedy("Give the address from which the file can be downloaded, or leave file_name out."),
];
