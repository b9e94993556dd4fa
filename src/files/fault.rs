//! Why a file cannot be fetched: a stable code, and a text for the people of the workspace that wanted it.

use std::time::Duration;

use crate::net::client::Trouble;
use crate::net::guard::Barred;

/// Why a file cannot be fetched. The text never says what only we know, such as the address of a host name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The text is not a URL that could be fetched.
    #[error("The file's address cannot be used: {0}")]
    UrlInvalid(Barred),
    /// The guard refuses the address, or one that it redirects to.
    #[error("The file's address may not be called: {0}")]
    AddressForbidden(Barred),
    /// An https address redirects to plain http.
    #[error("The file's address redirects from https to plain http")]
    RedirectInsecure,
    /// More redirects than are followed.
    #[error("The file's address redirects more than {0} times")]
    RedirectLoop(usize),
    /// The host's name has no address.
    #[error("The file's server was not found: its name has no address")]
    NameUnknown,
    /// Nothing answers there.
    #[error("The file's server cannot be reached")]
    Unreachable,
    /// The server's certificate cannot be used, or it does not speak TLS.
    #[error("No secure connection to the file's server is possible; its certificate may be invalid or expired")]
    Insecure,
    /// The server's response is not HTTP, or has too many headers.
    #[error("The file's server does not answer in valid HTTP")]
    AnswerInvalid,
    /// The connection ended before a response.
    #[error("The file's server closed the connection before it answered")]
    Reset,
    /// Status 404 or 410.
    #[error("The file's server says that there is no such file (status {0})")]
    NotFound(u16),
    /// A status that means "not now", and how long the server asks us to wait.
    #[error("The file's server answers with status {0}")]
    Busy(u16, Option<Duration>),
    /// Any other status but 200.
    #[error("The file's server answers with status {0}{advice}", advice = advice_on(*.0))]
    Status(u16),
    /// It took too long until the last byte.
    #[error("The file did not arrive within {} seconds", .0.as_secs_f64())]
    Timeout(Duration),
    /// The body broke off before its end.
    #[error("The file broke off before its end")]
    Incomplete,
    /// The file was sent compressed although we did not ask for that.
    #[error("The file's server sends the file compressed, although it was asked not to")]
    Compressed,
    /// More bytes than a file may have.
    #[error("The file has more than {0} bytes")]
    TooLarge(usize),
    /// No bytes.
    #[error("The file is empty")]
    Empty,
    /// A web page about the file, with advice on what to do.
    #[error("The address leads to a web page (status 200), not to the file itself. {0}")]
    NotADirectLink(String),
    /// A text, although the name promises something else: the name's ending, and the beginning of the text.
    #[error("By its name the file is a .{0} file, but what came (status 200) is a text that begins: {1}")]
    NotTheNamedKind(&'static str, String),
    /// This gateway lacked the means to send a request.
    #[error("This gateway is short of connections or memory at the moment and could not ask for the file")]
    Ours,
}

/// The outlook of another fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prospect {
    /// Every further fetch fails in the same way.
    Final,
    /// Another fetch may succeed, after this time if the server names one.
    Passing(Option<Duration>),
    /// Nothing was requested, so nothing is known about the file.
    Untried,
}

impl Fault {
    /// The stable code: part of the API.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UrlInvalid(_) => "file_url_invalid",
            Self::AddressForbidden(_) => "file_address_forbidden",
            Self::RedirectInsecure => "file_redirect_insecure",
            Self::RedirectLoop(_) => "file_redirect_loop",
            Self::NameUnknown | Self::Unreachable => "file_unreachable",
            Self::Insecure => "file_tls_failed",
            Self::AnswerInvalid => "file_answer_invalid",
            Self::Reset | Self::Incomplete => "file_incomplete",
            Self::NotFound(_) => "file_not_found",
            Self::Busy(..) | Self::Status(_) => "file_http_error",
            Self::Timeout(_) => "file_timeout",
            Self::Compressed => "file_compressed",
            Self::TooLarge(_) => "file_too_large",
            Self::Empty => "file_empty",
            Self::NotADirectLink(_) => "not_a_direct_link",
            Self::NotTheNamedKind(..) => "not_the_named_kind",
            Self::Ours => "unavailable",
        }
    }

    /// Returns the outlook of another fetch.
    pub const fn prospect(&self) -> Prospect {
        match self {
            Self::Busy(_, retry_after) => Prospect::Passing(*retry_after),
            Self::NameUnknown | Self::Unreachable | Self::Reset | Self::Incomplete | Self::Timeout(_) => {
                Prospect::Passing(None)
            }
            Self::Ours => Prospect::Untried,
            _ => Prospect::Final,
        }
    }
}

/// Advice on a status.
const fn advice_on(status: u16) -> &'static str {
    match status {
        200..=299 => "; only status 200 brings a file",
        401 | 403 | 407 => "; everybody who has the address must be able to open it, without signing in",
        _ => "",
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
            Trouble::Tls(_) => Self::Insecure,
            Trouble::Unreachable => Self::Unreachable,
            Trouble::Reset => Self::Reset,
            Trouble::NotHttp => Self::AnswerInvalid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that people may ever read about a file that cannot be fetched.
    const VISIBLE: [(Fault, &str, &str); 22] = [
        (
            Fault::UrlInvalid(Barred::Scheme),
            "file_url_invalid",
            "The file's address cannot be used: it must begin with http:// or https://",
        ),
        (
            Fault::AddressForbidden(Barred::NotPublic),
            "file_address_forbidden",
            "The file's address may not be called: its host must be publicly reachable",
        ),
        (
            Fault::AddressForbidden(Barred::Own),
            "file_address_forbidden",
            "The file's address may not be called: it must not lead back to this server",
        ),
        (Fault::RedirectInsecure, "file_redirect_insecure", "The file's address redirects from https to plain http"),
        (Fault::RedirectLoop(3), "file_redirect_loop", "The file's address redirects more than 3 times"),
        (Fault::NameUnknown, "file_unreachable", "The file's server was not found: its name has no address"),
        (Fault::Unreachable, "file_unreachable", "The file's server cannot be reached"),
        (
            Fault::Insecure,
            "file_tls_failed",
            "No secure connection to the file's server is possible; its certificate may be invalid or expired",
        ),
        (Fault::AnswerInvalid, "file_answer_invalid", "The file's server does not answer in valid HTTP"),
        (Fault::NotFound(410), "file_not_found", "The file's server says that there is no such file (status 410)"),
        (Fault::Reset, "file_incomplete", "The file's server closed the connection before it answered"),
        (Fault::Busy(503, None), "file_http_error", "The file's server answers with status 503"),
        (
            Fault::Status(202),
            "file_http_error",
            "The file's server answers with status 202; only status 200 brings a file",
        ),
        (
            Fault::Status(403),
            "file_http_error",
            "The file's server answers with status 403; everybody who has the address must be able to open it, without \
             signing in",
        ),
        (Fault::Timeout(Duration::from_secs(30)), "file_timeout", "The file did not arrive within 30 seconds"),
        (Fault::Incomplete, "file_incomplete", "The file broke off before its end"),
        (
            Fault::Compressed,
            "file_compressed",
            "The file's server sends the file compressed, although it was asked not to",
        ),
        (Fault::TooLarge(2_097_152), "file_too_large", "The file has more than 2097152 bytes"),
        (Fault::Empty, "file_empty", "The file is empty"),
        (
            Fault::NotADirectLink(String::new()),
            "not_a_direct_link",
            "The address leads to a web page (status 200), not to the file itself. ",
        ),
        (
            Fault::NotTheNamedKind("pdf", String::new()),
            "not_the_named_kind",
            "By its name the file is a .pdf file, but what came (status 200) is a text that begins: ",
        ),
        (
            Fault::Ours,
            "unavailable",
            "This gateway is short of connections or memory at the moment and could not ask for the file",
        ),
    ];

    #[test]
    fn what_passes_is_worth_another_try_and_our_own_lack_is_none() {
        let minute = Duration::from_mins(1);
        for fault in [Fault::NameUnknown, Fault::Unreachable, Fault::Reset, Fault::Incomplete, Fault::Timeout(minute)] {
            assert_eq!(fault.prospect(), Prospect::Passing(None), "{fault}");
        }
        assert_eq!(Fault::Busy(503, Some(minute)).prospect(), Prospect::Passing(Some(minute)));
        assert_eq!(Fault::Ours.prospect(), Prospect::Untried);
        for fault in [Fault::Insecure, Fault::AnswerInvalid, Fault::NotFound(404), Fault::Status(401), Fault::Empty] {
            assert_eq!(fault.prospect(), Prospect::Final, "{fault}");
        }
    }

    #[test]
    fn codes_and_words_are_stable() {
        for (fault, code, words) in VISIBLE {
            assert_eq!((fault.code(), &*fault.to_string()), (code, words));
            assert!(crate::codes::find(code).is_some(), "{code}");
        }
    }
}
