//! The whole inbound webhook: every kind of recipient, dry runs, settings, slow and strange clients, and the
//! workspace's API beside it.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::client::message;
use crate::harness::{ACCOUNT_PHONE, ADMIN_KEY, Answer, Request, SOON, Server, Setup, Workspace};

const PHONE: &str = "+12025550101";
/// The server's time-out for a slow client, plus a margin for slow machines.
const CLOSED_WITHIN: Duration = Duration::from_secs(20);

fn events(server: &Server) -> usize {
    let request = Request::get("/admin/v1/events?limit=500").bearer(ADMIN_KEY);
    server.http().ask(&request).success()["data"].as_array().unwrap().len()
}

fn dry_run(workspace: &Workspace, body: &Value) -> Answer {
    workspace.ask(&Request::post(&*workspace.inbound).header("Dry-Run", "true").json(body))
}

fn set_inbound(workspace: &Workspace, settings: &Value) {
    workspace.ask(&workspace.api("PATCH", "/inbound").json(settings)).success();
}

fn code(answer: &Answer) -> String {
    answer.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn every_way_to_name_a_recipient_leads_to_the_same_chat() {
    let server = Server::start();
    let workspace = server.workspace();
    workspace.send(PHONE, "first");
    let chat = workspace.chats()[0].clone();
    let number: u64 = chat["chat_id"].as_str().unwrap().parse().unwrap();
    for (field, value) in [
        ("phone", json!("+1 (202) 555-0101")),
        ("phone", json!(12_025_550_101_u64)),
        ("jid", json!("12025550101@c.us")),
        ("jid", json!("12025550101@s.whatsapp.net")),
        ("chat_id", chat["chat_id"].clone()),
        ("chat_id", json!(number)),
        ("chat_name", chat["name"].clone()),
    ] {
        let body = json!({"action": "send", "text": "again", field: value});
        workspace.post(&body).message_id();
    }
    assert_eq!(workspace.chats(), [chat]);
    assert_eq!(workspace.credits(), 2);
}

#[test]
fn a_name_that_several_chats_have_or_none_is_refused() {
    let server = Server::start();
    let workspace = server.workspace();
    workspace.send(PHONE, "hi");
    workspace.send("+12025550102", "hi");
    for chat in workspace.chats() {
        let path = format!("/chats/{}", chat["chat_id"].as_str().unwrap());
        workspace.ask(&workspace.api("PATCH", &path).json(&json!({"name": "Ada"}))).success();
    }
    for (name, status, wanted) in [("Ada", 409, "chat_name_ambiguous"), ("Eve", 404, "chat_not_found")] {
        let answer = workspace.post(&json!({"action": "send", "text": "hi", "chat_name": name}));
        assert_eq!((answer.status, code(&answer).as_str()), (status, wanted), "{answer:?}");
    }
    assert_eq!(workspace.credits(), 8);
}

#[test]
fn both_spellings_of_the_senders_field_are_known() {
    let server = Server::start();
    let workspace = server.workspace();
    workspace.connect_account("+12025550110");
    for (phone, name) in [("+12025550121", "whatsapp account phone"), ("+12025550122", "whatsapp_account_phone")] {
        let body = json!({"action": "send", "phone": phone, "text": "hi", name: ACCOUNT_PHONE});
        let id = workspace.post(&body).message_id();
        assert_eq!(workspace.message(&id).view["account"], ACCOUNT_PHONE);
    }
}

#[test]
fn the_answer_to_a_message_holds_its_id_and_nothing_else() {
    let server = Server::start();
    let workspace = server.workspace();
    let answer = workspace.post(&message(PHONE, "hi"));
    let id = answer.message_id();
    assert_eq!(answer.text(), format!(r#"{{"status":"success","data":{{"message_id":"{id}"}}}}"#));
    let digits = id.strip_prefix("wa_backend:3EB0").unwrap();
    assert!(digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b)), "{id}");
    for header in ["X-Request-Id", "X-Credits-Remaining", "X-Queue-Position", "X-Estimated-Send-At"] {
        assert!(answer.header(header).is_some(), "{header}: {answer:?}");
    }
    assert_eq!(answer.header("X-Credits-Remaining"), Some("9"));
}

#[test]
fn any_content_type_will_do_and_a_byte_order_mark_too() {
    let server = Server::start();
    let workspace = server.workspace();
    let body = message(PHONE, "hi").to_string();
    for kind in ["application/x-www-form-urlencoded", "text/plain", "nonsense", ""] {
        let answer = workspace.ask(&Request::post(&*workspace.inbound).body(kind, format!("\u{feff}{body}")));
        assert_eq!(answer.status, 200, "{kind}: {answer:?}");
    }
}

#[test]
fn a_dry_run_says_everything_and_does_nothing() {
    let server = Server::start();
    let workspace = server.workspace();
    let first = workspace.send(PHONE, "hi");
    workspace.wait_for_state(&first, "read", SOON);
    let chat = workspace.chats()[0]["chat_id"].clone();
    let before = events(&server);
    let file = json!({"action": "send", "phone": "1 202 555 0101", "text": "look", "colour": "red",
        "file_url": "https://files.example/cat.png", "file_name": "cat.png"});

    let known = dry_run(&workspace, &file).success();
    assert_eq!(known["status"], "success");
    let data = &known["data"];
    assert_eq!((&data["dry_run"], &data["cost"], &data["balance"]), (&json!(true), &json!(2), &json!(9)));
    assert_eq!((&data["account"], &data["chat_id"]), (&json!(ACCOUNT_PHONE), &chat));
    assert_eq!(data["recipient"]["phone"], PHONE);
    assert_eq!(data["warnings"], json!(["Unknown field \"colour\" was ignored."]));
    let new = dry_run(&workspace, &message("0532 111 22 33", "hi")).success();
    assert_eq!((&new["data"]["chat_id"], &new["data"]["recipient"]["phone"]), (&Value::Null, &Value::Null));
    assert_eq!(new["data"]["warnings"].as_array().unwrap().len(), 1, "{new}");
    for (body, status) in [(json!({"action": "send", "text": "hi"}), 400), (json!([]), 400)] {
        assert_eq!(dry_run(&workspace, &body).status, status);
    }

    assert_eq!(events(&server), before);
    assert_eq!((workspace.credits(), workspace.chats().len()), (9, 1));
}

#[test]
fn a_dry_run_is_not_remembered_and_only_true_and_false_are_understood() {
    let server = Server::start();
    let workspace = server.workspace();
    let post = |dry: &str, key: &str| {
        let request = Request::post(&*workspace.inbound).header("Dry-Run", dry).header("Idempotency-Key", key);
        workspace.ask(&request.json(&message(PHONE, "hi")))
    };
    assert_eq!(post("TRUE", "order-17").success()["data"]["dry_run"], true);
    let first = post("false", "order-17");
    assert!(!first.is_replayed());
    first.message_id();
    assert_eq!(post("true", "order-17").success()["data"]["dry_run"], true);
    let unknown = post("maybe", "order-18");
    assert_eq!((unknown.status, unknown.json()["error"]["param"].as_str()), (400, Some("Dry-Run")));
    assert_eq!(workspace.credits(), 9);
}

#[test]
fn a_disabled_webhook_refuses_until_it_is_enabled_again() {
    let server = Server::start();
    let workspace = server.workspace();
    set_inbound(&workspace, &json!({"enabled": false}));
    let answer = workspace.post(&message(PHONE, "hi"));
    assert_eq!((answer.status, code(&answer).as_str()), (403, "webhook_disabled"));
    assert_eq!(answer.json()["message"], "Webhook is disabled");
    set_inbound(&workspace, &json!({"enabled": true}));
    workspace.send(PHONE, "hi");
}

#[test]
fn a_strict_webhook_refuses_what_others_are_warned_about() {
    let server = Server::start();
    let workspace = server.workspace();
    let unknown = json!({"action": "send", "phone": PHONE, "text": "hi", "colour": "red"});
    let local = message("0532 111 22 33", "hi");
    assert_eq!(dry_run(&workspace, &unknown).status, 200);
    set_inbound(&workspace, &json!({"strict": true}));
    for (body, wanted) in [(&unknown, "unknown_field"), (&local, "invalid_phone")] {
        let answer = workspace.post(body);
        assert_eq!((answer.status, code(&answer).as_str()), (400, wanted), "{answer:?}");
        let param = if wanted == "unknown_field" { "colour" } else { "phone" };
        assert_eq!(answer.json()["error"]["param"], param);
    }
    workspace.send(PHONE, "hi");
    assert_eq!(workspace.credits(), 9);
}

#[test]
fn a_replaced_url_and_one_that_never_was_are_answered_alike() {
    let server = Server::start();
    let workspace = server.workspace();
    let replaced = workspace.inbound.clone();
    workspace.ask(&workspace.api("POST", "/inbound/rotate").json(&json!({}))).success();
    let never = format!("/in/in_{}", "0".repeat(26));
    for body in [message(PHONE, "hi").to_string(), "{".to_owned(), "x".repeat(3 << 20)] {
        for (method, status) in [("POST", 404), ("PUT", 405)] {
            let [one, two] = [&replaced, &never].map(|path| {
                let answer = server.http().ask(&Request::new(method, path).body("application/json", &*body));
                let shape = |id: &str| answer.text().replace(id, "");
                let names: BTreeSet<_> = answer.headers.iter().map(|(name, _)| name.clone()).collect();
                (answer.status, shape(answer.header("X-Request-Id").unwrap()), names)
            });
            assert_eq!((one.0, &one), (status, &two));
        }
    }
    assert_eq!(workspace.credits(), 10);
}

#[test]
fn browsers_get_a_page_that_is_the_same_for_every_url() {
    let server = Server::start();
    let workspace = server.workspace();
    let open = |method, path: &str| server.http().ask(&Request::new(method, path).header("Accept", "text/html,*/*"));
    let known = open("GET", &workspace.inbound);
    let strange = open("GET", "/in/%3Cscript%3Ealert(1)%3C%2Fscript%3E");
    assert_eq!((known.status, known.text()), (405, strange.text()));
    assert!(known.text().contains("curl -d") && !known.text().contains("in_") && !known.text().contains("<script"));
    for (name, value) in [("Allow", "POST"), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store")] {
        assert_eq!(known.header(name), Some(value));
    }
    assert!(known.header("Content-Security-Policy").unwrap().starts_with("default-src 'self'"));
    assert_eq!(known.header("Content-Type"), Some("text/html; charset=utf-8"));
    assert_eq!((open("HEAD", &workspace.inbound).status, open("HEAD", &workspace.inbound).body), (405, vec![]));
    let program = server.http().ask(&Request::get(&*workspace.inbound));
    assert_eq!((program.status, code(&program).as_str()), (405, "method_not_allowed"));
    assert_eq!(program.header("Allow"), Some("POST"));
}

#[test]
fn a_browser_gets_a_page_where_there_is_something_and_where_there_is_nothing() {
    let server = Server::start();
    let open = |path: &str, accept: &str| server.http().ask(&Request::get(path).header("Accept", accept));
    for (path, status, words) in [
        ("/", 200, "a WhatsApp gateway for CRMs"),
        ("/docs", 200, "swagger"),
        ("/docs/", 200, "swagger"),
        ("/nothing", 404, "There is nothing at this address"),
        ("/docs/nothing/here", 404, "There is nothing at this address"),
    ] {
        let page = open(path, "text/html,*/*");
        assert_eq!((page.status, page.header("Content-Type")), (status, Some("text/html; charset=utf-8")), "{path}");
        assert!(page.text().contains(words) && page.header("Content-Security-Policy").is_some(), "{path}");
    }
    let program = open("/nothing", "application/json");
    assert_eq!((program.status, code(&program).as_str()), (404, "not_found"));
    let hidden = open("/in_0123456789ABCDEFGHIJabcdef", "text/html");
    assert_eq!((hidden.status, hidden.header("Referrer-Policy")), (404, Some("no-referrer")));
}

/// Sends a part of a request, waits until the server closes the connection, and returns what it answered.
fn abandon(port: u16, half: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(CLOSED_WITHIN)).unwrap();
    stream.write_all(half.as_bytes()).unwrap();
    let mut said = Vec::new();
    match stream.read_to_end(&mut said) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "still open: {half}"),
    }
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn half_sent_headers_and_bodies_are_hung_up_on_while_others_are_served() {
    let server = Server::start();
    let workspace = server.workspace();
    let head = format!("POST {} HTTP/1.1\r\nHost: x\r\n", workspace.inbound);
    let unknown = head.replace("/in/in_", "/in/in_0");
    let body = "Content-Length: 100\r\n\r\n{\"action\":";
    let chunk = "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"act";
    let cases = [
        (String::new(), "HTTP/1.1 408"),
        ("POST /in".to_owned(), "HTTP/1.1 408"),
        (head.clone(), "HTTP/1.1 408"),
        (format!("{head}{body}"), "request_timeout"),
        (format!("{head}{chunk}"), "request_timeout"),
        (format!("{unknown}{body}"), "webhook_not_found"),
        (format!("{unknown}{chunk}"), "webhook_not_found"),
        (format!("POST /sim/v1/receive HTTP/1.1\r\nHost: 127.0.0.1\r\n{body}"), "HTTP/1.1 400"),
        (format!("PUT /sim/v1/chaos HTTP/1.1\r\nHost: 127.0.0.1\r\n{chunk}"), "HTTP/1.1 400"),
        (format!("POST /sim/v1/echo/crm HTTP/1.1\r\nHost: 127.0.0.1\r\n{body}"), "HTTP/1.1 "),
    ];
    std::thread::scope(|scope| {
        let port = server.port;
        let abandoned: Vec<_> =
            cases.iter().map(|(part, said)| (part, said, scope.spawn(move || abandon(port, part)))).collect();
        for nth in 0..5 {
            workspace.send(PHONE, &format!("meanwhile {nth}"));
        }
        for (part, wanted, thread) in abandoned {
            let said = thread.join().unwrap();
            assert!(said.contains(wanted), "{part}: {said}");
        }
    });
    assert_eq!(workspace.credits(), 5);
}

#[test]
fn our_own_api_takes_the_same_message_and_answers_with_it() {
    let server = Setup::new().clock_rate(60).start();
    let workspace = server.workspace();
    let post = |path: &str, body: &Value| workspace.ask(&workspace.api("POST", path).json(body));
    let first = post("/messages", &json!({"phone": PHONE, "text": "hi", "account": ACCOUNT_PHONE}));
    assert_eq!(first.status, 201, "{first:?}");
    let sent = first.json();
    assert_eq!(
        (&sent["text"], &sent["account"], &sent["direction"]),
        (&json!("hi"), &json!(ACCOUNT_PHONE), &json!("sent"))
    );
    assert_eq!(first.header("X-Credits-Remaining"), Some("9"));
    let id = sent["message_id"].as_str().unwrap();
    assert_eq!(workspace.message(id).view["chat_id"], sent["chat_id"]);

    let path = format!("/chats/{}/messages", sent["chat_id"].as_str().unwrap());
    let second = post(&path, &json!({"text": "and again", "phone": "+12025550199"}));
    assert_eq!((second.status, &second.json()["chat_id"]), (201, &sent["chat_id"]));
    for (path, body, status, wanted) in [
        ("/messages", json!({"text": "hi"}), 400, "recipient_missing"),
        ("/messages", json!({"phone": PHONE}), 400, "missing_field"),
        ("/messages", json!({"phone": PHONE, "text": "hi", "action": "receive"}), 400, "invalid_value"),
        ("/chats/100100000999/messages", json!({"text": "hi"}), 404, "chat_not_found"),
    ] {
        let answer = post(path, &body);
        assert_eq!((answer.status, code(&answer).as_str()), (status, wanted), "{answer:?}");
    }
    set_inbound(&workspace, &json!({"enabled": false}));
    let key = |text: &str| {
        let request = workspace.api("POST", "/messages").header("Idempotency-Key", "order-17");
        workspace.ask(&request.json(&json!({"phone": PHONE, "text": text})))
    };
    let (third, again) = (key("the webhook's switch is not ours"), key("the webhook's switch is not ours"));
    assert_eq!((third.status, again.status, again.is_replayed()), (201, 201, true));
    assert_eq!(third.json()["message_id"], again.json()["message_id"]);
    assert_eq!(key("another").status, 409);
    let dry = workspace.api("POST", "/messages").header("Dry-Run", "true");
    let dry = workspace.ask(&dry.json(&json!({"phone": PHONE, "text": "hi"})));
    assert_eq!((dry.status, &dry.json()["data"]["cost"]), (200, &json!(1)));
    assert_eq!(workspace.credits(), 7);
    let attempts = workspace.ask(&workspace.api("GET", "/inbound/attempts")).success();
    assert_eq!(attempts["data"], json!([]), "only the secret URL has attempts");
}
