//! The simulator over HTTP: its routes, and the remote transport against them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpServer};
use actors::account::outcome::{Outcome, Permanent, StopReason};
use actors::clock::Clock;
use events::ids::MessageId;
use events::time::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;

use super::remote::Remote;
use super::{Shared, routes};
use crate::transports::{Lookup, Outgoing, Status, StatusUpdate, Transport, Update};

/// Twenty seconds of the simulator's time are then less than six milliseconds.
const RATE: u32 = 3_600;

/// What a status update says, which every update of an ordinary message is.
pub(super) fn status(update: &Update) -> (u64, Status) {
    match update {
        Update::Status(update) => (update.id.bits(), update.status),
        other => panic!("not a status: {other:?}"),
    }
}

pub(super) fn message(bits: u64, to: &str) -> Outgoing {
    let (from, text) = ("+12025550100".to_owned(), format!("text {bits}"));
    Outgoing { id: MessageId::from_bits(bits), from, to: to.to_owned(), text, file: None }
}

fn world(rate: u32) -> Shared {
    Shared::new(Clock::start(Arc::new(|| Timestamp::from_ms(0)), Timestamp::default(), rate))
}

/// Answers requests to one world one after the other: method, path with query, body; status and body come back.
async fn exchange(requests: &[(&str, &str, &str)]) -> Vec<(u16, Value)> {
    let world = world(1);
    let app = init_service(App::new().configure(|cfg| routes::configure(cfg, world))).await;
    let mut answers = Vec::new();
    for (method, uri, body) in requests {
        let request = match *method {
            "POST" => TestRequest::post(),
            _ => TestRequest::get(),
        };
        let answer = call_service(&app, request.uri(uri).set_payload((*body).to_owned()).to_request()).await;
        let status = answer.status().as_u16();
        let body = read_body(answer).await;
        answers.push((status, serde_json::from_slice(&body).unwrap_or(Value::Null)));
    }
    answers
}

fn send_body(bits: u64, to: &str) -> String {
    json!({"id": MessageId::from_bits(bits).to_string(), "from": "+12025550100", "to": to, "text": "hi"}).to_string()
}

#[tokio::test(start_paused = true)]
async fn a_phone_shows_what_it_got() {
    let body = send_body(1, "+1 202 555 0101");
    let view = "/sim/v1/phones/+12025550101/messages";
    let answers = exchange(&[("POST", "/sim/v1/send", &body), ("GET", view, "")]).await;
    assert_eq!(answers[0], (200, json!({"outcome": "sent"})));
    let row = json!({
        "message_id": "wa_backend:3EB00000000000000001",
        "from": "+12025550100",
        "text": "hi",
        "file": null,
        "at": "1970-01-01T00:00:00.000Z",
    });
    assert_eq!(answers[1], (200, json!({"data": [row], "page": {"next": null, "prev": null}})));
}

#[tokio::test(start_paused = true)]
async fn a_phone_is_found_by_each_of_its_spellings() {
    let body = send_body(1, "12025550101@s.whatsapp.net");
    for spelling in ["+12025550101", "%2B12025550101", "12025550101", "12025550101@c.us", "1%20(202)%20555-0101"] {
        let view = format!("/sim/v1/phones/{spelling}/messages");
        let answers = exchange(&[("POST", "/sim/v1/send", &body), ("GET", &view, "")]).await;
        assert_eq!(answers[1].1["data"].as_array().map(Vec::len), Some(1), "{spelling}");
    }
}

#[tokio::test(start_paused = true)]
async fn sends_and_duplicates_are_counted() {
    let body = send_body(1, "+12025550101");
    let send = ("POST", "/sim/v1/send", body.as_str());
    let answers = exchange(&[send, send, ("GET", "/sim/v1/stats", "")]).await;
    assert_eq!(answers[1], (200, json!({"outcome": "sent"})));
    assert_eq!(answers[2], (200, json!({"sends": 2, "duplicates": 1})));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_a_504_without_a_body() {
    let body = send_body(1, "+12025550144");
    let look = "/sim/v1/messages/wa_backend:3EB00000000000000001";
    let answers = exchange(&[("POST", "/sim/v1/send", &body), ("GET", look, "")]).await;
    assert_eq!(answers, [(504, Value::Null), (200, json!({"lookup": "unknown"}))]);
}

#[tokio::test(start_paused = true)]
async fn updates_are_listed_oldest_first_above_the_cursor() {
    let body = send_body(1, "+12025550101");
    let poll = |uri| ("GET", uri, "");
    let row = |sequence: u64, status: &str| {
        let message_id = "wa_backend:3EB00000000000000001";
        let (account, kind) = ("+12025550100", "status");
        json!([{"sequence": sequence, "account": account, "kind": kind, "message_id": message_id, "status": status}])
    };
    let answers = exchange(&[
        poll("/sim/v1/updates"),
        ("POST", "/sim/v1/send", &body),
        poll("/sim/v1/updates?after=0&wait_ms=199"),
        poll("/sim/v1/updates?after=0&wait_ms=5000"),
        poll("/sim/v1/updates?after=1&wait_ms=5000"),
    ])
    .await;
    assert_eq!(answers[0], (200, json!({"data": [], "page": {"next": null, "prev": null}})));
    assert_eq!(answers[2].1["data"], json!([]));
    assert_eq!(answers[3].1["data"], row(1, "delivered"));
    assert_eq!(answers[4].1["data"], row(2, "read"));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_understood_is_refused_with_a_reason() {
    let long_from = json!({"id": "3EB00000000000000001", "from": "1".repeat(65), "to": "1", "text": ""}).to_string();
    let too_large = "x".repeat((4 << 20) + 1);
    let answers = exchange(&[
        ("POST", "/sim/v1/send", "{"),
        ("POST", "/sim/v1/send", r#"{"id":"7","from":"+12025550100","to":"+12025550101","text":"hi"}"#),
        ("POST", "/sim/v1/send", &long_from),
        ("POST", "/sim/v1/send", &too_large),
        ("GET", "/sim/v1/updates?after=-1", ""),
        ("GET", "/sim/v1/messages/7", ""),
        ("GET", "/sim/v1/stats", ""),
    ])
    .await;
    let (stats, refusals) = answers.split_last().expect("answers");
    for (status, body) in refusals {
        assert_eq!((*status, &body["status"], &body["data"]), (400, &json!(400), &json!({})), "{body}");
        assert!(body["message"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    }
    assert_eq!(stats.1, json!({"sends": 0, "duplicates": 0}));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_phone_got_nothing() {
    let answers = exchange(&[("GET", "/sim/v1/phones/Mary/messages", "")]).await;
    assert_eq!(answers, [(200, json!({"data": [], "page": {"next": null, "prev": null}}))]);
}

/// A simulator on a free port, and a transport to it.
fn simulator() -> (ServerHandle, Remote) {
    let world = world(RATE);
    let server = HttpServer::new(move || App::new().configure(|cfg| routes::configure(cfg, world.clone())))
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .expect("a free port");
    let address = server.addrs()[0];
    let running = server.run();
    let handle = running.handle();
    actix_web::rt::spawn(running);
    (handle, remote(address))
}

fn remote(address: SocketAddr) -> Remote {
    Remote::with_timeout(&format!("http://{address}/"), Duration::from_secs(10)).expect("a base URL")
}

#[actix_web::test]
async fn each_number_behaves_over_http_as_it_does_in_process() {
    let (server, remote) = simulator();
    for (to, outcomes) in [
        ("+12025550101", vec![Outcome::Sent, Outcome::Sent]),
        ("+12025550140", vec![Outcome::Failed(Permanent::NotOnWhatsApp)]),
        ("+12025550141", vec![Outcome::ServerError; 3]),
        ("+12025550142", vec![Outcome::ServerError, Outcome::ServerError, Outcome::Sent]),
        ("+12025550143", vec![Outcome::Sent]),
        ("+12025550144", vec![Outcome::Unknown; 3]),
        ("+12025550145", vec![Outcome::Stopped { reason: StopReason::Blocked, until_ms: None }]),
        ("Mary", vec![Outcome::Failed(Permanent::RecipientInvalid)]),
    ] {
        let bits = to.bytes().map(u64::from).sum();
        for outcome in outcomes {
            assert_eq!(remote.send(message(bits, to)).await, outcome, "{to}");
        }
    }
    server.stop(false).await;
}

#[actix_web::test]
async fn a_look_up_over_http_tells_the_three_cases_apart() {
    let (server, remote) = simulator();
    remote.send(message(1, "+12025550101")).await;
    remote.send(message(2, "+12025550144")).await;
    for (bits, expected) in [(1, Lookup::Sent), (2, Lookup::Unknown), (3, Lookup::NotSent)] {
        assert_eq!(remote.lookup("+12025550100", MessageId::from_bits(bits)).await, expected);
    }
    server.stop(false).await;
}

#[actix_web::test]
async fn updates_come_over_http_in_order_and_stop_when_asked() {
    let (server, remote) = simulator();
    let (sink, mut updates) = mpsc::channel(1);
    remote.start(sink);
    remote.send(message(1, "+12025550101")).await;
    for status in [Status::Delivered, Status::Read] {
        let id = MessageId::from_bits(1);
        let expected = StatusUpdate { account_phone: "+12025550100".to_owned(), id, status };
        assert_eq!(updates.recv().await, Some(Update::Status(expected)));
    }
    remote.stop();
    assert_eq!(updates.recv().await, None);
    server.stop(false).await;
}

#[actix_web::test]
async fn a_refused_connection_is_not_connected() {
    let bound_but_not_listening = TcpSocket::new_v4().expect("a socket");
    bound_but_not_listening.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let remote = remote(bound_but_not_listening.local_addr().expect("an address"));
    assert_eq!(remote.send(message(1, "+12025550101")).await, Outcome::NotConnected);
    assert_eq!(remote.lookup("+12025550100", MessageId::from_bits(1)).await, Lookup::Unknown);
}

/// A server that reads one request and then gives this answer, and nothing where it is `None`.
async fn answering(answer: Option<&'static str>, timeout: Duration) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let served = async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        assert!(stream.read(&mut [0; 4_096]).await.expect("a request") > 0);
        match answer {
            Some(answer) => stream.write_all(answer.as_bytes()).await.expect("written"),
            None => std::future::pending().await,
        }
    };
    let remote = Remote::with_timeout(&format!("http://{address}"), timeout).expect("a base URL");
    let serving = actix_web::rt::spawn(served);
    let outcome = remote.send(message(1, "+12025550101")).await;
    serving.abort();
    outcome
}

#[actix_web::test]
async fn anything_but_a_clear_answer_is_an_unknown_outcome() {
    for answer in [
        "",
        "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"outcome\":\"sent\"}",
        "HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n{\"outcome\":\"vanished\"}",
    ] {
        assert_eq!(answering(Some(answer), Duration::from_secs(10)).await, Outcome::Unknown, "{answer}");
    }
}

#[actix_web::test]
async fn no_answer_in_time_is_an_unknown_outcome() {
    assert_eq!(answering(None, Duration::from_millis(50)).await, Outcome::Unknown);
}

#[actix_web::test]
async fn an_endless_answer_is_given_up() {
    let endless = Box::leak(format!("HTTP/1.1 200 OK\r\n\r\n{}", " ".repeat(9 << 20)).into_boxed_str());
    assert_eq!(answering(Some(endless), Duration::from_secs(10)).await, Outcome::Unknown);
}

#[test]
fn what_is_not_a_base_url_is_refused_at_once() {
    for text in ["", "127.0.0.1:9000", "simulator", "mailto:someone@example.com"] {
        assert!(Remote::new(text).is_err(), "{text}");
    }
}
