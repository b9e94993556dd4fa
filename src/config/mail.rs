//! How the mail server is named, and how the way to it is kept secret.

use std::net::IpAddr;
use std::str::FromStr;

use super::values::Unfit;

/// A name or an IP address, without a scheme and without a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailHost(String);

impl MailHost {
    /// The name, or the address without brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is certain, without asking anybody, that the server stands on this machine or in a private network.
    pub fn is_near(&self) -> bool {
        match self.0.parse() {
            Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private(),
            Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local(),
            Err(_) => self.0.eq_ignore_ascii_case("localhost"),
        }
    }
}

impl FromStr for MailHost {
    type Err = Unfit;

    fn from_str(text: &str) -> Result<Self, Unfit> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let fits = bare.parse::<IpAddr>().is_ok() || matches!(url::Host::parse(text), Ok(url::Host::Domain(_)));
        let unfit = Unfit::new("a name or an IP address, without a scheme; the port is smtp.port");
        if fits { Ok(Self(bare.to_owned())) } else { Err(unfit) }
    }
}

/// How the connection to the mail server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// It begins in clear and must turn secret before anything is said (RFC 3207); usual on port 587.
    StartTls,
    /// It is secret from the first byte on (RFC 8314); usual on port 465.
    Tls,
    /// It stays in clear: for a server on this machine or in a private network.
    None,
}

impl FromStr for MailTls {
    type Err = Unfit;

    fn from_str(text: &str) -> Result<Self, Unfit> {
        match text {
            "starttls" => Ok(Self::StartTls),
            "tls" => Ok(Self::Tls),
            "none" => Ok(Self::None),
            _ => Err(Unfit::new("\"starttls\", \"tls\" or \"none\"")),
        }
    }
}
