//! Plants canaries in reports, in the receiver's URL and in its signing keys.

use serde_json::json;

use super::{FORGED, PHONE};
use crate::harness::process::free_port;
use crate::harness::{ACCOUNT_PHONE, Request, SOON, Server, Workspace, wait_until};
use crate::outbound::owner::events;

/// Endpoints that show the outcome of reports. They may show texts, but never the query of the receiver's URL.
pub const TOLD: [&str; 5] =
    ["/outbound/tries?limit=100", "/outbound/log.json", "/outbound/log.csv", "/outbound/log.txt", "/outbox?limit=100"];

/// Sends the workspace's reports to this path on this machine.
pub fn reported_to(workspace: &Workspace, port: u16, path: &str) {
    let url = format!("http://127.0.0.1:{port}{path}?key=C4naryCrmQuery");
    workspace.ask(&workspace.api("PATCH", "/outbound").json(&json!({"url": url}))).success();
}

/// Reports everything so far, then moves the receiver to a closed port until the fuse blows and the owner is mailed,
/// then rotates the signing key. Returns both keys.
pub fn reported(server: &Server, workspace: &Workspace) -> Vec<String> {
    let key = |request: Request| workspace.ask(&request).success()["secret"].as_str().unwrap().to_owned();
    let shown = || workspace.ask(&workspace.api("GET", "/outbound")).success();
    let before = key(workspace.api("GET", "/outbound/secret"));
    wait_until("all is told", SOON, || (shown()["owed"] == 0).then_some(()));
    workspace.ask(&workspace.api("POST", "/outbound/test")).success();
    assert!(workspace.newest("/outbound/tries").iter().all(|tried| tried["response"]["status"] == 200));
    reported_to(workspace, free_port(), "/hook");
    server.simulator().receive(ACCOUNT_PHONE, PHONE, FORGED);
    wait_until("its owner is told", SOON, || workspace.newest("/outbox").pop());
    vec![before, key(workspace.api("POST", "/outbound/rotate-secret"))]
}

/// Returns the webhook's id.
pub fn webhook(server: &Server) -> String {
    events(server, "WebhookConfigured")[0]["webhook"].to_string()
}
