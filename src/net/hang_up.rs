//! Closes the connection of a request whose body did not come, for routes that know nothing of the server.

use std::fmt;
use std::sync::Arc;

/// Stands in the data of each connection.
#[derive(Clone)]
pub struct HangUp(Arc<dyn Fn() + Send + Sync>);

impl HangUp {
    pub fn new(hang_up: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(hang_up))
    }

    /// Stops reading: the current response is finished, then the connection is closed.
    pub fn hang_up(&self) {
        (self.0)();
    }
}

impl fmt::Debug for HangUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HangUp")
    }
}
