//! Tests the outbox as its owner sees it: the e-mails and their states, the newest first, surviving a kill.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use actix_web::{App, test};
use events::ids::WorkspaceId;
use events::time::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tidings::config::{Config, Overrides};
use tidings::gateway::{self, Gateway};
use tidings::http;
use tidings::notices::mail::{Fault, KEPT, Mail, Recipient};

use crate::harness::ADMIN_KEY;
use crate::mail::server::{OPEN, Server};

/// A gateway in the test's own process, with one workspace.
struct Machine {
    gateway: Gateway,
    key: String,
    workspace: WorkspaceId,
    folder: TempDir,
}

async fn start(folder: &Path, smtp_port: Option<u16>) -> Gateway {
    let set = |key: &str, value: &str| (format!("TIDINGS_{key}"), value.to_owned());
    let mut keys = vec![set("ADMIN_KEY", ADMIN_KEY), set("DATA_DIR", folder.to_str().unwrap())];
    if let Some(port) = smtp_port {
        keys.extend([set("SMTP__HOST", "127.0.0.1"), set("SMTP__PORT", &port.to_string()), set("SMTP__TLS", "none")]);
    }
    let config = Config::load(None::<&Path>, keys, Overrides::default()).unwrap();
    gateway::start(&config, "127.0.0.1:1".parse().unwrap(), false).await.unwrap().gateway
}

/// Returns the status and body of the answer.
async fn ask(gateway: &Gateway, request: test::TestRequest, key: &str) -> (u16, Value) {
    let routes = gateway.clone();
    let app = test::init_service(App::new().configure(move |config| http::configure(config, &routes))).await;
    let request = request.insert_header(("Authorization", format!("Bearer {key}"))).to_request();
    let answer = test::call_service(&app, request).await;
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&test::read_body(answer).await).unwrap())
}

impl Machine {
    async fn start(smtp_port: Option<u16>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let gateway = start(folder.path(), smtp_port).await;
        let (workspace, key) = create_workspace(&gateway).await;
        Self { gateway, key, workspace, folder }
    }

    async fn deliver(&self, mail: &Mail) -> Result<(), Fault> {
        self.gateway.mail_queue.deliver(&self.gateway.shard, self.workspace, mail).await
    }

    async fn page(&self, query: &str) -> Value {
        let request = test::TestRequest::get().uri(&format!("/api/v1/outbox{query}"));
        let (status, page) = ask(&self.gateway, request, &self.key).await;
        assert_eq!(status, 200, "{page}");
        page
    }

    async fn outbox(&self) -> Vec<Value> {
        self.page("?limit=500").await["data"].as_array().unwrap().clone()
    }
}

async fn create_workspace(gateway: &Gateway) -> (WorkspaceId, String) {
    let owner = json!({"full_name": "Ada Doe", "email": "ada@acme.example", "language": "en"});
    let body = json!({"name": "Acme", "owner": owner, "credits": 1});
    let request = test::TestRequest::post().uri("/admin/v1/workspaces").set_json(body);
    let (status, made) = ask(gateway, request, ADMIN_KEY).await;
    assert_eq!(status, 201, "{made}");
    let id = made["workspace_id"].as_u64().unwrap();
    (WorkspaceId::new(id).unwrap(), made["api_key"].as_str().unwrap().to_owned())
}

fn mail(n: usize) -> Mail {
    Mail {
        id: format!("mail-{n}"),
        at: Timestamp::from_ms(1_767_323_045_678),
        to: Recipient { name: "Ada Doe".to_owned(), address: "ada@acme.example".to_owned() },
        subject: format!("Mail {n}"),
        // Longer than one note in the log may be, in letters of three bytes each.
        text: format!("{n} {}", "अ".repeat(2_000)),
        html: format!("<p>{n}</p>"),
    }
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["id"].as_str().unwrap()).collect()
}

/// A port that nothing listens on.
fn dead_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[actix_web::test]
async fn without_a_mail_server_a_mail_is_kept_and_shown_whole() {
    let machine = Machine::start(None).await;
    assert_eq!(machine.outbox().await, [] as [Value; 0]);
    machine.deliver(&mail(1)).await.unwrap();

    let mut rows = machine.outbox().await;
    assert!(rows[0]["state_at"].as_str().unwrap().ends_with('Z'), "{rows:?}");
    rows[0]["state_at"] = Value::Null;
    let Mail { id, subject, text, html, .. } = mail(1);
    let row = json!({"id": id, "at": "2026-01-02T03:04:05.678Z", "to": "ada@acme.example", "subject": subject,
        "text": text, "html": html, "state": "kept", "state_at": null, "error": null});
    assert_eq!(rows, [row]);
}

#[actix_web::test]
async fn the_last_hundred_are_kept_and_come_in_pages_the_newest_first() {
    let machine = Machine::start(None).await;
    for n in 0..=KEPT {
        machine.deliver(&mail(n)).await.unwrap();
    }
    let rows = machine.outbox().await;
    let wanted: Vec<String> = (1..=KEPT).rev().map(|n| format!("mail-{n}")).collect();
    assert_eq!(ids(&rows), wanted);

    let first = machine.page("?limit=2").await;
    assert_eq!(ids(first["data"].as_array().unwrap()), ["mail-100", "mail-99"]);
    let next = first["page"]["next"].as_str().unwrap();
    let second = machine.page(&format!("?limit=2&after={next}")).await;
    assert_eq!(ids(second["data"].as_array().unwrap()), ["mail-98", "mail-97"]);
    assert_eq!(machine.page("").await["data"].as_array().unwrap().len(), 50);
}

#[actix_web::test]
async fn a_mail_of_the_same_id_stands_there_once() {
    let machine = Machine::start(None).await;
    for n in [1, 2, 1] {
        machine.deliver(&mail(n)).await.unwrap();
    }
    assert_eq!(ids(&machine.outbox().await), ["mail-2", "mail-1"]);
}

#[actix_web::test]
async fn mails_put_in_at_the_same_moment_are_all_kept() {
    let machine = Machine::start(None).await;
    let mails: Vec<Mail> = (0..20).map(mail).collect();
    let delivered = futures_util::future::join_all(mails.iter().map(|mail| machine.deliver(mail))).await;
    assert!(delivered.iter().all(Result::is_ok), "{delivered:?}");
    assert_eq!(machine.outbox().await.len(), 20);
}

#[actix_web::test]
async fn a_mail_that_the_server_does_not_take_is_failing_and_says_why() {
    let machine = Machine::start(Some(dead_port())).await;
    for _ in 0..2 {
        assert_eq!(machine.deliver(&mail(1)).await, Err(Fault::Unreachable));
    }
    let rows = machine.outbox().await;
    assert_eq!(
        (&rows[0]["state"], &rows[0]["error"]),
        (&json!("failing"), &json!("the mail server cannot be reached"))
    );
}

#[actix_web::test]
async fn a_mail_that_was_handed_over_is_not_handed_over_again() {
    let Some(mut server) = Server::start(&OPEN) else { return };
    let machine = Machine::start(Some(server.port)).await;
    machine.deliver(&mail(1)).await.unwrap();
    let got = server.mail();
    assert_eq!(got["headers"]["message-id"], "<mail-1@localhost>");
    drop(server);
    machine.deliver(&mail(1)).await.unwrap();
    assert_eq!(machine.deliver(&mail(2)).await, Err(Fault::Unreachable));

    let rows = machine.outbox().await;
    let states: Vec<&Value> = rows.iter().map(|row| &row["state"]).collect();
    assert_eq!((ids(&rows), states), (vec!["mail-2", "mail-1"], vec![&json!("failing"), &json!("handed_over")]));
    let figures = machine.gateway.metrics.text(tidings::metrics::Format::Plain).unwrap();
    for line in ["tidings_mails_total{result=\"handed_over\"} 2", "tidings_mails_total{result=\"unreachable\"} 1"] {
        assert!(figures.contains(line), "{figures}");
    }
}

#[actix_web::test]
async fn what_is_delivered_survives_a_kill() {
    let machine = Machine::start(None).await;
    machine.deliver(&mail(1)).await.unwrap();
    // A kill would leave the files as they are at this moment.
    let copy = tempfile::tempdir().unwrap();
    copy_files(machine.folder.path(), copy.path());
    let key = machine.key.clone();
    let gateway = start(copy.path(), None).await;
    let (_, page) = ask(&gateway, test::TestRequest::get().uri("/api/v1/outbox"), &key).await;
    assert_eq!(ids(page["data"].as_array().unwrap()), ["mail-1"]);
}

#[actix_web::test]
async fn another_workspace_sees_nothing_and_nobody_sees_it_without_a_key() {
    let machine = Machine::start(None).await;
    machine.deliver(&mail(1)).await.unwrap();
    let (_, other_key) = create_workspace(&machine.gateway).await;
    let outbox = || test::TestRequest::get().uri("/api/v1/outbox");
    assert_eq!(ask(&machine.gateway, outbox(), &other_key).await.1["data"], json!([]));
    for key in ["wsk_0", ADMIN_KEY] {
        assert_eq!(ask(&machine.gateway, outbox(), key).await.0, 401);
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy_files(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
