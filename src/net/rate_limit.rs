//! Rate limits: for one inbound URL, for one address, and for requests that change a workspace.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::http::header::{HeaderMap, X_FORWARDED_FOR};
use events::ids::WorkspaceId;
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use ipnet::IpNet;

use crate::config::{Http, Limits, Network};

/// Forget idle senders after this many checks.
const CHECKS_BETWEEN_SWEEPS: u32 = 10_000;
/// Longest chain of proxies that is followed.
const PROXIES_MAX: usize = 16;

/// The rate limits. The clock is the machine's, or a fake one in tests.
pub struct RateLimits<C: Clock = MonotonicClock> {
    per_inbound_url: Option<Limiter<WorkspaceId, C>>,
    per_address: Option<Limiter<IpAddr, C>>,
    changes: Option<Limiter<WorkspaceId, C>>,
    trusted_proxies: Vec<IpNet>,
    clock: C,
    checks: AtomicU32,
}

type Limiter<K, C> = RateLimiter<K, DashMapStateStore<K>, C, NoOpMiddleware<<C as Clock>::Instant>>;

impl<C: Clock + Clone> RateLimits<C> {
    /// Sets up the configured limits.
    pub fn new(limits: &Limits, http: &Http, clock: C) -> Self {
        Self {
            per_inbound_url: limiter(limits.flood_per_token_s, clock.clone()),
            per_address: limiter(limits.flood_per_address_s, clock.clone()),
            changes: limiter(limits.changes_per_workspace_s, clock.clone()),
            trusted_proxies: http.trusted_proxies.iter().filter_map(network).collect(),
            clock,
            checks: AtomicU32::new(0),
        }
    }

    /// Counts a request; if it is over a limit, returns after how many seconds to retry.
    pub fn check_inbound(
        &self,
        workspace: Option<WorkspaceId>,
        peer: Option<SocketAddr>,
        headers: &HeaderMap,
    ) -> Result<(), u32> {
        if self.per_inbound_url.is_none() && self.per_address.is_none() {
            return Ok(());
        }
        self.sweep();
        let address = peer.map(|peer| network_of(self.client(peer.ip(), headers)));
        self.count(self.per_address.as_ref(), address)?;
        self.count(self.per_inbound_url.as_ref(), workspace)
    }

    /// Counts a request that may change a workspace; if it is over the limit, returns after how many seconds to
    /// retry.
    pub fn check_changes(&self, workspace: WorkspaceId) -> Result<(), u32> {
        self.sweep();
        self.count(self.changes.as_ref(), Some(workspace))
    }

    fn count<K: Hash + Eq + Clone>(&self, limiter: Option<&Limiter<K, C>>, key: Option<K>) -> Result<(), u32> {
        let (Some(limiter), Some(key)) = (limiter, key) else { return Ok(()) };
        limiter.check_key(&key).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
        })
    }

    /// Finds the client's address: follows `X-Forwarded-For` from the nearest proxy on, as long as each proxy is
    /// trusted.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let said = headers.get_all(X_FORWARDED_FOR).filter_map(|value| value.to_str().ok());
        let said: Vec<&str> = said.flat_map(|value| value.split(',')).map(str::trim).collect();
        let mut client = peer.to_canonical();
        for address in said.iter().rev().take(PROXIES_MAX) {
            let trusted = self.trusted_proxies.iter().any(|network| network.contains(&client));
            match parse(address).filter(|_| trusted) {
                Some(address) => client = address,
                None => break,
            }
        }
        client
    }

    /// Forgets senders that were idle for a second, which bounds the memory.
    fn sweep(&self) {
        if self.checks.fetch_add(1, Ordering::Relaxed) % CHECKS_BETWEEN_SWEEPS != CHECKS_BETWEEN_SWEEPS - 1 {
            return;
        }
        self.per_inbound_url.iter().for_each(RateLimiter::retain_recent);
        self.per_address.iter().for_each(RateLimiter::retain_recent);
        self.changes.iter().for_each(RateLimiter::retain_recent);
    }
}

/// Creates a limiter that lets one second's quota through at once; `None` means no limit.
fn limiter<K: Hash + Eq + Clone, C: Clock>(per_second: u32, clock: C) -> Option<Limiter<K, C>> {
    let quota = Quota::per_second(NonZeroU32::new(per_second)?);
    Some(RateLimiter::dashmap_with_clock(quota, clock))
}

pub(crate) fn network(network: &Network) -> Option<IpNet> {
    IpNet::new(network.address, network.prefix_bits).ok()
}

/// Parses an address, with or without a port.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let ip = bare.parse().ok().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()));
    ip.map(|ip: IpAddr| ip.to_canonical())
}

/// Reduces an IPv6 address to its /64: one client usually has all of it.
pub(crate) fn network_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
        ip @ IpAddr::V4(_) => ip,
    }
}

#[cfg(test)]
mod tests;
