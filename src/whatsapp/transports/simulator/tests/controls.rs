//! Controls over HTTP: changing the world, looking at it, and what is refused.

use serde_json::{Value, json};

use super::{exchange, send_body};

const CONNECT: &str = "/sim/v1/accounts/+12025550100/connect";
const DISCONNECT: &str = "/sim/v1/accounts/1%20(202)%20555-0100/disconnect";
const UPDATES: &str = "/sim/v1/updates?wait_ms=1";

#[tokio::test(start_paused = true)]
async fn what_is_said_and_typed_comes_with_its_wire_id() {
    let said = json!({"account": "1 202 555 0100", "from": "+12025550101", "name": "Mary", "text": "hello",
        "file_name": "list.pdf"});
    let typed = json!({"account": "+12025550100", "to": "12025550101", "text": "hi"});
    let (said, typed) = (said.to_string(), typed.to_string());
    let answers =
        exchange(&[("POST", "/sim/v1/receive", &said), ("POST", "/sim/v1/sent", &typed), ("GET", UPDATES, "")]).await;
    assert_eq!((answers[0].0, answers[1].0), (200, 200));
    let row = |sequence: u64, wire_id: &Value, name: &str, sender: &str, text: &str, file: Value| {
        json!({"sequence": sequence, "account": "+12025550100", "kind": "message", "wire_id": wire_id,
            "chat": "+12025550101", "chat_name": name, "sender": sender, "also": null, "sender_name": name,
            "from_me": sender.is_empty(),
            "text": text, "file": file, "at": "1970-01-01T00:00:00.000Z"})
    };
    let file = json!({"name": "list.pdf", "size": 31_337, "mime": "application/pdf"});
    let expected = [
        row(1, &answers[0].1["message_id"], "Mary", "+12025550101", "hello", file),
        row(2, &answers[1].1["message_id"], "", "", "hi", Value::Null),
    ];
    assert_eq!(answers[2].1["data"], json!(expected));
}

#[tokio::test(start_paused = true)]
async fn an_account_is_disconnected_and_connected_again() {
    let send = send_body(1, "+12025550101");
    let said = json!({"account": "+12025550100", "from": "+12025550101", "text": "hello"}).to_string();
    let answers = exchange(&[
        ("POST", DISCONNECT, ""),
        ("POST", "/sim/v1/send", &send),
        ("POST", "/sim/v1/receive", &said),
        ("GET", UPDATES, ""),
        ("POST", CONNECT, ""),
        ("POST", "/sim/v1/send", &send),
        ("GET", "/sim/v1/updates?after=1&wait_ms=1", ""),
    ])
    .await;
    assert_eq!(answers[0], (200, json!({"account": "+12025550100", "connected": false})));
    assert_eq!(answers[1], (200, json!({"outcome": "not_connected"})));
    let (account, kind) = ("+12025550100", "connection");
    let row = |sequence: u64, on| json!({"sequence": sequence, "account": account, "kind": kind, "connected": on});
    assert_eq!(answers[3].1["data"], json!([row(1, false)]));
    assert_eq!(answers[4], (200, json!({"account": "+12025550100", "connected": true})));
    assert_eq!(answers[5], (200, json!({"outcome": "sent"})));
    assert_eq!((&answers[6].1["data"][0], &answers[6].1["data"][1]["text"]), (&row(2, true), &json!("hello")));
}

#[tokio::test(start_paused = true)]
async fn chaos_is_set_shown_replaced_and_felt() {
    let send = send_body(1, "+12025550101");
    let answers = exchange(&[
        ("GET", "/sim/v1/chaos", ""),
        ("PUT", "/sim/v1/chaos", r#"{"error":1,"slow_ms":7,"unknown":[]}"#),
        ("POST", "/sim/v1/send", &send),
        ("PUT", "/sim/v1/chaos", r#"{"uncertain":0.25}"#),
        ("PUT", "/sim/v1/chaos", r#"{"error":1.5}"#),
        ("GET", "/sim/v1/chaos", ""),
    ])
    .await;
    let view = |error: f64, slow_ms: u64, uncertain: f64| {
        let view = json!({"error": error, "not_registered": 0.0, "slow_ms": slow_ms, "uncertain": uncertain,
            "accepted": 0.0, "refused_later": 0.0, "spelled": 0.0, "hidden": 0.0});
        (200, view)
    };
    assert_eq!((&answers[0], &answers[1]), (&view(0.0, 0, 0.0), &view(1.0, 7, 0.0)));
    assert_eq!(answers[2], (200, json!({"outcome": "server_error"})));
    assert_eq!((&answers[3], answers[4].0, &answers[5]), (&view(0.0, 0, 0.25), 400, &view(0.0, 0, 0.25)));
}

#[tokio::test(start_paused = true)]
async fn a_phone_shows_name_size_and_digest_of_a_file() {
    let mut send: Value = serde_json::from_str(&send_body(1, "+12025550101")).expect("a body");
    send["file"] = json!({"name": "abc.txt", "mime": "text/plain", "base64": "YWJj"});
    let answers =
        exchange(&[("POST", "/sim/v1/send", &send.to_string()), ("GET", "/sim/v1/phones/+12025550101/messages", "")])
            .await;
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let expected = json!({"name": "abc.txt", "size": 3, "sha256": sha256});
    assert_eq!((&answers[1].1["data"][0]["file"], &answers[1].1["data"][0]["text"]), (&expected, &json!("hi")));
}

#[tokio::test(start_paused = true)]
async fn every_refusal_has_the_one_shape_and_names_the_field() {
    let mut not_base64: Value = serde_json::from_str(&send_body(1, "+12025550101")).expect("a body");
    not_base64["file"] = json!({"name": "a", "mime": "b", "base64": "?"});
    let not_base64 = not_base64.to_string();
    let too_large = "x".repeat((1 << 20) + 1);
    for ((method, uri, body), status, named) in [
        (("POST", "/sim/v1/receive", "{"), 400, "JSON"),
        (("POST", "/sim/v1/receive", "{}"), 400, "`account`"),
        (("POST", "/sim/v1/receive", &too_large), 400, "too long"),
        (("POST", "/sim/v1/sent", r#"{"account":"+12025550100","text":"hi"}"#), 400, "`to`"),
        (("PUT", "/sim/v1/chaos", r#"{"uncertain":-0.1}"#), 400, "`uncertain`"),
        (("PUT", "/sim/v1/chaos", r#"{"slow_ms":1e9}"#), 400, "`slow_ms`"),
        (("POST", "/sim/v1/accounts/Mary/disconnect", ""), 400, "`phone`"),
        (("POST", "/sim/v1/accounts/7@g.us/connect", ""), 400, "`phone`"),
        (("POST", "/sim/v1/send", &not_base64), 400, "`file.base64`"),
        (("GET", "/sim/v1/receive", ""), 405, "methods"),
        (("DELETE", "/sim/v1/chaos", ""), 405, "methods"),
        (("POST", "/sim/v1/stats", ""), 405, "methods"),
        (("GET", "/sim/v1/nothing", ""), 404, "address"),
    ] {
        let answers = exchange(&[(method, uri, body)]).await;
        let (answered, view) = &answers[0];
        assert_eq!((*answered, &view["status"], &view["data"]), (status, &json!(status), &json!({})), "{method} {uri}");
        assert!(view["message"].as_str().is_some_and(|text| text.contains(named)), "{method} {uri}: {view}");
    }
}
