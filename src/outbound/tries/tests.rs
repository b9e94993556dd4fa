//! The parts of a try that are kept and shown.

use std::sync::Arc;

use events::history::{History, ReadMode};
use events::ids::WorkspaceId;
use events::index::Index;
use events::log::Log;
use events::store::memory_log::MemoryLog;
use events::vault::MemoryVault;
use serde_json::{Value, json};

use super::*;
use crate::outbound::Fault;

const AT: Timestamp = Timestamp::from_ms(1_700_000_000_000);

fn request(body: &[u8]) -> Request {
    let headers = [("content-type", "application/json"), ("webhook-signature", "v1,AAAA")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Request { url: "https://crm.example/".to_owned(), headers, body: body.to_vec() }
}

fn response(status: u16, body: &str) -> Response {
    Response { status, headers: Vec::new(), body: body.to_owned(), body_cut: false, retry_after: None }
}

fn answered(response: Option<Response>, fault: Option<Fault>) -> Answered {
    Answered { response, fault, duration: Duration::from_micros(84_999) }
}

fn shown(request: &Request, answered: Answered) -> Value {
    let (tries, log): (_, Arc<dyn Log>) = (Tries::default(), Arc::new(MemoryLog::default()));
    let index = Index::open(Arc::clone(&log), Arc::new(MemoryVault::endless())).unwrap();
    let history = History::new(log, Arc::new(index), ReadMode::Inline);
    tries.push(WorkspaceId::nth(1), Try::new(AT, "10010001".to_owned(), request, answered));
    let (number, view) = tries.list(&history, WorkspaceId::nth(1)).unwrap().remove(0);
    assert_eq!(view.id, format!("try_{number}"));
    let text = serde_json::to_string(&view).unwrap();
    assert_eq!(serde_json::from_str::<TryView>(&text).unwrap(), view, "saved and read back");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_success_is_shown_with_everything_sent_and_received() {
    let mut view = shown(&request(b"{}"), answered(Some(response(200, "ok")), None));
    let id = view.as_object_mut().unwrap().shift_remove("id");
    assert!(id.is_some_and(|id| id.as_str().unwrap().starts_with("try_")));
    let wanted = json!({
        "at": "2023-11-14T22:13:20.000Z",
        "delivery_id": "10010001",
        "url": "https://crm.example/",
        "request": {
            "headers": {"content-type": "application/json", "webhook-signature": "v1,AAAA"},
            "body": "{}",
        },
        "response": {"status": 200, "headers": {}, "body": "ok"},
        "error": null,
        "duration_ms": 84,
    });
    assert_eq!(view.to_string(), wanted.to_string());
}

#[test]
fn a_failure_says_its_code_first_and_shows_an_answer_where_there_was_one() {
    let view = shown(&request(b"{}"), answered(None, Some(Fault::Timeout(Duration::from_secs(15)))));
    assert_eq!(view["response"], Value::Null);
    assert_eq!(view["error"], "report_timeout: The receiver did not answer within 15 seconds");
    let view = shown(&request(b"{}"), answered(Some(response(500, "oops")), Some(Fault::Status(500))));
    assert_eq!(view["response"], json!({"status": 500, "headers": {}, "body": "oops"}));
    assert_eq!(view["error"], "report_http_error: The receiver answers with status 500");
}

#[test]
fn long_bodies_are_cut_and_say_so() {
    for (bytes, is_cut) in [(BODY_BYTES_MAX, false), (BODY_BYTES_MAX + 1, true)] {
        let view = shown(&request(&vec![b'x'; bytes]), answered(None, None));
        assert_eq!(view["request"]["body"].as_str().map(str::len), Some(BODY_BYTES_MAX));
        assert_eq!(view["request"].get("body_cut").is_some(), is_cut);
    }
    let cut = Response { body_cut: true, ..response(200, "x") };
    assert_eq!(shown(&request(b""), answered(Some(cut), None))["response"]["body_cut"], true);
}

#[test]
fn no_secret_of_ours_is_shown_wherever_it_comes_from() {
    const SECRET: &str = "0123456789ABCDEFGHIJKLmnop";
    let mut request = request(format!("{{\"text\":\"wsk_{SECRET}\"}}").as_bytes());
    request.headers.push(("authorization".to_owned(), format!("Bearer {SECRET}")));
    let view = shown(&request, answered(Some(response(200, &format!("whsec_{SECRET}"))), None)).to_string();
    assert!(!view.contains(SECRET) && view.contains("wsk_***") && view.contains("whsec_***"), "{view}");
}

#[test]
fn tries_and_attempts_have_notes_of_their_own() {
    use crate::recent::attempts::Attempt;
    assert_ne!(Try::NEWEST, Attempt::NEWEST);
    assert_ne!(Try::NOTES, Attempt::NOTES);
}

#[test]
fn without_room_the_bodies_go_and_the_rest_stays() {
    let mut long = Try::new(AT, "1".to_owned(), &request(b"long"), answered(Some(response(200, "long")), None));
    let before = long.bytes();
    long.drop_bodies();
    assert_eq!(long.bytes(), before - 8);
    let view = long.view(1);
    assert_eq!((view.request.body.as_str(), view.request.body_cut), ("", true));
    assert_eq!(
        view.response,
        Some(ResponseView { status: 200, headers: BTreeMap::new(), body: String::new(), body_cut: true })
    );
}
