//! Resolves names to addresses with this machine's resolver.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;
use std::thread;

use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, oneshot};

use crate::net::lack::Lack;

/// Most names looked up at once: each takes a thread until the system gives up.
const AT_ONCE: usize = 256;

/// Resolves names to addresses.
pub trait Resolve: Send + Sync {
    /// Returns all addresses of a name, in the order to try them in.
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The system's resolver, with its hosts file and settings.
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
            let (answer, answered) = oneshot::channel();
            let ask = move || {
                let addresses = (name.as_str(), 0).to_socket_addrs();
                // The system reports a lack of descriptors as if no server had answered.
                let addresses = addresses.map_err(|error| Lack::now().map_or(error, io::Error::other));
                // The thread holds the permit, not the caller: a caller that gives up must not free it.
                drop(turn);
                let _ = answer.send(addresses.map(|addresses| addresses.map(|address| address.ip()).collect()));
            };
            // Use separate threads: slow name servers must not keep the runtime's threads from reading the log.
            let thread = thread::Builder::new().name("name-look-up".to_owned()).spawn(ask);
            thread.map_err(|_| io::Error::other(Lack::Memory))?;
            answered.await.map_err(io::Error::other)?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_system_knows_this_machine_and_no_invalid_name() {
        let system = System::default();
        let found = system.resolve("localhost").await.unwrap();
        assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
        for name in ["nowhere.invalid", "", "a..b", &"a".repeat(300)] {
            assert!(system.resolve(name).await.is_err(), "{name}");
        }
        assert_eq!(system.0.available_permits(), AT_ONCE);
    }
}
