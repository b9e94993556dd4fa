//! What WhatsApp itself makes of messages: it knows them by ids of their own, takes them before it sends them, and calls
//! people by more than one address.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::client::message;
use crate::harness::{ACCOUNT_PHONE, Request, SOON, Server, Setup, Workspace, wait_until};

const CONTACT: &str = "+12025550101";
/// The same phone, as its number is spelled otherwise.
const OTHER_SPELLING: &str = "+120255501019";
/// Answers after 20 s.
const SLOW: &str = "+12025550143";

fn start() -> (Server, Workspace) {
    let server = Setup::new().clock_rate(60).start();
    let workspace = server.workspace();
    (server, workspace)
}

/// The names of a message's events.
fn events(workspace: &Workspace, id: &str) -> Vec<String> {
    let timeline = workspace.ask(&workspace.api("GET", &format!("/messages/{id}/timeline"))).success();
    let rows = timeline["data"].as_array().unwrap();
    rows.iter().map(|row| row["type"].as_str().unwrap().to_owned()).collect()
}

fn has(events: &[String], name: &str) -> bool {
    events.iter().any(|event| event == name)
}

/// The number of chats, once any of them has this text.
fn chat_with(workspace: &Workspace, text: &str) -> String {
    wait_until("it is heard", SOON, || {
        let ids = workspace.chats().into_iter().map(|chat| chat["chat_id"].as_str().unwrap().to_owned());
        ids.into_iter().find(|id| {
            let messages = workspace.rows(&format!("/chats/{id}/messages"));
            messages.iter().any(|message| message["text"] == text)
        })
    })
}

#[test]
fn a_phone_shows_other_ids_than_ours_which_tell_nothing_of_their_order() {
    let server = Setup::new().clock_rate(60).start();
    let workspace = server.create_workspace("Acme", 100);
    workspace.connect_account(ACCOUNT_PHONE);
    let ids: Vec<String> = (0..12).map(|nth| workspace.send(CONTACT, &format!("text {nth}"))).collect();
    for id in &ids {
        // The receipts come back under the other id.
        workspace.wait_for_state(id, "read", SOON);
    }
    let mut rows = server.simulator().phone(CONTACT);
    rows.reverse();
    let column = |name: &str| rows.iter().map(|row| row[name].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let wire_ids = column("wire_id");
    assert_eq!(column("message_id"), ids);
    assert_eq!(wire_ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert!(wire_ids.iter().all(|wire_id| wire_id.len() == 20 && wire_id.starts_with("3EB0")), "{wire_ids:?}");
    assert!(wire_ids.iter().all(|wire_id| !ids.iter().any(|id| id.ends_with(wire_id))), "{wire_ids:?}");
    // Our ids rise; of twelve others the chance to rise is one in 479 million.
    assert!(ids.is_sorted() && !wire_ids.is_sorted(), "{wire_ids:?}");
}

#[test]
fn a_receipt_of_a_message_that_another_program_sent_is_passed_over() {
    let (server, workspace) = start();
    let simulator = server.simulator();
    let id = workspace.send(CONTACT, "ours");
    workspace.wait_for_state(&id, "read", SOON);
    let before = events(&workspace, &id);
    // Under our own id as it is, which is the wire id of none.
    let foreign = json!({"id": id, "wire_id": id.replace("wa_backend:", ""), "from": ACCOUNT_PHONE, "to": CONTACT, "text": "theirs"});
    assert_eq!(simulator.ask(&Request::post("/sim/v1/send").json(&foreign)).json()["outcome"], "sent");
    let next = workspace.send(CONTACT, "ours again");
    workspace.wait_for_state(&next, "read", SOON);
    assert_eq!(events(&workspace, &id), before);
    assert_eq!(workspace.chats().len(), 1);
}

#[test]
fn a_message_that_was_taken_is_sent_with_its_first_status() {
    let (server, workspace) = start();
    server.simulator().set_chaos(&json!({"accepted": 1}));
    let id = workspace.send(CONTACT, "hello");
    workspace.wait_for_state(&id, "read", SOON);
    let events = events(&workspace, &id);
    let place = |name: &str| events.iter().position(|event| event == name).unwrap_or_else(|| panic!("{events:?}"));
    assert!(place("SendStarted") < place("MessageAccepted") && place("MessageAccepted") < place("MessageSent"));
    assert_eq!(events.iter().filter(|event| *event == "MessageSent").count(), 1);
}

#[test]
fn a_message_of_which_nothing_more_is_heard_counts_as_sent_after_a_minute() {
    let (server, workspace) = start();
    server.simulator().set_chaos(&json!({"accepted": 1}));
    // All its statuses come before the answer.
    let id = workspace.send(SLOW, "hello");
    let events = wait_until("it is sent", SOON, || {
        let events = events(&workspace, &id);
        has(&events, "MessageSent").then_some(events)
    });
    assert_eq!(events.iter().rev().take(2).collect::<Vec<_>>(), ["MessageSent", "MessageAccepted"]);
    assert_eq!(workspace.message(&id).state, "read");
}

#[test]
fn a_message_that_is_refused_after_it_was_taken_is_refunded_once_and_never_sent() {
    let (server, workspace) = start();
    server.simulator().set_chaos(&json!({"refused_later": 1}));
    let before = workspace.credits();
    let id = workspace.send(CONTACT, "hello");
    workspace.wait_for_state(&id, "failed", SOON);
    server.simulator().set_chaos(&json!({}));
    let next = workspace.send(CONTACT, "hello again");
    workspace.wait_for_state(&next, "read", SOON);
    assert_eq!(workspace.credits(), before - 1);
    let events = events(&workspace, &id);
    assert!(has(&events, "MessageAccepted") && !has(&events, "MessageSent"), "{events:?}");
    assert_eq!(events.iter().filter(|event| *event == "CreditRefunded").count(), 1, "{events:?}");
    assert_eq!(server.simulator().texts(CONTACT), ["hello again"]);
}

#[test]
fn both_spellings_of_a_number_lead_to_one_chat() {
    let (server, workspace) = start();
    let simulator = server.simulator();
    simulator.set_chaos(&json!({"spelled": 1}));
    let id = workspace.send(CONTACT, "hello");
    workspace.wait_for_state(&id, "read", SOON);
    simulator.receive(ACCOUNT_PHONE, OTHER_SPELLING, "hello yourself");
    let chat = chat_with(&workspace, "hello yourself");
    assert_eq!(chat_with(&workspace, "hello"), chat);
    let id = workspace.post(&message(OTHER_SPELLING, "and again")).message_id();
    workspace.wait_for_state(&id, "read", SOON);
    assert_eq!((chat_with(&workspace, "and again"), workspace.chats().len()), (chat, 1));
    assert_eq!(simulator.texts(CONTACT), ["and again", "hello"]);
}

/// Lets the contact write from any address until the gateway must have heard of all of them.
fn write_from_all(server: &Server, workspace: &Workspace) {
    let simulator = server.simulator();
    simulator.set_chaos(&json!({"hidden": 1}));
    for nth in 0..30 {
        simulator.receive(ACCOUNT_PHONE, CONTACT, &format!("from somewhere {nth}"));
    }
    chat_with(workspace, "from somewhere 29");
}

fn erase(workspace: &Workspace, chat: &str) -> Value {
    let erase = workspace.api("POST", &format!("/chats/{chat}/erase")).json(&json!({"reason": "she asked for it"}));
    workspace.ask(&erase).success()
}

#[test]
fn a_hidden_number_leads_to_the_chat_of_its_phone_until_that_is_erased() {
    let (server, workspace) = start();
    let simulator = server.simulator();
    let id = workspace.send(CONTACT, "hello");
    workspace.wait_for_state(&id, "read", SOON);
    let chat = chat_with(&workspace, "hello");
    write_from_all(&server, &workspace);
    let before = workspace.chats().len();
    for nth in 0..10 {
        simulator.receive(ACCOUNT_PHONE, CONTACT, &format!("known {nth}"));
    }
    for nth in 0..10 {
        assert_eq!(chat_with(&workspace, &format!("known {nth}")), chat);
    }
    assert_eq!(workspace.chats().len(), before);

    erase(&workspace, &chat);
    for nth in 0..10 {
        simulator.receive(ACCOUNT_PHONE, CONTACT, &format!("anew {nth}"));
    }
    let anew: Vec<String> = (0..10).map(|nth| chat_with(&workspace, &format!("anew {nth}"))).collect();
    assert!(!anew.contains(&chat), "{chat} in {anew:?}");
}
