//! What is logged is changed at run time, goes back by itself, and never shows what people write.

use std::time::Duration;

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::harness::{ADMIN_KEY, Answer, Request, SOON, Server, Setup, wait_until};
use crate::simulation::life;
use crate::simulation::life::{Life, Machine};

const TEXT: &str = "Meet me at the blue gate";
const PHONE: &str = "+12025550101";

fn put(server: &Server, body: &Value) -> Answer {
    server.http().ask(&Request::new("PUT", "/admin/v1/log-level").bearer(ADMIN_KEY).json(body))
}

fn shown(server: &Server) -> Value {
    server.http().ask(&Request::get("/admin/v1/log-level").bearer(ADMIN_KEY)).success()
}

fn debug_lines(server: &Server) -> usize {
    server.process().output().lines().filter(|line| line.contains(" DEBUG ")).count()
}

#[test]
fn more_is_logged_on_request_but_no_text_and_no_number() {
    let server = Server::start();
    let workspace = server.workspace();
    let usual = "info,actix_server=warn";
    assert_eq!(shown(&server), json!({"level": usual, "until": null, "usual": usual}));
    assert_eq!(debug_lines(&server), 0);
    let changed = put(&server, &json!({"level": "trace"})).success();
    assert_eq!((&changed["level"], &changed["usual"]), (&json!("trace"), &json!(usual)));
    assert_eq!(shown(&server), changed);
    let id = workspace.send(PHONE, TEXT);
    workspace.wait_for_state(&id, "read", SOON);
    for stream in ["workspace/1001", "account/10010001", "chat/100100000001"] {
        let path = format!("/admin/v1/actors/{stream}");
        server.http().ask(&Request::get(&*path).bearer(ADMIN_KEY)).success();
        let because = json!({"reason": TEXT});
        server.http().ask(&Request::post(format!("{path}/rebuild")).bearer(ADMIN_KEY).json(&because)).success();
    }
    wait_until("debug lines are written", SOON, || (debug_lines(&server) > 5).then_some(()));
    put(&server, &json!({"level": "info", "minutes": 1})).success();
    let output = server.process().output();
    for personal in [TEXT, PHONE, "12025550101", "ada@acme.example"] {
        assert!(!output.contains(personal), "{personal} is logged");
    }
    let before = debug_lines(&server);
    workspace.send(PHONE, TEXT);
    shown(&server);
    assert_eq!(debug_lines(&server), before, "debug lines are still written");
}

#[test]
fn a_filter_that_logs_nothing_does_not_hide_that_it_counts() {
    let server = Setup::new().set("TIDINGS_LOG", "off").start();
    let notices = |server: &Server| server.process().output().matches("another log filter counts").count();
    for (nth, level) in (1..).zip(["off", "error", "tidings=off,info"]) {
        put(&server, &json!({"level": level})).success();
        wait_until("the change is logged", SOON, || (notices(&server) == nth).then_some(()));
    }
}

#[test]
fn what_is_no_filter_or_no_time_is_refused_with_what_would_do() {
    let server = Server::start();
    for (body, param) in [
        (json!({}), "level"),
        (json!({"level": ""}), "level"),
        (json!({"level": "debgu"}), "level"),
        (json!({"level": "tidings=loud"}), "level"),
        (json!({"level": "x".repeat(1_001)}), "level"),
        (json!({"level": 3}), "level"),
        (json!({"level": "debug", "minutes": 0}), "minutes"),
        (json!({"level": "debug", "minutes": 61}), "minutes"),
        (json!({"level": "debug", "minutes": null}), "minutes"),
        (json!({"level": "debug", "minute": 5}), "minute"),
    ] {
        let answer = put(&server, &body);
        assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!(param)), "{body}: {answer:?}");
    }
    let hint = put(&server, &json!({"level": "debgu"})).json()["error"]["hint"].clone();
    assert!(hint.as_str().unwrap().starts_with("off, error, warn, info, debug or trace"), "{hint}");
    assert_eq!(shown(&server)["until"], Value::Null);
}

async fn change(life: &Life, body: &Value) -> Value {
    let request = TestRequest::put().uri("/admin/v1/log-level");
    let request = request.insert_header(("Authorization", format!("Bearer {}", life::ADMIN_KEY)));
    let reply = life.ask_with(request, body.to_string()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body
}

#[test]
fn after_a_quarter_of_an_hour_or_as_asked_the_usual_filter_counts_again() {
    let machine = Machine::new(1);
    machine.fate.be_kind();
    let lived = machine.live(1, None, async |life| {
        let level = async || life.get("/admin/v1/log-level", life::ADMIN_KEY).await.body;
        let minutes = async |minutes| tokio::time::sleep(Duration::from_mins(minutes)).await;
        let usual = level().await;
        let changed = change(&life, &json!({"level": "debug"})).await;
        minutes(14).await;
        assert_eq!(level().await, changed);
        minutes(2).await;
        assert_eq!(level().await, usual);
        change(&life, &json!({"level": "trace", "minutes": 60})).await;
        minutes(30).await;
        let changed = change(&life, &json!({"level": "warn,actors=debug", "minutes": 40.0})).await;
        minutes(35).await;
        assert_eq!(level().await, changed, "the end of the first change has ended the second one");
        minutes(6).await;
        assert_eq!(level().await, usual);
    });
    assert!(lived.is_some(), "it must not crash");
}
