//! The main use case: a CRM posts twice, the two messages leave at least 1.5 seconds apart, and every credit is
//! accounted for.

use chrono::TimeDelta;

use crate::harness::client::steps;
use crate::harness::{ACCOUNT_PHONE, Answer, Request, SOON, Server, Workspace, poll};

const PHONE: &str = "+12025550101";
const BODY: &str = r#"{"action": "send", "phone": "+12025550101", "text": "Your order has shipped"}"#;
const TEXT: &str = "Your order has shipped";
/// The shortest gap between two messages of one account.
const GAP_MS_MIN: TimeDelta = TimeDelta::milliseconds(1_500);
/// Far above the longest gap, for busy machines.
const GAP_MS_DOUBTFUL: TimeDelta = TimeDelta::seconds(10);

/// `curl -d` labels every body as a form.
fn curl(workspace: &Workspace) -> Answer {
    workspace.ask(&Request::post(&*workspace.inbound).body("application/x-www-form-urlencoded", BODY))
}

#[test]
fn two_posts_are_accepted_charged_sent_one_after_the_other_and_read() {
    let server = Server::start();
    let workspace = server.workspace();

    let ids = [curl(&workspace), curl(&workspace)].map(|answer| answer.message_id());

    assert_ne!(ids[0], ids[1]);
    let [first, second] = ids.each_ref().map(|id| workspace.wait_for_state(id, "read", SOON));
    let gap = second.sent_at.unwrap() - first.sent_at.unwrap();
    assert!(gap >= GAP_MS_MIN && gap < GAP_MS_DOUBTFUL, "{first:?} {second:?}");
    assert_eq!(server.simulator().texts(PHONE), [TEXT, TEXT]);

    let ledger = workspace.assert_ledger_adds_up();
    let rows = ledger.iter().map(|row| (row.kind.as_str(), row.amount, row.balance, row.message_id.as_deref()));
    let expected = [("charged", -1, 8, Some(&*ids[1])), ("charged", -1, 9, Some(&*ids[0])), ("granted", 10, 10, None)];
    assert_eq!(rows.collect::<Vec<_>>(), expected);

    let chats = workspace.chats();
    assert_eq!(chats.len(), 1, "{chats:?}");
    assert_eq!(chats[0]["phone"], PHONE);
    assert_eq!(chats[0]["account"], ACCOUNT_PHONE);
}

#[test]
fn the_answer_is_the_documented_one_to_the_byte() {
    let server = Server::start();
    let workspace = server.workspace();

    let answer = curl(&workspace);

    let text = answer.text();
    let digits = text.strip_prefix(r#"{"status":"success","data":{"message_id":"wa_backend:3EB0"#);
    let digits = digits.and_then(|rest| rest.strip_suffix(r#""}}"#)).unwrap_or_else(|| panic!("{answer:?}"));
    assert_eq!(digits.len(), 16, "{answer:?}");
    assert!(digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'A'..=b'F')), "{answer:?}");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("X-Credits-Remaining"), Some("9"));
    for name in ["X-Request-Id", "X-Queue-Position", "X-Estimated-Send-At"] {
        assert!(answer.header(name).is_some_and(|value| !value.is_empty()), "{name}: {answer:?}");
    }
}

#[test]
fn a_message_only_ever_moves_forward() {
    let server = Server::start();
    let workspace = server.workspace();
    let id = workspace.send(PHONE, TEXT);

    let mut seen = Vec::new();
    let is_read = poll(SOON, || {
        seen.push(workspace.message(&id).state);
        seen.last().is_some_and(|state| state == "read").then_some(())
    });

    assert!(is_read.is_some(), "{seen:?}");
    let steps: Vec<usize> =
        seen.iter().map(|state| steps(state).unwrap_or_else(|| panic!("{state} in {seen:?}"))).collect();
    assert!(steps.is_sorted(), "{seen:?}");
}

#[test]
fn an_idle_account_sends_at_once_and_a_busy_one_leaves_a_gap_every_time() {
    let server = Server::start();
    let workspace = server.workspace();

    let ids = ["one", "two", "three"].map(|text| workspace.send(PHONE, text));

    let sent_at = ids.map(|id| workspace.wait_for_state(&id, "sent", SOON).sent_at.unwrap());
    assert!(sent_at.is_sorted_by(|earlier, later| *later - *earlier >= GAP_MS_MIN), "{sent_at:?}");
}

#[test]
fn granted_credits_can_be_spent() {
    let server = Server::start();
    let workspace = server.create_workspace("Acme", 1);
    workspace.connect_account(ACCOUNT_PHONE);
    assert_eq!(curl(&workspace).status, 200);
    assert_eq!(curl(&workspace).status, 402);

    server.grant(&workspace, 5);

    assert_eq!(curl(&workspace).status, 200);
    assert_eq!(workspace.assert_ledger_adds_up().len(), 4);
    assert_eq!(workspace.credits(), 4);
}
