//! Reports through the whole gateway: signatures on what really arrives, addresses that may not be called, proxies.

use std::net::TcpListener;

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::owner::Owner;
use super::receiver::{Arrived, Receiver, status};
use crate::files::check::secure;
use crate::harness::{ACCOUNT_PHONE, SOON, Server, Setup, wait_until};

const PHONE: &str = "+12025550101";
const PROXIES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// An owner with one account; loopback addresses may be called.
fn owner(setup: Setup) -> (Server, Owner) {
    let server = setup.set("TIDINGS_GUARD__ALLOW_NETWORKS", "127.0.0.0/8").start();
    let owner = Owner::of(server.workspace());
    (server, owner)
}

/// Somebody writes; the report of it as the receiver got it.
fn told(server: &Server, receiver: &Receiver, text: &str) -> Arrived {
    server.simulator().receive(ACCOUNT_PHONE, PHONE, text);
    wait_until("it is told", SOON, || receiver.arrived().into_iter().find(|report| report.texts() == [text]))
}

fn verifies(key: &str, headers: &HeaderMap, body: &str) -> bool {
    Webhook::new(key).unwrap().verify(body.as_bytes(), headers).is_ok()
}

fn text(view: &Value, field: &str) -> String {
    view[field].as_str().unwrap_or_else(|| panic!("no {field}: {view}")).to_owned()
}

#[test]
fn what_arrives_verifies_by_the_key_and_after_a_rotation_by_both() {
    let receiver = Receiver::start(|_| status(204));
    let (server, owner) = owner(Setup::new());
    owner.set(&json!({"url": receiver.url("/hook")}));
    let secret = || owner.workspace.ask(&owner.workspace.api("GET", "/outbound/secret")).success();
    let first = text(&secret(), "secret");

    let before = told(&server, &receiver, "one key");
    assert!(verifies(&first, &before.headers, &before.body));
    assert!(!verifies(&first, &before.headers, &before.body.replace("one", "two")));
    assert_eq!(before.headers["webhook-signature"].to_str().unwrap().split(' ').count(), 1);
    assert_eq!(before.headers["content-type"], "application/json");
    assert!(before.headers["user-agent"].to_str().unwrap().starts_with("Tidings/"), "{before:?}");

    let second = text(&owner.post("/rotate-secret"), "secret");
    assert_ne!(first, second);
    assert_eq!(text(&secret(), "secret"), second);
    let both = told(&server, &receiver, "two keys");
    assert!(verifies(&first, &both.headers, &both.body) && verifies(&second, &both.headers, &both.body));
    assert!(!verifies(&second, &before.headers, &before.body));

    let third = text(&owner.post("/rotate-secret"), "secret");
    let last = told(&server, &receiver, "the newest two");
    assert!(verifies(&second, &last.headers, &last.body) && verifies(&third, &last.headers, &last.body));
    assert!(!verifies(&first, &last.headers, &last.body), "the oldest key is dropped at once");
}

#[test]
fn where_no_report_may_go_the_last_try_says_why() {
    let (server, owner) = owner(Setup::new());
    let away = Receiver::start(|_| {
        b"HTTP/1.1 307 X\r\nLocation: http://169.254.169.254/latest/meta-data/\r\nContent-Length: 0\r\n\r\n".to_vec()
    });
    let own = format!("http://127.0.0.1:{}", server.port);
    let messages = owner.workspace.newest("/inbound/attempts").len();
    for (url, code, status) in [
        (away.url("/hook"), "report_redirected: ", json!(307)),
        (format!("{own}{}", owner.workspace.inbound), "report_address_forbidden: ", Value::Null),
        (format!("{own}/sim/v1/receive"), "report_address_forbidden: ", Value::Null),
        ("http://169.254.169.254/latest/meta-data/".to_owned(), "report_address_forbidden: ", Value::Null),
        ("http://10.0.0.5/hook".to_owned(), "report_address_forbidden: ", Value::Null),
        ("http://crm.invalid/hook".to_owned(), "report_unreachable: ", Value::Null),
    ] {
        let before = owner.tries().len();
        owner.set(&json!({"url": url, "enabled": true}));
        server.simulator().receive(ACCOUNT_PHONE, PHONE, "hello");
        let tried = wait_until("it was tried", SOON, || (owner.tries().len() > before).then(|| owner.tried()));
        assert!(text(&tried, "error").starts_with(code), "{url}: {tried}");
        assert_eq!(tried["response"]["status"], status, "{url}: {tried}");
        // What is owed by now is not for the next address.
        owner.set(&json!({"enabled": false}));
        owner.set(&json!({"enabled": true, "backlog": "discard"}));
    }
    assert_eq!(away.arrived().len(), 1);
    assert_eq!(owner.workspace.newest("/inbound/attempts").len(), messages, "nobody called our own door");
}

#[test]
fn a_proxy_of_the_environment_sees_nothing_of_a_report() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let (server, owner) = owner(PROXIES.into_iter().fold(Setup::new(), |setup, name| setup.set(name, &url)));
    let receiver = Receiver::start(|_| status(200));
    owner.set(&json!({"url": receiver.url("/hook")}));
    told(&server, &receiver, "hello");
    owner.wait_until_told();
    let (port, _) = secure("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned());
    owner.set(&json!({"url": format!("https://127.0.0.1:{port}/hook")}));
    let failed = owner.post("/test");
    assert!(text(&failed, "error").starts_with("report_tls_failed: "), "{failed}");
    assert_eq!(proxy.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

/// What is told of a message with a file and of one after it, where attachments are set so.
fn told_of_a_file(setup: Setup) -> Vec<Value> {
    let receiver = Receiver::start(|_| status(200));
    let (server, owner) = owner(setup);
    owner.set(&json!({"url": receiver.url("/hook")}));
    let body =
        json!({"account": ACCOUNT_PHONE, "from": PHONE, "name": "Mary Major", "text": "see", "file_name": "list.pdf"});
    server.simulator().hear("receive", &body);
    told(&server, &receiver, "seen?");
    receiver.arrived().iter().map(|report| report.json()["message"].clone()).collect()
}

#[test]
fn a_message_with_a_file_is_told_of_only_where_that_is_wanted() {
    let told = told_of_a_file(Setup::new());
    assert_eq!((told.len(), &told[0]["text"]), (1, &json!("seen?")));

    let told = told_of_a_file(Setup::new().set("TIDINGS_OUTBOUND__ATTACHMENTS", "include"));
    let (message, file) = (&told[0], &told[0]["attachments"][0]);
    assert_eq!((told.len(), &message["text"], &file["filename"]), (2, &json!("see"), &json!("list.pdf")), "{told:?}");
    assert!(told[1].get("attachments").is_none(), "{told:?}");
}
