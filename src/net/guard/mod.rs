//! Decides which addresses given by users may be called. Knows neither files nor reports.

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

/// Ports that may be called outside of opened networks.
const PORTS: [u16; 4] = [80, 443, 8080, 8443];
const URL_BYTES_MAX: usize = 8_192;
/// Most addresses of one name that are tried.
const ADDRESSES_MAX: usize = 16;

/// Checks URLs that users give us to call.
#[derive(Clone)]
pub struct Guard {
    networks: Networks,
    own: Own,
    resolver: Arc<dyn Resolve>,
}

/// A URL that may be called, and the only addresses to call it at: do not look its name up again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The URL: http or https.
    pub url: Url,
    /// 1 to 16 addresses with the URL's port, in the order to try them in.
    pub addresses: Vec<SocketAddr>,
}

/// The reason why a URL may not be called. The messages are for people, and never reveal a name's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Barred {
    /// Not an absolute URL, or a too long one.
    #[error("it must be a complete URL of at most {URL_BYTES_MAX} bytes, such as https://example.com/file.pdf")]
    NotAUrl,
    /// Neither http nor https.
    #[error("it must begin with http:// or https://")]
    Scheme,
    /// It holds a user name or a password.
    #[error("it must not contain a user name or a password")]
    Credentials,
    /// The port is not allowed.
    #[error("its port must be 80, 443, 8080 or 8443")]
    Port,
    /// The host is not public.
    #[error("its host must be publicly reachable")]
    NotPublic,
    /// The host is this gateway.
    #[error("it must not lead back to this server")]
    Own,
    /// The name has no address.
    #[error("its host was not found")]
    Unresolved,
    /// The name could not be looked up because this gateway lacks resources.
    #[error("its host could not be looked up, because this gateway is short of connections or memory")]
    Untried,
}

impl Guard {
    /// Creates a guard that uses the system's resolver.
    pub fn new(allow_networks: &[Network], own: Own) -> Self {
        Self { networks: Networks::new(allow_networks), own, resolver: Arc::new(System::default()) }
    }

    /// Replaces the resolver.
    #[must_use]
    pub fn resolving_by(self, resolver: Arc<dyn Resolve>) -> Self {
        Self { resolver, ..self }
    }

    /// Checks a URL given as text. Every address of its name must be allowed.
    pub async fn judge_text(&self, text: &str) -> Result<Target, Barred> {
        self.judge(parsed(text)?).await
    }

    /// Checks a URL, such as that of a redirect. Looks its name up once.
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

    /// Checks a URL as far as possible without a name server: what is refused here would be refused at every call.
    pub fn foresee(&self, text: &str) -> Result<(), Barred> {
        self.place(&parsed(text)?).map(drop)
    }

    fn place<'a>(&self, url: &'a Url) -> Result<Place<'a>, Barred> {
        let (host, port) = shape(url)?;
        let is_echo = self.own.is_echo(url);
        let own_addresses =
            if is_echo && url.scheme() == "http" { self.own.own_addresses(&host, port) } else { Vec::new() };
        if !own_addresses.is_empty() {
            return Ok(Place::At(own_addresses));
        }
        if !is_echo && self.own.is_typed(&host, port) {
            return Err(Barred::Own);
        }
        let literal = match host {
            Host::Ipv4(ip) => vec![ip.into()],
            Host::Ipv6(ip) => vec![ip.into()],
            // A trailing dot would be a second spelling of every name; nobody needs it.
            Host::Domain(name) if name.ends_with('.') => return Err(Barred::NotPublic),
            Host::Domain(name) if is_localhost(name) => self.loopback()?,
            Host::Domain(_) if self.networks.is_empty() && !PORTS.contains(&port) => return Err(Barred::Port),
            Host::Domain(name) => return Ok(Place::Named(name, port)),
        };
        self.permitted(literal, port).map(Place::At)
    }

    /// Returns the addresses to call, if every address of the host is allowed.
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

    /// Resolves `localhost` to the loopback addresses that are opened.
    fn loopback(&self) -> Result<Vec<IpAddr>, Barred> {
        let mut both = vec![IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
        both.retain(|ip| self.networks.open(*ip));
        if both.is_empty() { Err(Barred::NotPublic) } else { Ok(both) }
    }

    /// Checks the address before the port: another port would not help.
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

/// The destination of a URL, as far as it is known without a name server.
enum Place<'a> {
    /// These addresses, which are allowed.
    At(Vec<SocketAddr>),
    /// The addresses of this name, at this port.
    Named(&'a str, u16),
}

fn parsed(text: &str) -> Result<Url, Barred> {
    let fits = text.len() <= URL_BYTES_MAX;
    Url::parse(text).ok().filter(|_| fits).ok_or(Barred::NotAUrl)
}

/// Checks everything that depends neither on a name look-up nor on our own addresses.
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
