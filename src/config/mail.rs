//! The values that say where the mail server is, and how the connection to it is encrypted.

use std::net::IpAddr;
use std::str::FromStr;

use super::values::Unfit;

/// A host name or an IP address, without scheme and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailHost(String);

impl MailHost {
    /// The host name, or the address without brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True if the server is surely on this machine or in a private network; looks no name up.
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

/// Encryption of the connection to the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// Starts unencrypted and must switch to TLS before anything is sent (RFC 3207); usual on port 587.
    StartTls,
    /// Uses TLS from the first byte on (RFC 8314); usual on port 465.
    Tls,
    /// Stays unencrypted: for a server on this machine or in a private network.
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
