//! Why an e-mail was not handed over. Never contains a secret or the mail server's own text.

use std::error::Error;
use std::fmt;

use lettre::transport::smtp;

use crate::net::client;
use crate::net::lack::{self, Lack};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It could not be stored in the outbox, so nothing was tried.
    #[error("the e-mail cannot be kept in the outbox")]
    NotKept,
    /// It is too long for the outbox, or its id is not valid.
    #[error("the e-mail cannot be written")]
    Unfit,
    /// The recipient's address is not valid, or the mail server cannot take it.
    #[error("the recipient's address is not one that the mail server can take")]
    Address,
    /// There is no connection, or it broke.
    #[error("the mail server cannot be reached")]
    Unreachable,
    /// This gateway lacked the means to try.
    #[error("this gateway is short of connections or memory and could not call the mail server")]
    Ours,
    /// A step took longer than configured.
    #[error("the mail server did not answer in time")]
    TimedOut,
    /// The connection cannot be encrypted, for example because nobody vouches for the certificate.
    #[error("the connection to the mail server cannot be made secret")]
    Tls,
    /// The server does not offer STARTTLS, so neither the password nor the e-mail was sent.
    #[error("the mail server does not offer STARTTLS")]
    NoStartTls,
    /// The password cannot be read from the configured file.
    #[error("the mail server's password cannot be read")]
    NoPassword,
    /// The server offers no way to sign in that we support.
    #[error("the mail server offers no way to sign in by password")]
    NoSignIn,
    /// Name or password were not accepted, or they are needed but not configured.
    #[error("the mail server does not let us sign in ({0})")]
    SignIn(Reply),
    /// The server cannot take it now.
    #[error("the mail server cannot take the e-mail now ({0})")]
    Later(Reply),
    /// The server refuses it for good.
    #[error("the mail server refuses the e-mail ({0})")]
    Refused(Reply),
    /// The server does not speak SMTP.
    #[error("the mail server answers what is no SMTP")]
    Gibberish,
}

/// A mail server's reply without its text: the status of RFC 5321 and, if given, that of RFC 3463.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// From 400 to 599.
    pub status: u16,
    /// Such as `5.1.1`.
    pub enhanced: Option<String>,
}

impl Fault {
    /// A stable name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotKept => "not_kept",
            Self::Unfit => "unfit",
            Self::Address => "address",
            Self::Unreachable => "unreachable",
            Self::Ours => "ours",
            Self::TimedOut => "timed_out",
            Self::Tls => "tls",
            Self::NoStartTls => "no_starttls",
            Self::NoPassword => "no_password",
            Self::NoSignIn => "no_sign_in",
            Self::SignIn(_) => "sign_in",
            Self::Later(_) => "later",
            Self::Refused(_) => "refused",
            Self::Gibberish => "gibberish",
        }
    }

    /// True if a retry is useless. A fault that the operator can correct, such as a wrong password, is not permanent.
    pub const fn is_permanent(&self) -> bool {
        matches!(self, Self::Unfit | Self::Address | Self::Refused(_))
    }

    /// The fault of an error before the e-mail was offered: a reply at that stage is not about this e-mail.
    pub(super) fn of_connection(error: &smtp::Error) -> Self {
        match Reply::of(error) {
            Some(reply) => Self::Later(reply),
            None => Self::without_reply(error),
        }
    }

    /// The fault of an error while signing in.
    pub(super) fn of_sign_in(error: &smtp::Error) -> Self {
        match Reply::of(error) {
            Some(reply) if reply.is_final() => Self::SignIn(reply),
            Some(reply) => Self::Later(reply),
            None => Self::without_reply(error),
        }
    }

    /// The fault of an error while the e-mail was offered.
    pub(super) fn of_sending(error: &smtp::Error) -> Self {
        match Reply::of(error) {
            Some(reply) if reply.wants_sign_in() => Self::SignIn(reply),
            Some(reply) if reply.is_final() => Self::Refused(reply),
            Some(reply) => Self::Later(reply),
            None => Self::without_reply(error),
        }
    }

    fn without_reply(error: &smtp::Error) -> Self {
        if is_ours(error) {
            Self::Ours
        } else if error.is_tls() || client::is_of_tls(error) {
            Self::Tls
        } else if error.is_timeout() {
            Self::TimedOut
        } else if error.is_response() || error.is_client() {
            Self::Gibberish
        } else {
            Self::Unreachable
        }
    }
}

impl Reply {
    fn of(error: &smtp::Error) -> Option<Self> {
        let status = error.status().map(u16::from)?;
        let words = error.source().map(ToString::to_string).unwrap_or_default();
        let enhanced = words.split_whitespace().next().filter(|word| is_enhanced(word)).map(str::to_owned);
        Some(Self { status, enhanced })
    }

    const fn is_final(&self) -> bool {
        self.status >= 500
    }

    /// Replies that ask us to sign in, or reject how we did (RFC 4954, section 6).
    const fn wants_sign_in(&self) -> bool {
        matches!(self.status, 530 | 534 | 535 | 538)
    }
}

/// True for a lack of ours. If a name could not be looked up for lack of a file descriptor, the error looks like that
/// of an unknown name; so the gateway's present state counts too.
fn is_ours(error: &smtp::Error) -> bool {
    lack::is_ours(error) || Lack::now().is_some_and(|lack| lack::is_ours(&lack))
}

fn is_enhanced(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let is_number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(is_number)
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.enhanced {
            Some(enhanced) => write!(f, "{} {enhanced}", self.status),
            None => write!(f, "{}", self.status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_status_is_taken_from_what_a_server_says() {
        for (word, fits) in [("5.1.1", true), ("4.7.100", true), ("5.1", false), ("hunter2", false), ("5.x.1", false)] {
            assert_eq!(is_enhanced(word), fits, "{word}");
        }
        let reply = Reply { status: 550, enhanced: Some("5.1.1".to_owned()) };
        assert_eq!(Fault::Refused(reply).to_string(), "the mail server refuses the e-mail (550 5.1.1)");
    }

    #[test]
    fn what_the_operator_can_mend_is_not_permanent() {
        let reply = |status| Reply { status, enhanced: None };
        for fault in [Fault::SignIn(reply(535)), Fault::NoStartTls, Fault::Tls, Fault::NoPassword, Fault::NotKept] {
            assert!(!fault.is_permanent(), "{fault}");
        }
        assert!(Fault::Refused(reply(550)).is_permanent() && Fault::Address.is_permanent());
        assert!(!Fault::Later(reply(451)).is_permanent());
    }
}
