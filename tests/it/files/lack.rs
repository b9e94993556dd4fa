//! A gateway that has no descriptor left does the work later, and no message fails.

use std::net::TcpStream;

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::json;

use super::PNG;
use super::sent::{got, refunds, setup, shown, tenant, with_file, with_gaps};
use super::site::{Reply, site};
use crate::harness::{Request, SOON, Server, poll, wait_until};

const PHONE: &str = "+12025550101";
/// The number of descriptors left when the flood begins: enough for one request and the work that it causes.
const LEFT: usize = 4;
const FLOOD: usize = 24;
const MAXIMUM: u64 = 4_096;
/// The number of equal readings in a row that count as quiet.
const QUIET: u32 = 10;

/// Sets the process's limit of open files and connections.
fn allow(server: &Server, descriptors: u64) {
    let pid = Pid::from_raw(server.process().pid().cast_signed());
    let limit = Rlimit { current: Some(descriptors), maximum: Some(MAXIMUM) };
    prlimit(pid, Resource::Nofile, limit).expect("a process of ours");
}

/// Sets the limit so that the process can open only this many more: it never gets a descriptor number above the
/// limit.
fn leave(server: &Server, more: usize) {
    let listed = std::fs::read_dir(format!("/proc/{}/fd", server.process().pid())).unwrap();
    let taken: Vec<u64> = listed.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    let limit = (0..).filter(|number| !taken.contains(number)).nth(more);
    allow(server, limit.unwrap());
}

/// Waits until the number of open descriptors stops changing.
fn settled(server: &Server) {
    let count = || std::fs::read_dir(format!("/proc/{}/fd", server.process().pid())).unwrap().count();
    let (mut last, mut times) = (count(), 0);
    wait_until("nothing is opened or closed", SOON, || {
        let now = count();
        times = if now == last { times + 1 } else { 0 };
        last = now;
        (times >= QUIET).then_some(())
    });
}

fn lacked(server: &Server) -> bool {
    let page = server.http().ask(&Request::get("/metrics")).text();
    let line = page.lines().find(|line| line.starts_with("tidings_own_lacks_total{of=\"descriptors\"}"));
    line.is_some_and(|line| !line.ends_with(" 0"))
}

/// Idle connections take all descriptors while a message with a file and a report fall due.
#[test]
fn a_flood_that_takes_all_descriptors_fails_no_message_and_counts_no_error() {
    let busy = Reply::Bytes(b"HTTP/1.1 503 X\r\nRetry-After: 6\r\nContent-Length: 0\r\n\r\n".to_vec());
    let visits = std::sync::atomic::AtomicUsize::new(0);
    let files = site(move |_| match visits.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => busy.clone(),
        _ => Reply::file(PNG),
    });
    let receiver = site(|_| Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec()));
    let server = with_gaps(setup(), [6_000, 6_000]).start();
    let workspace = tenant(&server, 10);
    let url = json!({"url": receiver.url("/"), "enabled": true});
    workspace.ask(&workspace.api("PATCH", "/outbound").json(&url)).success();
    let first = workspace.send("+12025550102", "first");
    workspace.wait_for_state(&first, "sent", SOON);
    wait_until("the first report", SOON, || (receiver.requests().len() == 1).then_some(()));
    let texts = ["second", "third"].map(|text| workspace.send("+12025550102", text));
    let file = workspace.post(&with_file(PHONE, "", &files.url("/a"), "a.png")).message_id();
    wait_until("the file is asked for", SOON, || (files.requests().len() == 1).then_some(()));

    leave(&server, LEFT);
    let address = ("127.0.0.1", server.port);
    let flood: Vec<_> = (0..FLOOD).map(|_| TcpStream::connect(address).unwrap()).collect();
    // Either the flood takes what outgoing work needs, or the gateway reserves it: nothing fails in either case.
    let waited = || server.process().output().contains("waits for means of our own");
    let arrived = || files.requests().len() == 2 && receiver.requests().len() >= 2;
    poll(SOON, || (waited() || arrived()).then_some(())).expect("the flood shows");
    let was_lacking = waited();
    drop(flood);

    for id in texts.iter().chain([&file]) {
        workspace.wait_for_state(id, "sent", SOON);
    }
    wait_until("every report", SOON, || (receiver.requests().len() == 3).then_some(()));
    assert_eq!(got(&server.simulator(), PHONE), [(String::new(), shown("a.png", PNG))]);
    assert_eq!(refunds(&workspace), Vec::<String>::new());
    let outbound = workspace.ask(&workspace.api("GET", "/outbound")).success();
    assert_eq!((&outbound["errors_in_a_row"], &outbound["enabled"]), (&json!(0), &json!(true)));
    assert!(!was_lacking || lacked(&server), "what was lacking is counted");
}

/// A check cannot wait: its answer says that the gateway lacks resources, and when to retry.
#[test]
fn a_check_without_a_descriptor_is_answered_with_503() {
    let files = site(|_| Reply::file(PNG));
    let server = setup().start();
    let workspace = tenant(&server, 1);
    let check = workspace.api("POST", "/files/check").json(&json!({"url": files.url("/a"), "file_name": "a.png"}));
    assert_eq!(workspace.ask(&check).success()["ok"], true);
    // No descriptor is left, not even for a connection: the request uses one that is already open.
    let refused = poll(SOON, || {
        settled(&server);
        leave(&server, 0);
        let answer = workspace.try_ask(&check);
        allow(&server, MAXIMUM);
        answer.ok().filter(|answer| answer.status == 503)
    });
    let refused = refused.expect("without a descriptor nothing can be fetched");
    assert_eq!(refused.json()["error"]["code"], "unavailable");
    assert!(refused.header("Retry-After").is_some());
    assert_eq!(workspace.ask(&check).success()["ok"], true);
}
