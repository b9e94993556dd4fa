//! Checks what must hold for every answer, and for the log after it.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, HeaderMap};
use actix_web::web::Bytes;
use events::event::Event;
use events::ids::WorkspaceId;
use events::record::Record;
use events::who::Who;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tidings::codes::{self, Kind};

use super::request::{Request, Url};

/// An answer as it leaves the gateway.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// The answer to a request, and its effects.
#[derive(Debug)]
pub struct Exchange {
    /// The workspace whose URL it was sent to; `None` if the URL is nobody's.
    pub workspace: Option<WorkspaceId>,
    pub answer: Answer,
    /// All commits since the request was sent.
    pub records: Vec<Record>,
    /// Credits before the request; 0 without a workspace.
    pub balance_before: u64,
    /// Credits after the answer.
    pub balance: u64,
}

/// By workspace and idempotency key, the body and the message id of the first accepted message.
pub type RememberedAnswers = BTreeMap<(Option<WorkspaceId>, Vec<u8>), (Vec<u8>, String)>;

/// Panics if anything is wrong. `secret` is the token, which no answer may show.
pub fn judge(request: &Request<'_>, seen: &Exchange, secret: Option<&str>, kept: &mut RememberedAnswers) {
    let answer = &seen.answer;
    let text = String::from_utf8(answer.body.to_vec()).expect("answers are texts");
    assert!(matches!(answer.status, 200 | 400..=409), "{request:?}: {answer:?}");
    assert!(secret.is_none_or(|secret| !text.contains(secret)), "the answer shows the token: {answer:?}");
    // For a HEAD request, the server later sends only the headers of this answer.
    let is_page = request.method == Method::GET && is_page(request, answer);
    let value = if is_page { Value::Null } else { serde_json::from_str(&text).expect("answers are JSON") };
    if let Some(message) = value.pointer("/data/message_id").and_then(Value::as_str) {
        accepted(request, seen, &value, message, kept);
    } else {
        assert_eq!(seen.records, [], "{request:?}: {answer:?}");
        assert_eq!(seen.balance, seen.balance_before, "{request:?}: {answer:?}");
        if answer.status == 200 {
            verdict(request, answer, &value);
        } else {
            let code = refused(request, answer, &value);
            let kept = request.key().and_then(|key| kept.get(&(seen.workspace, key.to_vec())));
            let other = kept.is_some_and(|(body, _)| !says_the_same(body, request.body).unwrap_or(false));
            assert!(code != "idempotency_conflict" || other, "{request:?}: {answer:?}");
        }
    }
}

fn is_page(request: &Request<'_>, answer: &Answer) -> bool {
    let kind = answer.header("content-type").unwrap_or_default();
    let wanted = request
        .headers
        .iter()
        .any(|(name, value)| name == ACCEPT && value.to_str().is_ok_and(|value| value.contains("text/html")));
    let is_page = kind == "text/html; charset=utf-8";
    let is_refused = matches!(answer.status, 404 | 405);
    assert!(!is_page || wanted && is_refused && answer.body.starts_with(b"<!"), "{request:?}: {answer:?}");
    is_page
}

/// Checks an accepted message: it is queued and charged once, in one commit, unless its key has been answered before.
fn accepted(request: &Request<'_>, seen: &Exchange, value: &Value, message: &str, kept: &mut RememberedAnswers) {
    let Exchange { workspace, answer, records, .. } = seen;
    assert_eq!(request.method, Method::POST);
    assert!(matches!(request.url, Url::Open | Url::Strict | Url::Poor), "{request:?}: {answer:?}");
    assert_eq!((answer.status, value), (200, &json!({"status": "success", "data": {"message_id": message}})));
    assert!(!request.is_dry(), "{request:?}: {answer:?}");
    let id = request.key().map(|key| (*workspace, key.to_vec()));
    if answer.header("idempotent-replayed").is_some() {
        let first = id.as_ref().and_then(|id| kept.get(id));
        let (body, first) = first.unwrap_or_else(|| panic!("nothing was kept: {request:?}: {answer:?}"));
        assert_eq!(first, message, "{request:?}: {answer:?}");
        assert_ne!(says_the_same(body, request.body), Some(false), "{request:?}: {answer:?}");
        assert_eq!(*records, [], "{request:?}: {answer:?}");
        return;
    }
    if let Some(id) = id {
        kept.insert(id, (request.body.to_vec(), message.to_owned()));
    }
    let own: Vec<&Record> = records.iter().filter(|record| answer.is_of(record.cause.command)).collect();
    let [own] = own.as_slice() else { panic!("{} commits of one request: {records:?}", own.len()) };
    let cost = cost(request.body);
    assert_eq!((Some(own.workspace), own.cause.by), (*workspace, Who::Inbound));
    assert_eq!(charged(own), [(message.to_owned(), cost)], "{request:?}: {own:?}");
    assert_eq!(queued(own), [(message.to_owned(), cost)], "{request:?}: {own:?}");
    let others: Vec<_> = records.iter().filter(|record| record.cause.command != own.cause.command).collect();
    assert!(others.iter().all(|record| queued(record).is_empty() && charged(record).is_empty()), "{others:?}");
    let left = seen.balance_before.checked_sub(cost).expect("nobody overdraws");
    assert_eq!(answer.header("x-credits-remaining"), Some(left.to_string().as_str()));
}

/// Returns the cost of a message by its body alone: 2 with a text and a file, else 1.
fn cost(body: &[u8]) -> u64 {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    // A JSON number may be too large for any machine type.
    let body: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(body).expect("only JSON is accepted");
    let given = |name: &str| match body.get(name).map(|value| serde_json::from_str::<Value>(value.get())) {
        Some(Ok(Value::String(text))) => !text.trim().is_empty(),
        Some(Ok(Value::Null)) | None => false,
        Some(_) => true,
    };
    if given("text") && given("file_url") { 2 } else { 1 }
}

/// A JSON value for comparison: numbers are compared by their digits, and the last of repeated fields counts.
#[derive(PartialEq)]
enum Said {
    Text(String),
    Object(BTreeMap<String, Said>),
    List(Vec<Said>),
    Other(String),
}

impl Said {
    /// Returns `None` if a string contains half a surrogate pair, which only a lenient parser accepts.
    fn read(value: &str) -> Option<Self> {
        match value.as_bytes().first()? {
            b'"' => serde_json::from_str(value).ok().map(Self::Text),
            b'{' => {
                let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(value).ok()?;
                let fields = fields.into_iter().map(|(name, value)| Some((name, Self::read(value.get())?)));
                fields.collect::<Option<_>>().map(Self::Object)
            }
            b'[' => {
                let list: Vec<Box<RawValue>> = serde_json::from_str(value).ok()?;
                list.iter().map(|value| Self::read(value.get())).collect::<Option<_>>().map(Self::List)
            }
            _ => Some(Self::Other(value.to_owned())),
        }
    }
}

/// Returns whether two bodies have equal fields; `None` if that cannot be told.
fn says_the_same(one: &[u8], other: &[u8]) -> Option<bool> {
    if one == other {
        return Some(true);
    }
    let read = |body: &[u8]| {
        let text = std::str::from_utf8(body).ok()?;
        Said::read(text.trim_start_matches('\u{feff}').trim_ascii())
    };
    Some(read(one)? == read(other)?)
}

fn queued(record: &Record) -> Vec<(String, u64)> {
    let told = record.events.iter().filter_map(|event| match event {
        Event::MessageQueued(e) => Some((e.message.to_string(), e.cost)),
        _ => None,
    });
    told.collect()
}

fn charged(record: &Record) -> Vec<(String, u64)> {
    let told = record.events.iter().filter_map(|event| match event {
        Event::CreditCharged(e) => Some((e.message.to_string(), e.amount)),
        _ => None,
    });
    told.collect()
}

fn verdict(request: &Request<'_>, answer: &Answer, value: &Value) {
    assert!(request.is_dry(), "{request:?}: {answer:?}");
    assert_eq!(value.get("status"), Some(&json!("success")), "{answer:?}");
    assert_eq!(value.pointer("/data/dry_run"), Some(&json!(true)), "{answer:?}");
}

/// Checks that a refusal has the one shape of all refusals. Returns its code; empty for a page.
fn refused<'a>(request: &Request<'_>, answer: &Answer, value: &'a Value) -> &'a str {
    let status = answer.status;
    let is_right = match (&request.method, request.url) {
        (&Method::POST, Url::Wrong | Url::Odd) => status == 404,
        (&Method::POST, _) => status != 405,
        (_, Url::Odd) => matches!(status, 404 | 405),
        (&Method::GET | &Method::HEAD, _) | (_, Url::Wrong) => status == 405,
        _ => matches!(status, 400 | 405),
    };
    assert!(is_right, "{request:?}: {answer:?}");
    let Some(object) = value.as_object() else { return "" };
    let keys: Vec<&str> = object.keys().map(String::as_str).collect();
    assert_eq!(keys, ["status", "data", "message", "error"], "{answer:?}");
    assert_eq!((&value["status"], &value["data"]), (&json!(status), &json!({})), "{answer:?}");
    assert!(value["message"].as_str().is_some_and(|message| !message.is_empty()), "{answer:?}");
    let details: Vec<&str> = value["error"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    assert_eq!(details, ["code", "param", "hint", "link", "request_id"], "{answer:?}");
    let code = value["error"]["code"].as_str().unwrap_or_default();
    assert_eq!(codes::find(code).map(|code| code.kind), Some(Kind::Refusal(status)), "{answer:?}");
    assert_eq!(value["error"]["request_id"].as_str(), answer.header("x-request-id"));
    code
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// True if it answers the request that gave this command.
    fn is_of(&self, command: u64) -> bool {
        self.header("x-request-id") == Some(format!("req_{command:016x}").as_str())
    }
}
