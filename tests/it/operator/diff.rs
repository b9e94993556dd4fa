//! What changed in an actor's state between two moments, from a running gateway as from its data.

use serde_json::{Value, json};

use crate::harness::client::message;
use crate::harness::{ADMIN_KEY, Answer, Request, SOON, Server};

fn ask(server: &Server, path: &str) -> Answer {
    server.http().ask(&Request::get(format!("/admin/v1{path}")).bearer(ADMIN_KEY))
}

fn difference<'a>(view: &'a Value, path: &str) -> &'a Value {
    let found = view["differences"].as_array().unwrap().iter().find(|difference| difference["path"] == path);
    found.unwrap_or_else(|| panic!("no {path}: {view}"))
}

/// Position and recording time of the only event of this type.
fn event(server: &Server, name: &str) -> (u64, String) {
    let rows = ask(server, &format!("/events?type={name}")).success();
    let row = &rows["data"][0];
    (row["position"].as_u64().unwrap(), row["recorded_at"].as_str().unwrap().to_owned())
}

#[test]
fn each_changed_field_names_the_event_that_changed_it() {
    let mut server = Server::start();
    let workspace = server.workspace();
    let (granted, granted_at) = event(&server, "CreditsGranted");
    let id = workspace.post(&message("+12025550140", "Hello")).message_id();
    workspace.wait_for_state(&id, "failed", SOON);
    let url = json!({"url": "http://crm.example/hook?key=4711"});
    workspace.ask(&workspace.api("PATCH", "/outbound").json(&url)).success();
    let (charged, _) = event(&server, "CreditCharged");
    let (refunded, _) = event(&server, "CreditRefunded");
    let stream = format!("workspace/{}", workspace.id);

    let spent = ask(&server, &format!("/streams/{stream}/diff?from={granted}&to={charged}")).success();
    let balance = difference(&spent, "/balance");
    assert_eq!((&balance["position"], &balance["type"]), (&json!(charged), &json!("CreditCharged")));
    assert_eq!(spent["before"]["balance"], balance["before"]);
    assert_eq!(spent["after"]["balance"], balance["after"]);
    assert_eq!(balance["before"].as_u64().unwrap() - 1, balance["after"].as_u64().unwrap());
    assert_eq!((&spent["causes"], &spent["left_off"]), (&json!(true), &json!(0)));
    let refund = ask(&server, &format!("/streams/{stream}/diff?from={charged}&to={refunded}")).success();
    assert_eq!(difference(&refund, "/balance")["type"], "CreditRefunded");

    let since = ask(&server, &format!("/streams/{stream}/diff?from={granted_at}")).success();
    let paths: Vec<_> = since["differences"].as_array().unwrap().iter().map(|found| found["path"].clone()).collect();
    assert!(!paths.contains(&json!("/balance")), "charged and refunded: {since}");
    let whole = ask(&server, &format!("/streams/{stream}/diff?from=0")).success();
    assert_eq!((&whole["before"], &difference(&whole, "/balance")["type"]), (&Value::Null, &json!("CreditRefunded")));
    let none = ask(&server, &format!("/streams/{stream}/diff?from={refunded}&to={refunded}")).success();
    assert_eq!((&none["differences"], &none["before"]), (&json!([]), &none["after"]));
    let state = ask(&server, &format!("/streams/{stream}/state")).success();
    assert_eq!(whole["after"], state["state"]);

    let webhook = format!("webhook/{}01", workspace.id);
    let lines = [
        format!("diff {stream} --from {granted} --to {charged}"),
        format!("--json diff {stream} --from 0"),
        format!("diff {stream} --from {granted_at}"),
        format!("--json diff {webhook} --from 0"),
    ];
    assert_same_offline(&mut server, &lines);
}

fn assert_same_offline(server: &mut Server, lines: &[String]) {
    let told = |server: &Server| -> Vec<String> {
        let told = lines.iter().map(|line| {
            let finished = server.command(&line.split(' ').collect::<Vec<_>>());
            assert_eq!((finished.code, finished.stdout.is_empty()), (Some(0), false), "{line}: {finished:?}");
            finished.stdout
        });
        told.collect()
    };
    let beside = told(server);
    assert!(beside[0].contains("/balance") && beside[0].contains("CreditCharged"), "{}", beside[0]);
    assert_eq!(server.sigterm(), Some(0));
    assert_eq!(beside, told(server));
}

#[test]
fn above_a_thousand_events_only_the_states_are_compared() {
    let server = Server::start();
    let (from, _) = event(&server, "LogCreated");
    let workspace = server.create_workspace("Acme", 2_000);
    let workspace_stream = format!("workspace/{}", workspace.id);
    for nth in 0..1_001 {
        server.grant(&workspace, nth + 1);
    }
    let view = ask(&server, &format!("/streams/{workspace_stream}/diff?from={from}")).success();
    assert_eq!(view["causes"], false);
    let balance = difference(&view, "/balance");
    assert_eq!((&balance["position"], &balance["type"]), (&Value::Null, &Value::Null));
    assert!(view["events"].as_u64().unwrap() > 1_000, "{view}");
    let told = server.command(&["diff", &workspace_stream, "--from", "1"]);
    assert!(told.stdout.contains("Causes are not named"), "{told:?}");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let mut server = Server::start();
    let workspace = server.workspace();
    let stream = format!("/streams/workspace/{}/diff", workspace.id);
    for (query, param) in [("", "from"), ("?from=x", "from"), ("?from=1&to=x", "to"), ("?from=9&to=2", "from")] {
        let answer = ask(&server, &format!("{stream}{query}"));
        assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!(param)), "{query}: {answer:?}");
    }
    for unknown in ["/streams/workspace/4711/diff?from=1", "/streams/door/1/diff?from=1"] {
        let answer = ask(&server, unknown);
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!("stream_not_found")), "{unknown}");
    }
    let of = format!("workspace/{}", workspace.id);
    for running in [true, false] {
        if !running {
            assert_eq!(server.sigterm(), Some(0));
        }
        assert_eq!(server.command(&["diff", "workspace/4711", "--from", "1"]).code, Some(3));
        assert_eq!(server.command(&["diff", &of]).code, Some(2));
        let backwards = server.command(&["diff", &of, "--from", "9", "--to", "2"]);
        assert!(backwards.code == Some(1) && backwards.stderr.contains("from must not be after to"), "{backwards:?}");
    }
}
