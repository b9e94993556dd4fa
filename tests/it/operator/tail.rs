//! The newest events first: in one request, in pages, and the same from a running gateway as from its data.

use serde_json::{Value, json};

use crate::harness::{ADMIN_KEY, Request, SOON, Server, wait_until};

fn positions(rows: &Value) -> Vec<u64> {
    rows["data"].as_array().unwrap().iter().map(|row| row["position"].as_u64().unwrap()).collect()
}

fn listed(server: &Server, query: &str) -> Value {
    server.http().ask(&Request::get(format!("/admin/v1/events{query}")).bearer(ADMIN_KEY)).success()
}

/// Starts a server with some events and an idle log; returns the last position too.
fn filled() -> (Server, u64) {
    let server = Server::start();
    for nth in 0..6 {
        server.create_workspace(&format!("Acme {nth}"), 5);
    }
    let all = positions(&listed(&server, "?limit=500"));
    (server, *all.last().unwrap())
}

#[test]
fn the_newest_events_come_first_when_they_are_asked_for_so() {
    let (server, head) = filled();
    let all: Vec<u64> = (1..=head).rev().collect();
    assert_eq!(positions(&listed(&server, "?order=desc&limit=500")), all);
    assert_eq!(positions(&listed(&server, "?order=desc&limit=2")), [head, head - 1]);
    assert_eq!(positions(&listed(&server, "?order=asc&limit=2")), [1, 2]);
    assert_eq!(positions(&listed(&server, "?order=desc&limit=2&from=2&to=5")), [5, 4]);
    let (after, before) = ("?order=desc&limit=2&after=5", "?order=desc&limit=2&before=2");
    assert_eq!(positions(&listed(&server, after)), [4, 3]);
    assert_eq!(positions(&listed(&server, before)), [4, 3]);
    assert_eq!(listed(&server, before)["page"], json!({"next": "3", "prev": "4"}));
    let granted = positions(&listed(&server, "?order=desc&type=CreditsGranted&limit=500"));
    assert!(granted.len() == 6 && granted.is_sorted_by(|a, b| a > b), "{granted:?}");
    let wrong = server.http().ask(&Request::get("/admin/v1/events?order=newest").bearer(ADMIN_KEY));
    assert_eq!((wrong.status, &wrong.json()["error"]["param"]), (400, &json!("order")));
}

/// The end of a log with a million events must not take twenty requests over a slow line.
#[test]
fn the_last_events_of_a_gateway_are_found_with_one_question() {
    let (server, head) = filled();
    let asked = || {
        let figures = server.http().ask(&Request::get("/metrics")).text();
        let line = figures.lines().find(|line| line.contains("/admin/v1/events\"") && line.contains("_total"));
        line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
    };
    let before = asked();
    let url = format!("http://127.0.0.1:{}", server.port);
    let told = server.command(&["--json", "events", "tail", "-n", "3", "--url", &url]);
    assert_eq!(told.code, Some(0), "{told:?}");
    let rows: Vec<Value> = told.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let positions: Vec<u64> = rows.iter().map(|row| row["position"].as_u64().unwrap()).collect();
    assert_eq!(positions, [head - 2, head - 1, head]);
    assert_eq!(asked() - before, 1);
}

/// The positions that a follower has printed so far.
fn followed(printed: &str) -> Vec<u64> {
    let rows = printed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    rows.filter_map(|row| row["position"].as_u64()).collect()
}

#[test]
fn a_follower_goes_on_where_it_was_when_the_gateway_comes_back() {
    let (mut server, head) = filled();
    let follower = server.beside(&["--json", "events", "tail", "--follow", "--from", "2"], "follower");
    let filter = ["--json", "events", "tail", "-n", "1", "--follow", "--type", "CreditsGranted"];
    let filtered = server.beside(&filter, "filtered");
    wait_until("all was printed", SOON, || (followed(&follower.output()).last() == Some(&head)).then_some(()));
    wait_until("one was printed", SOON, || (!followed(&filtered.output()).is_empty()).then_some(()));
    server.kill9();
    for follower in [&follower, &filtered] {
        wait_until("it noticed", SOON, || follower.output().contains("trying again").then_some(()));
    }
    server.restart();
    server.create_workspace("Globex", 5);
    let head = *positions(&listed(&server, "?limit=500")).last().unwrap();
    wait_until("it went on", SOON, || (followed(&follower.output()).last() == Some(&head)).then_some(()));
    assert_eq!(followed(&follower.output()), (2..=head).collect::<Vec<_>>());
    assert!(follower.output().contains("answers again"), "{}", follower.output());
    let mut granted = positions(&listed(&server, "?type=CreditsGranted&order=desc&limit=2"));
    granted.reverse();
    wait_until("the filtered one went on", SOON, || (followed(&filtered.output()) == granted).then_some(()));
}

#[test]
fn the_newest_events_read_the_same_beside_a_running_gateway_and_after_it() {
    let (mut server, _) = filled();
    let lines =
        ["events ls --order desc --limit 4", "events tail -n 3", "events ls --order desc --type CreditsGranted"];
    let all = |server: &Server| lines.map(|line| server.command(&line.split(' ').collect::<Vec<_>>()).stdout);
    let beside = all(&server);
    assert_eq!(server.sigterm(), Some(0));
    assert_eq!(beside, all(&server));
    assert_eq!(beside.each_ref().map(|text| text.lines().count()), [4, 3, 6]);
}
