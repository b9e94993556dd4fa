//! The private networks that the operator has opened.

use std::net::IpAddr;

use ipnet::IpNet;

use super::address;
use crate::config::Network;

/// Opened networks. Blocks that no setting can open stay closed inside them.
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

    /// True if the address is in an opened network. An address that carries an IPv4 address also needs that one to be
    /// callable.
    pub(super) fn open(&self, ip: IpAddr) -> bool {
        let inner_is_callable = match ip {
            IpAddr::V4(_) => true,
            IpAddr::V6(ip) => address::inner(ip).is_none_or(|inner| self.callable(inner.into())),
        };
        inner_is_callable && !address::is_closed(ip) && self.0.iter().any(|network| network.contains(&ip))
    }

    /// True if the address is public or in an opened network.
    pub(super) fn callable(&self, ip: IpAddr) -> bool {
        !address::is_closed(ip) && (address::is_public(ip) || self.open(ip))
    }
}
