//! What an owner does while programs listen: has a report posted again, gives one up, takes away the URL, revokes a key.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use serde_json::json;

use super::listening::{answer, arrived, hear, open, owner, setup, texts, untouched};
use super::owner::events;
use super::receiver::{Receiver, status};
use crate::harness::{Follower, Request, SOON, wait_until};

#[test]
fn a_report_is_resent_to_whoever_listens_if_there_is_no_url() {
    let (server, owner) = owner(setup());
    let mut listener = open(&server, &owner.workspace, "");
    hear(&server, "once more");
    let report = listener.until("report").pop().unwrap().data;
    answer(&owner.workspace, &report, &json!({"status": 200})).success();
    let id = owner.tried()["delivery_id"].as_str().unwrap().to_owned();
    wait_until("it is taken", SOON, || events(&server, "DeliverySucceeded").pop());

    owner.post(&format!("/deliveries/{id}/resend"));
    let again = listener.until("report").pop().unwrap().data;
    assert_eq!((&again["headers"]["webhook-id"], &again["body"]), (&json!(id), &report["body"]));
    answer(&owner.workspace, &again, &json!({"status": 500})).success();
    wait_until("it is tried", SOON, || (owner.tries().len() == 2).then_some(()));
    untouched(&owner, None);

    drop(listener);
    wait_until("it is noticed", SOON, || events(&server, "ListeningEnded").pop());
    let nowhere = owner.workspace.api("POST", &format!("/outbound/deliveries/{id}/resend")).json(&json!({}));
    let refused = owner.workspace.ask(&nowhere);
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (409, &json!("no_webhook_url")));
}

#[test]
fn what_a_listener_refuses_can_be_given_up() {
    let (server, owner) = owner(setup().set("TIDINGS_OUTBOUND__RETRY_S", "3600"));
    let mut listener = open(&server, &owner.workspace, "");
    hear(&server, "refused");
    let report = listener.until("report").pop().unwrap().data;
    answer(&owner.workspace, &report, &json!({"status": 500})).success();
    wait_until("it has failed", SOON, || events(&server, "DeliveryFailed").pop());
    let id = report["headers"]["webhook-id"].as_str().unwrap();
    owner.post(&format!("/deliveries/{id}/discard"));
    assert_eq!(events(&server, "SingleDeliveryDiscarded").len(), 1);
    hear(&server, "accepted");
    owner.post("/reset-errors");
    let next = listener.until("report").pop().unwrap().data;
    assert!(next["body"].as_str().unwrap().contains("accepted"), "{next}");
}

#[test]
fn what_a_listener_held_goes_to_the_receiver_of_now_and_to_nobody_if_there_is_none() {
    for (change, other_gets) in
        [(json!({"url": null}), false), (json!({"enabled": false}), false), (json!({"url": "other"}), true)]
    {
        let [receiver, other] = [0, 1].map(|_| Receiver::start(|_| status(204)));
        let (server, owner) = owner(setup());
        owner.set(&json!({"url": receiver.url("/hook")}));
        let mut holder = open(&server, &owner.workspace, "?instead=true");
        holder.next().unwrap();
        hear(&server, "held");
        holder.until("report");
        let change = if other_gets { json!({"url": other.url("/hook")}) } else { change };
        owner.set(&change);
        drop(holder);
        wait_until("it is noticed", SOON, || (events(&server, "ListeningEnded").len() == 2).then_some(()));
        if other_gets {
            arrived(&other, "held");
        } else {
            wait_until("the try has ended", SOON, || events(&server, "DeliveryFailed").pop());
        }
        assert_eq!(texts(&receiver), [""; 0], "{change}");
    }
}

#[test]
fn what_is_discarded_while_a_listener_holds_it_goes_nowhere() {
    let receiver = Receiver::start(|_| status(204));
    let (server, owner) = owner(setup());
    owner.set(&json!({"url": receiver.url("/hook")}));
    let mut holder = open(&server, &owner.workspace, "?instead=true");
    holder.next().unwrap();
    hear(&server, "given up");
    let report = holder.until("report").pop().unwrap().data;
    owner.post(&format!("/deliveries/{}/discard", report["headers"]["webhook-id"].as_str().unwrap()));
    drop(holder);
    wait_until("the try has ended", SOON, || events(&server, "DeliveryFailed").pop());
    hear(&server, "told");
    arrived(&receiver, "told");
    assert_eq!(texts(&receiver), ["told"]);
}

#[test]
fn whatever_a_listener_asked_for_in_place_of_the_url_ends_with_it() {
    let receiver = Receiver::start(|_| status(204));
    let (server, owner) = owner(setup());
    let url = receiver.url("/hook");
    owner.set(&json!({"url": url}));
    let mut listener = open(&server, &owner.workspace, "?instead=true");
    listener.next().unwrap();
    hear(&server, "later");
    let report = listener.until("report").pop().unwrap().data;
    let busy = json!({"status": 503, "headers": {"Retry-After": "86400"}});
    answer(&owner.workspace, &report, &busy).success();
    wait_until("it waits", SOON, || owner.shown()["next_try_at"].is_string().then_some(()));
    drop(listener);
    arrived(&receiver, "later");
    owner.wait_until_told();
    untouched(&owner, Some(&url));
}

#[test]
fn a_revoked_key_is_told_nothing_more_and_does_nothing_more() {
    let receiver = Receiver::start(|_| status(204));
    let (server, owner) = owner(setup());
    owner.set(&json!({"url": receiver.url("/hook")}));
    let made = owner.workspace.ask(&owner.workspace.api("POST", "/keys").json(&json!({"name": "stolen"}))).success();
    let key = made["key"].as_str().unwrap();
    let listen = Request::get("/api/v1/outbound/listen?instead=true").bearer(key);
    let mut listener = Follower::open_without_ids(&server.http(), &listen);
    listener.next().unwrap();
    let body = json!({"name": "evil"}).to_string();
    let head = format!(
        "POST /api/v1/keys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut begun = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    begun.write_all(format!("{head}{{").as_bytes()).unwrap();
    // The server has read the head once it answers a later request.
    owner.shown();

    owner.workspace.ask(&owner.workspace.api("DELETE", &format!("/keys/{}", made["id"]))).success();
    hear(&server, "secret");
    arrived(&receiver, "secret");
    let told: Vec<_> = std::iter::from_fn(|| listener.next()).collect();
    assert!(told.iter().all(|event| event.event != "report"), "told after it was revoked");
    begun.write_all(&body.as_bytes()[1..]).unwrap();
    let mut answer = [0; 12];
    begun.read_exact(&mut answer).unwrap();
    assert_eq!(answer, *b"HTTP/1.1 401");
}

#[test]
fn a_listener_whose_lines_nobody_reads_ends_and_what_it_did_not_tell_goes_to_the_url() {
    let receiver = Receiver::start(|_| status(204));
    let (server, owner) = owner(setup());
    owner.set(&json!({"url": receiver.url("/hook")}));
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    command.args(["listen", "--instead", "--api-key", &owner.workspace.api_key, "--data-dir"]).arg(server.data_dir());
    let mut listening = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(listening.stdout.take());
    wait_until("it listens", SOON, || events(&server, "ListeningStarted").pop());
    hear(&server, "untold");
    arrived(&receiver, "untold");
    let ended = wait_until("it ends", SOON, || listening.try_wait().unwrap());
    assert_eq!(ended.code(), Some(0));
}
