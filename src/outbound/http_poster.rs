//! The interface that performs one try of a delivery, with its request and result.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{Fault, Response};
use crate::net::guard::Barred;

/// Performs tries.
pub trait HttpPoster: Send + Sync {
    /// Posts once. Never retries by itself, and ends within the poster's own time-out.
    fn post(&self, request: Request) -> BoxFuture<'_, Answered>;

    /// `Ok` if posting to a URL might ever succeed, as far as that is known without any network request.
    fn foresee(&self, url: &str) -> Result<(), Barred> {
        let _ = url;
        Ok(())
    }
}

/// The request to send: these headers, and no others that say anything about us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The receiver's URL as its owner gave it.
    pub url: String,
    /// Names in lower case, each with its value.
    pub headers: Vec<(String, String)>,
    /// JSON.
    pub body: Vec<u8>,
}

/// The result of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The receiver's response, even if it is no success; `None` if nothing readable came.
    pub response: Option<Response>,
    /// Why the try failed; `None` for a success.
    pub fault: Option<Fault>,
    /// From the look-up of the name to the end of the response.
    pub duration: Duration,
}

impl Answered {
    /// True if the receiver accepted the delivery.
    pub fn is_success(&self) -> bool {
        self.fault.is_none()
    }
}
