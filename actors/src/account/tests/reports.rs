//! Tests which sent messages of an account are owed to the CRM.

use events::account::{MessageSent, MessageSettled, SettledAs, SettledHow};
use events::event::Event;
use events::ids::WebhookId;
use events::webhook::{Aggregation, BUNDLE_BYTES};

use super::*;
use crate::account::State;
use crate::decider::{Decider, LookupRequest, LookupResult};
use crate::reporting::Reporting;
use crate::spec::facts::*;

fn webhook() -> WebhookId {
    WebhookId::of(workspace())
}

fn reported(attachments: bool) -> LookupResult {
    LookupResult::Reporting(Some(Reporting {
        webhook: webhook(),
        aggregation: Aggregation::None,
        attachments,
        bundle_bytes: BUNDLE_BYTES,
    }))
}

fn sent_owed(owed: Option<WebhookId>) -> Event {
    let (message, account, chat) = (message(11), account(1), chat(1));
    MessageSent { message, account, chat, try_number: 1, wire_id: None, at: at(300), owed }.into()
}

#[test]
fn what_was_sent_is_owed_while_it_is_reported() {
    let trying = || AccountSpec::given([connected(), queued(11), started(11, 1)]);
    trying().finding(reported(false)).when(tried(11, 1, Outcome::Sent), at(300)).then([sent_owed(Some(webhook()))]);
    trying().finding(LookupResult::Reporting(None)).when(tried(11, 1, Outcome::Sent), at(300)).then([sent_owed(None)]);
}

#[test]
fn what_has_a_file_is_owed_only_where_attachments_are_reported() {
    for (attachments, owed) in [(true, Some(webhook())), (false, None)] {
        AccountSpec::given([connected(), queued_with_file(11), fetched(11), started(11, 1)])
            .finding(reported(attachments))
            .when(tried(11, 1, Outcome::Sent), at(300))
            .then([sent_owed(owed)]);
    }
}

#[test]
fn what_a_receipt_or_somebody_settles_as_sent_is_owed() {
    let unsure = || AccountSpec::given([connected(), queued(11), started(11, 1), uncertain(11, 1, 5)]);
    let Event::MessageSettled(by_receipt) = settled_by_receipt(11, 300) else { unreachable!() };
    let owed = Some(webhook());
    unsure()
        .finding(reported(false))
        .when(seen(11), at(300))
        .then([MessageSettled { owed, ..by_receipt.clone() }.into()]);
    let settle = |settled_as| Command::Settle {
        message: message(11),
        settled_as,
        by: operator(),
        reason: REASON.to_owned(),
        reporting: None,
    };
    let by_owner =
        MessageSettled { how: SettledHow::Owner, by: operator(), reason: REASON.into(), owed, ..by_receipt.clone() };
    unsure().finding(reported(false)).when(settle(SettledAs::Sent), at(300)).then([by_owner.clone().into()]);
    let not_sent = MessageSettled { settled_as: SettledAs::Failed, owed: None, ..by_owner };
    unsure()
        .finding(reported(false))
        .when(settle(SettledAs::Failed), at(300))
        .then([not_sent.into(), refunded(11, "settled_as_failed")]);
}

#[test]
fn what_was_not_sent_is_not_asked_about() {
    AccountSpec::given([connected(), queued(11), started(11, 1)])
        .when(tried(11, 1, Outcome::ServerError), at(300))
        .then([deferred(11, 1, events::account::DeferReason::ServerError, 300, 300)]);
}

#[test]
fn a_receipt_looks_up_the_reporting_only_of_a_message_that_it_may_settle() {
    let asks = |past: &[Event]| {
        let mut state = State::default();
        for event in past {
            Account::apply(&mut state, event);
        }
        Account::next_lookup(&state, &Command::Seen { message: message(11), reporting: None })
    };
    assert_eq!(asks(&[connected(), queued(11), started(11, 1)]), None);
    let unsure = [connected(), queued(11), started(11, 1), uncertain(11, 1, 5)];
    assert_eq!(asks(&unsure), Some(LookupRequest::Reporting));
}
