//! Fetches files over HTTP: checks every address anew, keeps one deadline for the whole fetch, and limits the size
//! while bytes come.

use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::Response;
use reqwest::header::LOCATION;
use tokio::sync::Semaphore;
use url::Url;

use super::cookies::Cookies;
use super::{Fault, Fetched, Files, NAMELESS, ask, base_name, body, kind, retry_after, sharing, sniff};
use crate::config;
use crate::net::client::Trust;
use crate::net::guard::Guard;

/// The limits of fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest file in bytes.
    pub bytes_max: usize,
    /// Time from the look-up of the first name to the last byte.
    pub deadline: Duration,
    /// Redirects that are followed.
    pub redirects_max: usize,
    /// Files fetched at once; further ones wait, and that wait does not count towards their deadline.
    pub at_once: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes_max: 2_097_152, deadline: Duration::from_secs(30), redirects_max: 3, at_once: 256 }
    }
}

impl From<config::Limits> for Limits {
    fn from(limits: config::Limits) -> Self {
        Self {
            bytes_max: limits.file_bytes,
            deadline: Duration::from_millis(limits.file_deadline_ms),
            redirects_max: limits.file_redirects,
            at_once: limits.files_at_once,
        }
    }
}

/// Fetches from the internet, as far as the guard allows.
pub struct Fetcher {
    guard: Guard,
    limits: Limits,
    turns: Semaphore,
    trust: Trust,
}

impl Fetcher {
    /// A fetcher behind this guard.
    pub fn new(guard: Guard, limits: Limits) -> Self {
        Self { guard, limits, turns: Semaphore::new(limits.at_once), trust: Trust::default() }
    }

    /// The same fetcher, trusting these authorities.
    #[must_use]
    pub fn trusting(self, trust: Trust) -> Self {
        Self { trust, ..self }
    }

    async fn follow(&self, url: &str, name: &str) -> Result<Fetched, Fault> {
        let name = base_name(name).unwrap_or_else(|| NAMELESS.to_owned());
        let mut target = self.guard.judge_text(url).await?;
        let first = target.url.clone();
        let mut cookies = Cookies::default();
        for _ in 0..=self.limits.redirects_max {
            let url = target.url.clone();
            let answer = ask::get(target, &cookies, &self.trust).await?;
            cookies.keep(&url, answer.headers());
            match next(&url, &answer)? {
                Some(next) => target = self.guard.judge(next).await?,
                None => return self.read(answer, name, [&first, &url]).await,
            }
        }
        Err(Fault::RedirectLoop(self.limits.redirects_max))
    }

    async fn read(&self, answer: Response, name: String, [first, last]: [&Url; 2]) -> Result<Fetched, Fault> {
        match answer.status().as_u16() {
            200 => {}
            status @ (404 | 410) => return Err(Fault::NotFound(status)),
            status @ (408 | 425 | 429 | 500 | 502 | 503 | 504) => {
                return Err(Fault::Busy(status, retry_after::of(&answer)));
            }
            status => return Err(Fault::Status(status)),
        }
        let bytes = body::read(answer, &name, self.limits.bytes_max).await?;
        if sniff::is_sharing_page(&bytes, &name) {
            return Err(Fault::NotADirectLink(sharing::advice(first, last)));
        }
        if let Some(ending) = kind::text_instead(&bytes, &name) {
            return Err(Fault::NotTheNamedKind(ending, kind::beginning(&bytes)));
        }
        let mime = sniff::mime(&bytes);
        Ok(Fetched { name, mime, bytes })
    }
}

impl Files for Fetcher {
    fn fetch<'a>(&'a self, url: &'a str, name: &'a str) -> BoxFuture<'a, Result<Fetched, Fault>> {
        Box::pin(async move {
            // The semaphore is never closed, so this always succeeds.
            let _turn = self.turns.acquire().await;
            let deadline = self.limits.deadline;
            tokio::time::timeout(deadline, self.follow(url, name)).await.unwrap_or(Err(Fault::Timeout(deadline)))
        })
    }
}

/// The URL that a response redirects to, if it does.
fn next(url: &Url, answer: &Response) -> Result<Option<Url>, Fault> {
    let status = answer.status();
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = answer.headers().get(LOCATION).and_then(|location| std::str::from_utf8(location.as_bytes()).ok());
    let next = location.and_then(|location| url.join(location).ok()).ok_or(Fault::Status(status.as_u16()))?;
    if url.scheme() == "https" && next.scheme() == "http" {
        return Err(Fault::RedirectInsecure);
    }
    Ok(Some(next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Overrides};

    #[test]
    fn the_documented_limits_are_the_default_ones() {
        let config = Config::load(None, [("", ""); 0], Overrides::default()).unwrap();
        assert_eq!(Limits::from(config.limits), Limits::default());
    }
}
