//! A whole gateway in this process, on a free port and with its data in the measured folder.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;

use actix_web::dev::ServerHandle;

use super::{Bench, failed};
use crate::cli::exit::Failure;
use crate::cli::serve::{descriptors, not_started, serve};
use crate::config::{Config, Network};
use crate::gateway::{self, Started};

pub(super) struct Running {
    pub(super) started: Started,
    pub(super) address: SocketAddr,
    server: ServerHandle,
}

/// Returns the gateway's data directory.
pub(super) fn data_dir(bench: &Bench) -> PathBuf {
    bench.folder.join("data")
}

impl Running {
    /// Starts it as configured, but isolated from everything outside this machine.
    pub(super) async fn start(bench: &Bench) -> Result<Self, Failure> {
        let config = secluded(bench);
        let listener = TcpListener::bind(config.listen).map_err(|error| failed(&error))?;
        let address = listener.local_addr().map_err(|error| failed(&error))?;
        let started = gateway::start(&config, address, false).await.map_err(|error| not_started(&error))?;
        let size = descriptors::take(config.http.connections_max)?;
        let (server, ..) = serve(&config, &started, listener, size).map_err(|error| failed(&error))?;
        Ok(Self { started, address, server })
    }

    /// Returns how often its log was synced to disk.
    pub(super) fn syncs(&self) -> u64 {
        use events::log::Log as _;
        self.started.log.stats().syncs
    }

    /// Stops it without waiting for open connections.
    pub(super) async fn end(self) {
        self.server.stop(false).await;
        self.started.gateway.stop().await;
    }
}

fn secluded(bench: &Bench) -> Config {
    let mut config = bench.config.clone();
    config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.data_dir = data_dir(bench);
    config.public_url = None;
    config.smtp.host = None;
    config.simulator.enabled = true;
    config.simulator.url = None;
    config.simulator.clock_rate = 1;
    let loopback: Result<Network, _> = "127.0.0.0/8".parse();
    config.guard.allow_networks = loopback.into_iter().collect();
    config
}
