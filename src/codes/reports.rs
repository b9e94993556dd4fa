//! Codes of tries to report something to the CRM's own URL that failed. A failed try is followed by others.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code::failed_try("report_http_error", "The receiver answered with a status that is no success.")
        .saying("The receiver answers with status 500")
        .because(&[
            "The receiving program fails, or refuses what it is sent.",
            "The URL is not, or no longer, that of the receiver.",
        ])
        .so("Look into the receiver's own log. Its answer stands in the log of tries."),
    Code::failed_try("report_redirected", "The receiver redirected, which is never followed.")
        .saying("The receiver redirects (status 302); redirects are not followed")
        .because(&[
            "The URL begins with http:// and the receiver wants https://.",
            "A slash at the end is missing or too many.",
            "The receiver asks for a sign-in.",
        ])
        .so("Set the URL at the end of the redirects."),
    Code::failed_try(
        "report_timeout",
        "The receiver did not answer within 15 seconds, the body of its answer included.",
    )
    .saying("The receiver did not answer within 15 seconds")
    .because(&["The receiver works before it answers.", "It is overloaded."])
    .so("Let the receiver answer at once and work afterwards. The operator can allow more in outbound.timeout_s."),
    Code::failed_try("report_unreachable", "The receiver could not be reached.")
        .saying("The receiver cannot be reached")
        .because(&["It is down, or a firewall is in between.", "The host's name is mistyped or does not resolve."])
        .so("Open the URL's host in a browser from outside your network."),
    Code::failed_try("report_tls_failed", "No secure connection to the receiver was possible.")
        .saying("No secure connection to the receiver is possible; its certificate may be invalid or expired")
        .because(&["Its certificate is invalid or expired.", "It does not speak TLS there."])
        .so("Renew the receiver's certificate."),
    Code::failed_try("report_answer_invalid", "What the receiver answered is not HTTP.")
        .saying("The receiver does not answer in valid HTTP")
        .because(&[
            "It hung up before it answered.",
            "Another service listens at that port.",
            "The answer has more than 100 headers.",
        ])
        .so("Look into the receiver's own log, or correct the URL's port."),
    Code::failed_try("report_address_forbidden", "The URL leads to a place that must not be called.")
        .saying("The webhook's URL may not be called: its host must be publicly reachable")
        .because(&["It is in a private network, or this gateway itself.", "It has an unusual port."])
        .so("Use a public URL. The operator can allow private networks in guard.allow_networks."),
    Code::failed_try("report_url_invalid", "The webhook's URL is not an absolute http or https URL.")
        .saying("The webhook's URL cannot be used: it must begin with http:// or https://")
        .because(&["It lacks https:// at the beginning.", "It contains a user name or a password."])
        .so("Set the whole URL, beginning with https://."),
];
