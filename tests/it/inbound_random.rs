//! Random requests to the inbound webhook: each is accepted or refused, and a refused one changes nothing.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use crate::harness::client::message;
use crate::harness::{ACCOUNT_PHONE, ADMIN_KEY, Answer, Request, SOON, Server, Setup, Workspace};

const PHONE: &str = "+12025550101";
const CASES: u32 = 1_000;
const CREDITS: u64 = 1_000;
/// The largest body that the server reads.
const BODY_BYTES_MAX: usize = 1 << 20;

/// Returns the position of the log's last event.
fn head(server: &Server) -> u64 {
    let rows = events_after(server, 0);
    rows.last().map_or(0, |row| row["position"].as_u64().unwrap())
}

/// Returns at most 500 events.
fn events_after(server: &Server, position: u64) -> Vec<Value> {
    let path = format!("/admin/v1/events?limit=500&from={}", position + 1);
    let listed = server.http().ask(&Request::get(path).bearer(ADMIN_KEY)).success();
    listed["data"].as_array().unwrap().clone()
}

fn of_type<'a>(rows: &'a [Value], name: &str) -> Vec<&'a Value> {
    rows.iter().filter(|row| row["type"] == name).map(|row| &row["data"]).collect()
}

/// A field's name, with a value that fits it, nearly fits it, or is arbitrary.
fn field() -> impl Strategy<Value = (String, Value)> {
    let near = |name: &'static str, values: Vec<Value>| {
        (Just(name.to_owned()), prop_oneof![5 => prop::sample::select(values), 1 => anything()])
    };
    prop_oneof![
        near("action", vec![json!("send"), json!("send"), json!("Send"), json!(" send")]),
        near("text", vec![json!("hi"), json!(""), json!("\u{a0}\n"), json!(17), json!("👩‍👩‍👧\u{202e}"), json!("\0")]),
        near(
            "phone",
            vec![json!(PHONE), json!(12_025_550_102_u64), json!("0532 111 22 33"), json!(-0.0), json!(1e300)]
        ),
        near("jid", vec![json!("12025550101@s.whatsapp.net"), json!("1@g.us"), json!("x@lid"), json!("@c.us")]),
        near("chat_id", vec![json!("1"), json!(100_100_000_001_u64), json!("-1"), json!("٣"), json!(u64::MAX)]),
        near("chat_name", vec![json!(PHONE), json!("Ada"), json!(" ")]),
        near("file_url", vec![json!("https://files.example/cat.png"), json!("cat.png"), json!("javascript:1")]),
        near("file_name", vec![json!("cat.png"), json!("../cat.png"), json!("C:\\cat.png"), json!("\u{202e}gnp.cat")]),
        near("whatsapp account phone", vec![json!(ACCOUNT_PHONE), json!("+12025550109"), json!(12_025_550_100_u64)]),
        near("whatsapp_account_phone", vec![json!(ACCOUNT_PHONE), json!("1 (202) 555-0100")]),
        ("\\PC{0,12}", anything()),
    ]
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(Value::from))
}

/// An object of such fields, half of the time on top of a valid message.
fn object() -> impl Strategy<Value = Vec<u8>> {
    (any::<bool>(), prop::collection::vec(field(), 0..5)).prop_map(|(begun, fields)| {
        let base = if begun { message(PHONE, "hi") } else { json!({}) };
        let mut object: Map<String, Value> = base.as_object().cloned().unwrap_or_default();
        object.extend(fields);
        Value::Object(object).to_string().into_bytes()
    })
}

/// A valid message padded with blanks to a size near the limit or far above it, or that many brackets.
fn large() -> impl Strategy<Value = Vec<u8>> {
    let sizes = prop::sample::select(vec![BODY_BYTES_MAX - 1, BODY_BYTES_MAX, BODY_BYTES_MAX + 1, 3 * BODY_BYTES_MAX]);
    (sizes, any::<bool>()).prop_map(|(size, in_order)| {
        let mut body = if in_order { message(PHONE, "hi").to_string().into_bytes() } else { Vec::new() };
        body.resize(size, if in_order { b' ' } else { b'[' });
        body
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let cut = (object(), any::<prop::sample::Index>()).prop_map(|(mut body, at)| {
        body.truncate(at.index(body.len()));
        body
    });
    let turned = (object(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut body, at, byte)| {
        let at = at.index(body.len());
        body[at] = byte;
        body
    });
    let noise = prop::collection::vec(any::<u8>(), 0..200);
    prop_oneof![8 => object(), 2 => cut, 3 => turned, 2 => noise, 1 => large(), 1 => Just(Vec::new())]
}

fn header() -> impl Strategy<Value = (String, String)> {
    let known = prop::sample::select(vec![
        ("Dry-Run", "true"),
        ("Dry-Run", "false"),
        ("Dry-Run", "?"),
        ("Idempotency-Key", "k"),
        ("Idempotency-Key", ""),
        ("Content-Type", "multipart/form-data"),
        ("Content-Encoding", "gzip"),
        ("Expect", "nonsense"),
        ("X-Forwarded-For", "x, 1.2.3.4"),
        ("Authorization", "Bearer x"),
    ]);
    let known = known.prop_map(|(name, value)| (name.to_owned(), value.to_owned()));
    prop_oneof![4 => known, 1 => ("X-[a-z]{1,20}", "[ -~]{0,100}")]
}

fn request(path: &str) -> impl Strategy<Value = Request> + use<> {
    let path = path.to_owned();
    let methods = prop::sample::select(vec!["POST", "POST", "POST", "POST", "POST", "PUT", "DELETE", "GET"]);
    (methods, body(), prop::collection::vec(header(), 0..3)).prop_map(move |(method, body, headers)| {
        let request = Request::new(method, path.clone()).body("application/json", body);
        headers.iter().fold(request, |request, (name, value)| request.header(name, value))
    })
}

/// Checks the events since the request: one message was queued and charged, or nothing happened. Returns the cost.
fn judge(answer: &Answer, events: &[Value]) -> Result<i64, TestCaseError> {
    // Leaves out the events of earlier messages whose files turn out to be missing meanwhile: other events caused
    // them.
    let own = events.iter().filter(|event| event["cause"]["by"] != "transport" && event["cause"]["because"].is_null());
    let events: Vec<Value> = own.cloned().collect();
    let refused = (400..410).contains(&answer.status);
    prop_assert!(answer.status == 200 || refused, "{answer:?}");
    prop_assert_eq!(answer.json()["status"] == answer.status, refused, "{:?}", answer);
    let (queued, charged) = (of_type(&events, "MessageQueued"), of_type(&events, "CreditCharged"));
    match answer.json()["data"]["message_id"].as_str() {
        Some(id) if !answer.is_replayed() => {
            prop_assert_eq!((queued.len(), charged.len()), (1, 1), "{:?}: {:?}", answer, events);
            prop_assert!(id.ends_with(queued[0]["message"].as_str().unwrap_or("?")), "{answer:?}: {events:?}");
            Ok(charged[0]["amount"].as_i64().unwrap())
        }
        _ => {
            prop_assert_eq!(events, [] as [Value; 0], "{:?}", answer);
            Ok(0)
        }
    }
}

/// A server that is nearly idle: one message is sent and read, and the next would leave in ten minutes.
fn calm() -> (Server, Workspace) {
    let gap = "600000";
    let server = Setup::new().set("TIDINGS_PACING__GAP_MS_MIN", gap).set("TIDINGS_PACING__GAP_MS_MAX", gap).start();
    let workspace = server.create_workspace("Acme", CREDITS);
    workspace.connect_account(ACCOUNT_PHONE);
    let first = workspace.send(PHONE, "first");
    workspace.wait_for_state(&first, "read", SOON);
    (server, workspace)
}

#[test]
fn nothing_that_is_sent_breaks_the_door_and_what_is_refused_changes_nothing() {
    let (server, workspace) = calm();
    let position = Cell::new(head(&server));
    let (accepted, refused, charged) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let mut runner =
        TestRunner::new(Config { failure_persistence: None, cases: CASES, max_shrink_iters: 0, ..Config::default() });
    let outcome = runner.run(&request(&workspace.inbound), |request| {
        let answer = workspace.ask(&request);
        let events = events_after(&server, position.get());
        position.set(position.get() + events.len() as u64);
        let cost = judge(&answer, &events)?;
        charged.set(charged.get() + cost);
        let tally = if cost > 0 { &accepted } else { &refused };
        tally.set(tally.get() + 1);
        Ok(())
    });
    outcome.unwrap();
    let ledger = workspace.assert_ledger_adds_up();
    let amounts: Vec<i64> = ledger.iter().filter(|row| row.kind == "charged").map(|row| -row.amount).collect();
    assert_eq!((amounts.len(), amounts.iter().sum::<i64>()), (accepted.get() + 1, charged.get() + 1));
    assert!(accepted.get() > 10 && refused.get() > 50, "{} accepted, {} refused", accepted.get(), refused.get());
}

#[test]
fn a_hundred_thousand_nested_brackets_are_refused_like_any_other_nonsense() {
    let (server, workspace) = calm();
    let position = head(&server);
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    let objects = "{\"a\":".repeat(100_000);
    let begun = format!("{{\"action\":\"send\",\"phone\":\"{PHONE}\",\"text\":");
    for body in
        [format!("{open}{close}"), format!("{begun}{open}{close}}}"), format!("{begun}{objects}"), objects, open]
    {
        let answer = workspace.ask(&Request::post(&*workspace.inbound).body("application/json", body));
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    assert_eq!(events_after(&server, position), [] as [Value; 0]);
    workspace.send(PHONE, "still here");
}
