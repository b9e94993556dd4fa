//! The private networks that the operator has opened.

use std::net::IpAddr;

use ipnet::IpNet;

use super::address;
use crate::config::Network;

/// Opened networks. What no setting opens stays closed inside them.
#[derive(Debug, Clone)]
pub(super) struct Networks(Vec<IpNet>);

impl Networks {
    pub(super) fn new(networks: &[Network]) -> Self {
        let of = |network: &Network| IpNet::new(network.address, network.prefix_bits).ok();
        Self(networks.iter().filter_map(of).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the address is open here. One that carries an IPv4 address is open only if that one may be called too.
    pub(super) fn open(&self, ip: IpAddr) -> bool {
        let inner_is_callable = match ip {
            IpAddr::V4(_) => true,
            IpAddr::V6(ip) => address::inner(ip).is_none_or(|inner| self.callable(inner.into())),
        };
        inner_is_callable && !address::is_closed(ip) && self.0.iter().any(|network| network.contains(&ip))
    }

    /// Whether the address is public or open here.
    pub(super) fn callable(&self, ip: IpAddr) -> bool {
        !address::is_closed(ip) && (address::is_public(ip) || self.open(ip))
    }
}
