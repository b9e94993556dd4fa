//! The echo: HTTP receivers on this machine that keep what they are sent and answer as configured.

mod request;
mod request_store;
pub mod routes;
#[cfg(test)]
mod tests;
mod view;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actors::runtime::clock::Clock;
use events::time::Timestamp;

pub use self::request::{Name, Request, Settings, StoredRequest};
pub use self::request_store::Full;
use self::request_store::RequestStore;

/// Common prefix of its routes.
pub const PATH: &str = "/sim/v1/echo/";

/// All receivers and their clock. Clones share both.
#[derive(Clone)]
pub struct Echo {
    store: Arc<Mutex<RequestStore>>,
    clock: Clock,
}

impl Echo {
    /// No receivers yet. Delays follow this clock.
    pub fn new(clock: Clock) -> Self {
        Self { store: Arc::default(), clock }
    }

    /// Keeps a request, waits as long as the receiver is configured to, and returns how to answer.
    async fn receive(&self, name: Name, request: Request) -> Result<Settings, Full> {
        let settings = self.store().keep(name, request, self.clock.now())?;
        if settings.delay_ms > 0 {
            self.clock.sleep_ms(settings.delay_ms).await;
        }
        Ok(settings)
    }

    /// The requests that a receiver got, the newest first.
    pub fn requests(&self, name: &Name) -> Vec<Arc<StoredRequest>> {
        self.store().requests(name)
    }

    /// Sets how a receiver answers from now on.
    fn set(&self, name: Name, settings: Settings) -> Result<(), Full> {
        self.store().set(name, settings)
    }

    /// The time of the receivers' clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn store(&self) -> MutexGuard<'_, RequestStore> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
