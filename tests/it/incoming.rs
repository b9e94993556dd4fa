//! Messages and changes from WhatsApp: contacts write, owners type on their phones, connections break, chats get
//! names.

use serde_json::{Value, json};

use crate::harness::client::message;
use crate::harness::{ACCOUNT_PHONE, Request, SOON, Server, Setup, SimulatorProcess, Workspace, wait_until};

const CONTACT: &str = "+12025550101";
const OTHER: &str = "+12025550102";
const GROUP: &str = "120363025550101@g.us";

fn start() -> (Server, Workspace) {
    let server = Setup::new().clock_rate(60).start();
    let workspace = server.workspace();
    (server, workspace)
}

/// The messages of a chat, the oldest first.
fn said(workspace: &Workspace, chat: &Value) -> Vec<Value> {
    let path = format!("/chats/{}/messages", chat["chat_id"].as_str().unwrap());
    let mut view = workspace.ask(&workspace.api("GET", &path)).success();
    let mut messages = std::mem::take(view["data"].as_array_mut().unwrap());
    messages.reverse();
    messages
}

/// Waits until the newest chat has at least `count` messages, and returns both.
fn conversation(workspace: &Workspace, count: usize) -> (Value, Vec<Value>) {
    wait_until("all is heard", SOON, || {
        let chat = workspace.chats().pop()?;
        let messages = said(workspace, &chat);
        // Its title may have changed with the last message.
        (messages.len() >= count).then(|| (workspace.chats().pop().unwrap_or(chat), messages))
    })
}

fn texts(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["text"].as_str().unwrap()).collect()
}

fn rename(workspace: &Workspace, chat: &Value, name: &str) -> Value {
    let path = format!("/chats/{}", chat["chat_id"].as_str().unwrap());
    workspace.ask(&workspace.api("PATCH", &path).json(&json!({"name": name}))).success()
}

fn state_of(workspace: &Workspace) -> String {
    workspace.account(ACCOUNT_PHONE)["state"].as_str().unwrap().to_owned()
}

/// Posts a message that names the account, so that it is accepted and held while the account may not send.
fn held(workspace: &Workspace, text: &str) -> String {
    let mut body = message(CONTACT, text);
    body["whatsapp account phone"] = ACCOUNT_PHONE.into();
    workspace.post(&body).message_id()
}

#[test]
fn a_contact_who_writes_opens_a_chat_with_its_own_name() {
    let (server, workspace) = start();
    server.simulator().receive(ACCOUNT_PHONE, CONTACT, "hello");

    let (chat, messages) = conversation(&workspace, 1);

    assert_eq!(
        (&chat["name"], &chat["phone"], &chat["is_group"]),
        (&json!("Mary Major"), &json!(CONTACT), &json!(false))
    );
    assert_eq!((&chat["account"], &chat["jid"]), (&json!(ACCOUNT_PHONE), &json!("12025550101@s.whatsapp.net")));
    let [message] = &*messages else { panic!("one message: {messages:?}") };
    assert_eq!((&message["direction"], &message["text"]), (&json!("received"), &json!("hello")));
    assert_eq!((&message["account"], &message["chat_id"]), (&json!(ACCOUNT_PHONE), &chat["chat_id"]));
    assert_eq!((workspace.credits(), workspace.ledger().len()), (10, 1), "hearing costs nothing");
}

#[test]
fn an_answer_goes_into_the_chat_that_the_contact_has_opened() {
    let (server, workspace) = start();
    server.simulator().receive(ACCOUNT_PHONE, CONTACT, "hello");
    let (chat, _) = conversation(&workspace, 1);
    let body = json!({"action": "send", "chat_id": chat["chat_id"], "text": "hi Mary"});
    workspace.post(&body).message_id();

    let (_, messages) = conversation(&workspace, 2);

    assert_eq!(texts(&messages), ["hello", "hi Mary"]);
    assert_eq!([&messages[0]["direction"], &messages[1]["direction"]], ["received", "sent"]);
    assert_eq!(workspace.chats().len(), 1);
}

#[test]
fn a_group_is_one_chat_whoever_of_it_writes() {
    let (server, workspace) = start();
    for member in [CONTACT, OTHER] {
        let body = json!({"account": ACCOUNT_PHONE, "jid": GROUP, "from": member, "name": "Sales", "text": member,
            "file_name": "list.pdf"});
        server.simulator().hear("receive", &body);
    }

    let (chat, messages) = conversation(&workspace, 2);

    assert_eq!((&chat["name"], &chat["phone"], &chat["is_group"]), (&json!("Sales"), &json!(""), &json!(true)));
    assert_eq!((&chat["jid"], workspace.chats().len()), (&json!(GROUP), 1));
    assert_eq!(texts(&messages), [CONTACT, OTHER]);
    assert_eq!((&messages[0]["file"]["name"], &messages[0]["direction"]), (&json!("list.pdf"), &json!("received")));
}

#[test]
fn what_is_typed_on_the_phone_is_sent_by_us_and_costs_nothing() {
    let (server, workspace) = start();
    server.simulator().typed(ACCOUNT_PHONE, CONTACT, "on my way");

    let (chat, messages) = conversation(&workspace, 1);

    assert_eq!((&chat["phone"], &messages[0]["direction"]), (&json!(CONTACT), &json!("sent")));
    assert_eq!((&messages[0]["text"], &messages[0]["state"]), (&json!("on my way"), &json!("sent")));
    assert_eq!((workspace.credits(), server.simulator().texts(CONTACT).len()), (10, 0));
}

#[test]
fn what_is_reported_a_second_time_is_no_second_message() {
    let simulator = SimulatorProcess::start(60);
    let mut server = Setup::new().clock_rate(60).simulated_by(&simulator).start();
    let workspace = server.workspace();
    simulator.client().receive(ACCOUNT_PHONE, CONTACT, "once");
    simulator.client().typed(ACCOUNT_PHONE, CONTACT, "typed once");
    conversation(&workspace, 2);

    // After a restart the simulator repeats all updates from the beginning.
    assert_eq!(server.sigterm(), Some(0));
    server.restart();
    simulator.client().receive(ACCOUNT_PHONE, CONTACT, "afterwards");

    let (_, messages) = conversation(&workspace, 3);
    assert_eq!(texts(&messages), ["once", "typed once", "afterwards"]);
}

#[test]
fn what_nobody_here_has_connected_is_not_heard() {
    let (server, workspace) = start();
    server.simulator().receive("+12025550199", CONTACT, "for somebody else");
    server.simulator().receive(ACCOUNT_PHONE, OTHER, "for us");

    let (chat, messages) = conversation(&workspace, 1);

    assert_eq!((&chat["phone"], texts(&messages)), (&json!(OTHER), vec!["for us"]));
    assert_eq!(workspace.chats().len(), 1);
}

#[test]
fn a_renamed_chat_is_found_by_its_new_name_only() {
    let (server, workspace) = start();
    server.simulator().receive(ACCOUNT_PHONE, CONTACT, "hello");
    let (chat, _) = conversation(&workspace, 1);
    let by_name = |name: &str| workspace.post(&json!({"action": "send", "chat_name": name, "text": "to you"}));

    assert_eq!(rename(&workspace, &chat, "Mary at Acme")["name"], "Mary at Acme");

    let id = by_name("Mary at Acme").message_id();
    workspace.wait_for_state(&id, "sent", SOON);
    assert_eq!(workspace.message(&id).view["chat_id"], chat["chat_id"]);
    assert_eq!(server.simulator().texts(CONTACT), ["to you"]);
    for unknown in ["Mary Major", "mary at acme", "Mary"] {
        let answer = by_name(unknown);
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!("chat_not_found")), "{unknown}");
    }
}

#[test]
fn a_lost_connection_shows_and_what_waited_is_sent_when_it_is_back() {
    let (server, workspace) = start();
    server.simulator().set_connected(ACCOUNT_PHONE, false);
    wait_until("the loss shows", SOON, || (state_of(&workspace) == "disconnected").then_some(()));
    let waiting = held(&workspace, "patience");
    assert_eq!(workspace.message(&waiting).state, "queued");
    let nobody = workspace.post(&message(CONTACT, "by whom"));
    assert_eq!((nobody.status, &nobody.json()["error"]["code"]), (409, &json!("no_connected_account")));

    server.simulator().set_connected(ACCOUNT_PHONE, true);

    workspace.wait_for_state(&waiting, "sent", SOON);
    assert_eq!(state_of(&workspace), "connected");
    assert_eq!((server.simulator().texts(CONTACT), workspace.credits()), (vec!["patience".to_owned()], 9));
}

#[test]
fn a_paused_account_holds_its_queue_until_it_is_resumed() {
    let (server, workspace) = start();
    let id = workspace.account(ACCOUNT_PHONE)["id"].to_string();
    let turn = |change: &str| {
        let request = workspace.api("POST", &format!("/accounts/{id}/{change}"));
        workspace.ask(&request.json(&json!({"reason": "lunch"}))).success()["state"].clone()
    };

    assert_eq!(turn("pause"), "paused");
    let waiting = held(&workspace, "after lunch");
    server.simulator().receive(ACCOUNT_PHONE, CONTACT, "hello?");
    let (_, messages) = conversation(&workspace, 2);
    assert_eq!(workspace.message(&waiting).state, "queued");
    assert!(texts(&messages).contains(&"hello?"), "a paused account still hears");

    assert_eq!(turn("resume"), "connected");
    workspace.wait_for_state(&waiting, "sent", SOON);
    assert_eq!(server.simulator().texts(CONTACT), ["after lunch"]);
}

#[test]
fn an_account_that_is_connected_again_is_the_same_one() {
    let (_server, workspace) = start();
    let id = workspace.account(ACCOUNT_PHONE)["id"].clone();
    let removed = workspace.ask(&workspace.api("DELETE", &format!("/accounts/{id}"))).success();
    assert_eq!(removed["state"], "disconnected");
    let waiting = held(&workspace, "come back");

    workspace.connect_account(ACCOUNT_PHONE);

    let account = workspace.account(ACCOUNT_PHONE);
    assert_eq!((&account["id"], &account["state"]), (&id, &json!("connected")));
    workspace.wait_for_state(&waiting, "sent", SOON);
    let twice = json!({"phone": ACCOUNT_PHONE, "full_name": "Acme Sales", "email": "sales@acme.example"});
    let refused = workspace.ask(&workspace.api("POST", "/accounts").json(&twice));
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (409, &json!("account_exists")));
}

#[test]
fn a_changed_gap_holds_for_the_next_message() {
    let (_server, workspace) = start();
    let gap = |min: u32, max: u32| {
        let body = json!({"pacing": {"gap_ms_min": min, "gap_ms_max": max}});
        workspace.ask(&workspace.api("PATCH", "/workspace").json(&body))
    };
    assert_eq!(gap(3, 2).status, 400);
    assert_eq!(gap(30_000, 30_000).success()["pacing"]["gap_ms_min"], 30_000);

    let ids = ["one", "two"].map(|text| workspace.send(CONTACT, text));

    let sent = ids.map(|id| workspace.wait_for_state(&id, "sent", SOON).sent_at.unwrap());
    let between = (sent[1] - sent[0]).num_milliseconds();
    assert!(between >= 30_000, "{between} ms");
}

#[test]
fn a_revoked_key_opens_nothing_from_that_moment_on() {
    let (server, workspace) = start();
    let last = workspace.rows("/keys")[0]["id"].to_string();
    let revoke = |id: &str| workspace.ask(&workspace.api("DELETE", &format!("/keys/{id}")));
    let refused = revoke(&last);
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (409, &json!("last_key")));
    let made = workspace.ask(&workspace.api("POST", "/keys").json(&json!({"name": "CRM"}))).success();
    let by_new = || server.http().ask(&Request::get("/api/v1/credits").bearer(made["key"].as_str().unwrap())).status;
    assert_eq!(by_new(), 200);

    revoke(&made["id"].to_string()).success();

    assert_eq!(by_new(), 401);
    assert_eq!(revoke(&made["id"].to_string()).status, 404);
    assert_eq!(workspace.rows("/keys").len(), 1);
}

#[test]
fn a_teammate_can_be_responsible_for_a_chat_until_removed() {
    let (server, workspace) = start();
    server.simulator().receive(ACCOUNT_PHONE, CONTACT, "hello");
    let (chat, _) = conversation(&workspace, 1);
    let bob = json!({"full_name": "Bob Builder", "email": "bob@acme.example"});
    let add = || workspace.ask(&workspace.api("POST", "/teammates").json(&bob));
    let added = add().success();
    assert_eq!((add().status, workspace.rows("/teammates").len()), (409, 1));
    let path = format!("/chats/{}", chat["chat_id"].as_str().unwrap());
    let assign =
        |email: &Value| workspace.ask(&workspace.api("PATCH", &path).json(&json!({"responsible_email": email})));

    assert_eq!(assign(&bob["email"]).success()["responsible_name"], "Bob Builder");
    assert_eq!(assign(&json!("eve@acme.example")).status, 404);
    assert_eq!(assign(&Value::Null).success()["responsible_email"], "");

    workspace.ask(&workspace.api("DELETE", &format!("/teammates/{}", added["id"]))).success();
    assert_eq!((workspace.rows("/teammates").len(), assign(&bob["email"]).status), (0, 404));
}

// Guards against mixed-up names: one from WhatsApp follows WhatsApp, one that a user set stays.
#[test]
fn a_groups_title_follows_whatsapp_until_somebody_gives_it_another() {
    let (server, workspace) = start();
    let says = |title: &str, text: &str| {
        let body = json!({"account": ACCOUNT_PHONE, "jid": GROUP, "from": CONTACT, "name": title, "text": text});
        server.simulator().hear("receive", &body);
    };
    says("Project X", "one");
    conversation(&workspace, 1);
    says("Project X (closed)", "two");
    let (chat, _) = conversation(&workspace, 2);
    assert_eq!(chat["name"], "Project X (closed)");
    let by_name = |name: &str| workspace.post(&json!({"action": "send", "chat_name": name, "text": "hi"})).status;
    assert_eq!(
        (by_name("Project X"), by_name("Project X (closed)")),
        (404, 200),
        "titles are looked up as they are now"
    );

    rename(&workspace, &chat, "Our project");
    says("Project X (reopened)", "three");
    let (chat, _) = conversation(&workspace, 4);
    assert_eq!(chat["name"], "Our project");
    assert_eq!((by_name("Our project"), by_name("Project X (reopened)")), (200, 404));
}

// Guards against unchecked names and texts of strangers that reach other people's systems.
#[test]
fn a_received_file_has_a_base_name_and_received_texts_no_nul() {
    let (server, workspace) = start();
    let body = json!({"account": ACCOUNT_PHONE, "from": CONTACT, "name": "Ma\u{0}ry", "text": "a\u{0}b",
        "file_name": "../in<voice>\"1\".pdf"});
    server.simulator().hear("receive", &body);
    let (chat, messages) = conversation(&workspace, 1);
    assert_eq!(messages[0]["file"]["name"], "in<voice>\"1\".pdf");
    assert_eq!((&messages[0]["text"], &chat["name"]), (&json!("a\u{fffd}b"), &json!("Ma\u{fffd}ry")));
}
