//! Every refusal of the inbound webhook: its status, its message, its machine-readable part, and that nothing
//! changes.

use serde_json::{Value, json};

use crate::harness::client::message;
use crate::harness::{ACCOUNT_PHONE, ADMIN_KEY, Answer, Request, Server, Workspace};

const PHONE: &str = "+12025550101";
const TEXT_MAX: usize = 65_536;
const BODY_MAX: usize = 1_048_576;
/// The second example of the manual, which lacks a comma.
const MANUALS_EXAMPLE: &str = r#"{
    "action": "send",
    "jid": "12025550101@s.whatsapp.net",
    "text": "lorem ipsum"
    "file_url": "https://files.example/cat.png",
    "file_name": "cat.png"
}"#;

/// A refused body with the expected refusal. The message and hint must contain all of `words`.
struct Case {
    body: String,
    status: u16,
    code: &'static str,
    param: Option<&'static str>,
    words: &'static [&'static str],
}

#[expect(clippy::needless_pass_by_value, reason = "the table reads better without references")]
fn refused(body: impl ToString, status: u16, code: &'static str) -> Case {
    Case { body: body.to_string(), status, code, param: None, words: &[] }
}

impl Case {
    fn naming(mut self, param: &'static str) -> Self {
        self.param = Some(param);
        self
    }

    fn saying(mut self, words: &'static [&'static str]) -> Self {
        self.words = words;
        self
    }
}

fn cases() -> Vec<Case> {
    let file = json!({"action": "send", "phone": PHONE, "text": "look", "file_url": "https://files.example/cat.png",
        "file_name": "cat.png"});
    let with = |key: &str, value: Value| {
        let mut body = message(PHONE, "hi");
        body[key] = value;
        body
    };
    let without = |key: &str| {
        let mut body = file.clone();
        body.as_object_mut().unwrap().remove(key);
        body
    };
    let to = |key: &str, value: &str| json!({"action": "send", "text": "hi", key: value});
    vec![
        refused("", 400, "invalid_json").saying(&["line", "column"]),
        refused(r#"{"action": "send", "phone": "#, 400, "invalid_json").saying(&["line 1", "column"]),
        refused("{\n\"action\": \"send\",\n\"text\": hello}", 400, "invalid_json").saying(&["line 3", "column"]),
        refused(MANUALS_EXAMPLE, 400, "invalid_json").saying(&["comma", r#""text": "lorem ipsum""#, "line 4"]),
        refused("[]", 400, "not_an_object"),
        refused("null", 400, "not_an_object"),
        refused(r#""hello""#, 400, "not_an_object"),
        refused(json!({"phone": PHONE, "text": "hi"}), 400, "missing_field").naming("action"),
        refused(json!({"action": "send", "phone": PHONE}), 400, "missing_field").naming("text"),
        refused(with("action", json!("receive")), 400, "invalid_value").naming("action"),
        refused(with("text", json!(["hi"])), 400, "invalid_value").naming("text"),
        refused(with("phone", json!({"number": PHONE})), 400, "invalid_value").naming("phone"),
        refused(json!({"action": "send", "text": "hi"}), 400, "recipient_missing"),
        refused(to("telefon", PHONE), 400, "recipient_missing").saying(&[r#"Did you mean "phone"?"#]),
        refused(to("chatId", "100100000001"), 400, "recipient_missing").saying(&[r#"Did you mean "chat_id"?"#]),
        refused(with("text", json!("é".repeat(TEXT_MAX + 1))), 400, "text_too_long").naming("text"),
        refused(padded(BODY_MAX + 1), 400, "body_too_large"),
        refused(with("text", json!("")), 400, "empty_message"),
        refused(with("text", json!(" \n\t ")), 400, "empty_message"),
        refused(without("file_name"), 400, "file_name_missing"),
        refused(without("file_url"), 400, "file_url_missing"),
        refused(to("chat_id", "100100000999"), 404, "chat_not_found"),
        refused(with("whatsapp account phone", json!("+12025550199")), 404, "account_not_found"),
    ]
}

/// A valid body of exactly this many bytes.
fn padded(length: usize) -> String {
    let body = message(PHONE, "hi").to_string();
    let spaces = " ".repeat(length - body.len());
    body + &spaces
}

/// Checks everything that refusals have in common; returns the message with its hint, and the body.
fn check(what: &str, answer: &Answer, status: u16, code: &str) -> (String, Value) {
    assert_eq!(answer.status, status, "{what}: {answer:?}");
    let body = answer.json();
    assert_eq!(body["status"], status, "{what}: {answer:?}");
    let content_type = answer.header("Content-Type").unwrap_or_default();
    assert!(content_type.starts_with("application/json"), "{what}: {answer:?}");
    let error = body["error"].clone();
    assert_eq!(error["code"], code, "{what}: {answer:?}");
    let request_id = error["request_id"].as_str();
    assert!(request_id.is_some_and(|id| !id.is_empty()), "{what}: {answer:?}");
    assert_eq!(request_id, answer.header("X-Request-Id"), "{what}: {answer:?}");
    let said = body["message"].as_str().unwrap_or_default();
    assert!(!said.is_empty(), "{what}: {answer:?}");
    (format!("{said} {}", error["hint"].as_str().unwrap_or_default()), body)
}

/// Like [`check`], for the inbound webhook, whose errors have an empty `data`.
fn check_inbound(what: &str, answer: &Answer, status: u16, code: &str) -> (String, Value) {
    let (said, body) = check(what, answer, status, code);
    assert_eq!(body["data"], json!({}), "{what}: {answer:?}");
    (said, body)
}

fn post_text(workspace: &Workspace, body: &str) -> Answer {
    workspace.ask(&Request::post(&*workspace.inbound).body("application/json", body))
}

#[test]
fn bad_input_is_refused_by_name_and_changes_nothing() {
    let server = Server::start();
    let workspace = server.workspace();

    for case in cases() {
        let what: String = case.body.chars().take(200).collect();
        let answer = post_text(&workspace, &case.body);
        let (said, body) = check_inbound(&what, &answer, case.status, case.code);
        if let Some(param) = case.param {
            assert_eq!(body["error"]["param"], param, "{what}: {answer:?}");
        }
        for words in case.words {
            assert!(said.contains(words), "{what}: no {words:?} in {said:?}");
        }
    }

    assert_eq!(workspace.credits(), 10);
    assert_eq!(workspace.assert_ledger_adds_up().len(), 1);
    assert_eq!(workspace.chats(), Vec::<Value>::new());
    assert_eq!(server.simulator().stats(), (0, 0));
}

#[test]
fn a_message_that_costs_more_than_the_balance_is_refused() {
    let server = Server::start();
    let workspace = server.create_workspace("Acme", 1);
    workspace.connect_account(ACCOUNT_PHONE);
    workspace.send(PHONE, "the last one");

    let answer = workspace.post(&message("+12025550102", "one too many"));

    let (said, _) = check_inbound("no credits", &answer, 402, "insufficient_credits");
    assert!(said.contains('1') && said.contains('0'), "needed and available: {said}");
    assert_eq!(workspace.credits(), 0);
    assert_eq!(workspace.assert_ledger_adds_up().len(), 2);
    assert_eq!(workspace.chats().len(), 1);
}

#[test]
fn a_text_and_a_body_of_just_the_allowed_length_pass() {
    let server = Server::start();
    let workspace = server.workspace();

    assert_eq!(workspace.post(&message(PHONE, &"é".repeat(TEXT_MAX))).status, 200);
    assert_eq!(post_text(&workspace, &padded(BODY_MAX)).status, 200);
}

#[test]
fn an_unknown_url_is_not_found_in_the_documented_words() {
    let server = Server::start();
    let path = "/in/in_0123456789ABCDEFGHIJKL";

    let answer = server.http().ask(&Request::post(path).json(&message(PHONE, "hi")));

    let (_, body) = check_inbound(path, &answer, 404, "webhook_not_found");
    assert_eq!(body["message"], "Webhook not found");
}

#[test]
fn other_methods_are_not_allowed() {
    let server = Server::start();
    let workspace = server.workspace();

    for method in ["PUT", "PATCH", "DELETE"] {
        let answer = workspace.ask(&Request::new(method, &*workspace.inbound).json(&message(PHONE, "hi")));
        check_inbound(method, &answer, 405, "method_not_allowed");
    }
    assert_eq!(workspace.ask(&Request::get(&*workspace.inbound)).status, 405);

    assert_eq!(workspace.credits(), 10);
}

#[test]
fn without_a_connected_account_nothing_is_accepted() {
    let server = Server::start();
    let workspace = server.create_workspace("Acme", 10);

    let answer = workspace.post(&message(PHONE, "hi"));

    check_inbound("no account", &answer, 409, "no_connected_account");
    assert_eq!(answer.json()["message"], "No WhatsApp account is connected");
    assert_eq!(workspace.credits(), 10);
    assert_eq!(workspace.chats(), Vec::<Value>::new());
}

#[test]
fn the_account_that_keeps_a_message_from_being_accepted_is_named_with_the_way_out() {
    let server = Server::start();
    let workspace = server.workspace();
    let refused = |case: &str, message_of: &str, way_out: &str| {
        let answer = workspace.post(&message(PHONE, "hi"));
        check_inbound(case, &answer, 409, "no_connected_account");
        let body = answer.json();
        assert_eq!(body["message"], message_of, "{body}");
        assert!(body["error"]["hint"].as_str().unwrap().contains(way_out), "{body}");
    };
    let account = workspace.account(ACCOUNT_PHONE);
    let path = format!("/accounts/{}", account["id"]);
    let change = |what: &str| {
        workspace.ask(&workspace.api("POST", &format!("{path}/{what}")).json(&json!({"reason": "holidays"}))).success();
    };

    change("pause");
    refused("paused", &format!("WhatsApp account {ACCOUNT_PHONE} is paused"), &format!("POST /api/v1{path}/resume"));
    change("resume");
    workspace.post(&message(PHONE, "hi")).message_id();
    workspace.ask(&workspace.api("DELETE", &path)).success();
    let connect = format!("tidings account connect --phone {ACCOUNT_PHONE}");
    refused("disconnected", &format!("WhatsApp account {ACCOUNT_PHONE} is not connected"), &connect);
}

#[test]
fn an_idempotency_key_belongs_to_one_body() {
    let server = Server::start();
    let workspace = server.workspace();
    workspace.post_with_key(&message(PHONE, "one"), "order-17").message_id();

    let answer = workspace.post_with_key(&message(PHONE, "two"), "order-17");

    check_inbound("another body", &answer, 409, "idempotency_conflict");
    assert_eq!(workspace.credits(), 9);
}

#[test]
fn the_apis_want_their_own_keys() {
    let server = Server::start();
    let workspace = server.workspace();
    let http = server.http();
    let credits = Request::get("/api/v1/credits");
    let events = Request::get("/admin/v1/events");

    for request in [&credits, &events] {
        assert_eq!(http.ask(request).status, 401);
        let wrong = http.ask(&request.clone().bearer("wsk_0123456789ABCDEFGHIJKL0123456789ABCDEFGH"));
        assert_eq!(wrong.status, 401, "{wrong:?}");
        assert_eq!(wrong.json()["status"], 401, "{wrong:?}");
        assert!(wrong.json()["error"]["code"].is_string(), "{wrong:?}");
    }
    for (request, key) in [(credits, ADMIN_KEY), (events, &workspace.api_key)] {
        let foreign = http.ask(&request.bearer(key));
        assert!(matches!(foreign.status, 401 | 403), "{foreign:?}");
    }
}

#[test]
fn another_tenants_messages_do_not_exist() {
    let server = Server::start();
    let mine = server.workspace();
    let other = server.create_workspace("Globex", 10);
    let id = mine.send(PHONE, "hi");

    for path in [format!("/messages/{id}"), "/messages/wa_backend:3EB00000000000000000".to_owned()] {
        let answer = other.ask(&other.api("GET", &path));
        assert_eq!(answer.status, 404, "{answer:?}");
        assert_eq!(answer.json()["status"], 404, "{answer:?}");
    }
    assert_eq!(other.settle(&id, "failed").status, 404);
    assert_eq!(other.chats(), Vec::<Value>::new());
}
