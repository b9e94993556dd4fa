//! Codes of failed tries to deliver a report to the CRM's URL. More tries follow a failed one.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code::failed_try("report_http_error", "The receiver answered with a status that is no success.")
        .message("The receiver answers with status 500")
        .causes(&[
            "The receiving program fails, or refuses what it is sent.",
            "The URL is not, or no longer, that of the receiver.",
        ])
        .remedy("Look into the receiver's own log. Its answer stands in the log of tries."),
    Code::failed_try("listener_gone", "The program that listened has gone before it answered.")
        .message("The program that listened has gone before it answered")
        .causes(&["`tidings listen` was stopped while a report was posted to it."])
        .remedy("Nothing is owed to it. Set a URL for reports that must arrive."),
    Code::failed_try("report_redirected", "The receiver redirected, which is never followed.")
        .message("The receiver redirects (status 302); redirects are not followed")
        .causes(&[
            "The URL begins with http:// and the receiver wants https://.",
            "A slash at the end is missing or too many.",
            "The receiver asks for a sign-in.",
        ])
        .remedy("Set the URL at the end of the redirects."),
    Code::failed_try(
        "report_timeout",
        "The receiver did not answer within `outbound.timeout_s`, 15 seconds by default.",
    )
    .message("The receiver did not answer within 15 seconds")
    .causes(&["The receiver works before it answers.", "It is overloaded."])
    .remedy("Let the receiver answer at once and work afterwards. The operator can allow more in outbound.timeout_s."),
    Code::failed_try("report_unreachable", "The receiver could not be reached.")
        .message("The receiver cannot be reached")
        .causes(&["It is down, or a firewall is in between.", "The host's name is mistyped or does not resolve."])
        .remedy("Open the URL's host in a browser from outside your network."),
    Code::failed_try(
        "report_tls_self_signed",
        "The receiver's certificate is signed by itself, so nobody vouches \
         for it.",
    )
    .message(
        "No secure connection to the receiver is possible: its certificate is signed by itself; give it one \
             of a public authority, or of a private one that the operator names in [tls] extra_ca_file",
    )
    .causes(&["It was made by hand for a test.", "A proxy in front of the receiver shows its own certificate."])
    .remedy(
        "Give the receiver a certificate of a public authority, or one of a private authority that the operator \
             names in tls.extra_ca_file.",
    ),
    Code::failed_try(
        "report_tls_unknown_authority",
        "The authority that signed the receiver's certificate is not \
         known here.",
    )
    .message(
        "No secure connection to the receiver is possible: the authority behind its certificate is not \
             known here; a private one can be named by the operator in [tls] extra_ca_file, and with a public one \
             the server must send its intermediate certificates too",
    )
    .causes(&[
        "The certificate is of the company's own authority.",
        "The receiver leaves out the intermediate \
             certificates between its own and a public authority's.",
    ])
    .remedy("Have the private authority named in tls.extra_ca_file, or let the receiver send its full chain."),
    Code::failed_try(
        "report_tls_chain_incomplete",
        "The receiver sent its certificate without the intermediate \
         ones that lead to a public authority.",
    )
    .message(
        "No secure connection to the receiver is possible: it sends its own certificate alone; let it send \
             the intermediate certificates too (the full chain)",
    )
    .causes(&["The receiver was given the file cert.pem instead of fullchain.pem. Browsers find the rest \
             elsewhere and do not complain."])
    .remedy("Let the receiver send the full chain of certificates."),
    Code::failed_try("report_tls_wrong_name", "The receiver's certificate is for another name than the URL's.")
        .message(
            "No secure connection to the receiver is possible: its certificate is for another name; use a name \
             that it is for, or give it one for this name",
        )
        .causes(&[
            "The URL has another name, or an address, than the certificate.",
            "The receiver does not know \
             the name and shows a certificate of another site.",
        ])
        .remedy("Use a name that the certificate is for, or renew the certificate with the URL's name."),
    Code::failed_try("report_tls_expired", "The receiver's certificate has expired.")
        .message("No secure connection to the receiver is possible: its certificate has expired; renew it")
        .causes(&["It was not renewed in time.", "It was renewed, and the receiver was not reloaded."])
        .remedy("Renew the receiver's certificate and reload the receiver."),
    Code::failed_try("report_tls_not_yet_valid", "The receiver's certificate is not valid yet.")
        .message(
            "No secure connection to the receiver is possible: its certificate is not valid yet; renew it, or \
             set the clock of this server or of that one",
        )
        .causes(&["The clock of one of the two machines is wrong.", "The certificate was made for a later day."])
        .remedy("Set the clocks, or use a certificate that is valid today."),
    Code::failed_try(
        "report_tls_client_certificate",
        "The receiver asks for a client certificate, which is never \
         sent.",
    )
    .message(
        "No secure connection to the receiver is possible: it asks for a client certificate, and none is \
             ever sent; let it take requests without one",
    )
    .causes(&["The receiver, or a proxy in front of it, demands mutual TLS."])
    .remedy("Let the receiver take these requests without one and verify their signature instead."),
    Code::failed_try("report_tls_not_spoken", "What answers at the URL's port does not speak TLS.")
        .message(
            "No secure connection to the receiver is possible: what answers there does not speak TLS; begin the \
             URL with http://, or name the port of its https",
        )
        .causes(&[
            "It speaks plain HTTP there, and the URL begins with https://.",
            "Another service listens at \
             that port.",
        ])
        .remedy("Begin the URL with http://, or name the port of the receiver's https."),
    Code::failed_try("report_tls_too_old", "The receiver speaks only versions of TLS that are not secure any more.")
        .message(
            "No secure connection to the receiver is possible: it speaks only versions of TLS that are not \
             secure any more; let it speak TLS 1.2 or 1.3",
        )
        .causes(&["It speaks TLS 1.0 or 1.1 only."])
        .remedy("Let the receiver speak TLS 1.2 or 1.3."),
    Code::failed_try("report_tls_failed", "No secure connection to the receiver was possible.")
        .message("No secure connection to the receiver is possible: its certificate or its TLS is of no use")
        .causes(&[
            "Its certificate is damaged or of an unknown kind.",
            "It offers no method of encryption that is \
             known here.",
        ])
        .remedy("Look at the receiver with openssl s_client -connect HOST:PORT."),
    Code::failed_try("report_answer_invalid", "What the receiver answered is not HTTP.")
        .message("The receiver does not answer in valid HTTP")
        .causes(&[
            "It hung up before it answered.",
            "Another service listens at that port.",
            "Its answer has two different lengths, or more than 1,000 headers.",
        ])
        .remedy("Look into the receiver's own log, or correct the URL's port."),
    Code::failed_try("report_address_forbidden", "The URL leads to a place that must not be called.")
        .message("The webhook's URL may not be called: its host must be publicly reachable")
        .causes(&["It is in a private network, or this gateway itself.", "It has an unusual port."])
        .remedy("Use a public URL. The operator can allow private networks in guard.allow_networks."),
    Code::failed_try("report_url_invalid", "The webhook's URL is not an absolute http or https URL.")
        .message("The webhook's URL cannot be used: it must begin with http:// or https://")
        .causes(&["It lacks https:// at the beginning.", "It contains a user name or a password."])
        .remedy("Set the whole URL, beginning with https://."),
];
