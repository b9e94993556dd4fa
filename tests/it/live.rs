//! The live stream of a workspace: in order, without gaps or duplicates, and without events of other workspaces.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tidings::secrets::digest;
use tokio::time::Instant;

use crate::harness::client::message;
use crate::harness::{
    ADMIN_KEY, Answer, Follower, Request, SOON, Server, Setup, StreamEvent, Workspace, random_below, wait_until,
};

const PHONE: &str = "+12025550101";
/// Fields of events that only the operator may see.
const HIDDEN: [&str; 4] = ["callback", "key_hash", "replaces", "token_hash"];

fn stream(workspace: &Workspace) -> Request {
    workspace.api("GET", "/stream")
}

/// Opens a stream that begins after this position.
fn follow(server: &Server, workspace: &Workspace, after: u64) -> Follower {
    let request = stream(workspace).header("Last-Event-ID", &after.to_string());
    let follower = Follower::open(&server.http(), &request);
    assert_eq!(follower.last_id, Some(after));
    follower
}

/// The events that a workspace's stream must send, according to the operator's list.
fn log_of(server: &Server, workspace: &Workspace) -> Vec<StreamEvent> {
    let (http, mut told, mut after) = (server.http(), Vec::new(), 0);
    loop {
        let path = format!("/admin/v1/events?limit=500&after={after}");
        let page = http.ask(&Request::get(path).bearer(ADMIN_KEY)).success();
        for mut row in page["data"].as_array().unwrap().iter().cloned() {
            after = row["position"].as_u64().unwrap();
            row["data"].as_object_mut().unwrap().retain(|name, _| !HIDDEN.contains(&name.as_str()));
            if row["workspace"] == workspace.id {
                let event = row["type"].as_str().unwrap().to_owned();
                told.push(StreamEvent { id: after, event, data: row });
            }
        }
        if page["page"]["next"].is_null() {
            return told;
        }
    }
}

/// Follows from the beginning for as many events as the log has now.
fn follow_all(server: &Server, workspace: &Workspace) -> Vec<StreamEvent> {
    let wanted = log_of(server, workspace);
    follow(server, workspace, 0).take(wanted.len())
}

fn names(told: &[StreamEvent]) -> Vec<&str> {
    told.iter().map(|told| told.event.as_str()).collect()
}

fn refusal(answer: &Answer) -> (u16, Value, Value) {
    let error = answer.json()["error"].clone();
    (answer.status, error["code"].clone(), error["param"].clone())
}

#[test]
fn a_message_is_followed_from_its_acceptance_until_it_was_read() {
    let server = Server::start();
    let workspace = server.workspace();
    let mut follower = Follower::open(&server.http(), &stream(&workspace));
    let begun = follower.last_id.unwrap();
    let id = workspace.send(PHONE, "hi");
    let told = follower.until("MessageRead");
    let wanted = ["MessageQueued", "CreditCharged", "SendStarted", "MessageSent", "MessageDelivered", "MessageRead"];
    assert!(names(&told).ends_with(&wanted[2..]) && wanted.iter().all(|name| names(&told).contains(name)), "{told:?}");
    assert!(told.iter().any(|told| told.data["data"]["message"] == id.as_str()), "{told:?}");
    assert_eq!(told, log_of(&server, &workspace).split_off(log_of(&server, &workspace).len() - told.len()));
    assert!(told.iter().all(|told| told.id > begun));
}

#[test]
fn whoever_comes_back_misses_nothing_and_hears_nothing_twice() {
    let server = Setup::new().clock_rate(60).set("TIDINGS_LIMITS__STREAMS_PER_WORKSPACE", "100").start();
    let workspace = server.workspace();
    workspace.wait_for_state(&workspace.send(PHONE, "hi"), "read", SOON);
    let all = log_of(&server, &workspace);
    assert!(all.len() > 8, "{all:?}");
    for heard in 0..all.len() {
        let after = heard.checked_sub(1).map_or(0, |last| all[last].id);
        assert_eq!(follow(&server, &workspace, after).take(all.len() - heard), all[heard..], "after {after}");
        let path = format!("/stream?after={after}");
        let mut follower = Follower::open(&server.http(), &workspace.api("GET", &path));
        assert_eq!(follower.take(all.len() - heard), all[heard..], "{path}");
    }
    let both = workspace.api("GET", "/stream?after=1").header("Last-Event-ID", &all[3].id.to_string());
    assert_eq!(Follower::open(&server.http(), &both).next().as_ref(), Some(&all[4]), "the header counts more");
}

#[test]
fn a_workspace_hears_nothing_of_another() {
    let server = Setup::new().clock_rate(60).start();
    let (mine, other) = (server.workspace(), server.create_workspace("Globex", 10));
    other.connect_account("+12025550110");
    let (mut to_me, mut to_other) = (follow(&server, &mine, 0), follow(&server, &other, 0));
    for number in 0..5 {
        mine.send(PHONE, &format!("mine {number}"));
        other.send(PHONE, &format!("theirs {number}"));
    }
    for (workspace, follower, foreign) in [(&mine, &mut to_me, "theirs"), (&other, &mut to_other, "mine")] {
        let mut told = Vec::new();
        while told.iter().filter(|told: &&StreamEvent| told.event == "MessageRead").count() < 5 {
            told.push(follower.next().unwrap());
        }
        assert!(told.iter().all(|told| told.data["workspace"] == workspace.id), "{told:?}");
        assert!(!format!("{told:?}").contains(foreign), "{told:?}");
        assert_eq!(told, log_of(&server, workspace)[..told.len()]);
    }
}

#[test]
fn a_follower_who_leaves_and_comes_back_at_random_hears_the_log_while_it_grows() {
    let server = Setup::new().clock_rate(60).set("TIDINGS_PACING__GAP_MS_MIN", "0").start();
    let (mine, other) = (server.create_workspace("Acme", 1_000), server.create_workspace("Globex", 1_000));
    mine.connect_account("+12025550100");
    other.connect_account("+12025550110");
    let (mut told, mut after) = (Vec::new(), 0);
    thread::scope(|scope| {
        for workspace in [&mine, &other] {
            scope.spawn(|| (0..60).for_each(|number| drop(workspace.send(PHONE, &format!("text {number}")))));
        }
        while told.iter().filter(|told: &&StreamEvent| told.event == "MessageRead").count() < 60 {
            let mut follower = follow(&server, &mine, after);
            for _ in 0..=random_below(40) {
                told.push(follower.next().unwrap());
                if told.iter().filter(|told| told.event == "MessageRead").count() == 60 {
                    break;
                }
            }
            after = follower.last_id.unwrap();
        }
    });
    assert_eq!(told, log_of(&server, &mine)[..told.len()]);
}

#[test]
fn what_was_told_is_still_true_after_a_crash() {
    let mut server = Setup::new().clock_rate(60).start();
    let workspace = server.create_workspace("Acme", 1_000_000);
    workspace.connect_account("+12025550100");
    let (mut told, mut after) = (Vec::new(), 0);
    for round in 0..3 {
        let mut follower = follow(&server, &workspace, after);
        thread::scope(|scope| {
            let sender = scope.spawn(|| {
                let send = |number: &u32| workspace.try_post(&message(PHONE, "hi"), &format!("{round}-{number}"));
                (0..).map_while(|number| send(&number).ok()).inspect(|sent| assert_eq!(sent.status, 200)).count()
            });
            told.extend(follower.take(100 + usize::try_from(random_below(200)).unwrap()));
            server.kill9();
            while let Some(last) = follower.next() {
                told.push(last);
            }
            assert!(sender.join().unwrap() > 0);
        });
        after = told.last().unwrap().id;
        server.restart();
        assert_eq!(told, log_of(&server, &workspace)[..told.len()], "round {round}");
    }
}

#[test]
fn who_reads_slowly_gets_everything() {
    let server = Server::start();
    let workspace = server.create_workspace("Acme", 1_000);
    workspace.connect_account("+12025550100");
    let mut follower = follow(&server, &workspace, 0);
    let text = "x".repeat(50_000);
    for _ in 0..300 {
        workspace.send(PHONE, &text);
    }
    let queued = |told: &[StreamEvent]| told.iter().filter(|told| told.event == "MessageQueued").count();
    let mut told = Vec::new();
    while queued(&told) < 300 {
        told.push(follower.next().unwrap());
    }
    assert_eq!(told, log_of(&server, &workspace)[..told.len()]);
}

#[test]
fn a_place_that_is_none_is_refused() {
    let server = Server::start();
    let workspace = server.workspace();
    for wrong in ["abc", "-1", "1.5", "99999999999999999999", "18446744073709551615", "1000000"] {
        let header = workspace.ask(&stream(&workspace).header("Last-Event-ID", wrong));
        assert_eq!(refusal(&header), (400, json!("invalid_value"), json!("Last-Event-ID")), "{wrong}: {header:?}");
        let query = workspace.ask(&workspace.api("GET", &format!("/stream?after={wrong}")));
        assert_eq!(refusal(&query), (400, json!("invalid_value"), json!("after")), "{wrong}: {query:?}");
    }
    let empty = stream(&workspace).header("Last-Event-ID", "");
    assert_eq!(workspace.ask(&empty).status, 200, "browsers send an empty one before the first event");
}

#[test]
fn a_workspace_has_so_many_streams_and_leaving_one_makes_room() {
    let server = Setup::new().set("TIDINGS_LIMITS__STREAMS_PER_WORKSPACE", "2").start();
    let (mine, other) = (server.workspace(), server.create_workspace("Globex", 1));
    let (first, _second) = (follow(&server, &mine, 0), follow(&server, &mine, 0));
    let refused = mine.ask(&stream(&mine));
    assert_eq!(refusal(&refused), (429, json!("too_many_streams"), Value::Null), "{refused:?}");
    assert!(refused.header("Retry-After").is_some(), "{refused:?}");
    assert_eq!(mine.ask(&mine.api("HEAD", "/stream")).status, 200, "which opens none");
    let _theirs = follow(&server, &other, 0);
    drop(first);
    wait_until("the place is free", SOON, || (mine.ask(&stream(&mine)).status == 200).then_some(()));
}

#[test]
fn a_revoked_key_ends_its_streams_and_no_other() {
    let server = Server::start();
    let workspace = server.workspace();
    let made = workspace.ask(&workspace.api("POST", "/keys").json(&json!({"name": "second"}))).success();
    let with_second = Request::get("/api/v1/stream").bearer(made["key"].as_str().unwrap());
    let mut second = Follower::open(&server.http(), &with_second);
    let mut first = Follower::open(&server.http(), &stream(&workspace));
    let revoked = workspace.ask(&workspace.api("DELETE", &format!("/keys/{}", made["id"])));
    assert!(revoked.status < 300, "{revoked:?}");
    workspace.send(PHONE, "hi");
    assert_eq!(second.next(), None, "not even its own revocation");
    assert!(names(&first.until("MessageSent")).contains(&"KeyRevoked"));
}

#[test]
fn no_digest_of_a_secret_is_told() {
    let server = Server::start();
    let mut workspace = server.workspace();
    let made = workspace.ask(&workspace.api("POST", "/keys").json(&json!({"name": "second"}))).success();
    let mut secrets = vec![workspace.api_key.clone(), made["key"].as_str().unwrap().to_owned()];
    let token = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    secrets.push(token(&workspace.inbound));
    let rotated = workspace.ask(&workspace.api("POST", "/inbound/rotate")).success();
    workspace.inbound = format!("/in/{}", token(rotated["url"].as_str().unwrap()));
    secrets.push(token(&workspace.inbound));
    workspace.ask(&workspace.api("DELETE", &format!("/keys/{}", made["id"])));
    let told = follow_all(&server, &workspace);
    for event in ["KeyCreated", "KeyRevoked", "InboundUrlGenerated"] {
        assert!(names(&told).contains(&event), "{told:?}");
    }
    let told = format!("{told:?}");
    for secret in secrets {
        assert!(!told.contains(&digest(&secret).to_string()) && !told.contains(&secret), "{told}");
    }
}

#[test]
fn open_streams_do_not_hold_up_the_end() {
    let mut server = Server::start();
    let workspace = server.create_workspace("Acme", 1_000);
    workspace.connect_account("+12025550100");
    let text = "x".repeat(60_000);
    for _ in 0..200 {
        workspace.send(PHONE, &text);
    }
    let mut idle = Follower::open(&server.http(), &stream(&workspace));
    // More than the connection's buffers hold, so that the server has to wait for this reader.
    let stalled = follow(&server, &workspace, 0);
    let begun = Instant::now();
    assert_eq!(server.sigterm(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(8), "a forced end comes after 10 s: {:?}", begun.elapsed());
    while idle.next().is_some() {}
    drop(stalled);
}
