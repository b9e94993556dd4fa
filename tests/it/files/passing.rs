//! Servers that cannot give a file at the moment: the fetch is retried twice, and no other chat waits meanwhile.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::PNG;
use super::sent::{got, refunds, setup, shown, story, tenant, texts, with_file, with_gaps};
use super::site::{Reply, Site, site};
use crate::harness::{SOON, Workspace};

const PHONE: &str = "+12025550101";
const OTHER: &str = "+12025550102";
/// Turns waits of seconds into moments.
const CLOCK_RATE: u32 = 60;

fn busy(status: u16, headers: &str) -> Reply {
    Reply::Bytes(format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: 4\r\n\r\nbusy").into_bytes())
}

/// A site that gives each path's file from the nth request on; the requests before it get the fault that the path
/// names.
fn gives_at(nth: usize) -> Site {
    let visits = Mutex::new(BTreeMap::<String, usize>::new());
    site(move |path| {
        let mut visits = visits.lock().unwrap();
        let visit = visits.entry(path.to_owned()).or_default();
        *visit += 1;
        match path.trim_start_matches('/') {
            _ if *visit >= nth => Reply::file(PNG),
            "cut-off" => Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc".to_vec()),
            "closed" => Reply::Bytes(Vec::new()),
            status => busy(status.parse().unwrap(), ""),
        }
    })
}

fn check(workspace: &Workspace, body: &Value) -> Value {
    workspace.ask(&workspace.api("POST", "/files/check").json(body)).success()
}

/// The waits before each further fetch, in milliseconds of simulated time.
fn waits_ms(workspace: &Workspace, id: &str) -> Vec<i64> {
    let view = workspace.ask(&workspace.api("GET", &format!("/messages/{id}/timeline"))).success();
    let failed = view["data"].as_array().unwrap().iter().filter(|moment| moment["type"] == "FetchFailed");
    let time = |value: &Value| value.as_str()?.parse::<chrono::DateTime<chrono::Utc>>().ok();
    let wait =
        |moment: &Value| Some((time(&moment["data"]["again_at"])? - time(&moment["data"]["at"])?).num_milliseconds());
    failed.filter_map(wait).collect()
}

/// Covers every transient fault: statuses, a body that is cut off, a connection that is closed.
#[test]
fn what_passes_is_tried_twice_more_and_then_sent() {
    let site = gives_at(3);
    let server = with_gaps(setup(), [0, 0]).clock_rate(CLOCK_RATE).start();
    let workspace = tenant(&server, 100);
    let faults = ["408", "425", "429", "500", "502", "503", "504", "cut-off", "closed"];
    let ids = faults.map(|fault| {
        workspace.post(&with_file(PHONE, "", &site.url(&format!("/{fault}")), &format!("{fault}.png"))).message_id()
    });
    for id in &ids {
        workspace.wait_for_state(id, "sent", SOON);
        assert_eq!(waits_ms(&workspace, id), [2_000, 10_000]);
    }
    let expected = faults.map(|fault| (String::new(), shown(&format!("{fault}.png"), PNG)));
    assert_eq!(got(&server.simulator(), PHONE), expected, "each kept its place in its chat");
    assert_eq!(refunds(&workspace), Vec::<String>::new());
}

/// The server stays busy: after three requests the message fails and names the status.
#[test]
fn what_does_not_pass_fails_after_the_third_try_and_says_what_is_known() {
    let site = site(|_| busy(503, "Retry-After: 30\r\n"));
    let server = setup().clock_rate(CLOCK_RATE).start();
    let workspace = tenant(&server, 2);
    let id = workspace.post(&with_file(PHONE, "look", &site.url("/a"), "a.png")).message_id();
    let failed = workspace.wait_for_state(&id, "failed", SOON);
    let failure = &failed.view["failure"];
    assert_eq!(failure["code"], "file_http_error");
    assert_eq!(failure["detail"], "The file's server answers with status 503");
    assert_eq!((site.requests().len(), waits_ms(&workspace, &id)), (3, vec![30_000, 30_000]));
    assert_eq!((workspace.credits(), refunds(&workspace)), (2, vec![id]));
}

/// The file comes only at the second request: its own chat waits for it, others do not.
#[test]
fn a_message_whose_file_is_asked_for_again_holds_up_its_own_chat_only() {
    let site = gives_at(2);
    let server = with_gaps(setup(), [0, 0]).start();
    let workspace = tenant(&server, 100);
    let file = workspace.post(&with_file(PHONE, "file", &site.url("/503"), "a.png")).message_id();
    let behind = workspace.send(PHONE, "behind");
    let elsewhere = workspace.send(OTHER, "elsewhere");
    workspace.wait_for_state(&elsewhere, "sent", SOON);
    workspace.wait_for_state(&behind, "sent", SOON);
    assert_eq!(texts(&server.simulator(), PHONE), ["file", "behind"]);
    let [elsewhere, file] = [elsewhere, file].map(|id| workspace.message(&id).sent_at.unwrap());
    assert!(elsewhere < file, "a text of another chat does not wait for a file");
    assert_eq!(site.requests().len(), 2);
}

/// A permanent fault fails the message at once.
#[test]
fn what_is_final_is_not_tried_again() {
    let site = site(|path| Reply::status(path.trim_start_matches('/').parse().unwrap()));
    let server = setup().start();
    let workspace = tenant(&server, 100);
    let statuses = ["202", "400", "401", "403", "404", "410", "501"];
    let ids = statuses
        .map(|status| workspace.post(&with_file(PHONE, "", &site.url(&format!("/{status}")), "a.png")).message_id());
    for (id, status) in ids.iter().zip(statuses) {
        let failed = workspace.wait_for_state(id, "failed", SOON);
        let detail = failed.view["failure"]["detail"].as_str().unwrap();
        assert!(detail.contains(&format!("status {status}")), "{detail}");
        assert!(story(&workspace, id).iter().any(|moment| moment == "FetchFailed"));
    }
    assert_eq!(site.requests().len(), statuses.len());
}

/// A message must fail with the same words as a check of its URL and file name.
#[test]
fn a_failed_message_tells_as_much_as_a_check() {
    let page = b"<!DOCTYPE html><title>Sign in</title>";
    let site = site(|path| match path {
        "/page" => Reply::file(page),
        "/json" => Reply::file(b"{\"error\":\"not authorized\"}"),
        "/later" => busy(202, ""),
        _ => Reply::status(403),
    });
    let server = setup().start();
    let workspace = tenant(&server, 100);
    for (path, name, code, says) in [
        ("/page", "a.pdf", "not_a_direct_link", "private browser window"),
        ("/json", "invoice.pdf", "not_the_named_kind", "not authorized"),
        ("/later", "a.pdf", "file_http_error", "status 202"),
        ("/secret", "a.pdf", "file_http_error", "signing in"),
    ] {
        let checked = check(&workspace, &json!({"url": site.url(path), "file_name": name}));
        let id = workspace.post(&with_file(PHONE, "", &site.url(path), name)).message_id();
        let failure = workspace.wait_for_state(&id, "failed", SOON).view["failure"].clone();
        assert_eq!((&failure["code"], &checked["code"]), (&json!(code), &json!(code)));
        assert_eq!(failure["detail"], checked["message"], "{path}");
        let detail = failure["detail"].as_str().unwrap();
        assert!(detail.contains(says) && detail.contains("status"), "{detail}");
    }
    assert_eq!(check(&workspace, &json!({"url": site.url("/json"), "file_name": "a.json"}))["ok"], true);
    assert_eq!(check(&workspace, &json!({"url": site.url("/json")}))["ok"], true);
    let unfit = workspace.ask(&workspace.api("POST", "/files/check").json(&json!({"url": "x", "file_name": ".."})));
    assert_eq!((unfit.status, &unfit.json()["error"]["param"]), (400, &json!("file_name")));
}

/// A file of another kind than its name says is still sent; a check mentions the difference.
#[test]
fn a_check_mentions_another_kind_than_the_name_says() {
    let site = site(|_| Reply::file(PNG));
    let server = setup().start();
    let workspace = tenant(&server, 1);
    let odd = check(&workspace, &json!({"url": site.url("/a"), "file_name": "offer.pdf"}));
    assert_eq!((&odd["ok"], &odd["code"], &odd["type"]), (&json!(true), &Value::Null, &json!("image/png")));
    assert_eq!(odd["message"], "By its name the file is a PDF, by its content image/png");
    let id = workspace.post(&with_file(PHONE, "", &site.url("/a"), "offer.pdf")).message_id();
    workspace.wait_for_state(&id, "sent", SOON);
}
