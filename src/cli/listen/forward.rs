//! Passes requests on unchanged, and returns the response unchanged.

use std::error::Error;
use std::io;
use std::ops::RangeInclusive;
use std::time::Duration;

use reqwest::{Client, Method, Response, Url, redirect};

use super::received::{Received, Reply};

/// Longer than a gateway waits for a response.
const TIMEOUT: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: usize = 4 << 20;

/// Headers that apply to one connection only (RFC 9110, section 7.6.1), and those that follow from the URL and the
/// body.
const NOT_PASSED: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What an answer may have as its status.
const STATUSES: RangeInclusive<u16> = 200..=599;

/// A server to pass requests on to.
pub(super) struct Forward {
    client: Client,
    to: Url,
}

impl Forward {
    pub(super) fn new(to: Url) -> reqwest::Result<Self> {
        let client = crate::net::client::builder().redirect(redirect::Policy::none()).timeout(TIMEOUT).build()?;
        Ok(Self { client, to })
    }

    /// Returns the server's response, or an explanation of why there is none.
    pub(super) async fn pass_on(&self, received: &Received) -> Result<Reply, String> {
        let method = Method::from_bytes(received.method.as_bytes()).map_err(|error| error.to_string())?;
        let mut passed = self.client.request(method, self.to.clone()).body(received.body.clone());
        for (name, value) in received.headers.iter().filter(|(name, _)| is_passed(name)) {
            passed = passed.header(name, value.as_slice());
        }
        answer(passed.send().await.map_err(|error| in_words(&error))?).await
    }
}

async fn answer(mut got: Response) -> Result<Reply, String> {
    let status = got.status().as_u16();
    if !STATUSES.contains(&status) {
        return Err(format!("its status is {status}, and none from 200 to 599"));
    }
    let headers = got.headers().iter().filter(|(name, _)| is_passed(name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    let mut body = Vec::new();
    while let Some(more) = got.chunk().await.map_err(|error| in_words(&error))? {
        if body.len().saturating_add(more.len()) > ANSWER_BYTES_MAX {
            return Err(format!("the answer has more than {ANSWER_BYTES_MAX} bytes"));
        }
        body.extend_from_slice(&more);
    }
    Ok(Reply { status, headers, body })
}

fn is_passed(name: &str) -> bool {
    !NOT_PASSED.contains(&name)
}

/// Returns the reason, which is the last cause: the outer errors only say that there was no response.
fn in_words(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} seconds", TIMEOUT.as_secs());
    }
    let causes = std::iter::successors(Some(error as &(dyn Error + 'static)), |error| (*error).source());
    let kind = |error: &(dyn Error + 'static)| error.downcast_ref::<io::Error>().map(io::Error::kind);
    match causes.clone().find_map(kind) {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
        Some(io::ErrorKind::ConnectionReset) => "connection reset".to_owned(),
        Some(io::ErrorKind::HostUnreachable) => "host unreachable".to_owned(),
        Some(io::ErrorKind::NetworkUnreachable) => "network unreachable".to_owned(),
        _ => causes.last().map_or_else(|| error.to_string(), ToString::to_string),
    }
}
