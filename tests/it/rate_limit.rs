//! Flood limits through the real HTTP server; the limiter's own tests cover bursts in virtual time.

use crate::harness::client::message;
use crate::harness::{Answer, Request, Server, Setup, Workspace};

const PHONE: &str = "+12025550101";

fn assert_too_many(answer: &Answer) {
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(answer.json()["error"]["code"], "too_many_requests", "{answer:?}");
    let wait: u32 = answer.header("Retry-After").and_then(|seconds| seconds.parse().ok()).unwrap();
    assert!((1..=2).contains(&wait), "{answer:?}");
}

/// Posts until a request is refused; returns the statuses before that.
fn until_refused(mut post: impl FnMut() -> Answer) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..200 {
        let answer = post();
        if answer.status == 429 {
            assert_too_many(&answer);
            return statuses;
        }
        statuses.push(answer.status);
    }
    panic!("nothing was refused: {statuses:?}");
}

fn post(workspace: &Workspace, forwarded: Option<&str>) -> Answer {
    let request = Request::post(&*workspace.inbound).json(&message(PHONE, ""));
    let request = forwarded.into_iter().fold(request, |request, value| request.header("X-Forwarded-For", value));
    workspace.ask(&request)
}

#[test]
fn an_urls_limit_concerns_that_url_alone_and_leaves_an_attempt() {
    let server = Setup::new().set("TIDINGS_LIMITS__FLOOD_PER_TOKEN_S", "3").start();
    let (mine, other) = (server.workspace(), server.create_workspace("Globex", 10));
    let passed = until_refused(|| post(&mine, None));
    assert!(passed.len() >= 3 && passed.iter().all(|status| *status == 400), "{passed:?}");
    assert_eq!(post(&other, None).status, 400);
    let view = mine.ask(&mine.api("GET", "/inbound/attempts")).success();
    assert_eq!(view["data"][0]["status"], 429, "{view}");
}

#[test]
fn an_addresss_limit_concerns_whatever_it_tries() {
    let server = Setup::new().set("TIDINGS_LIMITS__FLOOD_PER_ADDRESS_S", "3").start();
    let workspace = server.workspace();
    let unknown = Request::post("/in/in_0123456789ABCDEFGHIJKL").json(&message(PHONE, "hi"));
    let passed = until_refused(|| server.http().ask(&unknown));
    assert!(passed.iter().all(|status| *status == 404), "{passed:?}");
    // A client without a trusted proxy cannot change its address with a header.
    until_refused(|| post(&workspace, Some("198.51.100.7")));
    assert_eq!(workspace.credits(), 10, "the API has no such limit");
}

#[test]
fn behind_a_trusted_proxy_each_client_has_its_own_limit() {
    let limit = Setup::new().set("TIDINGS_LIMITS__FLOOD_PER_ADDRESS_S", "1");
    let server = limit.set("TIDINGS_HTTP__TRUSTED_PROXIES", "127.0.0.0/8").start();
    let workspace = server.workspace();
    until_refused(|| post(&workspace, Some("198.51.100.7")));
    for client in ["198.51.100.8", "198.51.100.9", "2001:db8::1"] {
        assert_eq!(post(&workspace, Some(client)).status, 400, "{client}");
    }
}

#[test]
fn without_limits_nobody_is_told_to_slow_down() {
    let server = Server::start();
    let workspace = server.workspace();
    assert!((0..200).all(|_| post(&workspace, None).status == 400));
}
