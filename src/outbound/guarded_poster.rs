//! Posts over HTTP: checks the address, follows no redirects, and keeps one deadline for the whole try.

use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue};
use tokio::time::{Instant, timeout_at};

use super::answer;
use super::{Answered, Fault, HttpPoster, Request, Response};
use crate::config::{Outbound, Success};
use crate::net::client::{self, Trouble, Trust};
use crate::net::guard::{Barred, Guard};
use crate::net::lack;

/// Number of headers of a response. They matter only for the log, so the limit is higher than what anybody sends.
const HEADERS_MAX: usize = 1_000;

/// Posts to the internet, as far as the guard allows.
pub struct GuardedPoster {
    guard: Guard,
    deadline: Duration,
    success: Success,
    trust: Trust,
}

impl GuardedPoster {
    /// A poster behind this guard, with the time-out and the meaning of success from `config`.
    pub fn new(guard: Guard, config: &Outbound) -> Self {
        Self::within(guard, Duration::from_secs(config.timeout_s), config.success)
    }

    /// A poster with this deadline for a whole try.
    pub fn within(guard: Guard, deadline: Duration, success: Success) -> Self {
        Self { guard, deadline, success, trust: Trust::default() }
    }

    /// The same poster, trusting these authorities.
    #[must_use]
    pub fn trusting(self, trust: Trust) -> Self {
        Self { trust, ..self }
    }

    async fn try_once(&self, request: Request, until: Instant) -> (Option<Response>, Option<Fault>) {
        let late = || Fault::Timeout(self.deadline);
        let asked = timeout_at(until, self.ask(request)).await.unwrap_or_else(|_| Err(late()));
        let answer = match asked {
            Ok(answer) => answer,
            Err(fault) => return (None, Some(fault)),
        };
        let response = answer::read(answer, until).await;
        let fault = Fault::of_status(response.status, self.success);
        (Some(response), fault)
    }

    async fn ask(&self, request: Request) -> Result<reqwest::Response, Fault> {
        let target = self.guard.judge_text(&request.url).await?;
        let client = client::pinned(target.addresses.clone(), &self.trust)
            .http1_max_headers(HEADERS_MAX)
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true);
        let client = client.build().map_err(|error| {
            tracing::error!(%error, "no client for reports");
            Fault::Unreachable
        })?;
        let asking = client.post(target.url).headers(headers(&request)).body(request.body);
        client::watched(asking.send()).await.map_err(|(error, asked)| {
            if lack::is_ours_towards(&error, &target.addresses) {
                Fault::Ours
            } else {
                Trouble::of(&error, asked).into()
            }
        })
    }
}

impl HttpPoster for GuardedPoster {
    fn post(&self, request: Request) -> BoxFuture<'_, Answered> {
        Box::pin(async move {
            let begun = Instant::now();
            let (response, fault) = self.try_once(request, begun + self.deadline).await;
            Answered { response, fault, duration: begun.elapsed() }
        })
    }

    fn foresee(&self, url: &str) -> Result<(), Barred> {
        self.guard.foresee(url)
    }
}

/// The request's headers, plus a refusal of compression. All of them are ours and plain, so none is dropped.
fn headers(request: &Request) -> HeaderMap {
    let given = request.headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(value.as_str()).ok()?))
    });
    given.chain([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))]).collect()
}
