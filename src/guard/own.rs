//! What we are ourselves: calling it would be talking to ourselves, or around our own doors.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use url::{Host, Url};

/// Our own addresses, which are no targets even inside opened networks. What is to be let through although it is our
/// own (a simulator's echo) has to be let through here, by its whole URL.
#[derive(Debug, Clone)]
pub struct Own {
    listen: SocketAddr,
    base: Option<(Host, u16)>,
}

impl Own {
    /// A gateway that listens there (with its real port) and whose users type `base_url`.
    pub fn new(listen: SocketAddr, base_url: &str) -> Self {
        let base = Url::parse(base_url).ok();
        let base = base.and_then(|url| Some((url.host()?.to_owned(), url.port_or_known_default()?)));
        Self { listen, base }
    }

    /// Whether this is the host and port that our users type.
    pub(super) fn is_typed(&self, host: &Host<&str>, port: u16) -> bool {
        self.base.as_ref().is_some_and(|base| *base == (host.to_owned(), port))
    }

    /// Whether a connection to this address may end at our own port.
    pub(super) fn is_reached_at(&self, address: SocketAddr) -> bool {
        let (ip, port) = (address.ip().to_canonical(), address.port());
        let is_typed = |(host, typed): &(Host, u16)| match host {
            Host::Ipv4(typed) => ip == *typed,
            Host::Ipv6(typed) => ip == IpAddr::from(*typed).to_canonical(),
            Host::Domain(_) => false,
        } && port == *typed;
        self.base.as_ref().is_some_and(is_typed) || port == self.listen.port() && self.listens_on(ip)
    }

    /// Whoever listens everywhere is reached at each address of the machine; only those can be bound.
    fn listens_on(&self, ip: IpAddr) -> bool {
        let own = self.listen.ip().to_canonical();
        ip == own || own.is_unspecified() && UdpSocket::bind((ip, 0)).is_ok()
    }
}
