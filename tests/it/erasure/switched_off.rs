//! Erasures while nothing is reported: the webhook is switched off, or too many errors have switched it off.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::json;

use super::traces::{assert_gone, find};
use super::{OTHER, OTHER_TEXT, PHONE, busy_workspace, chat_of, erase, start};
use crate::harness::{ACCOUNT_PHONE, SOON, Server, Setup, wait_until};
use crate::outbound::owner::{Owner, events};
use crate::outbound::receiver::{Arrived, Receiver, status};

/// Reports that wait for each of the two contacts.
const EACH: usize = 3;

/// A workspace whose receiver answers as it is told.
struct Reported {
    owner: Owner,
    receiver: Receiver,
    answer: Arc<AtomicU16>,
    server: Server,
}

impl Reported {
    fn new(answered: u16) -> Self {
        let answer = Arc::new(AtomicU16::new(answered));
        let told = Arc::clone(&answer);
        let receiver = Receiver::start(move |_| status(told.load(Ordering::SeqCst)));
        let server = start(Setup::new());
        let owner = Owner::of(busy_workspace(&server));
        owner.set(&json!({"url": receiver.url("/hook"), "aggregation": "none"}));
        Self { owner, receiver, answer, server }
    }

    fn both_write(&self) {
        for nth in 0..EACH {
            self.server.simulator().receive(ACCOUNT_PHONE, PHONE, &format!("C4naryText {nth}"));
            self.server.simulator().receive(ACCOUNT_PHONE, OTHER, &format!("{OTHER_TEXT} {nth}"));
        }
    }

    fn wait_until_owed(&self, owed: usize) {
        wait_until("all is owed", SOON, || {
            let shown = self.owner.shown();
            (shown["enabled"] == false && shown["owed"] == owed).then_some(())
        });
    }

    /// Erases the contact, and returns what came before.
    fn erase(&self) -> usize {
        let before = self.receiver.arrived().len();
        assert_eq!(erase(&self.owner.workspace, &chat_of(&self.owner.workspace, PHONE)).status, 200);
        self.wait_until_owed(EACH);
        before
    }

    /// Switches on, and checks that all of the other contact comes, and nothing else.
    fn assert_only_the_other_is_told(&self, before: usize) {
        self.answer.store(200, Ordering::SeqCst);
        self.owner.set(&json!({"enabled": true, "backlog": "send"}));
        self.owner.wait_until_told();
        let told = self.receiver.arrived().split_off(before);
        for report in &told {
            assert_eq!(find(report.body.as_bytes()), None, "{report:?}");
        }
        let texts: Vec<String> = told.iter().flat_map(Arrived::texts).collect();
        assert_eq!(texts, [0, 1, 2].map(|nth| format!("{OTHER_TEXT} {nth}")));
        assert_gone(
            "tries",
            self.owner.workspace.ask(&self.owner.workspace.api("GET", "/outbound/log.csv")).text().as_bytes(),
        );
    }
}

#[test]
fn what_is_owed_of_an_erased_contact_while_reports_are_switched_off_is_never_sent() {
    for restarts in [false, true] {
        let mut reported = Reported::new(200);
        reported.owner.set(&json!({"enabled": false, "reason": "moving house"}));
        reported.both_write();
        reported.wait_until_owed(2 * EACH);
        let before = reported.erase();
        assert_eq!(before, 0);
        if restarts {
            reported.server.kill9();
            reported.server.restart();
        }
        reported.assert_only_the_other_is_told(before);
    }
}

#[test]
fn what_is_owed_of_an_erased_contact_after_the_fuse_has_blown_is_never_sent() {
    let reported = Reported::new(500);
    reported.both_write();
    reported.wait_until_owed(2 * EACH);
    assert_eq!(events(&reported.server, "WebhookDisabled")[0]["because"], "errors");
    let before = reported.erase();
    assert!(reported.receiver.arrived().iter().any(|report| find(report.body.as_bytes()).is_some()), "it was tried");
    reported.assert_only_the_other_is_told(before);
}
