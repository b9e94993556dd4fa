//! Values that are parsed once; refusals complete a sentence that begins with "must".

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;

/// The reason why a text is invalid; completes the sentence `<key> = <value> ...`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {0}")]
pub struct Unfit(&'static str);

impl Unfit {
    /// Completes "must be ...".
    pub(super) const fn new(words: &'static str) -> Self {
        Self(words)
    }
}

/// The operator's key. Neither `Debug` nor an error shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminKey(String);

impl AdminKey {
    /// The prefix of every key.
    pub const PREFIX: &'static str = "adm_";
    const CHARS_MIN: usize = 32;
    const CHARS_MAX: usize = 255;

    /// The key in clear.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for AdminKey {
    type Err = Unfit;

    fn from_str(text: &str) -> Result<Self, Unfit> {
        let fits = text.starts_with(Self::PREFIX)
            && (Self::CHARS_MIN..=Self::CHARS_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        let unfit = Unfit("`adm_` and more, 32 to 255 visible ASCII characters in all");
        if fits { Ok(Self(text.to_owned())) } else { Err(unfit) }
    }
}

impl fmt::Debug for AdminKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminKey([hidden])")
    }
}

/// The public address: http or https, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PublicUrl {
    type Err = Unfit;

    fn from_str(text: &str) -> Result<Self, Unfit> {
        let unfit = Unfit("an http or https address without a slash at the end, without user and query");
        let url = plain_url(text).filter(|url| matches!(url.scheme(), "http" | "https"));
        if text.ends_with('/') {
            return Err(unfit);
        }
        url.map(|url| Self(bare(&url))).ok_or(unfit)
    }
}

/// The address of a simulator process: plain http on this machine, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatorUrl(String);

impl SimulatorUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SimulatorUrl {
    type Err = Unfit;

    fn from_str(text: &str) -> Result<Self, Unfit> {
        let here = |url: &Url| url.scheme() == "http" && url.path() == "/" && url.host_str().is_some_and(is_loopback);
        let unfit = Unfit("http on a loopback address, such as http://127.0.0.1:8090");
        plain_url(text).filter(here).map(|url| Self(bare(&url))).ok_or(unfit)
    }
}

fn plain_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    (plain && url.fragment().is_none() && url.has_host()).then_some(url)
}

fn bare(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

fn is_loopback(host: &str) -> bool {
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

/// A network in CIDR notation; a bare address is a network with one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// The first address: all bits after the prefix are zero.
    pub address: IpAddr,
    /// Number of leading bits that all addresses share: 0 to 32, or 0 to 128 for IPv6.
    pub prefix_bits: u8,
}

impl FromStr for Network {
    type Err = Unfit;

    fn from_str(text: &str) -> Result<Self, Unfit> {
        let unfit = Unfit("a network such as 10.0.0.0/8 or fd00::/8, with no bit set after the prefix");
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| unfit)?;
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = bits.map_or(Ok(bits_max), str::parse).map_err(|_| unfit)?;
        let network = Self { address, prefix_bits };
        if prefix_bits <= bits_max && network.has_no_bit_after_its_prefix() { Ok(network) } else { Err(unfit) }
    }
}

impl Network {
    fn has_no_bit_after_its_prefix(self) -> bool {
        match self.address {
            IpAddr::V4(ip) => ip.to_bits().trailing_zeros().saturating_add(u32::from(self.prefix_bits)) >= 32,
            IpAddr::V6(ip) => ip.to_bits().trailing_zeros().saturating_add(u32::from(self.prefix_bits)) >= 128,
        }
    }
}

/// The statuses of a response that count as a successful report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Success {
    /// 200 to 299.
    Any2xx,
    /// Only 200.
    Only200,
}

impl FromStr for Success {
    type Err = Unfit;

    fn from_str(text: &str) -> Result<Self, Unfit> {
        match text {
            "2xx" => Ok(Self::Any2xx),
            "200" => Ok(Self::Only200),
            _ => Err(Unfit("\"2xx\" or \"200\"")),
        }
    }
}

/// Skip or include messages with an attachment in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachments {
    Skip,
    /// Reports them with their attachment.
    Include,
}

impl FromStr for Attachments {
    type Err = Unfit;

    fn from_str(text: &str) -> Result<Self, Unfit> {
        match text {
            "skip" => Ok(Self::Skip),
            "include" => Ok(Self::Include),
            _ => Err(Unfit("\"skip\" or \"include\"")),
        }
    }
}
