//! Judges addresses that users tell us to call. Knows neither files nor reports.

mod address;
mod networks;
mod own;
mod resolver;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use networks::Networks;
use own::is_localhost;
use url::{Host, Url};

pub use own::Own;
pub use resolver::{Resolve, System};

use crate::config::Network;
use crate::net::lack;

/// Ports that may be called outside opened networks.
const PORTS: [u16; 4] = [80, 443, 8080, 8443];
/// Longest URL.
const URL_BYTES_MAX: usize = 8_192;
/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 16;

/// Lets through what users may tell us to call.
#[derive(Clone)]
pub struct Guard {
    networks: Networks,
    own: Own,
    resolver: Arc<dyn Resolve>,
}

/// A URL that may be called, at these addresses and no other: the name is not to be looked up again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The URL: http or https.
    pub url: Url,
    /// 1 to 16 addresses with the URL's port, in the order to try them.
    pub addresses: Vec<SocketAddr>,
}

/// Why a URL may not be called. The words are for people; they never say which address a name has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Barred {
    /// Not an absolute URL, or a very long one.
    #[error("it must be a complete URL of at most {URL_BYTES_MAX} bytes, such as https://example.com/file.pdf")]
    NotAUrl,
    /// Neither http nor https.
    #[error("it must begin with http:// or https://")]
    Scheme,
    /// It holds a user name or a password.
    #[error("it must not contain a user name or a password")]
    Credentials,
    /// A port that is not open.
    #[error("its port must be 80, 443, 8080 or 8443")]
    Port,
    /// A host that is not public.
    #[error("its host must be publicly reachable")]
    NotPublic,
    /// A host that is this gateway.
    #[error("it must not lead back to this server")]
    Own,
    /// The name has no address.
    #[error("its host was not found")]
    Unresolved,
    /// Its name could not be looked up, because this gateway lacks the means.
    #[error("its host could not be looked up, because this gateway is short of connections or memory")]
    Untried,
}

impl Guard {
    /// A guard that asks the system for names.
    pub fn new(allow_networks: &[Network], own: Own) -> Self {
        Self { networks: Networks::new(allow_networks), own, resolver: Arc::new(System::default()) }
    }

    /// The same guard with another resolver.
    #[must_use]
    pub fn resolving_by(self, resolver: Arc<dyn Resolve>) -> Self {
        Self { resolver, ..self }
    }

    /// Judges a URL as it was given. Every address that its name has must be allowed.
    pub async fn judge_text(&self, text: &str) -> Result<Target, Barred> {
        self.judge(parsed(text)?).await
    }

    /// Judges a URL, such as that of a redirect. Looks its name up once.
    pub async fn judge(&self, url: Url) -> Result<Target, Barred> {
        let addresses = match self.place(&url)? {
            Place::At(addresses) => addresses,
            Place::Named(name, port) => {
                let found = self.resolver.resolve(name).await;
                let found =
                    found.map_err(|error| if lack::is_ours(&error) { Barred::Untried } else { Barred::Unresolved })?;
                self.permitted(found, port)?
            }
        };
        Ok(Target { url, addresses })
    }

    /// Judges a URL as far as that needs no name server: what is refused here would be refused at every call.
    pub fn foresee(&self, text: &str) -> Result<(), Barred> {
        self.place(&parsed(text)?).map(drop)
    }

    fn place<'a>(&self, url: &'a Url) -> Result<Place<'a>, Barred> {
        let (host, port) = shape(url)?;
        let is_echo = self.own.is_echo(url);
        let doors = if is_echo && url.scheme() == "http" { self.own.doors(&host, port) } else { Vec::new() };
        if !doors.is_empty() {
            return Ok(Place::At(doors));
        }
        if !is_echo && self.own.is_typed(&host, port) {
            return Err(Barred::Own);
        }
        let literal = match host {
            Host::Ipv4(ip) => vec![ip.into()],
            Host::Ipv6(ip) => vec![ip.into()],
            // A dot at the end makes a second spelling of every name; nobody needs it.
            Host::Domain(name) if name.ends_with('.') => return Err(Barred::NotPublic),
            Host::Domain(name) if is_localhost(name) => self.loopback()?,
            Host::Domain(_) if self.networks.is_empty() && !PORTS.contains(&port) => return Err(Barred::Port),
            Host::Domain(name) => return Ok(Place::Named(name, port)),
        };
        self.permitted(literal, port).map(Place::At)
    }

    /// The addresses to call, if every one that the host has is allowed.
    fn permitted(&self, found: Vec<IpAddr>, port: u16) -> Result<Vec<SocketAddr>, Barred> {
        let mut addresses = Vec::new();
        for ip in found {
            let address = SocketAddr::new(ip, port);
            self.permit(address)?;
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses.truncate(ADDRESSES_MAX);
        if addresses.is_empty() { Err(Barred::Unresolved) } else { Ok(addresses) }
    }

    /// What `localhost` stands for: the loopback addresses that are open.
    fn loopback(&self) -> Result<Vec<IpAddr>, Barred> {
        let mut both = vec![IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
        both.retain(|ip| self.networks.open(*ip));
        if both.is_empty() { Err(Barred::NotPublic) } else { Ok(both) }
    }

    /// The verdict on the address comes first: with another port it would be no better.
    fn permit(&self, address: SocketAddr) -> Result<(), Barred> {
        let ip = address.ip();
        if !self.networks.callable(ip) {
            return Err(Barred::NotPublic);
        }
        if self.own.is_reached_at(address) {
            return Err(Barred::Own);
        }
        if !PORTS.contains(&address.port()) && !self.networks.open(ip) {
            return Err(Barred::Port);
        }
        Ok(())
    }
}

/// Where a URL leads, as far as nobody was asked.
enum Place<'a> {
    /// To these addresses, which are allowed.
    At(Vec<SocketAddr>),
    /// To the addresses of this name, at this port.
    Named(&'a str, u16),
}

fn parsed(text: &str) -> Result<Url, Barred> {
    let fits = text.len() <= URL_BYTES_MAX;
    Url::parse(text).ok().filter(|_| fits).ok_or(Barred::NotAUrl)
}

/// What can be said before a name is looked up, whoever we are.
fn shape(url: &Url) -> Result<(Host<&str>, u16), Barred> {
    if url.as_str().len() > URL_BYTES_MAX {
        return Err(Barred::NotAUrl);
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Barred::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Barred::Credentials);
    }
    url.host().zip(url.port_or_known_default()).ok_or(Barred::NotAUrl)
}

#[cfg(test)]
mod tests;
