//! Why a try failed: a stable code, and a text for the people of the workspace that owns the URL.

use std::time::Duration;

use crate::config::Success;
use crate::net::client::{Insecure, Trouble};
use crate::net::guard::Barred;

/// Why a try failed. The text never says what only we know, such as the address of a host name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The text is not a URL that could be called.
    #[error("The webhook's URL cannot be used: {0}")]
    UrlInvalid(Barred),
    /// The guard refuses the address.
    #[error("The webhook's URL may not be called: {0}")]
    AddressForbidden(Barred),
    /// The host's name has no address.
    #[error("The receiver was not found: its name has no address")]
    NameUnknown,
    /// Nothing answers there.
    #[error("The receiver cannot be reached")]
    Unreachable,
    /// The receiver's certificate cannot be used, or it does not speak TLS.
    #[error("No secure connection to the receiver is possible: {0}")]
    Insecure(Insecure),
    /// It took too long, from the look-up of the name to the response's status and headers.
    #[error("The receiver did not answer within {} seconds", .0.as_secs_f64())]
    Timeout(Duration),
    /// The response is not HTTP, has too many headers, or broke off before its status was complete.
    #[error("The receiver does not answer in valid HTTP")]
    AnswerInvalid,
    /// Status 300 to 399.
    #[error("The receiver redirects (status {0}); redirects are not followed")]
    Redirected(u16),
    /// This gateway lacked the means to try. Not a failure of the receiver.
    #[error("This gateway is short of connections or memory at the moment and could not post")]
    Ours,
    /// The program that listened has gone, and nobody else receives.
    #[error("The program that listened has gone before it answered")]
    ListenerGone,
    /// Any other status that is not a success.
    #[error("The receiver answers with status {0}")]
    Status(u16),
}

impl Fault {
    /// The fault that a response's status stands for; `None` for a success.
    pub fn of_status(status: u16, success: Success) -> Option<Self> {
        match (status, success) {
            (200, _) | (200..=299, Success::Any2xx) => None,
            (300..=399, _) => Some(Self::Redirected(status)),
            _ => Some(Self::Status(status)),
        }
    }

    /// The stable code: part of the API.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UrlInvalid(_) => "report_url_invalid",
            Self::AddressForbidden(_) => "report_address_forbidden",
            Self::NameUnknown | Self::Unreachable => "report_unreachable",
            Self::Insecure(insecure) => tls_code(*insecure),
            Self::Timeout(_) => "report_timeout",
            Self::AnswerInvalid => "report_answer_invalid",
            Self::Redirected(_) => "report_redirected",
            Self::Status(_) => "report_http_error",
            Self::Ours => "unavailable",
            Self::ListenerGone => "listener_gone",
        }
    }
}

const fn tls_code(insecure: Insecure) -> &'static str {
    match insecure {
        Insecure::SelfSigned => "report_tls_self_signed",
        Insecure::UnknownAuthority => "report_tls_unknown_authority",
        Insecure::ChainIncomplete => "report_tls_chain_incomplete",
        Insecure::WrongName => "report_tls_wrong_name",
        Insecure::Expired => "report_tls_expired",
        Insecure::NotYetValid => "report_tls_not_yet_valid",
        Insecure::ClientCertificate => "report_tls_client_certificate",
        Insecure::NotSpoken => "report_tls_not_spoken",
        Insecure::TooOld => "report_tls_too_old",
        Insecure::Other => "report_tls_failed",
    }
}

impl From<Barred> for Fault {
    fn from(refusal: Barred) -> Self {
        match refusal {
            Barred::NotAUrl | Barred::Scheme | Barred::Credentials => Self::UrlInvalid(refusal),
            Barred::Port | Barred::NotPublic | Barred::Own => Self::AddressForbidden(refusal),
            Barred::Unresolved => Self::NameUnknown,
            Barred::Untried => Self::Ours,
        }
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Tls(insecure) => Self::Insecure(insecure),
            Trouble::Unreachable => Self::Unreachable,
            Trouble::Reset | Trouble::NotHttp => Self::AnswerInvalid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that people may ever read about a failed try.
    const VISIBLE: [(Fault, &str, &str); 12] = [
        (Fault::ListenerGone, "listener_gone", "The program that listened has gone before it answered"),
        (
            Fault::UrlInvalid(Barred::Scheme),
            "report_url_invalid",
            "The webhook's URL cannot be used: it must begin with http:// or https://",
        ),
        (
            Fault::AddressForbidden(Barred::NotPublic),
            "report_address_forbidden",
            "The webhook's URL may not be called: its host must be publicly reachable",
        ),
        (
            Fault::AddressForbidden(Barred::Own),
            "report_address_forbidden",
            "The webhook's URL may not be called: it must not lead back to this server",
        ),
        (Fault::NameUnknown, "report_unreachable", "The receiver was not found: its name has no address"),
        (Fault::Unreachable, "report_unreachable", "The receiver cannot be reached"),
        (
            Fault::Insecure(Insecure::Other),
            "report_tls_failed",
            "No secure connection to the receiver is possible: its certificate or its TLS is of no use",
        ),
        (
            Fault::Insecure(Insecure::Expired),
            "report_tls_expired",
            "No secure connection to the receiver is possible: its certificate has expired; renew it",
        ),
        (Fault::Timeout(Duration::from_secs(15)), "report_timeout", "The receiver did not answer within 15 seconds"),
        (Fault::AnswerInvalid, "report_answer_invalid", "The receiver does not answer in valid HTTP"),
        (
            Fault::Redirected(302),
            "report_redirected",
            "The receiver redirects (status 302); redirects are not followed",
        ),
        (Fault::Status(500), "report_http_error", "The receiver answers with status 500"),
    ];

    #[test]
    fn codes_and_words_are_stable() {
        for (fault, code, words) in VISIBLE {
            assert_eq!((fault.code(), &*fault.to_string()), (code, words));
            assert!(crate::codes::find(code).is_some(), "{code}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_told_as_the_catalogue_says() {
        for insecure in [
            Insecure::SelfSigned,
            Insecure::UnknownAuthority,
            Insecure::ChainIncomplete,
            Insecure::WrongName,
            Insecure::Expired,
            Insecure::NotYetValid,
            Insecure::ClientCertificate,
            Insecure::NotSpoken,
            Insecure::TooOld,
            Insecure::Other,
        ] {
            let fault = Fault::Insecure(insecure);
            let code = crate::codes::find(fault.code());
            assert_eq!(code.map(|code| code.message), Some(&*fault.to_string()), "{insecure:?}");
        }
    }

    #[test]
    fn a_success_is_what_the_setting_says_and_a_redirect_never_is() {
        for (status, any, only) in [(200, true, true), (201, true, false), (204, true, false), (299, true, false)] {
            assert_eq!(Fault::of_status(status, Success::Any2xx).is_none(), any, "{status}");
            assert_eq!(Fault::of_status(status, Success::Only200).is_none(), only, "{status}");
        }
        for success in [Success::Any2xx, Success::Only200] {
            for status in [300, 301, 302, 304, 307, 399] {
                assert_eq!(Fault::of_status(status, success), Some(Fault::Redirected(status)));
            }
            for status in [100, 199, 400, 404, 410, 429, 500, 503, 599, 999] {
                assert_eq!(Fault::of_status(status, success), Some(Fault::Status(status)));
            }
        }
    }
}
