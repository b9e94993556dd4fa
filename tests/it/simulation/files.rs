//! The simulated servers that files are fetched from. The URL decides whether the file is there, slow, gone or no
//! file at all.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tidings::files::{Fault, Fetched, Files};

use super::fate::Fate;

/// The kinds of URLs; only the first two give a file.
pub const KINDS: &[&str] = &["here", "slow", "gone", "page", "large", "late"];
const LATE: Duration = Duration::from_secs(30);
const SLOW_S_MAX: u64 = 25;
const RETRY_AFTER_S_MAX: u64 = 100;

/// All servers. A file's content is derived from its URL.
pub struct Shelf {
    fate: Fate,
}

impl Shelf {
    pub const fn new(fate: Fate) -> Self {
        Self { fate }
    }

    async fn take(&self, url: &str, name: &str) -> Result<Fetched, Fault> {
        self.fate.port(200).await;
        if self.fate.fault("we lack the means to fetch", 5) {
            return Err(Fault::Ours);
        }
        match url.split('/').nth(3) {
            Some("here") => {}
            Some("slow") => tokio::time::sleep(Duration::from_secs(1 + self.fate.below(SLOW_S_MAX))).await,
            Some("gone") => return Err(Fault::NotFound(404)),
            Some("page") => return Err(Fault::NotADirectLink(String::new())),
            Some("large") => return Err(Fault::TooLarge(2_097_152)),
            _ => {
                tokio::time::sleep(LATE).await;
                return Err(Fault::Timeout(LATE));
            }
        }
        self.fate.port(200).await;
        if self.fate.fault("a file is gone by now", 3) {
            return Err(Fault::NotFound(404));
        }
        if self.fate.fault("a file breaks off", 5) {
            return Err(Fault::Incomplete);
        }
        if self.fate.fault("a file's server is busy", 10) {
            let wait = self.fate.fault("a file's server names a wait", 30).then(|| self.fate.below(RETRY_AFTER_S_MAX));
            return Err(Fault::Busy(503, wait.map(Duration::from_secs)));
        }
        Ok(Fetched { name: name.to_owned(), mime: "image/png", bytes: content(url).into() })
    }
}

impl Files for Shelf {
    fn fetch<'a>(&'a self, url: &'a str, name: &'a str) -> BoxFuture<'a, Result<Fetched, Fault>> {
        self.take(url, name).boxed()
    }
}

/// The content at a URL.
pub fn content(url: &str) -> String {
    format!("what lies at {url}")
}
