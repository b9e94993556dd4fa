//! Tests the list of recent tries as its owner sees it: listing, showing, downloading, and surviving a stop.

use std::time::Duration;

use events::ids::WorkspaceId;
use events::time::Timestamp;
use serde_json::{Value, json};
use tidings::outbound::{Answered, Fault, Request, Response, Try};

use crate::simulation::life::{ADMIN_KEY, Life, Machine, Reply};

const AT: Timestamp = Timestamp::from_ms(1_700_000_000_000);
const KEPT: usize = 100;

/// A workspace with its API key.
#[derive(Clone)]
struct Owner {
    id: WorkspaceId,
    key: String,
}

impl Owner {
    async fn new(life: &Life, name: &str) -> Self {
        let owner = json!({"full_name": "Ada Example", "email": "ada@acme.example", "language": "en"});
        let body = json!({"name": name, "owner": owner, "credits": 1});
        let made = life.post("/admin/v1/workspaces", ADMIN_KEY, &body).await.body;
        let id = made["workspace_id"].as_u64().and_then(WorkspaceId::new).unwrap();
        Self { id, key: made["api_key"].as_str().unwrap().to_owned() }
    }

    async fn get(&self, life: &Life, path: &str) -> Reply {
        life.get(&format!("/api/v1/outbound{path}"), &self.key).await
    }

    async fn tries(&self, life: &Life, query: &str) -> Vec<Value> {
        self.get(life, &format!("/tries{query}")).await.body["data"].as_array().unwrap().clone()
    }
}

fn note(life: &Life, owner: &Owner, nth: i64, fault: Option<Fault>) {
    life.gateway.tries.push(owner.id, made(nth, fault));
}

fn note_test(life: &Life, owner: &Owner, nth: i64, is_test: bool) {
    let tried = made(nth, None);
    life.gateway.tries.push(owner.id, if is_test { tried.as_test() } else { tried });
}

fn made(nth: i64, fault: Option<Fault>) -> Try {
    let headers = vec![("webhook-id".to_owned(), nth.to_string())];
    let request =
        Request { url: "https://crm.example/hook?key=k1".to_owned(), headers, body: format!("[{nth}]").into_bytes() };
    let status = if fault.is_some() { 500 } else { 200 };
    let headers = [("x-trace", "a1"), ("retry-after", "60")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let response =
        Response { status, headers: headers.to_vec(), body: "=1+1".to_owned(), body_cut: false, retry_after: None };
    let answered = Answered { response: Some(response), fault, duration: Duration::from_millis(84) };
    Try::new(AT.plus_ms(nth.unsigned_abs()), nth.to_string(), &request, answered)
}

fn bodies(tries: &[Value]) -> Vec<&str> {
    tries.iter().map(|tried| tried["request"]["body"].as_str().unwrap()).collect()
}

#[test]
fn a_try_shows_what_was_sent_what_came_back_and_what_went_wrong() {
    let ended = Machine::new(1).live(1, None, async |life| {
        let owner = Owner::new(&life, "Acme").await;
        assert_eq!(owner.tries(&life, "").await, [Value::Null; 0]);
        note(&life, &owner, 7, Some(Fault::Status(500)));
        let listed = owner.tries(&life, "").await;
        let wanted = json!({
            "id": listed[0]["id"],
            "at": "2023-11-14T22:13:20.007Z",
            "delivery_id": "7",
            "url": "https://crm.example/hook?***",
            "request": {"headers": {"webhook-id": "7"}, "body": "[7]"},
            "response": {"status": 500, "headers": {"retry-after": "60"}, "body": "=1+1"},
            "error": "report_http_error: The receiver answers with status 500",
            "duration_ms": 84,
        });
        assert_eq!(listed, std::slice::from_ref(&wanted));
        let path = format!("/tries/{}", wanted["id"].as_str().unwrap());
        assert_eq!(owner.get(&life, &path).await.body, wanted);
        assert_eq!(owner.get(&life, "/log.json").await.body, json!([wanted]));
        assert_eq!(owner.get(&life, "/log.csv").await.status, 200);
        assert_eq!(owner.get(&life, "/log.txt").await.status, 200);
    });
    assert!(ended.is_some());
}

#[test]
fn what_there_is_not_and_what_is_another_workspaces_is_not_found() {
    let ended = Machine::new(2).live(2, None, async |life| {
        let (mine, other) = (Owner::new(&life, "Acme").await, Owner::new(&life, "Globex").await);
        note(&life, &other, 1, None);
        assert_eq!(mine.tries(&life, "").await, [Value::Null; 0]);
        let theirs = other.tries(&life, "").await[0]["id"].as_str().unwrap().to_owned();
        for id in ["try_1", "att_1", "1", theirs.as_str()] {
            let reply = mine.get(&life, &format!("/tries/{id}")).await;
            assert_eq!((reply.status, &reply.body["error"]["code"]), (404, &json!("try_not_found")), "{id}");
        }
    });
    assert!(ended.is_some());
}

#[test]
fn ten_are_shown_a_hundred_are_kept_and_pages_lead_through_them() {
    let ended = Machine::new(3).live(3, None, async |life| {
        let owner = Owner::new(&life, "Acme").await;
        (0..130).for_each(|nth| note(&life, &owner, nth, None));
        let newest: Vec<String> = (30..130).rev().map(|nth| format!("[{nth}]")).collect();
        assert_eq!(bodies(&owner.tries(&life, "").await), newest[..10]);
        assert_eq!(bodies(&owner.tries(&life, "?limit=100").await), newest);
        assert_eq!(owner.get(&life, "/log.json").await.body.as_array().map(Vec::len), Some(KEPT));
        for wrong in ["0", "501", "x"] {
            assert_eq!(owner.get(&life, &format!("/tries?limit={wrong}")).await.status, 400, "{wrong}");
        }
        let first = owner.get(&life, "/tries?limit=60").await.body;
        let next = first["page"]["next"].as_str().unwrap().to_owned();
        let rest = owner.tries(&life, &format!("?limit=60&after={next}")).await;
        assert_eq!(bodies(&rest), newest[60..]);
    });
    assert!(ended.is_some());
}

/// Tests are kept apart from real tries.
#[test]
fn tests_take_the_place_of_no_real_try_over_a_stop_either() {
    let machine = Machine::new(5);
    let made = machine.live(5, None, async |life| {
        let owner = Owner::new(&life, "Acme").await;
        for nth in 0..200 {
            note_test(&life, &owner, nth, nth % 4 != 0);
        }
        let tries = owner.tries(&life, "?limit=200").await;
        life.gateway.stop().await;
        (owner, tries)
    });
    let (owner, tries) = made.unwrap();
    let count = |tries: &[Value], is_test| tries.iter().filter(|tried| (tried["test"] == true) == is_test).count();
    assert_eq!((count(&tries, false), count(&tries, true)), (50, 6));
    let after = machine.live(6, None, async |life| {
        assert_eq!(owner.tries(&life, "?limit=200").await, tries);
        for nth in 200..280 {
            note_test(&life, &owner, nth, nth % 4 == 0);
        }
        let tries = owner.tries(&life, "?limit=200").await;
        life.gateway.stop().await;
        tries
    });
    let tries = after.unwrap();
    assert_eq!((count(&tries, false), count(&tries, true)), (100, 6));
    let again = machine.live(7, None, async |life| owner.tries(&life, "?limit=200").await);
    assert_eq!(again, Some(tries));
}

#[test]
fn tries_outlive_a_stop_and_a_crash_a_moment_later() {
    let machine = Machine::new(4);
    let made = machine.live(4, None, async |life| {
        let owner = Owner::new(&life, "Acme").await;
        (0..30).for_each(|nth| note(&life, &owner, nth, None));
        let before = owner.tries(&life, "?limit=100").await;
        life.gateway.stop().await;
        (owner, before)
    });
    let (owner, before) = made.unwrap();
    let after = machine.live(5, None, async |life| {
        assert_eq!(owner.tries(&life, "?limit=100").await, before);
        note(&life, &owner, 31, Some(Fault::Unreachable));
        let before = owner.tries(&life, "?limit=100").await;
        // Tries are saved every second.
        tokio::time::sleep(Duration::from_secs(3)).await;
        before
    });
    let before = after.unwrap();
    let after = machine.live(6, None, async |life| owner.tries(&life, "?limit=100").await);
    assert_eq!((before.len(), after), (31, Some(before)));
}
