//! The base of all our HTTP clients: our TLS settings, and no proxy from the environment.

mod chain;
mod insecure;
mod trust;

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder, redirect, retry};

pub use insecure::Insecure;
pub use trust::{Trust, watched};

/// Our User-Agent.
pub const USER_AGENT: &str = concat!("Tidings/", env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));
/// For all addresses of a name together; the client divides it among them.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Most headers of a response; together they may have 400 KiB.
const HEADERS_MAX: usize = 100;

/// Starts a client that trusts the authorities of this machine. If TLS cannot be set up, building it fails.
pub fn builder() -> ClientBuilder {
    trusting(&Trust::default())
}

fn trusting(trust: &Trust) -> ClientBuilder {
    let builder = Client::builder().no_proxy();
    match trust.tls() {
        Ok(tls) => builder.tls_backend_preconfigured(tls.clone()),
        Err(error) => {
            tracing::error!(%error, "TLS cannot be set up");
            builder.tls_backend_preconfigured(())
        }
    }
}

/// Starts a client for one request to an address that a user gave. It reaches only these addresses, follows no
/// redirects and keeps no connection open.
pub fn pinned(addresses: Vec<SocketAddr>, trust: &Trust) -> ClientBuilder {
    trusting(trust)
        .dns_resolver(Pinned(addresses))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(0)
        .http1_max_headers(HEADERS_MAX)
        .user_agent(USER_AGENT)
}

/// Resolves every name to the same addresses.
struct Pinned(Vec<SocketAddr>);

impl Resolve for Pinned {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(async move { Ok(addresses) })
    }
}

/// The reason why there was no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// TLS failed, for this reason.
    Tls(Insecure),
    /// The connection failed, or the time was up.
    Unreachable,
    /// The connection ended before a response came.
    Reset,
    /// The response is not HTTP, or too long before its body.
    NotHttp,
}

impl Trouble {
    /// Classifies the error of a request that was sent; `asked` is true if the server asked for a client certificate.
    pub fn of(error: &reqwest::Error, asked: bool) -> Self {
        if let Some(error) = tls_error(error) {
            Self::Tls(Insecure::of(error, asked))
        } else if error.is_connect() || error.is_timeout() {
            Self::Unreachable
        } else if asked {
            // The server closed the connection because we sent no certificate, and its alert was lost.
            Self::Tls(Insecure::ClientCertificate)
        } else if is_of_reset(error) {
            Self::Reset
        } else {
            Self::NotHttp
        }
    }
}

/// True if the other side closed or reset the connection.
fn is_of_reset(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let closed =
        |error: &io::Error| matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof);
    // The HTTP library's own message for a connection that ends too early.
    let ends_early = || error.to_string() == "connection closed before message completed";
    error.downcast_ref::<io::Error>().is_some_and(closed) || ends_early() || error.source().is_some_and(is_of_reset)
}

/// True if TLS failed, for example because the certificate is not trusted.
pub fn is_of_tls(error: &(dyn Error + 'static)) -> bool {
    tls_error(error).is_some()
}

fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    // `source` of an I/O error skips the error that it wraps and returns that one's source; `get_ref` returns the
    // wrapped error.
    let carried: Option<&(dyn Error + 'static)> = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(carried) => Some(carried),
        None => error.source(),
    };
    error.downcast_ref::<rustls::Error>().or_else(|| carried.and_then(tls_error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_can_be_built() {
        assert!(builder().build().is_ok());
        assert!(pinned(Vec::new(), &Trust::default()).build().is_ok());
    }
}
