//! Codes of files that could not be fetched when their message was about to leave. A file check names them too.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code::failure("not_a_direct_link", "The address leads to a web page about the file, not to the file.")
        .saying("The link opens a web page, not the file itself")
        .because(&["It is a sharing link of a cloud drive.", "The file can be seen only after signing in."])
        .so("Use the link that downloads the file at once. Open it in a private window to see what it does."),
    Code::failure("not_the_named_kind", "What came is a text, though the file's name promises another kind of file.")
        .saying("What came is a text, not the kind of file that its name says")
        .because(&[
            "The file's server answers an error with status 200, as JSON, XML or a sentence.",
            "The server gives the file as base64.",
        ])
        .so("Open the address in a private window to see what it gives. failure.detail says how the text begins."),
    Code::failure("file_too_large", "The file has more than 2 MiB.")
        .saying("The file is too large")
        .because(&["Pictures and scans are often larger than they need be."])
        .so("Shrink the file, or send a link to it in the text."),
    Code::failure("file_empty", "The file has no content.")
        .saying("The file is empty")
        .because(&["It was still being written or uploaded."])
        .so("Check the file, then send again."),
    Code::failure("file_not_found", "There is no file at the address.")
        .saying("There is no file at the address")
        .because(&["The file was moved or deleted.", "The link has expired."])
        .so("Use a current link."),
    Code::failure("file_http_error", "The file's server answered with an error.")
        .saying("The file's server refuses the file or fails")
        .because(&["The file is not public.", "The server has a disturbance, or refuses programs."])
        .so("Make the file publicly readable, or send again later."),
    Code::failure("file_unreachable", "The file's server could not be reached.")
        .saying("The file's server could not be reached")
        .because(&["The host's name is mistyped or does not resolve.", "It is down."])
        .so("Open the address in a browser from outside your network."),
    Code::failure("file_tls_failed", "No secure connection to the file's server was possible.")
        .saying("No secure connection to the file's server is possible")
        .because(&["Its certificate is invalid or expired.", "It does not speak TLS there."])
        .so("Renew the server's certificate, or put the file on another server."),
    Code::failure("file_answer_invalid", "What the file's server answered is not HTTP.")
        .saying("The file's server does not answer in valid HTTP")
        .because(&["Another service listens at that port.", "The server's answer contradicts itself."])
        .so("Open the address in a browser, or put the file on another server."),
    Code::failure("file_compressed", "The file's server sent the file compressed, although it was asked not to.")
        .saying("The file's server sends the file compressed")
        .because(&["The server compresses whatever it sends."])
        .so("Switch compression off for this file, or put it on another server."),
    Code::failure("file_timeout", "The file did not arrive within 30 seconds.")
        .saying("The file did not arrive in time")
        .because(&["The file's server is slow or overloaded."])
        .so("Send again later, or put the file on a faster server."),
    Code::failure("file_incomplete", "The file's server broke off before the end.")
        .saying("The file broke off before its end")
        .because(&["The connection was lost, or the server announced another length than it sent."])
        .so("Three tries were made. Send again later."),
    Code::failure("file_redirect_loop", "The address was redirected more than 3 times.")
        .saying("The address redirects too often")
        .because(&["It is a link shortener before another.", "The server redirects to itself until somebody signs in."])
        .so("Use the address at the end of the redirects."),
    Code::failure("file_redirect_insecure", "The https address was redirected to plain http.")
        .saying("The file's address redirects from https to plain http")
        .because(&["The server, or a proxy before it, is set up wrongly."])
        .so("Use the address at the end of the redirects, with https."),
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
