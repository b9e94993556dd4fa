//! Files that are being fetched when the gateway is killed or stopped, or while their account may not send.

use super::PNG;
use super::sent::{
    Gated, got, patient, refunds, shown, story, tell_account, tenant, wait_for_moment, with_file, with_gaps,
};
use super::site::Reply;
use crate::harness::client::message;
use crate::harness::{ACCOUNT_PHONE, SOON, Server, SimulatorProcess, Workspace, wait_until};

const PHONE: &str = "+12025550101";
/// An account that lost its connection retries after some seconds; the fast clock shortens that wait.
const CLOCK_RATE: u32 = 60;
const CREDITS: u64 = 100;

fn started() -> (SimulatorProcess, Server, Workspace) {
    let simulator = SimulatorProcess::start(CLOCK_RATE);
    let server = with_gaps(patient(), [0, 0]).clock_rate(CLOCK_RATE).simulated_by(&simulator).start();
    let workspace = tenant(&server, CREDITS);
    (simulator, server, workspace)
}

fn post(workspace: &Workspace, text: &str, gated: &Gated) -> String {
    workspace.post(&with_file(PHONE, text, &gated.site.url("/a"), "a.png")).message_id()
}

/// Posts a message whose file arrives while its account is paused, so that the message is still queued.
fn fetched_while_paused(workspace: &Workspace, gated: &Gated) -> String {
    let id = post(workspace, "look", gated);
    gated.wait_for_requests(1);
    tell_account(workspace, "pause");
    gated.give(Reply::file(PNG));
    wait_for_moment(workspace, &id, "FileFetched");
    assert_eq!(workspace.message(&id).state, "queued");
    id
}

/// Checks that the message is on the phone once, with its file, and was charged.
fn assert_arrived_once(simulator: &SimulatorProcess, workspace: &Workspace, id: &str) {
    workspace.wait_for_state(id, "sent", SOON);
    assert_eq!(got(&simulator.client(), PHONE), [("look".to_owned(), shown("a.png", PNG))]);
    assert_eq!((workspace.credits(), refunds(workspace)), (98, vec![]));
}

#[test]
fn files_that_were_being_fetched_at_a_kill_are_fetched_after_it() {
    let (simulator, mut server, workspace) = started();
    let gated = Gated::new();
    let texts: Vec<String> = (0..12).map(|nth| format!("message {nth}")).collect();
    let ids: Vec<String> = texts
        .iter()
        .enumerate()
        .map(|(nth, text)| match nth % 3 {
            0 => post(&workspace, text, &gated),
            _ => workspace.post(&message(PHONE, text)).message_id(),
        })
        .collect();
    gated.wait_for_requests(4);

    server.kill9();
    gated.give(Reply::file(PNG));
    server.restart();

    for id in &ids {
        workspace.wait_for_state(id, "sent", SOON);
    }
    let file = |nth: usize| if nth.is_multiple_of(3) { shown("a.png", PNG) } else { serde_json::Value::Null };
    let expected: Vec<_> = texts.iter().enumerate().map(|(nth, text)| (text.clone(), file(nth))).collect();
    assert_eq!(got(&simulator.client(), PHONE), expected);
    assert_eq!(refunds(&workspace), Vec::<String>::new());
    assert_eq!(simulator.client().stats(), (12, 0));
}

#[test]
fn files_that_fail_at_a_kill_are_refunded_once() {
    let (simulator, mut server, workspace) = started();
    let gated = Gated::new();
    let mut ids: Vec<String> = (0..8).map(|nth| post(&workspace, &format!("message {nth}"), &gated)).collect();
    gated.wait_for_requests(4);

    gated.give(Reply::status(404));
    server.kill9();
    server.restart();

    for id in &ids {
        assert_eq!(workspace.wait_for_state(id, "failed", SOON).failure.as_deref(), Some("file_not_found"));
    }
    let mut refunded = refunds(&workspace);
    refunded.sort();
    ids.sort();
    assert_eq!(refunded, ids);
    assert_eq!(simulator.client().stats(), (0, 0));
}

#[test]
fn a_file_that_had_come_before_a_kill_is_fetched_again_for_its_message() {
    let (simulator, mut server, workspace) = started();
    let gated = Gated::new();
    let id = fetched_while_paused(&workspace, &gated);

    server.kill9();
    server.restart();
    tell_account(&workspace, "resume");

    assert_arrived_once(&simulator, &workspace, &id);
    assert_eq!(gated.site.requests().len(), 2);
    assert_eq!(story(&workspace, &id).iter().filter(|moment| *moment == "FileFetched").count(), 1);
}

#[test]
fn a_file_that_is_gone_when_it_is_wanted_again_fails_its_message() {
    let (simulator, mut server, workspace) = started();
    let gated = Gated::new();
    let id = fetched_while_paused(&workspace, &gated);

    server.kill9();
    gated.give(Reply::status(410));
    server.restart();
    tell_account(&workspace, "resume");

    assert_eq!(workspace.wait_for_state(&id, "failed", SOON).failure.as_deref(), Some("file_not_found"));
    assert_eq!(refunds(&workspace), [id]);
    assert_eq!(simulator.client().stats(), (0, 0));
}

#[test]
fn files_that_come_while_their_account_is_paused_leave_when_it_goes_on() {
    let (simulator, _server, workspace) = started();
    let gated = Gated::new();
    let ids = ["look", "later"].map(|text| post(&workspace, text, &gated));
    gated.wait_for_requests(2);
    tell_account(&workspace, "pause");
    gated.give(Reply::file(PNG));
    for id in &ids {
        wait_for_moment(&workspace, id, "FileFetched");
    }
    assert_eq!(got(&simulator.client(), PHONE), []);

    tell_account(&workspace, "resume");

    for id in &ids {
        workspace.wait_for_state(id, "sent", SOON);
    }
    let expected = ["look", "later"].map(|text| (text.to_owned(), shown("a.png", PNG)));
    assert_eq!(got(&simulator.client(), PHONE), expected);
    assert_eq!(gated.site.requests().len(), 2, "what came during the pause was kept");
}

#[test]
fn a_file_that_comes_while_its_account_is_cut_off_leaves_when_it_is_back() {
    let (simulator, _server, workspace) = started();
    let gated = Gated::new();
    let id = post(&workspace, "look", &gated);
    gated.wait_for_requests(1);
    simulator.client().set_connected(ACCOUNT_PHONE, false);
    wait_until("the account is cut off", SOON, || {
        (workspace.account(ACCOUNT_PHONE)["state"] != "connected").then_some(())
    });
    gated.give(Reply::file(PNG));
    wait_for_moment(&workspace, &id, "FileFetched");
    assert_eq!(got(&simulator.client(), PHONE), []);

    simulator.client().set_connected(ACCOUNT_PHONE, true);

    assert_arrived_once(&simulator, &workspace, &id);
    assert_eq!(gated.site.requests().len(), 1);
}

#[test]
fn nobody_who_stops_the_gateway_waits_for_a_file() {
    let (simulator, mut server, workspace) = started();
    let gated = Gated::new();
    let id = post(&workspace, "look", &gated);
    gated.wait_for_requests(1);

    assert_eq!(server.sigterm(), Some(0));
    assert!(server.process().output().contains("1 message or report stays queued"), "{}", server.process().output());

    gated.give(Reply::file(PNG));
    server.restart();
    assert_arrived_once(&simulator, &workspace, &id);
}

#[test]
fn nobody_who_stops_the_gateway_waits_for_a_file_that_is_fetched_again() {
    let (simulator, mut server, workspace) = started();
    let gated = Gated::new();
    let id = fetched_while_paused(&workspace, &gated);
    server.kill9();
    gated.keep_back();
    server.restart();
    tell_account(&workspace, "resume");
    gated.wait_for_requests(2);

    assert_eq!(server.sigterm(), Some(0));

    gated.give(Reply::file(PNG));
    server.restart();
    assert_arrived_once(&simulator, &workspace, &id);
    assert_eq!(simulator.client().stats(), (1, 0));
}
