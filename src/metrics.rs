//! Figures for monitoring, in Prometheus format. Labels have few values: never an id, a phone number or a secret.

mod collected;
mod fetches;
mod mails;
mod page;
mod process;
mod requests;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use actors::runtime::shard::ShardHandle;
use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

use self::collected::Collected;
pub use self::fetches::Metered;
pub use self::mails::Mails;
pub use self::requests::Requests;
use crate::audit::proofs::Proofs;
use crate::net::wrong_keys::WrongKeys;
use crate::readiness::Readiness;

/// All figures of one gateway. Gateways in the same process share none.
pub struct Metrics {
    registry: Registry,
    requests: Requests,
    wrong_keys: WrongKeys,
}

/// A text format for figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `OpenMetrics` 1.0, which Prometheus requests.
    OpenMetrics,
    /// Prometheus' older text format, for all other clients.
    Plain,
}

impl Format {
    /// Chooses the format for this `Accept` header.
    pub fn wished(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") { Self::OpenMetrics } else { Self::Plain }
    }

    /// The value of the `Content-Type` header.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Plain => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

impl Metrics {
    /// Sets up the figures of the gateway with these actors, readiness, files and e-mails.
    pub fn new(shard: ShardHandle, state: Arc<Readiness>, proofs: Proofs, files: &Metered, mails: &Mails) -> Self {
        let mut registry = Registry::with_prefix("tidings");
        let requests = Requests::default();
        requests.register(&mut registry);
        files.register(&mut registry);
        mails.register(&mut registry);
        let wrong_keys = WrongKeys::default();
        registry.register("wrong_operator_keys", "Requests with a wrong operator's key", wrong_keys.counter());
        registry.register_collector(Box::new(Collected::new(shard, state, proofs)));
        Self { registry, requests, wrong_keys }
    }

    /// The counters of requests.
    pub const fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Wrong operator's keys; also says how long their refusals wait.
    pub const fn wrong_keys(&self) -> &WrongKeys {
        &self.wrong_keys
    }

    /// Returns all current figures as text.
    pub fn text(&self, format: Format) -> Result<String, fmt::Error> {
        let mut open = String::new();
        text::encode(&mut open, &self.registry)?;
        Ok(match format {
            Format::OpenMetrics => open,
            Format::Plain => plain(&open),
        })
    }
}

/// Converts to the older format: the comment lines of a counter use the name with `_total`, as its samples do, and
/// there is no end mark.
fn plain(open: &str) -> String {
    let counter = |line| str::strip_suffix(str::strip_prefix(line, "# TYPE ")?, " counter");
    let counters: BTreeSet<&str> = open.lines().filter_map(counter).collect();
    let mut out = String::with_capacity(open.len());
    for line in open.lines().filter(|line| *line != "# EOF") {
        let mut words = line.splitn(4, ' ');
        let described = [words.next(), words.next(), words.next(), words.next()];
        match described {
            [Some("#"), Some(kind), Some(name), Some(rest)] if counters.contains(name) => {
                out.extend(["# ", kind, " ", name, "_total ", rest]);
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prometheus_gets_what_it_asks_for() {
        let wish = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
        assert_eq!(Format::wished(wish), Format::OpenMetrics);
        assert_eq!(Format::wished("*/*"), Format::Plain);
        assert_eq!(Format::wished(""), Format::Plain);
    }

    #[test]
    fn in_the_older_format_only_counters_are_described_otherwise() {
        let open = "# HELP a Some words.\n# TYPE a counter\na_total{b=\"# TYPE c counter\"} 1\n\
                    # HELP c More words.\n# TYPE c gauge\nc 2\n# EOF\n";
        let expected = "# HELP a_total Some words.\n# TYPE a_total counter\na_total{b=\"# TYPE c counter\"} 1\n\
                        # HELP c More words.\n# TYPE c gauge\nc 2\n";
        assert_eq!(plain(open), expected);
    }
}
