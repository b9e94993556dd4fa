//! Erases a contact of a busy workspace: nothing of what the contact wrote, is called or is reached by is left anywhere.

mod refused_requests;
mod switched_off;
mod traces;
mod underway;

use std::thread;

use events::log::{Log, StoredRecord};
use events::store::sled_log::SledLog;
use serde_json::{Value, json};

use self::traces::{CANARIES, assert_gone, assert_there, files};
use crate::harness::client::message;
use crate::harness::{ACCOUNT_PHONE, ADMIN_KEY, Answer, Request, SOON, Server, Setup, Workspace, wait_until};
use crate::outbound::receiver::{Receiver, status};

const PHONE: &str = "+12025550171";
const JID: &str = "12025550171@s.whatsapp.net";
const TITLE: &str = "C4naryTitle Cleo";
/// Whether its messages are sent is never known.
const UNCERTAIN: &str = "+12025550144";
const OTHER: &str = "+12025550172";
const OTHER_TEXT: &str = "of somebody else, to be kept";
const REASON: &str = "a request of the contact";
const REASON_BODY: &str = r#"{"reason":"a request of the contact"}"#;

/// Everything that a customer or the operator can list, and that may show what people write.
const SHOWN: [&str; 10] = [
    "/chats",
    "/messages",
    "/inbound/attempts",
    "/inbound/log.csv",
    "/outbound/tries",
    "/outbound/log.csv",
    "/outbox",
    "/credits/ledger",
    "/outbound",
    "/accounts",
];

fn start(setup: Setup) -> Server {
    let setup = setup.set("TIDINGS_LOG", "trace").set("TIDINGS_GUARD__ALLOW_NETWORKS", "127.0.0.0/8");
    setup.set("TIDINGS_OUTBOUND__RETRY_S", "0").clock_rate(60).start()
}

fn busy_workspace(server: &Server) -> Workspace {
    let workspace = server.create_workspace("Acme", 1_000);
    workspace.connect_account(ACCOUNT_PHONE);
    workspace
}

fn outbound(workspace: &Workspace, settings: &Value) {
    workspace.ask(&workspace.api("PATCH", "/outbound").json(settings)).success();
}

fn chat_of(workspace: &Workspace, title: &str) -> String {
    let chats = workspace.chats();
    let chat = chats.iter().find(|chat| chat["name"] == title || chat["phone"] == title);
    chat.unwrap_or_else(|| panic!("no {title}: {chats:?}"))["chat_id"].as_str().unwrap().to_owned()
}

fn erase(workspace: &Workspace, chat: &str) -> Answer {
    workspace.ask(&workspace.api("POST", &format!("/chats/{chat}/erase")).body("application/json", REASON_BODY))
}

/// Sent, received, failed, uncertain, refused, dry, renamed: each with what the contact could be known by.
fn plant(server: &Server, workspace: &Workspace) -> String {
    let sent = workspace.post(&message(PHONE, "C4naryText sent")).message_id();
    workspace.wait_for_state(&sent, "read", SOON);
    for spelling in ["12025550171", "1 (202) 555-0171", "001 202 555 0171"] {
        workspace.post(&message(spelling, "C4naryText spelled"));
    }
    workspace.post(&json!({"action": "send", "jid": JID, "text": "C4naryText by jid"}));
    let file = format!("http://127.0.0.1:{}/C4naryFile.pdf", server.port);
    let failed =
        workspace.post(&json!({"action": "send", "phone": PHONE, "file_url": file, "file_name": "C4naryFile.pdf"}));
    workspace.wait_for_state(&failed.message_id(), "failed", SOON);
    let chat = chat_of(workspace, PHONE);
    let renamed = workspace.api("PATCH", &format!("/chats/{chat}")).json(&json!({"name": TITLE}));
    workspace.ask(&renamed).success();
    server.simulator().receive(ACCOUNT_PHONE, PHONE, "C4naryText received");
    server.simulator().typed(ACCOUNT_PHONE, PHONE, "C4naryText typed");
    // Refused, and dry.
    let refused = json!({"action": "send", "chat_name": TITLE, "text": ""});
    assert_eq!(workspace.post(&refused).status, 400);
    assert_eq!(workspace.post(&json!({"action": "send", "phone": PHONE, "text": ["C4naryText"]})).status, 400);
    let dry = Request::post(&*workspace.inbound).header("Dry-Run", "true");
    assert_eq!(workspace.ask(&dry.json(&message(PHONE, "C4naryText dry"))).status, 200);
    let uncertain = workspace.send(UNCERTAIN, "C4naryText uncertain");
    workspace.wait_for_state(&uncertain, "uncertain", SOON);
    chat
}

fn somebody_else(server: &Server, workspace: &Workspace) {
    let id = workspace.send(OTHER, OTHER_TEXT);
    workspace.wait_for_state(&id, "read", SOON);
    server.simulator().receive(ACCOUNT_PHONE, OTHER, OTHER_TEXT);
}

fn shown(server: &Server, workspace: &Workspace, chat: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let of_chat = [format!("/chats/{chat}"), format!("/chats/{chat}/messages")];
    for path in SHOWN.map(str::to_owned).into_iter().chain(of_chat) {
        let answer = workspace.ask(&workspace.api("GET", &path));
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        found.push((path, answer.text()));
    }
    for path in ["/admin/v1/events?limit=500", "/admin/v1/erasures", "/metrics"] {
        let answer = server.http().ask(&Request::get(path).bearer(ADMIN_KEY));
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        found.push((path.to_owned(), answer.text()));
    }
    let listed = server.command(&["events", "ls", "--json", "--limit", "500"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    found.push(("events ls".to_owned(), listed.stdout));
    found
}

fn records(server: &Server) -> Vec<StoredRecord> {
    let log = SledLog::open(&server.data_dir(), 16).unwrap();
    log.read(1).map(Result::unwrap).collect()
}

#[test]
fn nothing_of_an_erased_contact_is_left_in_any_file_answer_or_log_line() {
    let receiver = Receiver::start(|_| status(500));
    let mut server = start(Setup::new());
    let workspace = busy_workspace(&server);
    outbound(&workspace, &json!({"url": receiver.url("/hook"), "aggregation": "none"}));
    somebody_else(&server, &workspace);
    let chat = plant(&server, &workspace);
    // A window that is open, and a message that waits, across the erasure.
    outbound(&workspace, &json!({"aggregation": "24h"}));
    server.simulator().receive(ACCOUNT_PHONE, PHONE, "C4naryText gathered");
    let account = workspace.account(ACCOUNT_PHONE)["id"].to_string();
    workspace.ask(&workspace.api("POST", &format!("/accounts/{account}/pause")).json(&json!({}))).success();
    let before = workspace.credits();
    let waits = json!({"action": "send", "phone": PHONE, "text": "C4naryText queued",
        "whatsapp account phone": ACCOUNT_PHONE});
    let queued = workspace.post(&waits).message_id();
    for (_, text) in shown(&server, &workspace, &chat).iter().filter(|(path, _)| path == "events ls") {
        assert_there(text, &CANARIES[..5]);
    }

    let erased = erase(&workspace, &chat);
    assert_eq!(erased.status, 200, "{erased:?}");
    assert_eq!((&erased.json()["state"], &erased.json()["chat_id"]), (&json!("erased"), &json!(chat)));
    assert_eq!(erase(&workspace, &chat_of(&workspace, UNCERTAIN)).status, 200);
    let message = workspace.message(&queued);
    assert_eq!((message.state.as_str(), workspace.credits()), ("failed", before), "{message:?}");

    for restarted in [false, true] {
        let all = shown(&server, &workspace, &chat);
        for (path, text) in &all {
            assert_gone(&format!("{path}, restarted: {restarted}"), text.as_bytes());
        }
        let other = |path: &str| all.iter().any(|(at, text)| at == path && text.contains(OTHER_TEXT));
        assert!(other("events ls") && other("/admin/v1/events?limit=500"), "what others said stays");
        assert!(all.iter().any(|(path, text)| path == "/chats" && text.contains("[erased]")));
        assert!(all.iter().any(|(path, text)| path == "/admin/v1/erasures" && text.contains(REASON)));
        if !restarted {
            assert_eq!(server.sigterm(), Some(0));
            server.restart();
        }
    }
    workspace.assert_ledger_adds_up();
    assert_gone("log lines", server.process().output().as_bytes());
    assert_eq!(server.sigterm(), Some(0));
    for (path, bytes) in files(&server.data_dir()) {
        assert_gone(&path.display().to_string(), &bytes);
    }
    let verified = server.command(&["events", "verify"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

/// The search itself: with the texts in clear it would find them.
#[test]
fn the_search_finds_what_stands_somewhere_in_any_form() {
    for form in traces::forms("C4naryText") {
        assert!(traces::find(&[b"..", form.as_slice(), b".."].concat()).is_some());
    }
    assert_eq!(traces::find(OTHER_TEXT.as_bytes()), None);
}

#[test]
fn an_erasure_changes_no_record_and_what_is_asked_again_is_answered_as_before() {
    let mut server = start(Setup::new());
    let workspace = busy_workspace(&server);
    somebody_else(&server, &workspace);
    let first = workspace.post_with_key(&message(PHONE, "C4naryText once"), "order-1");
    workspace.wait_for_state(&first.message_id(), "read", SOON);
    let chat = chat_of(&workspace, PHONE);
    assert_eq!(server.sigterm(), Some(0));
    let before = records(&server);
    server.restart();

    let times: Vec<Value> = (0..2).map(|_| erase(&workspace, &chat).success()).collect();
    assert_eq!(times[0], times[1], "the second time tells of the first");
    let again = workspace.post_with_key(&message(PHONE, "C4naryText once"), "order-1");
    assert_eq!((again.status, again.message_id(), again.is_replayed()), (200, first.message_id(), true));
    assert_eq!(server.sigterm(), Some(0));
    let after = records(&server);
    assert!(after.len() > before.len(), "{} and then {}", before.len(), after.len());
    for (was, is) in before.iter().zip(&after) {
        assert!(was == is, "{was:?} became {is:?}");
    }
}

#[test]
fn an_erased_chat_takes_nothing_more_and_the_contact_gets_a_new_one() {
    let server = start(Setup::new());
    let workspace = busy_workspace(&server);
    workspace.send(PHONE, "C4naryText");
    let chat = chat_of(&workspace, PHONE);
    let other = server.create_workspace("Globex", 10);
    let refused = |answer: &Answer| (answer.status, answer.json()["error"]["code"].clone());
    assert_eq!(refused(&erase(&other, &chat)), (404, json!("chat_not_found")));
    assert_eq!(erase(&workspace, &chat).status, 200);
    let text = json!({"text": "hello?"});
    let to_chat = workspace.ask(&workspace.api("POST", &format!("/chats/{chat}/messages")).json(&text));
    let renamed = workspace.ask(&workspace.api("PATCH", &format!("/chats/{chat}")).json(&json!({"name": "Cleo"})));
    for answer in [&to_chat, &renamed] {
        assert_eq!(refused(answer), (410, json!("chat_erased")));
    }
    let number: u64 = chat.parse().unwrap();
    let inbound = workspace.post(&json!({"action": "send", "chat_id": number, "text": "hello?"}));
    assert_eq!(refused(&inbound), (404, json!("chat_not_found")));
    assert!(inbound.json()["error"]["hint"].as_str().unwrap().contains("was erased"), "{inbound:?}");
    assert_eq!(erase(&workspace, &chat).status, 200);
    let id = workspace.send(PHONE, "again");
    workspace.wait_for_state(&id, "sent", SOON);
    let new = chat_of(&workspace, PHONE);
    assert_ne!(new, chat);
    let exported = server.command(&["chat", "export", &new, "--api-key", &workspace.api_key]);
    assert!(exported.code == Some(0) && exported.stdout.contains("again"), "{exported:?}");
}

#[test]
fn a_request_that_hangs_while_its_chat_is_erased_leaves_nothing_behind() {
    let receiver = Receiver::start(|_| {
        thread::park_timeout(SOON / 10);
        status(500)
    });
    let mut server = start(Setup::new());
    let workspace = busy_workspace(&server);
    outbound(&workspace, &json!({"url": receiver.url("/hook"), "aggregation": "none"}));
    workspace.send(PHONE, "C4naryText");
    wait_until("the receiver hangs", SOON, || (!receiver.arrived().is_empty()).then_some(()));
    let chat = chat_of(&workspace, PHONE);
    assert_eq!(erase(&workspace, &chat).status, 200);
    assert_eq!(server.sigterm(), Some(0));
    for (path, bytes) in files(&server.data_dir()) {
        assert_gone(&path.display().to_string(), &bytes);
    }
    assert_gone("log lines", server.process().output().as_bytes());
}
