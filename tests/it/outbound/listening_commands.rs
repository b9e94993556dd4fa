//! What an owner does about reports to whoever listens: has one posted again, and gives one up.

use serde_json::json;

use super::listening::{answer, hear, open, owner, setup, untouched};
use super::owner::events;
use crate::harness::{SOON, wait_until};

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
