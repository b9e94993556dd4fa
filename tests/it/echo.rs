//! Tests the simulator's echo receivers from outside: within a gateway, beside one, and without a simulator.

use serde_json::{Value, json};

use crate::harness::{ACCOUNT_PHONE, Http, Request, Setup, SimulatorProcess};

const CLOCK_RATE: u32 = 60;

fn post_twice(http: &Http, name: &str) -> Vec<Value> {
    let path = format!("/sim/v1/echo/{name}");
    for id in ["msg_1", "msg_2"] {
        let request = Request::post(&path).json(&json!({"text": "hi"})).header("webhook-id", id);
        assert_eq!(http.ask(&request).status, 200);
    }
    http.ask(&Request::get(format!("{path}/requests"))).success()["data"].as_array().unwrap().clone()
}

#[test]
fn a_receiver_of_a_gateway_keeps_what_it_got() {
    let server = Setup::new().clock_rate(CLOCK_RATE).start();
    let kept = post_twice(&server.http(), "demo");
    let ids: Vec<_> = kept.iter().map(|row| row["headers"]["webhook-id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["msg_2", "msg_1"]);
    assert_eq!((&kept[0]["method"], &kept[0]["body"]), (&json!("POST"), &json!("{\"text\":\"hi\"}")));
    assert_eq!(post_twice(&server.http(), "other").len(), 2);
}

#[test]
fn a_receiver_fails_when_it_is_told_to() {
    let server = Setup::new().clock_rate(CLOCK_RATE).start();
    let settings = Request::new("PUT", "/sim/v1/echo/demo/settings").json(&json!({"status": 500, "retry_after": 7}));
    let told = server.http().ask(&settings).success();
    assert_eq!(told, json!({"status": 500, "delay_ms": 0, "retry_after": 7}));
    let failed = server.http().ask(&Request::post("/sim/v1/echo/demo").json(&json!({})));
    assert_eq!((failed.status, failed.header("retry-after")), (500, Some("7")));
}

#[test]
fn with_a_simulator_of_its_own_a_gateway_serves_the_echo_and_nothing_else_of_it() {
    let simulator = SimulatorProcess::start(CLOCK_RATE);
    let server = Setup::new().simulated_by(&simulator).start();
    assert_eq!(post_twice(&server.http(), "demo").len(), 2);
    let phone = format!("/sim/v1/phones/{ACCOUNT_PHONE}/messages");
    assert_eq!(server.http().ask(&Request::get(&phone)).status, 404);
    assert_eq!(simulator.client().ask(&Request::get(&phone)).status, 200);
    let of_its_own = simulator.client().ask(&Request::get("/sim/v1/echo/demo/requests")).json();
    assert_eq!(of_its_own["data"], json!([]), "each has receivers of its own");
}

#[test]
fn without_the_simulator_there_is_no_echo() {
    let server = Setup::new().set("TIDINGS_SIMULATOR__ENABLED", "false").start();
    for request in [
        Request::post("/sim/v1/echo/demo").json(&json!({})),
        Request::get("/sim/v1/echo/demo/requests"),
        Request::new("PUT", "/sim/v1/echo/demo/settings").json(&json!({"status": 500})),
    ] {
        assert_eq!(server.http().ask(&request).status, 404);
    }
}
