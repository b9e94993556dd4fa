//! A client that can reach one judged target and nothing else.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::{Response, redirect, retry};

use super::Fault;
use crate::client;
use crate::guard::Target;

const USER_AGENT: &str = concat!("Tidings/", env!("CARGO_PKG_VERSION"));
/// For all addresses of a target together; it is shared out among them.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const HEADERS_MAX: usize = 100;

/// Knows one answer to every question.
struct Pinned(Vec<SocketAddr>);

impl Resolve for Pinned {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(async move { Ok(addresses) })
    }
}

/// Asks a target with GET, on a connection of its own. Redirects are not followed.
pub(super) async fn get(target: Target) -> Result<Response, Fault> {
    let Target { url, addresses } = target;
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let client = client::builder()
        .dns_resolver(Pinned(addresses))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(0)
        .http1_max_headers(HEADERS_MAX)
        .user_agent(USER_AGENT)
        .default_headers(headers);
    let client = client.build().map_err(|error| {
        tracing::error!(%error, "no client for fetching files");
        Fault::Unreachable
    })?;
    client.get(url).send().await.map_err(|error| fault(&error))
}

fn fault(error: &reqwest::Error) -> Fault {
    if is_of_tls(error) {
        Fault::Insecure
    } else if error.is_connect() || error.is_timeout() {
        Fault::Unreachable
    } else {
        Fault::AnswerInvalid
    }
}

fn is_of_tls(error: &(dyn Error + 'static)) -> bool {
    // An I/O error gives away what it carries only when asked for that; its source is the source of what it carries.
    let carried: Option<&(dyn Error + 'static)> = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(carried) => Some(carried),
        None => error.source(),
    };
    error.is::<rustls::Error>() || carried.is_some_and(is_of_tls)
}
