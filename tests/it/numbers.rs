//! A phone number is connected only once across all workspaces of the simulator; a second workspace that connected it
//! would hear and send as somebody else.

use serde_json::{Value, json};

use crate::harness::{Answer, Request, SOON, Server, Workspace, wait_until};

const NUMBER: &str = "+12025550100";
const CONTACT: &str = "+12025550101";

fn connect(workspace: &Workspace, phone: &str) -> Answer {
    let body = json!({"phone": phone, "full_name": "Sales", "email": "sales@acme.example"});
    workspace.ask(&workspace.api("POST", "/accounts").json(&body))
}

fn disconnect(workspace: &Workspace) {
    let id = workspace.account(NUMBER)["id"].to_string();
    workspace.ask(&workspace.api("DELETE", &format!("/accounts/{id}"))).success();
}

fn code(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
}

fn texts(workspace: &Workspace) -> Vec<Value> {
    let said = workspace
        .chats()
        .into_iter()
        .flat_map(|chat| workspace.rows(&format!("/chats/{}/messages", chat["chat_id"].as_str().unwrap())));
    said.map(|message| message["text"].clone()).collect()
}

// Guards against a tenant who takes over what another has by merely naming it.
#[test]
fn a_number_that_another_workspace_has_is_taken_until_it_is_disconnected_there() {
    let mut server = Server::start();
    let (first, second) = (server.create_workspace("Acme", 10), server.create_workspace("Globex", 10));
    assert_eq!(connect(&first, NUMBER).status, 201);
    for spelling in [NUMBER, "1 (202) 555-0100"] {
        assert_eq!(code(&connect(&second, spelling)), (409, "number_taken".to_owned()));
    }
    assert_eq!(code(&connect(&first, NUMBER)), (409, "account_exists".to_owned()), "its own is as before");
    // An account that lost its connection keeps its number; it may reconnect or be connected again.
    server.simulator().set_connected(NUMBER, false);
    wait_until("the line is lost", SOON, || (first.account(NUMBER)["state"] == "disconnected").then_some(()));
    assert_eq!(code(&connect(&second, NUMBER)), (409, "number_taken".to_owned()));
    server.kill9();
    server.restart();
    assert_eq!(code(&connect(&second, NUMBER)), (409, "number_taken".to_owned()), "after a restart");
    assert_eq!(connect(&first, NUMBER).status, 201);

    disconnect(&first);
    assert_eq!(connect(&second, NUMBER).status, 201);
    assert_eq!(code(&connect(&first, NUMBER)), (409, "number_taken".to_owned()), "it was given away");
    // From now on only the new holder of the number gets its messages.
    server.simulator().receive(NUMBER, CONTACT, "for the second");
    wait_until("it is heard", SOON, || (texts(&second) == [json!("for the second")]).then_some(()));
    assert_eq!(texts(&first), [] as [Value; 0]);
}

#[test]
fn of_many_who_connect_one_number_at_once_one_gets_it() {
    let server = Server::start();
    let workspaces: Vec<Workspace> = (0..8).map(|nth| server.create_workspace(&format!("W{nth}"), 1)).collect();
    let answers: Vec<(u16, String)> = std::thread::scope(|scope| {
        let asked: Vec<_> =
            workspaces.iter().map(|workspace| scope.spawn(|| code(&connect(workspace, NUMBER)))).collect();
        asked.into_iter().map(|answer| answer.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|(status, _)| *status == 201).count(), 1, "{answers:?}");
    let refused = (409, "number_taken".to_owned());
    assert_eq!(answers.iter().filter(|answer| **answer == refused).count(), 7, "{answers:?}");
    let metrics = server.http().ask(&Request::get("/metrics")).text();
    assert!(metrics.contains("tidings_events_appended_total{type=\"AccountConnected\"} 1\n"), "{metrics}");
}
