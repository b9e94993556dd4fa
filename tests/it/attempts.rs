//! Tests the list of recent attempts on the inbound webhook: listing, showing, downloading, and surviving stops and
//! kills.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::client::message;
use crate::harness::{Request, Server, Workspace, let_others_run};

const PHONE: &str = "+12025550101";
const KEPT: usize = 100;

fn attempts(workspace: &Workspace, query: &str) -> Vec<Value> {
    let view = workspace.ask(&workspace.api("GET", &format!("/inbound/attempts{query}"))).success();
    view["data"].as_array().unwrap().clone()
}

fn post(workspace: &Workspace, body: &str) -> u16 {
    workspace.ask(&Request::post(&*workspace.inbound).body("application/json", body)).status
}

fn bodies(attempts: &[Value]) -> Vec<&str> {
    attempts.iter().map(|attempt| attempt["request"]["body"].as_str().unwrap()).collect()
}

#[test]
fn an_attempt_shows_what_came_what_was_answered_and_what_was_odd() {
    let server = Server::start();
    let workspace = server.workspace();
    let body =
        json!({"action": "send", "phone": "0532 111 22 33", "jid": "12025550101@c.us", "text": "hi", "metin": "x"});
    let id = workspace.post(&body).message_id();

    let listed = attempts(&workspace, "");
    assert_eq!(listed.len(), 1);
    let attempt = &listed[0];
    assert_eq!(attempt["status"], 200);
    assert_eq!(attempt["message_id"], id.as_str());
    assert_eq!(attempt["answer"], json!({"status": "success", "data": {"message_id": id}}));
    assert_eq!(attempt["request"]["body"], body.to_string());
    assert_eq!(attempt["request"]["headers"]["content-type"], "application/json");
    assert!(attempt["at"].as_str().unwrap().ends_with('Z'), "{attempt}");
    let warnings =
        ["Unknown field \"metin\" was ignored. Did you mean \"text\"?", "\"phone\" was ignored: \"jid\" counts"];
    assert_eq!(attempt["warnings"], json!(warnings));

    let path = format!("/inbound/attempts/{}", attempt["id"].as_str().unwrap());
    assert_eq!(&workspace.ask(&workspace.api("GET", &path)).success(), attempt);
    let unknown = workspace.ask(&workspace.api("GET", "/inbound/attempts/att_1"));
    assert_eq!((unknown.status, unknown.json()["error"]["code"].as_str()), (404, Some("attempt_not_found")));
}

#[test]
fn what_was_refused_is_kept_even_where_it_did_not_parse() {
    let server = Server::start();
    let workspace = server.workspace();
    let post = |body: &[u8]| workspace.ask(&Request::post(&*workspace.inbound).body("text/plain", body)).status;
    assert_eq!(post(b"{\"action\": \"send\""), 400);
    assert_eq!(post(b"\xff\xfe"), 400);
    assert_eq!(post(&vec![b' '; 2 << 20]), 400);
    assert_eq!(workspace.ask(&Request::new("PUT", &*workspace.inbound).body("text/plain", "put")).status, 405);

    let listed = attempts(&workspace, "");
    let seen: Vec<_> = listed.iter().map(|attempt| attempt["answer"]["error"]["code"].as_str().unwrap()).collect();
    assert_eq!(seen, ["method_not_allowed", "body_too_large", "invalid_json", "invalid_json"]);
    assert_eq!(bodies(&listed)[3], "{\"action\": \"send\"");
    assert_eq!(bodies(&listed)[2], "\u{fffd}\u{fffd}");
    assert_eq!((bodies(&listed)[1].len(), &listed[1]["request"]["body_cut"]), (16 << 10, &json!(true)));
    assert_eq!(bodies(&listed)[0], "put");
    assert!(listed.iter().all(|attempt| attempt["message_id"].is_null()));
}

#[test]
fn reading_the_url_and_other_workspaces_leave_no_trace() {
    let server = Server::start();
    let (mine, other) = (server.workspace(), server.create_workspace("Globex", 10));
    for method in ["GET", "HEAD"] {
        mine.ask(&Request::new(method, &*mine.inbound));
    }
    mine.ask(&Request::post("/in/in_0123456789ABCDEFGHIJKL").json(&message(PHONE, "hi")));
    other.post(&message(PHONE, "hi"));

    assert_eq!(attempts(&mine, ""), Vec::<Value>::new());
    let theirs = attempts(&other, "");
    assert_eq!(theirs.len(), 1);
    let path = format!("/inbound/attempts/{}", theirs[0]["id"].as_str().unwrap());
    assert_eq!(mine.ask(&mine.api("GET", &path)).status, 404);
}

#[test]
fn ten_are_shown_a_hundred_are_kept_and_pages_lead_through_them() {
    let server = Server::start();
    let workspace = server.workspace();
    for nth in 0..130 {
        post(&workspace, &format!("[{nth}]"));
    }
    let newest: Vec<String> = (30..130).rev().map(|nth| format!("[{nth}]")).collect();
    assert_eq!(bodies(&attempts(&workspace, "")), newest[..10]);
    assert_eq!(bodies(&attempts(&workspace, "?limit=100")), newest);
    for wrong in ["0", "501", "x"] {
        let path = format!("/inbound/attempts?limit={wrong}");
        assert_eq!(workspace.ask(&workspace.api("GET", &path)).status, 400, "{wrong}");
    }
    let mut seen = Vec::new();
    let mut path = "/inbound/attempts?limit=30".to_owned();
    loop {
        let page = workspace.ask(&workspace.api("GET", &path)).success();
        seen.extend(page["data"].as_array().unwrap().clone());
        let Some(next) = page["page"]["next"].as_str() else { break };
        path = format!("/inbound/attempts?limit=30&after={next}");
    }
    assert_eq!(bodies(&seen), newest);
}

#[test]
fn no_secret_stands_in_an_attempt() {
    let server = Server::start();
    let workspace = server.workspace();
    let token = workspace.inbound.trim_start_matches("/in/").to_owned();
    let secrets = [&token, &workspace.api_key, crate::harness::ADMIN_KEY, "c2VjcmV0OnNlY3JldA=="];
    let body = json!({"action": "send", "phone": PHONE, "text": secrets[..3].join(" "), "key": token});
    let request = Request::post(&*workspace.inbound)
        .header("Authorization", "Basic c2VjcmV0OnNlY3JldA==")
        .header("Cookie", "session=c2VjcmV0OnNlY3JldA==")
        .header("X-Api-Key", "c2VjcmV0OnNlY3JldA==")
        .header("Referer", &format!("https://gw.example/in/{token}"));
    assert_eq!(workspace.ask(&request.json(&body)).status, 200);
    let broken = format!("{{\"action\": \"send\" {token}}}");
    assert_eq!(post(&workspace, &broken), 400);

    let mut shown = vec![Value::from(attempts(&workspace, "")).to_string()];
    for kind in ["json", "csv", "txt"] {
        shown.push(workspace.ask(&workspace.api("GET", &format!("/inbound/log.{kind}"))).text());
    }
    for text in shown {
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{text}");
        assert!(text.contains("in_***") && text.contains("wsk_***") && text.contains("adm_***"), "{text}");
    }
}

#[test]
fn the_log_downloads_as_json_csv_and_text() {
    let server = Server::start();
    let workspace = server.workspace();
    post(&workspace, "=HYPERLINK(\"https://evil.example\")");
    workspace.send(PHONE, "hi");

    let download = |kind: &str| {
        let answer = workspace.ask(&workspace.api("GET", &format!("/inbound/log.{kind}")));
        assert_eq!(answer.status, 200, "{answer:?}");
        let disposition = format!("attachment; filename=\"inbound-log.{kind}\"");
        assert_eq!(answer.header("Content-Disposition"), Some(disposition.as_str()));
        answer
    };
    let list = download("json").json();
    assert_eq!(list, Value::from(attempts(&workspace, "?limit=100")));
    let csv = download("csv").text();
    assert!(csv.starts_with("\u{feff}id,at,status,") && csv.contains("\"'=HYPERLINK("), "{csv}");
    let txt = download("txt").text();
    assert!(txt.contains("    =HYPERLINK(") && txt.contains("  200  att_"), "{txt}");
}

#[test]
fn attempts_outlive_a_stop_and_a_kill() {
    let mut server = Server::start();
    let workspace = server.workspace();
    for nth in 0..30 {
        post(&workspace, &format!("[{nth}]"));
    }
    let before = attempts(&workspace, "?limit=100");
    assert_eq!(before.len(), 30);

    assert_eq!(server.sigterm(), Some(0));
    server.restart();
    assert_eq!(attempts(&workspace, "?limit=100"), before);

    // Attempts are saved within a second or two, and nothing reports when, so the wait grows from round to round.
    let survived = (1..=5).any(|seconds| {
        post(&workspace, "[\"after the stop\"]");
        let before = attempts(&workspace, "?limit=100");
        let_others_run(Duration::from_secs(2 * seconds));
        server.kill9();
        server.restart();
        attempts(&workspace, "?limit=100") == before
    });
    assert!(survived, "a killed server has lost its attempts of seconds ago");
}

#[test]
fn a_flood_of_bad_requests_grows_neither_log_nor_list() {
    let server = Server::start();
    let workspace = server.workspace();
    let events = |server: &Server| {
        let request = Request::get("/admin/v1/events?limit=500").bearer(crate::harness::ADMIN_KEY);
        server.http().ask(&request).success()["data"].as_array().unwrap().len()
    };
    let before = events(&server);
    for nth in 0..500 {
        post(&workspace, &format!("{nth} {}", "x".repeat(5_000)));
    }
    assert_eq!(events(&server), before);
    assert_eq!(attempts(&workspace, "?limit=100").len(), KEPT);
}

#[test]
fn after_ten_thousand_mixed_attempts_and_a_restart_the_log_holds_exactly_the_last_hundred() {
    let mut server = Server::start();
    let workspace = server.workspace();
    let good =
        |nth: usize| json!({"action": "send", "phone": "+12025550101", "text": format!("text {nth}")}).to_string();
    let mut sent = Vec::with_capacity(10_000);
    for nth in 0..10_000 {
        let (body, header) = match nth % 5 {
            0 => (good(nth), None),
            1 => (good(nth), Some(("Dry-Run", "true"))),
            2 => (good(2), Some(("Idempotency-Key", "the-same"))),
            3 => (format!("{{\"action\": \"send\" \"nth\": {nth}}}"), None),
            _ => (format!("{{\"action\": \"send\", \"text\": \"text {nth}\"}}"), None),
        };
        let mut request = Request::post(&*workspace.inbound).body("application/json", body.as_str());
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let status = workspace.ask(&request).status;
        sent.push((u64::from(status), body));
    }
    assert_eq!(server.sigterm(), Some(0));
    server.restart();

    let log = workspace.ask(&workspace.api("GET", "/inbound/log.json")).success();
    let row = |row: &Value| (row["status"].as_u64().unwrap(), row["request"]["body"].as_str().unwrap().to_owned());
    let kept: Vec<_> = log.as_array().unwrap().iter().rev().map(row).collect();
    assert_eq!(kept, sent[9_900..]);
    let statuses: BTreeSet<u64> = kept.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, BTreeSet::from([200, 400, 402]));
}
