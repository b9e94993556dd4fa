//! What is said about the routes of the outbound webhook.

use super::doc::Doc;
use crate::outbound::TryView;

const TAG: &str = "Outbound webhook";

/// Every such route.
pub(super) fn docs() -> Vec<Doc> {
    let log = |route, summary| Doc::new(TAG, route, summary);
    let logs = [
        log("GET /api/v1/outbound/log.json", "The last 100 tries as JSON").answers_all::<TryView>(),
        log("GET /api/v1/outbound/log.csv", "The last 100 tries as a table").answers_text(&["text/csv"]),
        log("GET /api/v1/outbound/log.txt", "The last 100 tries to read").answers_text(&["text/plain"]),
    ];
    let tries = [
        log("GET /api/v1/outbound/tries", "The last tries to report, the newest first")
            .lists::<TryView>()
            .paged_within_the_kept(),
        log("GET /api/v1/outbound/tries/{id}", "One try").answers::<TryView>(200).refusing(&["try_not_found"]),
    ];
    tries.into_iter().chain(logs.map(|doc| doc.downloads("outbound-log"))).collect()
}
