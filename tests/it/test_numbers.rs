//! The simulator's test numbers: each message ends as its card says, and every failed one is refunded.

use crate::harness::client::message;
use crate::harness::{ACCOUNT_PHONE, SOON, Server, Setup, Workspace, wait_until};

const ORDINARY: &str = "+12025550101";
const UNCERTAIN: &str = "+12025550144";
const BLOCKED: &str = "+12025550145";
const CLOCK_RATE: u32 = 60;
const CREDITS: u64 = 20;

/// The expected end of a message to a number.
struct Card {
    phone: &'static str,
    state: &'static str,
    failure: Option<&'static str>,
}

const fn sent(phone: &'static str) -> Card {
    Card { phone, state: "sent", failure: None }
}

const fn failed(phone: &'static str, code: &'static str) -> Card {
    Card { phone, state: "failed", failure: Some(code) }
}

const CARDS: [Card; 13] = [
    sent(ORDINARY),
    failed("+12025550140", "not_on_whatsapp"),
    failed("+12025550141", "server_error"),
    sent("+12025550142"),
    sent("+12025550143"),
    failed("call me", "recipient_invalid"),
    failed("123456", "recipient_invalid"),
    failed("+1202555010212345", "recipient_invalid"),
    failed("02025550102", "recipient_invalid"),
    failed("+1 202 555 01O2", "recipient_invalid"),
    failed("1 (202) 555-01.02", "recipient_invalid"),
    failed("+44 (0)20 7946 0958", "recipient_invalid"),
    sent("1 (202) 555.0102"),
];

fn start() -> (Server, Workspace) {
    let server = Setup::new().clock_rate(CLOCK_RATE).start();
    let workspace = server.create_workspace("Acme", CREDITS);
    workspace.connect_account(ACCOUNT_PHONE);
    (server, workspace)
}

fn refunds(workspace: &Workspace) -> Vec<String> {
    let ledger = workspace.assert_ledger_adds_up();
    ledger.into_iter().filter(|row| row.kind == "refunded").filter_map(|row| row.message_id).collect()
}

#[test]
fn every_number_ends_as_its_card_says() {
    let (server, workspace) = start();

    let ids = CARDS.map(|card| (workspace.send(card.phone, card.phone), card));

    let mut lost = Vec::new();
    for (id, card) in ids {
        let message = workspace.wait_for_state(&id, card.state, SOON);
        assert_eq!(message.failure.as_deref(), card.failure, "{message:?}");
        if card.state == "failed" {
            lost.push(id);
        }
    }
    let mut refunded = refunds(&workspace);
    refunded.sort();
    lost.sort();
    assert_eq!(refunded, lost);
    let sent = i64::try_from(CARDS.len() - lost.len()).unwrap();
    assert_eq!(workspace.credits(), i64::try_from(CREDITS).unwrap() - sent);
    for card in CARDS.iter().filter(|card| card.phone.starts_with("+12025550")) {
        let expected = usize::from(card.state == "sent");
        assert_eq!(server.simulator().texts(card.phone).len(), expected, "{}", card.phone);
    }
    assert_eq!(server.simulator().texts("+12025550102"), ["1 (202) 555.0102"]);
}

#[test]
fn an_unknown_outcome_stays_uncertain_until_the_owner_says_that_it_was_sent() {
    let (server, workspace) = start();
    let id = workspace.send(UNCERTAIN, "are you there");
    workspace.wait_for_state(&id, "uncertain", SOON);
    let later = workspace.send(ORDINARY, "later");
    workspace.wait_for_state(&later, "read", SOON);
    assert_eq!(workspace.message(&id).state, "uncertain");
    assert_eq!(server.simulator().texts(UNCERTAIN), ["are you there"]);

    workspace.settle(&id, "sent").success();

    assert_eq!(workspace.message(&id).state, "sent");
    assert_eq!(refunds(&workspace), Vec::<String>::new());
    assert_eq!(server.simulator().texts(UNCERTAIN), ["are you there"]);
}

#[test]
fn an_uncertain_message_that_the_owner_calls_failed_is_refunded() {
    let (_server, workspace) = start();
    let id = workspace.send(UNCERTAIN, "are you there");
    workspace.wait_for_state(&id, "uncertain", SOON);

    workspace.settle(&id, "failed").success();

    assert_eq!(workspace.message(&id).state, "failed");
    assert_eq!(refunds(&workspace), [id]);
    assert_eq!(workspace.credits(), i64::try_from(CREDITS).unwrap());
}

#[test]
fn only_an_uncertain_message_can_be_settled() {
    let (_server, workspace) = start();
    let uncertain = workspace.send(UNCERTAIN, "are you there");
    let ordinary = workspace.send(ORDINARY, "hello");
    workspace.wait_for_state(&uncertain, "uncertain", SOON);
    workspace.wait_for_state(&ordinary, "read", SOON);
    workspace.settle(&uncertain, "sent").success();

    assert_eq!(workspace.settle(&ordinary, "failed").status, 409);
    assert_eq!(workspace.settle(&uncertain, "failed").status, 409);
    assert_eq!(workspace.settle("wa_backend:3EB00000000000000000", "failed").status, 404);

    assert_eq!(refunds(&workspace), Vec::<String>::new());
}

#[test]
fn a_blocked_account_keeps_its_queue() {
    let (server, workspace) = start();
    let blocking = workspace.send(BLOCKED, "the last straw");
    let mut body = message(ORDINARY, "waits");
    body["whatsapp account phone"] = ACCOUNT_PHONE.into();
    let waiting = workspace.post(&body).message_id();
    wait_until("the account is blocked", SOON, || {
        (workspace.account(ACCOUNT_PHONE)["state"] == "blocked").then_some(())
    });
    workspace.connect_account("+12025550109");
    let elsewhere = workspace.send("+12025550103", "from the other account");
    workspace.wait_for_state(&elsewhere, "read", SOON);

    for id in [&blocking, &waiting] {
        assert_eq!(workspace.message(id).state, "queued");
    }
    assert_eq!(server.simulator().texts(BLOCKED), Vec::<String>::new());
    assert_eq!(server.simulator().texts(ORDINARY), Vec::<String>::new());
    assert_eq!(refunds(&workspace), Vec::<String>::new());
}
