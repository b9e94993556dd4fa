//! From names to addresses, as this machine does it.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;

/// Names that are asked for at once: each takes a thread until the system gives up on it.
const AT_ONCE: usize = 64;

/// Turns names into addresses.
pub trait Resolve: Send + Sync {
    /// All addresses of a name, in the order to try them.
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The system's resolver, with its hosts file and its settings. Must be asked on a tokio runtime.
pub struct System(Arc<Semaphore>);

impl Default for System {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Resolve for System {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let turn = Arc::clone(&self.0).acquire_owned().await.map_err(io::Error::other)?;
            let name = name.to_owned();
            let ask = move || {
                // Held by the thread, not by who waits: who gives up does not free it.
                let _turn = turn;
                Ok((name.as_str(), 0).to_socket_addrs()?.map(|address| address.ip()).collect())
            };
            tokio::task::spawn_blocking(ask).await.map_err(io::Error::other)?
        })
    }
}
