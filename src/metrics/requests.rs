//! Counts requests and measures response times. Called for every request, so it must stay cheap.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds in seconds, from an accept on a fast disk to a response that was waited for.
const BUCKETS_S: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// The label for paths that match no route, and for unknown methods.
const OTHER: &str = "other";

/// Counters of requests. Clones share them.
#[derive(Clone)]
pub struct Requests {
    answered: Family<Answered, Counter>,
    durations: Family<Timed, Histogram, fn() -> Histogram>,
    malformed: Family<Malformed, Counter>,
    turned_away: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Malformed {
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Timed {
    route: &'static str,
}

impl Default for Requests {
    fn default() -> Self {
        let durations = Family::new_with_constructor((|| Histogram::new(BUCKETS_S)) as fn() -> Histogram);
        let (malformed, turned_away) = (Family::default(), Counter::default());
        Self { answered: Family::default(), durations, malformed, turned_away }
    }
}

impl Requests {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("http_requests", "Requests answered", self.answered.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time from a request's headers to its answer's",
            self.durations.clone(),
        );
        registry.register("http_malformed", "What came and was no HTTP request", self.malformed.clone());
        let help = "Connections closed at once because their address had too many";
        registry.register("http_connections_turned_away", help, self.turned_away.clone());
    }

    /// Counts input that is not an HTTP request.
    pub fn malformed(&self, status: StatusCode) {
        self.malformed.get_or_create(&Malformed { status: status.as_u16() }).inc();
    }

    /// Counts a connection closed because its address has too many.
    pub fn turned_away(&self) {
        self.turned_away.inc();
    }

    /// Counts a response that is about to be sent. `route` is the pattern from the route table, `None` if none
    /// matches.
    pub fn answered(&self, route: Option<&'static str>, method: &Method, status: StatusCode, took: Duration) {
        let route = route.unwrap_or(OTHER);
        let labels = Answered { route, method: known(method), status: status.as_u16() };
        self.answered.get_or_create(&labels).inc();
        self.durations.get_or_create(&Timed { route }).observe(took.as_secs_f64());
    }
}

/// Maps invented methods to `other`, so that labels have few values.
fn known(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|known| *known == method.as_str()).unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_somebody_has_made_up_is_no_label() {
        assert_eq!(known(&Method::PATCH), "PATCH");
        let invented = Method::from_bytes(b"WSK_0123").unwrap();
        assert_eq!(known(&invented), "other");
    }

    #[test]
    fn requests_are_counted_by_route_method_and_status() {
        let requests = Requests::default();
        for status in [StatusCode::OK, StatusCode::OK, StatusCode::NOT_FOUND] {
            requests.answered(Some("/in/{token}"), &Method::POST, status, Duration::from_millis(3));
        }
        let count =
            |status| requests.answered.get(&Answered { route: "/in/{token}", method: "POST", status }).map(|c| c.get());
        assert_eq!((count(200), count(404), count(500)), (Some(2), Some(1), None));
    }
}
