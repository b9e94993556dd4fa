//! Codes of files that could not be fetched when their message was about to leave. A file check names them too.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code::failure("not_a_direct_link", "The address leads to a web page about the file, not to the file.")
        .saying("The link opens a web page, not the file itself")
        .because(&["It is a sharing link of a cloud drive.", "The file can be seen only after signing in."])
        .so("Use the link that downloads the file at once. Open it in a private window to see what it does."),
    Code::failure("file_too_large", "The file has more than 2 MiB.")
        .saying("The file has more than 2097152 bytes")
        .because(&["Pictures and scans are often larger than they need be."])
        .so("Shrink the file, or send a link to it in the text."),
    Code::failure("file_empty", "The file has no content.")
        .saying("The file is empty")
        .because(&["It was still being written or uploaded."])
        .so("Check the file, then send again."),
    Code::failure("file_not_found", "There is no file at the address.")
        .saying("There is no file at the address (404)")
        .because(&["The file was moved or deleted.", "The link has expired."])
        .so("Use a current link."),
    Code::failure("file_http_error", "The file's server answered with an error.")
        .saying("The file's server answered with 403")
        .because(&["The file is not public.", "The server has a disturbance, or refuses programs."])
        .so("Make the file publicly readable, or send again later."),
    Code::failure("file_unreachable", "The file's server could not be reached.")
        .saying("The file's server could not be reached")
        .because(&["The host's name is mistyped or does not resolve.", "Its certificate is not valid.", "It is down."])
        .so("Open the address in a browser from outside your network."),
    Code::failure("file_timeout", "The file did not arrive within 30 seconds.")
        .saying("The file did not arrive within 30 s")
        .because(&["The file's server is slow or overloaded."])
        .so("Send again later, or put the file on a faster server."),
    Code::failure("file_incomplete", "The file's server broke off before the end.")
        .saying("The file broke off before its end")
        .because(&["The connection was lost, or the server announced another length than it sent."])
        .so("Send again."),
    Code::failure("file_redirect_loop", "The address was redirected more than 3 times.")
        .saying("The address was redirected more than 3 times")
        .because(&["It is a link shortener before another.", "The server redirects to itself until somebody signs in."])
        .so("Use the address at the end of the redirects."),
    Code::failure("file_address_forbidden", "The address leads to a place that must not be called.")
        .saying("The address is not a public one")
        .because(&["It is in a private network, or this machine itself.", "It has a user name, or an unusual port."])
        .so("Put the file on a public server. The operator can allow private networks in guard.allow_networks."),
    Code::failure("file_url_invalid", "The address is not an absolute http or https URL.")
        .saying("file_url is not an http or https address")
        .because(&[
            "It begins with a letter of a disk, file: or without https://.",
            "It has blanks that are not escaped.",
        ])
        .so("Write the whole address, beginning with https://."),
];
