//! Names, reasons and addresses that people give: every API limits them in bytes, so that no later layer gets too
//! much.

use serde_json::{Value, json};

use crate::harness::{ADMIN_KEY, Answer, Request, SOON, Server, Setup, Workspace, wait_until};

/// An account, a teammate, a chat and their like together take more notes than this; everything else takes fewer.
const NOTES_OF_THE_INDEX: u64 = 12;

/// A text of this many characters, four bytes each.
fn long(characters: usize) -> String {
    "😀".repeat(characters)
}

/// An e-mail address of 254 bytes, most of its characters of two bytes each.
fn address() -> String {
    format!("{}@acme.example", "é".repeat(120)) + "x"
}

/// Every request that takes a name or a reason from people, each with this text and the parameter's name.
fn doors(workspace: &Workspace, chat: &str, account: &str, text: &str) -> Vec<(&'static str, Request)> {
    let api = |method, path: &str, body: &Value| workspace.api(method, path).json(body);
    let owner = |name: &str| json!({"full_name": name, "email": "ada@acme.example"});
    let admin = |body: &Value| Request::post("/admin/v1/workspaces").bearer(ADMIN_KEY).json(body);
    let account_path = format!("/accounts/{account}");
    let grant = format!("/admin/v1/workspaces/{}/credits", workspace.id);
    let teammate = json!({"full_name": text, "email": "bob@acme.example"});
    let connect = json!({"phone": "+12025550109", "full_name": text, "email": "sales@acme.example"});
    vec![
        ("name", admin(&json!({"name": text, "owner": owner("Ada")}))),
        ("full_name", admin(&json!({"name": "Acme", "owner": owner(text)}))),
        ("name", api("PATCH", "/workspace", &json!({"name": text}))),
        ("full_name", api("PATCH", "/workspace", &json!({"owner": {"full_name": text}}))),
        ("full_name", api("POST", "/teammates", &teammate)),
        ("full_name", api("POST", "/accounts", &connect)),
        ("name", api("POST", "/keys", &json!({"name": text}))),
        ("name", api("PATCH", &format!("/chats/{chat}"), &json!({"name": text}))),
        ("reason", Request::post(grant).bearer(ADMIN_KEY).json(&json!({"amount": 1, "reason": text}))),
        ("reason", api("PATCH", "/inbound", &json!({"enabled": true, "reason": text}))),
        ("reason", api("PATCH", "/outbound", &json!({"reason": text}))),
        ("reason", api("POST", &format!("{account_path}/pause"), &json!({"reason": text}))),
        ("reason", api("POST", &format!("{account_path}/resume"), &json!({"reason": text}))),
        ("reason", api("DELETE", &account_path, &json!({"reason": text}))),
    ]
}

/// Returns the number of keys that the log has written in addition to commits.
fn notes(server: &Server) -> u64 {
    let page = server.http().ask(&Request::get("/metrics")).text();
    let value = |name: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name}: {page}"));
        line.trim().parse::<u64>().unwrap()
    };
    value("tidings_log_keys_total ").saturating_sub(value("tidings_log_commits_total "))
}

fn refusal(answer: &Answer) -> (u16, String, String, String) {
    let body = answer.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (answer.status, text(&body["error"]["code"]), text(&body["error"]["param"]), text(&body["message"]))
}

/// Creates a workspace with a chat; returns it with the ids of its account and of the chat.
fn with_a_chat(server: &Server) -> (Workspace, String, String) {
    let workspace = server.workspace();
    workspace.send("+12025550111", "hi");
    let account = workspace.rows("/accounts")[0]["id"].to_string();
    let chat = workspace.chats()[0]["chat_id"].as_str().unwrap().to_owned();
    (workspace, account, chat)
}

// Guards against an API that limits characters while the store limits bytes.
#[test]
fn a_name_or_reason_of_more_than_a_thousand_bytes_is_refused_at_every_door() {
    let server = Server::start();
    let (workspace, account, chat) = with_a_chat(&server);
    for (param, request) in doors(&workspace, &chat, &account, &long(251)) {
        let (status, code, named, message) = refusal(&workspace.ask(&request));
        assert_eq!((status, &*code, &*named), (400, "invalid_value", param), "{request:?}");
        assert_eq!(message, format!("{param} has more than 1000 bytes in UTF-8"), "{request:?}");
    }
    for (param, request) in doors(&workspace, &chat, &account, &long(250)) {
        let answer = workspace.ask(&request);
        assert!((200..300).contains(&answer.status), "{param}: {answer:?}");
    }
    for path in ["/accounts", "/teammates"] {
        let body = json!({"phone": "+12025550108", "full_name": "Bob", "email": format!("é{}", address())});
        let (status, code, named, message) = refusal(&workspace.ask(&workspace.api("POST", path).json(&body)));
        assert_eq!((status, &*code, &*named), (400, "invalid_value", "email"), "{path}");
        assert_eq!(message, "email has more than 254 bytes in UTF-8");
    }
}

// Guards against a tenant whose request stops the gateway for all.
#[test]
fn the_longest_names_end_nothing_for_others_now_or_after_a_restart() {
    let mut server = Setup::new().start();
    let (workspace, _, chat) = with_a_chat(&server);
    let other = server.create_workspace("Globex", 10);
    other.connect_account("+12025550107");
    let is_served = |text: &str| {
        let id = other.send("+12025550112", text);
        other.wait_for_state(&id, "sent", SOON);
    };
    let before = notes(&server);
    // First longer than allowed, then exactly as long as allowed.
    for (characters, email) in [(1_000, format!("{}@acme.example", "a".repeat(235))), (250, address())] {
        let taken = characters == 250;
        let person = json!({"phone": "+12025550106", "full_name": long(characters), "email": email});
        for path in ["/accounts", "/teammates"] {
            let answer = workspace.ask(&workspace.api("POST", path).json(&person));
            assert_eq!(answer.status, if taken { 201 } else { 400 }, "{answer:?}");
        }
        let responsible = json!({"responsible_email": email, "name": long(250)});
        let answer = workspace.ask(&workspace.api("PATCH", &format!("/chats/{chat}")).json(&responsible));
        assert_eq!(answer.status, if taken { 200 } else { 404 }, "{answer:?}");
    }
    // The letter to the owner and the shown attempts are as long as they can get.
    let owner = json!({"name": long(250), "owner": {"full_name": long(250)}});
    workspace.ask(&workspace.api("PATCH", "/workspace").json(&owner)).success();
    workspace.send("+12025550145", "the account is blocked, and the owner is told");
    let longest = "\u{1}".repeat(20_000);
    let header = "'\"\\".repeat(2_500);
    let refused = Request::post(&*workspace.inbound).header("X-Long", &header).body("text/plain", longest);
    assert_eq!(workspace.ask(&refused).status, 400);
    let letters = || workspace.rows("/outbox");
    wait_until("the owner is told", SOON, || (!letters().is_empty()).then_some(()));
    is_served("at once");
    let stored = || (notes(&server) > before + NOTES_OF_THE_INDEX).then_some(());
    wait_until("the look-ups are stored", SOON, stored);
    is_served("after the look-ups were stored");
    server.kill9();
    server.restart();
    is_served("after a restart");
    assert_eq!(letters().len(), 1);
    let attempt = workspace.newest("/inbound/attempts").into_iter().find(|attempt| attempt["status"] == 400);
    let request = attempt.expect("the longest attempt is kept")["request"].clone();
    assert_eq!(request["body"].as_str().map(str::len), Some(16 << 10));
    assert_eq!(request["headers"]["x-long"], header);
    let shown = workspace.chats().into_iter().find(|shown| shown["chat_id"] == *chat).unwrap();
    assert_eq!((&shown["responsible_name"], &shown["name"]), (&json!(long(250)), &json!(long(250))));
    assert_eq!(server.sigterm(), Some(0));
}
