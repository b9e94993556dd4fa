//! One try of a delivery: what is sent, and what came of it.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{Fault, Response};
use crate::net::guard::Barred;

/// Performs tries.
pub trait HttpPoster: Send + Sync {
    /// Posts once. Never tries again by itself, and ends within the poster's own time.
    fn post(&self, request: Request) -> BoxFuture<'_, Answered>;

    /// Whether a URL could ever be posted to, as far as that is known without asking anybody.
    fn foresee(&self, url: &str) -> Result<(), Barred> {
        let _ = url;
        Ok(())
    }
}

/// What is sent: these headers and no others that say anything about us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The receiver's address as its owner gave it.
    pub url: String,
    /// Names in lower case, each with its value.
    pub headers: Vec<(String, String)>,
    /// JSON.
    pub body: Vec<u8>,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// What the receiver answered, even where that is no success; `None` where nothing readable came.
    pub response: Option<Response>,
    /// Why the try failed; `None` for a success.
    pub fault: Option<Fault>,
    /// From the look-up of the name to the end of the answer.
    pub duration: Duration,
}

impl Answered {
    /// Whether the receiver took the delivery.
    pub fn is_success(&self) -> bool {
        self.fault.is_none()
    }
}
