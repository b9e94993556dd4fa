//! Our own addresses: a call to them would loop back to this gateway, or bypass its access checks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use url::{Host, Url};

/// Prefix of the paths of the simulator's echo; a name follows.
const ECHO: &str = "/sim/v1/echo/";

/// Our own addresses, which may not be called even inside opened networks, except for the simulator's echo.
#[derive(Debug, Clone)]
pub struct Own {
    listen: SocketAddr,
    base: Option<(Host, u16)>,
    has_echo: bool,
}

impl Own {
    /// A gateway that listens at `listen` (with its real port) and that users reach at `base_url`.
    pub fn new(listen: SocketAddr, base_url: &str) -> Self {
        let base = Url::parse(base_url).ok();
        let base = base.and_then(|url| Some((url.host()?.to_owned(), url.port_or_known_default()?)));
        Self { listen, base, has_echo: false }
    }

    /// Sets whether the echo of a simulator runs inside this gateway.
    #[must_use]
    pub fn with_echo(self, has_echo: bool) -> Self {
        Self { has_echo, ..self }
    }

    /// True if the path could be that of our echo: the prefix and one plain name.
    pub(super) fn is_echo(&self, url: &Url) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let name = url.path().strip_prefix(ECHO).unwrap_or_default();
        self.has_echo && !name.is_empty() && name.bytes().all(is_plain)
    }

    /// Returns the addresses of our own plain HTTP port that this host and port lead to, if any. Looks no name up.
    pub(super) fn own_addresses(&self, host: &Host<&str>, port: u16) -> Vec<SocketAddr> {
        if self.is_typed(host, port) {
            return vec![self.own_address()];
        }
        let mut found = match host {
            Host::Ipv4(ip) => vec![IpAddr::from(*ip)],
            Host::Ipv6(ip) => vec![IpAddr::from(*ip)],
            Host::Domain(name) if is_localhost(name) => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            Host::Domain(_) => Vec::new(),
        };
        found.retain(|ip| port == self.listen.port() && self.listens_on(ip.to_canonical()));
        found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect()
    }

    fn own_address(&self) -> SocketAddr {
        let ip = match self.listen.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        SocketAddr::new(ip, self.listen.port())
    }

    /// True if users reach us at this host and port.
    pub(super) fn is_typed(&self, host: &Host<&str>, port: u16) -> bool {
        self.base.as_ref().is_some_and(|base| *base == (host.to_owned(), port))
    }

    /// True if a connection to this address may end at our own port.
    pub(super) fn is_reached_at(&self, address: SocketAddr) -> bool {
        let (ip, port) = (address.ip().to_canonical(), address.port());
        let is_typed = |(host, typed): &(Host, u16)| match host {
            Host::Ipv4(typed) => ip == *typed,
            Host::Ipv6(typed) => ip == IpAddr::from(*typed).to_canonical(),
            Host::Domain(_) => false,
        } && port == *typed;
        self.base.as_ref().is_some_and(is_typed) || port == self.listen.port() && self.listens_on(ip)
    }

    /// True if we listen on this address. A wildcard listener is reached at every address of the machine, and only
    /// those can be bound.
    fn listens_on(&self, ip: IpAddr) -> bool {
        let own = self.listen.ip().to_canonical();
        ip == own || own.is_unspecified() && UdpSocket::bind((ip, 0)).is_ok()
    }
}

/// True for names that mean the loopback addresses, whatever a resolver says (RFC 6761 section 6.3).
pub(super) fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}
