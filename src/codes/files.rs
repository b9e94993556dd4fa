//! Codes of files that could not be fetched before their message was sent. A file check uses them too.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code::failure("not_a_direct_link", "The address leads to a web page about the file, not to the file.")
        .message("The link opens a web page, not the file itself")
        .causes(&["It is a sharing link of a cloud drive.", "The file can be seen only after signing in."])
        .remedy("Use the link that downloads the file at once. Open it in a private window to see what it does."),
    Code::failure("not_the_named_kind", "What came is a text, though the file's name promises another kind of file.")
        .message("What came is a text, not the kind of file that its name says")
        .causes(&[
            "The file's server answers an error with status 200, as JSON, XML or a sentence.",
            "The server gives the file as base64.",
        ])
        .remedy("Open the address in a private window to see what it gives. failure.detail says how the text begins."),
    Code::failure("file_too_large", "The file is larger than `limits.file_bytes` allows, 2 MiB by default.")
        .message("The file has more than 2097152 bytes")
        .causes(&["Pictures and scans are often larger than they need be."])
        .remedy("Shrink the file, or send a link to it in the text."),
    Code::failure("file_empty", "The file has no content.")
        .message("The file is empty")
        .causes(&["It was still being written or uploaded."])
        .remedy("Check the file, then send again."),
    Code::failure("file_not_found", "There is no file at the address.")
        .message("There is no file at the address")
        .causes(&["The file was moved or deleted.", "The link has expired."])
        .remedy("Use a current link."),
    Code::failure("file_http_error", "The file's server answered with an error.")
        .message("The file's server refuses the file or fails")
        .causes(&["The file is not public.", "The server has a disturbance, or refuses programs."])
        .remedy("Make the file publicly readable, or send again later."),
    Code::failure("file_unreachable", "The file's server could not be reached.")
        .message("The file's server could not be reached")
        .causes(&["The host's name is mistyped or does not resolve.", "It is down."])
        .remedy("Open the address in a browser from outside your network."),
    Code::failure("file_tls_failed", "No secure connection to the file's server was possible.")
        .message("No secure connection to the file's server is possible")
        .causes(&["Its certificate is invalid or expired.", "It does not speak TLS there."])
        .remedy("Renew the server's certificate, or put the file on another server."),
    Code::failure("file_answer_invalid", "What the file's server answered is not HTTP.")
        .message("The file's server does not answer in valid HTTP")
        .causes(&["Another service listens at that port.", "The server's answer contradicts itself."])
        .remedy("Open the address in a browser, or put the file on another server."),
    Code::failure("file_compressed", "The file's server sent the file compressed, although it was asked not to.")
        .message("The file's server sends the file compressed")
        .causes(&["The server compresses whatever it sends."])
        .remedy("Switch compression off for this file, or put it on another server."),
    Code::failure("file_timeout", "The file did not arrive within `limits.file_deadline_ms`, 30 seconds by default.")
        .message("The file did not arrive in time")
        .causes(&["The file's server is slow or overloaded."])
        .remedy("Send again later, or put the file on a faster server."),
    Code::failure("file_incomplete", "The file's server broke off before the end.")
        .message("The file broke off before its end")
        .causes(&["The connection was lost, or the server announced another length than it sent."])
        .remedy("Three tries were made. Send again later."),
    Code::failure(
        "file_redirect_loop",
        "The address was redirected more often than `limits.file_redirects` allows, 3 times by default.",
    )
    .message("The address redirects too often")
    .causes(&["It is a link shortener before another.", "The server redirects to itself until somebody signs in."])
    .remedy("Use the address at the end of the redirects."),
    Code::failure("file_redirect_insecure", "The https address was redirected to plain http.")
        .message("The file's address redirects from https to plain http")
        .causes(&["The server, or a proxy before it, is set up wrongly."])
        .remedy("Use the address at the end of the redirects, with https."),
    Code::failure("file_address_forbidden", "The address leads to a place that must not be called.")
        .message("The address is not a public one")
        .causes(&["It is in a private network, or this machine itself.", "It has a user name, or an unusual port."])
        .remedy("Put the file on a public server. The operator can allow private networks in guard.allow_networks."),
    Code::failure("file_url_invalid", "The address is not an absolute http or https URL.")
        .message("file_url is not an http or https address")
        .causes(&[
            "It begins with a letter of a disk, file: or without https://.",
            "It has blanks that are not escaped.",
        ])
        .remedy("Write the whole address, beginning with https://."),
];
