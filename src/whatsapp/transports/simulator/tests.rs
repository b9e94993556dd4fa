//! The simulator's routes as a gateway uses them, and helpers for the tests of its parts.

mod controls;
mod remote;

use std::sync::Arc;

use actix_web::App;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actors::runtime::clock::Clock;
use events::ids::MessageId;
use events::time::Timestamp;
use serde_json::{Value, json};

use super::address::Address;
use super::echo::Echo;
use super::world::Incoming;
use super::{Shared, routes};
use crate::whatsapp::transports::{Outgoing, Status, Update};
use crate::whatsapp::wire_ids::OwnWireId;

/// The wire id's number and the status of a status update; panics for any other update.
pub(super) fn status(update: &Update) -> (u64, Status) {
    match update {
        Update::Status(update) => (update.wire_id.parse::<OwnWireId>().expect("a wire id").bits(), update.status),
        other => panic!("not a status: {other:?}"),
    }
}

pub(super) fn message(bits: u64, to: &str) -> Outgoing {
    let (from, text) = ("+12025550100".to_owned(), format!("text {bits}"));
    let (id, wire_id) = (MessageId::from_bits(bits), OwnWireId::from_bits(bits));
    Outgoing { id, wire_id, from, to: to.to_owned(), text, file: None }
}

pub(super) fn clock(rate: u32) -> Clock {
    Clock::start(Arc::new(|| Timestamp::from_ms(0)), Timestamp::default(), rate)
}

fn world(rate: u32) -> Shared {
    Shared::new(clock(rate))
}

/// Sends requests (method, path with query, body) to one world, one after the other; returns each status and body.
pub(super) async fn exchange(requests: &[(&str, &str, &str)]) -> Vec<(u16, Value)> {
    let (world, echo) = (world(1), Echo::new(clock(1)));
    let app = init_service(App::new().configure(|cfg| routes::alone(cfg, world, echo))).await;
    let mut answers = Vec::new();
    for (method, uri, body) in requests {
        let request = match *method {
            "POST" => TestRequest::post(),
            "PUT" => TestRequest::put(),
            "DELETE" => TestRequest::delete(),
            _ => TestRequest::get(),
        };
        let answer = call_service(&app, request.uri(uri).set_payload((*body).to_owned()).to_request()).await;
        let status = answer.status().as_u16();
        let body = read_body(answer).await;
        answers.push((status, serde_json::from_slice(&body).unwrap_or(Value::Null)));
    }
    answers
}

pub(super) fn incoming(text: &str) -> Incoming {
    let [account, chat] = ["+12025550100", "+12025550101"].map(|phone| Address::parse(phone).expect("an address"));
    Incoming { account, chat, member: None, name: "Mary".to_owned(), text: text.to_owned(), file_name: None }
}

fn send_body(bits: u64, to: &str) -> String {
    json!({"id": MessageId::from_bits(bits).to_string(), "from": "+12025550100", "to": to, "text": "hi"}).to_string()
}

#[tokio::test(start_paused = true)]
async fn a_phone_shows_what_it_got() {
    let mut body: Value = serde_json::from_str(&send_body(1, "+1 202 555 0101")).expect("a body");
    body["wire_id"] = json!("3EB09FCC85FE99662E46");
    let body = body.to_string();
    let view = "/sim/v1/phones/+12025550101/messages";
    let answers = exchange(&[("POST", "/sim/v1/send", &body), ("GET", view, "")]).await;
    assert_eq!(answers[0], (200, json!({"outcome": "sent"})));
    let row = json!({
        "message_id": "wa_backend:3EB00000000000000001",
        "wire_id": "3EB09FCC85FE99662E46",
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
        let wire_id = "3EB00000000000000001";
        let (account, kind) = ("+12025550100", "status");
        json!([{"sequence": sequence, "account": account, "kind": kind, "wire_id": wire_id, "status": status}])
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
