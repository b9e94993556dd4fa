//! The final checks of every message: charged once, ended as it must, arrived once and in order.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::crm::Kind;
use super::record::{Accepted, Record};
use super::{Around, CHATS, CREDITS, CRMS, DRAINED, PNG, phone};
use crate::files::sent::{got, shown};
use crate::harness::Workspace;

pub fn every_message_ended_as_it_should(workspace: &Workspace, around: &Around) {
    for message in around.record.accepted() {
        let wanted = if message.kind.fails_as().is_some() { "failed" } else { "sent" };
        let ended = workspace.wait_for_state(&message.id, wanted, DRAINED);
        assert_eq!(
            (ended.failure.as_deref(), &ended.view["text"]),
            (message.kind.fails_as(), &Value::from(&*message.text))
        );
    }
}

/// Checks that the ledger has a charge for each acknowledged message, a refund for each failed one, and nothing else.
pub fn each_was_charged_once(workspace: &Workspace, record: &Record) {
    let accepted = record.accepted();
    let by_id: BTreeMap<&str, &Accepted> = accepted.iter().map(|one| (&*one.id, one)).collect();
    assert_eq!(by_id.len(), accepted.len(), "one id for two posts");
    let mut expected = BTreeSet::new();
    for (id, message) in &by_id {
        expected.insert(("charged".to_owned(), (*id).to_owned(), -message.kind.credits()));
        if message.kind.fails_as().is_some() {
            expected.insert(("refunded".to_owned(), (*id).to_owned(), message.kind.credits()));
        }
    }
    let ledger = workspace.assert_ledger_adds_up();
    let moved = ledger.into_iter().filter(|row| row.kind != "granted");
    let moved: BTreeSet<_> = moved.map(|row| (row.kind, row.message_id.unwrap(), row.amount)).collect();
    let wrong: Vec<_> = moved.symmetric_difference(&expected).collect();
    assert!(wrong.is_empty(), "charged or refunded otherwise than acknowledged: {wrong:?}");
    let kept: i64 = expected.iter().map(|(_, _, amount)| amount).sum();
    assert_eq!(workspace.credits(), i64::try_from(CREDITS).unwrap() + kept);
}

/// Checks that each phone has got the acknowledged messages, with their files, once and in order.
pub fn each_arrived_once_and_in_order(around: &Around) {
    let simulator = around.simulator.client();
    let mut expected: BTreeMap<String, Vec<(String, Value)>> = BTreeMap::new();
    for message in around.record.accepted().into_iter().filter(|message| message.kind.fails_as().is_none()) {
        let file = if message.kind == Kind::File { shown("a.png", PNG) } else { Value::Null };
        expected.entry(message.phone).or_default().push((message.text, file));
    }
    for nth in 0..CRMS * CHATS {
        let phone = phone(nth / CHATS, nth);
        let arrived = got(&simulator, &phone);
        assert_eq!(arrived, expected.remove(&phone).unwrap_or_default(), "{phone}");
    }
    assert!(expected.is_empty(), "{expected:?}");
}
