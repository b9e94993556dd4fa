//! A message's whole life on one page, from a running gateway as from its data.

use serde_json::{Value, json};

use crate::harness::client::message;
use crate::harness::process::Setup;
use crate::harness::{ADMIN_KEY, Answer, Request, SOON, Server, Workspace, wait_until};

const PHONE: &str = "+12025550101";
/// It is not on `WhatsApp`: messages to it fail.
const NOBODY: &str = "+12025550140";

fn traced(server: &Server, message: &str) -> Answer {
    server.http().ask(&Request::get(format!("/admin/v1/messages/{message}/trace")).bearer(ADMIN_KEY))
}

fn kinds(trace: &Value) -> Vec<&str> {
    trace["steps"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect()
}

fn step<'a>(trace: &'a Value, kind: &str) -> &'a Value {
    let found = trace["steps"].as_array().unwrap().iter().find(|step| step["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind}: {trace}"))
}

fn text(step: &Value) -> &str {
    step["text"].as_str().unwrap()
}

/// Asserts that the request stands right before its message: a report that this joins may have begun long before.
fn assert_request_is_beside_its_message(trace: &Value) {
    let place = |kind| kinds(trace).iter().position(|step| *step == kind).unwrap();
    assert_eq!(place("attempt") + 1, place("queued"), "{trace}");
}

/// Asserts that the page and its JSON are the same from the gateway and from its data after it has stopped.
fn assert_same_offline(server: &mut Server, messages: &[&str]) {
    let told = |server: &Server| {
        let lines = messages.iter().flat_map(|id| [vec!["events", "trace", id], vec!["--json", "events", "trace", id]]);
        lines.map(|line| server.command(&line)).collect::<Vec<_>>()
    };
    let beside = told(server);
    assert_eq!(server.sigterm(), Some(0));
    for (beside, after) in beside.iter().zip(told(server)) {
        assert_eq!((beside.code, &beside.stdout), (Some(0), &after.stdout), "{beside:?} {after:?}");
    }
}

/// A workspace that reports to a receiver of the simulator.
fn reporting(server: &Server, aggregation: &str) -> Workspace {
    let workspace = server.workspace();
    let url = format!("http://127.0.0.1:{}/sim/v1/echo/crm", server.port);
    let settings = json!({"url": url, "aggregation": aggregation});
    workspace.ask(&workspace.api("PATCH", "/outbound").json(&settings)).success();
    workspace
}

fn answer_with(server: &Server, status: u16) {
    let settings = Request::new("PUT", "/sim/v1/echo/crm/settings").json(&json!({"status": status}));
    server.http().ask(&settings).success();
}

#[test]
fn a_repeated_request_did_not_bring_the_message() {
    let server = Server::start();
    let workspace = server.workspace();
    let id = workspace.post_with_key(&message(PHONE, "Once"), "same-key").message_id();
    let first = workspace.newest("/inbound/attempts")[0]["id"].clone();
    assert_eq!(workspace.post_with_key(&message(PHONE, "Once"), "same-key").message_id(), id);
    let trace = traced(&server, &id).success();
    assert_eq!(step(&trace, "attempt")["id"], first, "{trace}");
    assert!(trace["notes"].to_string().contains("once more"), "{trace}");
}

#[test]
fn a_failed_message_is_told_from_the_request_to_the_refund() {
    let mut server = Server::start();
    let workspace = server.workspace();
    let first = workspace.post(&message(PHONE, "First")).message_id();
    let failed = workspace.post(&message(NOBODY, "Second")).message_id();
    workspace.wait_for_state(&failed, "failed", SOON);
    let trace = traced(&server, &failed).success();
    let wanted = ["attempt", "queued", "charged", "paced", "send_started", "failed", "refunded"];
    assert_eq!(kinds(&trace), wanted, "{trace}");
    assert_eq!(
        (&trace["message"]["state"], &trace["report"], &trace["erased_at"]),
        (&json!("failed"), &Value::Null, &Value::Null)
    );
    let attempt = step(&trace, "attempt");
    assert!(attempt["id"].as_str().unwrap().starts_with("att_") && attempt["status"] == 200, "{attempt}");
    assert!(text(step(&trace, "queued")).contains(NOBODY), "{trace}");
    assert!(text(step(&trace, "paced")).contains("the try before it had ended"), "{trace}");
    assert_eq!(step(&trace, "paced")["position"], Value::Null);
    assert!(text(step(&trace, "failed")).ends_with("(not_on_whatsapp)"), "{trace}");
    assert!(text(step(&trace, "refunded")).starts_with("1 credit refunded"), "{trace}");
    let reported = "Nothing of it is reported to the CRM: it failed, and only what was sent or received is reported.";
    assert_eq!(trace["notes"], json!([reported]), "{trace}");
    let nowhere = &traced(&server, &first).success()["notes"];
    assert_eq!(nowhere, &json!(["Nothing of it is reported to the CRM: no URL for reports was set then."]));
    let times = trace["steps"].as_array().unwrap().iter().map(|step| step["at"].as_str().unwrap());
    assert!(times.is_sorted(), "{trace}");
    let positions: Vec<u64> =
        trace["steps"].as_array().unwrap().iter().filter_map(|step| step["position"].as_u64()).collect();
    assert!(positions.len() == 5 && positions.is_sorted(), "{positions:?}");
    assert!(!kinds(&traced(&server, &first).success()).contains(&"paced"));
    let bare = failed.trim_start_matches("wa_backend:").to_owned();
    assert_eq!(traced(&server, &bare).success(), trace);
    assert_same_offline(&mut server, &[&failed, &bare]);
}

#[test]
fn a_bundle_that_is_tried_three_times_is_told_for_each_of_its_messages() {
    let mut server = Setup::new().set("TIDINGS_OUTBOUND__RETRY_S", "2").start();
    let workspace = reporting(&server, "1h");
    let first = workspace.post(&message(PHONE, "First")).message_id();
    workspace.wait_for_state(&first, "read", SOON);
    let second = workspace.post(&message(PHONE, "Second")).message_id();
    workspace.wait_for_state(&second, "read", SOON);
    answer_with(&server, 500);
    workspace.ask(&workspace.api("POST", "/outbound/flush").json(&json!({}))).success();
    wait_until("two tries failed", SOON, || (workspace.rows("/outbound/tries").len() == 2).then_some(()));
    answer_with(&server, 204);
    let delivered = wait_until("it was delivered", SOON, || {
        let trace = traced(&server, &second).success();
        (trace["report"]["state"] == "delivered").then_some(trace)
    });
    let report = [
        "report_due",
        "bundled",
        "report_started",
        "report_failed",
        "report_started",
        "report_failed",
        "report_started",
        "report_delivered",
    ];
    for (id, place, trace) in [(&first, 1, traced(&server, &first).success()), (&second, 2, delivered)] {
        let of_report: Vec<_> = kinds(&trace).into_iter().filter(|kind| report.contains(kind)).collect();
        assert_eq!(of_report, report, "{trace}");
        assert_eq!(
            (&trace["report"]["place"], &trace["report"]["messages"], &trace["report"]["tries"]),
            (&json!(place), &json!(2), &json!(3))
        );
        assert!(text(step(&trace, "bundled")).ends_with(&format!("as message {place} of 2")), "{trace}");
        let due = text(step(&trace, "report_due"));
        assert_request_is_beside_its_message(&trace);
        assert_eq!(due.contains(&first), *id == second, "{due}");
        let kept = workspace.newest("/outbound/tries");
        let ended = trace["steps"].as_array().unwrap().iter().filter(|step| !step["status"].is_null());
        let ended: Vec<_> = ended.filter(|step| step["kind"] != "attempt").collect();
        let shown: Vec<_> = ended.iter().rev().map(|step| step["id"].clone()).collect();
        assert_eq!(shown, kept.iter().map(|kept| kept["id"].clone()).collect::<Vec<_>>());
        assert_eq!(ended.iter().map(|step| step["status"].as_u64().unwrap()).collect::<Vec<_>>(), [500, 500, 204]);
        let failed =
            "Try 1 to post the report failed at once: The receiver answers with status 500 (report_http_error);";
        assert!(text(step(&trace, "report_failed")).starts_with(failed), "{trace}");
        assert_eq!(text(step(&trace, "report_delivered")), "The CRM took the report at try 3 (status 204), at once");
        assert_eq!(trace["notes"], json!([]), "{trace}");
    }
    assert_same_offline(&mut server, &[&first, &second]);
}

#[test]
fn a_message_waits_as_long_as_somebody_has_paused_its_account() {
    let server = Server::start();
    let workspace = server.workspace();
    let account = workspace.account("+12025550100")["id"].to_string();
    let change = |what: &str, reason: &str| {
        let path = format!("/accounts/{account}/{what}");
        workspace.ask(&workspace.api("POST", &path).json(&json!({"reason": reason}))).success();
    };
    change("pause", "A holiday");
    let mut named = message(PHONE, "Hello");
    named["whatsapp_account_phone"] = json!("+12025550100");
    let id = workspace.post(&named).message_id();
    let waits = traced(&server, &id).success();
    assert_eq!((kinds(&waits), &waits["message"]["state"]), (vec!["attempt", "queued", "charged"], &json!("queued")));
    change("resume", "It is over");
    workspace.wait_for_state(&id, "read", SOON);
    let trace = traced(&server, &id).success();
    assert!(text(step(&trace, "account")).ends_with("resumed the account: It is over"), "{trace}");
}

#[test]
fn of_an_erased_chat_the_steps_are_told_without_texts() {
    let mut server = Server::start();
    let workspace = reporting(&server, "none");
    let id = workspace.post(&message(PHONE, "The secret garden")).message_id();
    workspace.wait_for_state(&id, "read", SOON);
    wait_until("it was reported", SOON, || {
        (traced(&server, &id).success()["report"]["state"] == "delivered").then_some(())
    });
    let chat = workspace.chats()[0]["chat_id"].as_str().unwrap().to_owned();
    let erase = workspace.api("POST", &format!("/chats/{chat}/erase")).json(&json!({"reason": "She asked for it"}));
    workspace.ask(&erase).success();
    let trace = traced(&server, &id).success();
    assert_eq!(kinds(&trace).last(), Some(&"chat_erased"), "{trace}");
    assert!(trace["erased_at"].is_string() && trace["message"]["text"] == "[erased]", "{trace}");
    let shown = trace.to_string();
    assert!(!shown.contains("garden") && !shown.contains(PHONE), "{shown}");
    assert_same_offline(&mut server, &[&id]);
}

#[test]
fn an_unknown_message_is_refused() {
    let mut server = Server::start();
    for unknown in ["wa_backend:3EB00000000000000000", "4711"] {
        let answer = traced(&server, unknown);
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!("message_not_found")));
    }
    let line = ["events", "trace", "wa_backend:3EB00000000000000000"];
    assert_eq!(server.command(&line).code, Some(3));
    assert_eq!(server.command(&["events", "trace", "4711"]).code, Some(2));
    assert_eq!(server.sigterm(), Some(0));
    assert_eq!(server.command(&line).code, Some(3));
}
