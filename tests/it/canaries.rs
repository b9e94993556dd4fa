//! Plants secrets and people's words everywhere, then searches every output for them: none may leak.

mod reports;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tidings::secrets::{digest, inbound_name, signing_name};

use self::reports::{TOLD, reported, reported_to, webhook};
use crate::harness::client::message;
use crate::harness::process::free_port;
use crate::harness::{ACCOUNT_PHONE, ADMIN_KEY, Request, SOON, Server, Setup, Workspace};

const PHONE: &str = "+12025550101";
const NOT_ON_WHATSAPP: &str = "+12025550140";

/// Words that people write, and secrets that they paste into the wrong place. None may appear in a log line or a
/// metric.
const WORDS: [&str; 12] = [
    "C4naryCrmQuery",
    "C4naryText",
    "C4naryCaller",
    "C4naryChat",
    "C4naryNote",
    "C4naryFile",
    "C4naryUrlToken",
    "whsec_C4narySigning",
    "wsk_C4naryInBody",
    "F0RGED",
    "2025550101",
    "2025550100",
];
/// Credentials that callers sent and that are not the gateway's own.
const FOREIGN: [&str; 4] = ["C4naryBearer", "C4naryCookie", "in_C4naryWrongToken", "wsk_C4naryWrongKey"];
/// A text with line breaks that tries to forge log lines.
const FORGED: &str =
    "C4naryText\n{\"level\":\"ERROR\",\"fields\":{\"message\":\"F0RGED\"}}\r\n2026-01-01T00:00:00Z ERROR F0RGED";

/// The secrets of one gateway's workspace.
struct Secrets {
    tokens: Vec<String>,
    keys: Vec<String>,
    /// The signing keys of reports, the current one last.
    signing: Vec<String>,
}

impl Secrets {
    /// Secrets that only their owner may see, and only once; the log may never contain them.
    fn all(&self) -> impl Iterator<Item = &str> {
        let ours = self.tokens.iter().chain(&self.keys).chain(&self.signing).map(String::as_str);
        ours.chain(FOREIGN).chain([ADMIN_KEY])
    }
}

fn start(setup: Setup) -> Server {
    let setup = setup.set("TIDINGS_LOG", "trace").set("TIDINGS_GUARD__ALLOW_NETWORKS", "127.0.0.0/8");
    setup.set("TIDINGS_OUTBOUND__RETRY_S", "0").clock_rate(60).start()
}

/// Plants every canary: in accepted, refused and unreadable requests, and in URLs and headers.
fn plant(server: &Server) -> (Workspace, Secrets) {
    let mut workspace = server.workspace();
    let mut secrets =
        Secrets { tokens: vec![token(&workspace)], keys: vec![workspace.api_key.clone()], signing: Vec::new() };
    let made = workspace.ask(&workspace.api("POST", "/keys").json(&json!({"name": "C4naryNote"}))).success();
    secrets.keys.push(made["key"].as_str().unwrap().to_owned());
    reported_to(&workspace, server.port, "/sim/v1/echo/crm");
    accepted(&workspace);
    refused(&workspace);
    wrongly_asked(server, &workspace);
    heard(server, &workspace);
    secrets.signing = reported(server, &workspace);
    let rotated = workspace.ask(&workspace.api("POST", "/inbound/rotate")).success();
    let (_, path) = rotated["url"].as_str().unwrap().split_once("/in/").unwrap();
    workspace.inbound = format!("/in/{path}");
    secrets.tokens.push(token(&workspace));
    workspace.send(PHONE, "C4naryText again");
    (workspace, secrets)
}

fn token(workspace: &Workspace) -> String {
    workspace.inbound.trim_start_matches("/in/").to_owned()
}

fn accepted(workspace: &Workspace) {
    let sent = workspace.send(PHONE, FORGED);
    let failed = workspace.send(NOT_ON_WHATSAPP, "C4naryText");
    let mut with_file = message(PHONE, "C4naryText");
    with_file["file_url"] = format!("http://127.0.0.1:{}/a.png?token=C4naryUrlToken", free_port()).into();
    with_file["file_name"] = "C4naryFile.png".into();
    let unfetched = workspace.post(&with_file).message_id();
    workspace.wait_for_state(&sent, "read", SOON);
    for id in [failed, unfetched] {
        workspace.wait_for_state(&id, "failed", SOON);
    }
    let url = json!({"url": with_file["file_url"]});
    workspace.ask(&workspace.api("POST", "/files/check").json(&url));
}

fn refused(workspace: &Workspace) {
    let post = || Request::post(&*workspace.inbound);
    let bodies = [
        "{\"action\":\"send\" \"text\":\"whsec_C4narySigning\nF0RGED\"}".to_owned(),
        json!({"action": "send", "text": "wsk_C4naryInBody"}).to_string(),
        json!({"action": "whsec_C4narySigning", "phone": PHONE, "text": "C4naryText"}).to_string(),
        json!({"action": "send", "chat_id": "wsk_C4naryInBody", "text": "C4naryText"}).to_string(),
        json!({"action": "send", "phone": PHONE, "file_url": "C4naryUrlToken", "file_name": "C4naryFile"}).to_string(),
        json!({"action": "send", "phone": PHONE, "wsk_C4naryInBody": FORGED}).to_string(),
    ];
    for body in bodies {
        let request = post().header("Cookie", "session=C4naryCookie").bearer("C4naryBearer");
        let answer = workspace.ask(&request.body("application/json", body));
        assert!((400..500).contains(&answer.status), "{answer:?}");
    }
}

fn wrongly_asked(server: &Server, workspace: &Workspace) {
    let (http, own) = (server.http(), &*workspace.inbound);
    for (request, status) in [
        (Request::post("/in/in_C4naryWrongToken").json(&message(PHONE, "C4naryText")), 404),
        (Request::get("/api/v1/credits").bearer("wsk_C4naryWrongKey"), 401),
        (Request::get("/admin/v1/events").bearer("C4naryBearer"), 401),
        (Request::get(own).header("Accept", "text/html"), 405),
        (Request::new("PUT", own), 405),
        (Request::get(format!("{own}/more?token=C4naryUrlToken%0AF0RGED")), 404),
        (workspace.api("GET", "/messages/C4naryText"), 404),
        (workspace.api("GET", "/chats?limit=C4naryText"), 400),
    ] {
        let answer = http.ask(&request);
        assert_eq!(answer.status, status, "{request:?}: {answer:?}");
    }
}

fn heard(server: &Server, workspace: &Workspace) {
    let said =
        json!({"account": ACCOUNT_PHONE, "from": PHONE, "name": format!("C4naryCaller {FORGED}"), "text": FORGED});
    server.simulator().hear("receive", &said);
    server.simulator().typed(ACCOUNT_PHONE, PHONE, "C4naryText");
    let chat = workspace.chats()[0]["chat_id"].as_str().unwrap().to_owned();
    workspace.ask(&workspace.api("PATCH", &format!("/chats/{chat}")).json(&json!({"name": "C4naryChat"}))).success();
    let account = workspace.account(ACCOUNT_PHONE)["id"].to_string();
    for change in ["pause", "resume"] {
        let why = json!({"reason": "C4naryNote"});
        workspace.ask(&workspace.api("POST", &format!("/accounts/{account}/{change}")).json(&why)).success();
    }
}

/// Returns the first canary found in the text, with the line around it.
fn found<'a>(place: &str, text: &str, mut canaries: impl Iterator<Item = &'a str>) -> Option<String> {
    canaries.find(|canary| text.contains(canary)).map(|canary| {
        let around = text.lines().find(|line| line.contains(canary)).unwrap_or_default();
        format!("{canary} in {place}: {around}")
    })
}

fn assert_clean<'a>(place: &str, text: &str, canaries: impl Iterator<Item = &'a str>) {
    assert_eq!(found(place, text, canaries), None);
}

#[test]
fn log_lines_and_figures_hold_no_secret_and_nobodys_words() {
    let server = start(Setup::new().json_lines());
    let (_workspace, secrets) = plant(&server);
    let canaries = || secrets.all().chain(WORDS);

    let lines = server.process().output();
    let figures = server.http().ask(&Request::get("/metrics")).text();

    assert_clean("the log lines", &lines, canaries());
    assert_clean("the figures", &figures, canaries());
    assert!(figures.contains("tidings_http_requests_total{route=\"/in/{token}\""), "{figures}");
    let mut told = BTreeSet::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let (level, target) = (line["level"].as_str().unwrap(), line["target"].as_str().unwrap());
        let ours = ["tidings", "actors", "events"].contains(&target.split("::").next().unwrap());
        assert!(ours || !["DEBUG", "TRACE"].contains(&level), "{line}");
        told.insert((line["message"].as_str().unwrap().to_owned(), line["span"]["route"].as_str().map(str::to_owned)));
    }
    // The output did contain the detailed lines, down to single requests and decisions.
    assert!(told.contains(&("answered".to_owned(), Some("/in/{token}".to_owned()))), "{told:?}");
    assert!(told.iter().any(|(message, _)| message == "decided"), "{told:?}");
}

#[test]
fn plain_log_lines_hold_none_either_and_nobody_can_add_a_line() {
    let server = start(Setup::new());
    let (_workspace, secrets) = plant(&server);

    let lines = server.process().output();

    assert_clean("the log lines", &lines, secrets.all().chain(WORDS));
    assert!(lines.lines().count() > 10, "{lines}");
    for line in lines.lines() {
        let level = line.split_whitespace().nth(1).unwrap_or_default();
        assert!(line.starts_with("20") && ["DEBUG", "INFO", "WARN", "TRACE"].contains(&level), "{line:?}");
    }
}

#[test]
fn what_is_shown_of_the_log_and_of_states_holds_no_credential() {
    let server = start(Setup::new());
    let (workspace, secrets) = plant(&server);
    let account = workspace.account(ACCOUNT_PHONE)["id"].to_string();
    let (chats, id) = (workspace.chats(), workspace.send(PHONE, "C4naryText"));
    let mut shown = vec![
        workspace.api("GET", &format!("/messages/{id}")),
        workspace.api("GET", &format!("/messages/{id}/timeline")),
        Request::get(format!("/admin/v1/streams/workspace/{}/state", workspace.id)).bearer(ADMIN_KEY),
        Request::get(format!("/admin/v1/streams/account/{account}/state")).bearer(ADMIN_KEY),
        Request::get(format!("/admin/v1/streams/webhook/{}/state", webhook(&server))).bearer(ADMIN_KEY),
        Request::get("/readyz?verbose"),
    ];
    for chat in &chats {
        let chat = chat["chat_id"].as_str().unwrap();
        shown.push(Request::get(format!("/admin/v1/streams/chat/{chat}/state")).bearer(ADMIN_KEY));
        shown.push(workspace.api("GET", &format!("/chats/{chat}/messages")));
    }
    let attempts = ["/inbound/attempts?limit=100", "/inbound/log.csv", "/inbound/log.txt"];
    let settings = ["/workspace", "/accounts", "/teammates", "/keys", "/chats", "/credits/ledger", "/outbound"];
    for list in settings.iter().chain(&attempts).chain(&TOLD) {
        shown.push(workspace.api("GET", list));
    }
    for request in shown {
        let answer = server.http().ask(&request);
        assert_eq!(answer.status, 200, "{request:?}: {answer:?}");
        assert_clean(&format!("{request:?}"), &answer.text(), secrets.all());
    }
    assert_events_are_clean(&server, &secrets);
    for list in TOLD {
        let told = workspace.ask(&workspace.api("GET", list)).text();
        assert!(told.contains("report_unreachable"), "{list}: {told}");
        assert_clean(list, &told, ["C4naryCrmQuery"].into_iter());
    }
}

/// Checks every event as the operator's API and the command line show it. Refused bodies must leave nothing there.
fn assert_events_are_clean(server: &Server, secrets: &Secrets) {
    let refused = ["whsec_C4narySigning", "wsk_C4naryInBody"];
    let canaries = || secrets.all().chain(refused);
    let all = server.http().ask(&Request::get("/admin/v1/events?limit=500").bearer(ADMIN_KEY));
    let events = all.success()["data"].as_array().unwrap().clone();
    assert!(events.len() > 30 && all.text().contains("C4naryText"), "the texts of messages are events");
    assert_clean("the events", &all.text(), canaries());
    let last = server.http().ask(&Request::get(format!("/admin/v1/events/{}", events.len())).bearer(ADMIN_KEY));
    assert_clean("an event", &last.text(), canaries());
    let listed = server.command(&["events", "ls", "--json", "--limit", "500"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert_clean("the listed events", &listed.stdout, canaries());
}

/// Reads the data directory as a thief would who has no master key: whole files first, then the store's trees.
#[test]
fn of_all_credentials_the_disk_holds_none_but_sealed() {
    let mut server = start(Setup::new());
    let (workspace, secrets) = plant(&server);
    let webhook = webhook(&server);
    assert_eq!(server.sigterm(), Some(0));

    let mut read = Vec::new();
    files(&server.data_dir(), &mut read);
    let current = token(&workspace);
    for secret in secrets.all().chain([current.as_str()]) {
        let found: Vec<_> = read.iter().filter(|(_, bytes)| has(bytes, secret)).map(|(path, _)| path).collect();
        assert!(found.is_empty(), "{secret} in {found:?}");
    }
    // Each is kept under its own name. The rotation revoked the previous token and deleted it from the store.
    let db = sled::open(server.data_dir().join("log")).unwrap();
    let secrets_tree = db.open_tree(b"secrets").unwrap();
    let is_kept = |name: &[u8]| secrets_tree.contains_key(name).unwrap();
    assert!(is_kept(&signing_name(&webhook)));
    assert!(is_kept(&inbound_name(&digest(&current))));
    assert!(secrets.tokens.iter().all(|old| *old == current || !is_kept(&inbound_name(&digest(old)))));
}

/// Collects all files below a folder with their contents.
fn files(folder: &Path, read: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, read) } else { read.push((path.clone(), std::fs::read(&path).unwrap())) }
    }
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
