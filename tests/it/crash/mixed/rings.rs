//! Checks the lists of recent attempts and tries after a kill: readable, in order, and only with what really
//! happened.

use std::collections::BTreeSet;

use serde_json::Value;

use super::record::Record;
use crate::harness::Workspace;

const KEPT: usize = 100;

/// Checks both lists.
pub fn check(workspace: &Workspace, record: &Record) {
    let attempts = newest(workspace, "/inbound/attempts");
    for attempt in &attempts {
        let (status, id) = (&attempt["status"], &attempt["message_id"]);
        assert!(*status == 200 || id.is_null(), "{attempt}");
        assert!(attempt["request"]["body"].as_str().is_some_and(|body| body.contains("\"action\":\"send\"")));
    }
    // Reporting goes on meanwhile, so read the tries before the record: each shown try has then reached the receiver.
    let tries = newest(workspace, "/outbound/tries");
    let reported = record.reported();
    let deliveries: BTreeSet<&str> = reported.iter().map(|one| &*one.delivery).collect();
    for one in tries {
        let delivery = one["delivery_id"].as_str().unwrap();
        // A try that a kill interrupted before it reached the receiver has no response.
        assert!(deliveries.contains(delivery) || one["response"].is_null(), "{one}");
    }
}

/// Returns the rows of a list, after checking that they are sorted by number, the newest first.
fn newest(workspace: &Workspace, path: &str) -> Vec<Value> {
    let rows = workspace.newest(path);
    assert!(rows.len() <= KEPT, "{path}: {}", rows.len());
    let numbers: Vec<u64> = rows.iter().map(number).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] > pair[1]), "{path}: {numbers:?}");
    rows
}

fn number(row: &Value) -> u64 {
    let id = row["id"].as_str().unwrap();
    let (_, digits) = id.rsplit_once('_').unwrap();
    digits.parse().unwrap_or_else(|error| panic!("{id}: {error}"))
}
