//! The simulated `WhatsApp`: the default transport, which needs nothing else.

pub mod access;
pub mod address;
pub mod answer;
mod chaos;
mod client;
mod controls;
pub mod echo;
mod fields;
pub mod in_process;
mod incoming;
mod numbers;
mod phones;
mod queued_update;
mod refusal;
pub mod remote;
pub mod routes;
mod seen_ids;
mod send_body;
mod shared;
mod spelling;
mod update_queue;
mod update_task;
mod update_view;
mod wire;
pub mod world;

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;

use actix_web::{App, HttpServer};
use actors::runtime::clock::Clock;
use actors::workspace::Once;
use events::time::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use self::echo::Echo;
pub use self::shared::Shared;
use super::{Capabilities, Update};

/// Long polls are cut off after this time; the updates that they wait for are lost with the world anyway.
const SHUTDOWN_TIMEOUT_S: u64 = 1;

pub const CAPABILITIES: Capabilities = Capabilities {
    own_message_id: true,
    once: Once::Everywhere,
    groups: true,
    phone_echo: true,
    registered_check: false,
    free_text_any_time: true,
    receipts: true,
    text_max: 65_536,
    file_max: 2 * 1024 * 1024,
};

/// An update with its place in the order in which updates became visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedUpdate {
    /// Rises by one with each update; readers use it as their cursor.
    pub sequence: u64,
    pub update: Update,
}

/// Runs the simulator as its own process, `rate` times as fast as real time, until SIGINT or SIGTERM. Passes the
/// address to `bound`, since a `listen` with port 0 leaves the port open.
pub async fn serve(listen: SocketAddr, rate: u32, bound: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let stop_asked = stop_signal()?;
    let clock = Clock::system(Timestamp::default(), rate);
    let (world, echo) = (Shared::new(clock.clone()), Echo::new(clock));
    let server = HttpServer::new(move || App::new().configure(|cfg| routes::alone(cfg, world.clone(), echo.clone())))
        .workers(1)
        .shutdown_signal(stop_asked)
        .shutdown_timeout(SHUTDOWN_TIMEOUT_S)
        .bind(listen)?;
    if let Some(address) = server.addrs().first() {
        bound(*address);
    }
    server.run().await
}

/// Installs the signal handlers at once, so that no signal after `bound` is missed.
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
