//! Counts file fetches by result, and measures how long they take.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::time::Instant;

use crate::files::{Fault, Fetched, Files};

/// Upper bounds in seconds; a fetch times out after 30.
const BUCKETS_S: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
const FETCHED: &str = "ok";

/// Fetches files and counts each outcome.
pub struct Metered {
    files: Arc<dyn Files>,
    fetches: Family<Outcome, Counter>,
    durations: Histogram,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    result: &'static str,
}

impl Metered {
    /// Wraps the fetcher whose results it counts.
    pub fn new(files: Arc<dyn Files>) -> Self {
        Self { files, fetches: Family::default(), durations: Histogram::new(BUCKETS_S) }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("file_fetches", "Files fetched, by result: ok or the fault's code", self.fetches.clone());
        registry.register("file_fetch_duration_seconds", "Time that fetching a file took", self.durations.clone());
    }
}

impl Files for Metered {
    fn fetch<'a>(&'a self, url: &'a str, name: &'a str) -> BoxFuture<'a, Result<Fetched, Fault>> {
        Box::pin(async move {
            let begun = Instant::now();
            let fetched = self.files.fetch(url, name).await;
            let result = fetched.as_ref().map_or_else(Fault::code, |_| FETCHED);
            self.fetches.get_or_create(&Outcome { result }).inc();
            self.durations.observe(begun.elapsed().as_secs_f64());
            fetched
        })
    }
}
