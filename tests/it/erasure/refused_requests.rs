//! Refused requests tell no chat that they belong to: what they say of an erased contact is found in whatever form it
//! stands there. And a request to erase that says something unknown is refused itself.

use serde_json::{Value, json};

use super::{OTHER, OTHER_TEXT, PHONE, TITLE, busy_workspace, chat_of, erase, start};
use crate::harness::client::message;
use crate::harness::{Request, Setup, Workspace};

const BASE64: &str = "eyJjaGF0X25hbWUiOiAiQzRuYXJ5VGl0bGUgQ2xlbyIsICJ0ZXh0IjogIkM0bmFyeVRleHQifQ==";

fn attempts(workspace: &Workspace) -> String {
    let listed = workspace.ask(&workspace.api("GET", "/inbound/attempts")).text();
    listed + &workspace.ask(&workspace.api("GET", "/inbound/log.txt")).text()
}

#[test]
fn what_refused_requests_say_of_an_erased_contact_goes_however_it_is_written() {
    let server = start(Setup::new());
    let workspace = busy_workspace(&server);
    workspace.send(PHONE, "C4naryText");
    workspace.send(OTHER, OTHER_TEXT);
    let chat = chat_of(&workspace, PHONE);
    workspace.ask(&workspace.api("PATCH", &format!("/chats/{chat}")).json(&json!({"name": TITLE}))).success();
    let number: u64 = chat.parse().unwrap();
    let bodies = [
        json!({"action": "send", "chat_id": chat, "text": ["C4naryText"]}).to_string(),
        json!({"action": "send", "chat_id": number, "text": ["C4naryText"]}).to_string(),
        json!({"action": "send", "first": "C4naryTitle", "last": "CLEO", "text": "C4naryText"}).to_string(),
        format!("action=send&chat_id={chat}&text=C4naryText"),
        "action=send&chat_name=C4naryTitle+Cleo&text=C4naryText".to_owned(),
        "action=send&phone=%2B1%32025550171&text=C4naryText".to_owned(),
        r#"{"action": "send", "text": "C4naryText", "chat_name": "C4n\u0061ryTitle Cleo""#.to_owned(),
        BASE64.to_owned(),
    ];
    for body in &bodies {
        let answer = workspace.ask(&Request::post(&*workspace.inbound).body("application/json", body.as_str()));
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
    }
    let compressed = Request::post(&*workspace.inbound).body("application/json", "\u{1f}\u{fffd}\u{8}C4naryZipped");
    assert_eq!(workspace.ask(&compressed).status, 400);
    let of_other = json!({"action": "send", "phone": OTHER, "text": [OTHER_TEXT]});
    assert_eq!(workspace.post(&of_other).status, 400);
    assert!(attempts(&workspace).contains("C4naryText"));

    assert_eq!(erase(&workspace, &chat).status, 200);
    let left = attempts(&workspace);
    assert!(!left.contains("C4nary") && !left.contains(BASE64), "{left}");
    assert_eq!(left.matches(OTHER_TEXT).count(), 4, "{left}");
}

#[test]
fn a_request_to_erase_that_says_what_nobody_knows_erases_nothing() {
    let server = start(Setup::new());
    let workspace = busy_workspace(&server);
    workspace.ask(&Request::post(&*workspace.inbound).json(&message(PHONE, "kept"))).success();
    let chat = chat_of(&workspace, PHONE);
    let erasing = |query: &str, body: &Value| {
        workspace.ask(&workspace.api("POST", &format!("/chats/{chat}/erase{query}")).json(body))
    };
    for (query, body, param) in [
        ("?dry_run=true", json!({}), "dry_run"),
        ("", json!({"dry_run": true}), "dry_run"),
        ("", json!({"reson": "a slip"}), "reson"),
    ] {
        let refused = erasing(query, &body);
        let error = refused.json()["error"].clone();
        assert_eq!((refused.status, &error["code"], &error["param"]), (400, &json!("invalid_value"), &json!(param)));
    }
    let shown = workspace.ask(&workspace.api("GET", &format!("/chats/{chat}"))).json();
    assert_eq!(shown["phone"], PHONE, "{shown}");
}
