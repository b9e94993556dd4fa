//! Tests messages that `WhatsApp` took before it said whether it sent them.

use events::account::{DeferReason, MessageAccepted, MessageSent, MessageSettled, SettledAs};
use events::event::Event;
use events::ids::WebhookId;
use events::webhook::{Aggregation, BUNDLE_BYTES};
use events::who::Who;

use super::*;
use crate::account::{ACCEPTED_MS, Acceptance, EXPIRED_AT_ONCE, HELD_MS, LATE_FAILURE_MS, Rejection};
use crate::decider::{Decider, LookupResult};
use crate::reporting::Reporting;
use crate::spec::facts::*;

/// An account whose first try of message 11 is under way; message 21 waits behind it.
fn trying() -> AccountSpec {
    AccountSpec::given([connected(), queued(11), started(11, 1), queued(21)])
}

/// An account whose message 11 was accepted at time 300, and that has no other.
fn accepting() -> AccountSpec {
    AccountSpec::given([connected(), queued(11), started(11, 1), message_accepted(11, 1, 300)])
}

fn taken() -> Outcome {
    Outcome::Accepted(Acceptance::default())
}

const OVERDUE_MS: i64 = 60_300;

#[test]
fn an_accepted_message_ends_its_try_and_is_not_sent_yet() {
    trying()
        .when(tried(11, 1, taken()), at(300))
        .then([message_accepted(11, 1, 300)])
        .due_effects([])
        .due_wake_at(gap_after(300, 21, 1))
        .when(WAKE_UP, gap_after(300, 21, 1))
        .then([started(21, 1)])
        .due_effects([send(21, 1)]);
}

#[test]
fn an_accepted_message_waits_in_no_queue() {
    let spec = accepting().due_wake_at(at(OVERDUE_MS));
    assert!(spec.state().queue.is_empty());
    assert_eq!(Account::due(spec.state()).waiting, 0);
}

#[test]
fn the_id_by_which_whatsapp_speaks_of_it_is_recorded() {
    let wire_id = Some("wamid.HBgLMTIwMjU1NTAxMDEVAgARGBI5".into());
    let Event::MessageAccepted(as_ours) = message_accepted(11, 1, 300) else { unreachable!() };
    trying()
        .when(tried(11, 1, Outcome::Accepted(Acceptance { wire_id: wire_id.clone(), address: None })), at(300))
        .then([MessageAccepted { wire_id, ..as_ours }.into()]);
}

#[test]
fn the_first_status_shows_that_it_was_sent_and_the_next_nothing_more() {
    accepting()
        .when(seen(11), at(500))
        .then([sent(11, 1, 500)])
        .due_nothing()
        .when(seen(11), at(600))
        .then_nothing()
        .when(WAKE_UP, at(OVERDUE_MS))
        .then_nothing();
}

#[test]
fn it_is_sent_by_the_try_that_was_accepted() {
    AccountSpec::given([connected(), queued(11), started(11, 1)])
        .and([deferred(11, 1, DeferReason::ServerError, 0, 0), started(11, 2), message_accepted(11, 2, 300)])
        .when(seen(11), at(500))
        .then([sent(11, 2, 500)]);
}

#[test]
fn a_failed_status_fails_and_refunds_it_once() {
    accepting()
        .when(failed_later(11), at(500))
        .then([failed(11, "refused", 500), refunded(11, "refused")])
        .due_nothing()
        .when(failed_later(11), at(600))
        .then_nothing()
        .when(seen(11), at(700))
        .then_nothing()
        .when(WAKE_UP, at(OVERDUE_MS))
        .then_nothing();
}

#[test]
fn a_failed_status_of_a_message_that_has_arrived_is_passed_over() {
    let arrived = || Command::FailedLater { message: message(11), code: "refused".to_owned(), has_arrived: true };
    accepting().when(arrived(), at(500)).then_nothing().and([sent(11, 1, 600)]).when(arrived(), at(700)).then_nothing();
}

#[test]
fn without_a_status_it_counts_as_sent_after_a_minute() {
    assert_eq!(ACCEPTED_MS, 60_000);
    accepting()
        .due_wake_at(at(OVERDUE_MS))
        .when(WAKE_UP, at(OVERDUE_MS - 1))
        .then_nothing()
        .when(WAKE_UP, at(OVERDUE_MS))
        .then([sent(11, 1, OVERDUE_MS)])
        .due_nothing();
}

#[test]
fn a_failed_status_after_that_minute_still_refunds() {
    let week = OVERDUE_MS + i64::try_from(LATE_FAILURE_MS).unwrap();
    let overdue = || accepting().and([sent(11, 1, OVERDUE_MS)]);
    overdue().when(failed_later(11), at(week)).then([failed(11, "refused", week), refunded(11, "refused")]);
    overdue().when(failed_later(11), at(week + 1)).then_nothing();
}

#[test]
fn those_that_were_accepted_first_count_as_sent_first_and_only_so_many_at_once() {
    let many = EXPIRED_AT_ONCE as u64 + 1;
    let events = (0..many).flat_map(|nth| {
        // The last one queued is accepted first.
        let number = 10 + many - nth;
        [queued(number), started(number, 1), message_accepted(number, 1, i64::try_from(nth).unwrap())]
    });
    let later = at(70_000);
    let verdict = AccountSpec::given([connected()]).quietly(events).when(WAKE_UP, later);
    let first = (0..many - 1).map(|nth| sent(10 + many - nth, 1, 70_000));
    verdict.then(first).when(WAKE_UP, later).then([sent(11, 1, 70_000)]).due_nothing();
}

#[test]
fn a_crash_changes_nothing_and_sends_nothing_again() {
    let spec = accepting();
    assert!(Account::due(spec.state()).effects.is_empty());
    spec.when(Command::Interrupted { message: message(11), try_number: 1 }, at(400))
        .then_nothing()
        .due_wake_at(at(OVERDUE_MS));
}

#[test]
fn after_a_crash_during_the_try_the_next_one_may_be_accepted() {
    trying()
        .when(Command::Interrupted { message: message(11), try_number: 1 }, at(300))
        .then([deferred(11, 1, DeferReason::Interrupted, 300, 300)])
        .and([started(11, 2)])
        .when(tried(11, 1, taken()), at(2_900))
        .then_nothing()
        .when(tried(11, 2, taken()), at(3_000))
        .then([message_accepted(11, 2, 3_000)]);
}

#[test]
fn the_same_answer_twice_accepts_once() {
    trying()
        .when(tried(11, 1, taken()), at(300))
        .then([message_accepted(11, 1, 300)])
        .when(tried(11, 1, taken()), at(301))
        .then_nothing()
        .when(tried(11, 1, Outcome::Sent), at(302))
        .then_nothing()
        .when(tried(11, 1, Outcome::Failed(crate::account::outcome::Permanent::Refused)), at(303))
        .then_nothing();
}

#[test]
fn it_ends_though_the_account_may_not_send() {
    let holds = [
        vec![disconnected(1, Who::Transport, 400)],
        vec![paused(1)],
        vec![blocked(1, None), told(1)],
        vec![blocked(1, Some(at(90_000))), told(1)],
    ];
    for hold in holds {
        let held = || accepting().and(hold.clone());
        held().due_wake_at(at(OVERDUE_MS)).when(WAKE_UP, at(OVERDUE_MS)).then([sent(11, 1, OVERDUE_MS)]);
        held().when(seen(11), at(500)).then([sent(11, 1, 500)]);
        held().when(failed_later(11), at(500)).then([failed(11, "refused", 500), refunded(11, "refused")]);
    }
}

#[test]
fn a_long_disconnection_gives_up_what_waits_and_not_what_was_accepted() {
    let late = i64::try_from(HELD_MS).unwrap();
    accepting()
        .and([queued(21), disconnected(1, Who::Transport, 0)])
        .when(WAKE_UP, at(late))
        .then([sent(11, 1, late)])
        .when(WAKE_UP, at(late))
        .then([failed(21, "account_disconnected", late), refunded(21, "account_disconnected")])
        .due_nothing();
}

#[test]
fn during_another_try_it_counts_as_sent_and_the_try_goes_on() {
    accepting()
        .and([queued(21), started(21, 1)])
        .due_wake_at(at(OVERDUE_MS))
        .when(WAKE_UP, at(OVERDUE_MS))
        .then([sent(11, 1, OVERDUE_MS)])
        .due_effects([send(21, 1)]);
}

/// `WhatsApp` has it, so that it is as with a try under way: nothing of it can be called back.
#[test]
fn when_its_chat_is_erased_it_ends_as_it_would() {
    let erased = || accepting().and([queued(12), erased(1, 400)]);
    let foreseen = accepting().and([queued(12)]).state().foresee_erasure(chat(1));
    assert_eq!((foreseen.failed, foreseen.refunded, foreseen.uncertain), (1, 1, 0));
    let given_up =
        || erased().when(WAKE_UP, at(500)).then([failed(12, "chat_erased", 500), refunded(12, "chat_erased")]);
    given_up().when(WAKE_UP, at(OVERDUE_MS)).then([sent(11, 1, OVERDUE_MS)]).due_nothing();
    given_up()
        .when(failed_later(11), at(600))
        .then([failed(11, "refused", 600), refunded(11, "refused")])
        .due_nothing();
}

#[test]
fn nobody_can_settle_it() {
    let (by, reason) = (operator(), REASON.to_owned());
    let settle = Command::Settle { message: message(11), settled_as: SettledAs::Failed, by, reason, reporting: None };
    accepting().when(settle, at(500)).then_rejected(&Rejection::NotUncertain);
}

#[test]
fn a_failed_status_may_come_before_the_answer() {
    trying()
        .when(failed_later(11), at(300))
        .then([failed(11, "refused", 300), refunded(11, "refused")])
        .due_wake_at(gap_after(300, 21, 1))
        .when(tried(11, 1, taken()), at(310))
        .then_nothing();
}

#[test]
fn a_failed_status_ends_the_tries_of_a_message_that_may_have_been_sent() {
    AccountSpec::given([connected(), queued(11), started(11, 1)])
        .when(failed_later(11), at(300))
        .then([failed(11, "refused", 300), refunded(11, "refused")]);
    AccountSpec::given([connected(), queued(11), started(11, 1)])
        .and([deferred(11, 1, DeferReason::OutcomeUnknown, 0, 0)])
        .when(failed_later(11), at(300))
        .then([failed(11, "refused", 300), refunded(11, "refused")])
        .due_nothing();
}

#[test]
fn a_failed_status_of_a_message_that_was_not_handed_over_is_passed_over() {
    AccountSpec::given([connected(), queued(11)]).when(failed_later(11), at(300)).then_nothing();
    AccountSpec::given([connected(), queued(11), started(11, 1)])
        .and([deferred(11, 1, DeferReason::ServerError, 0, 0)])
        .when(failed_later(11), at(300))
        .then_nothing();
}

#[test]
fn a_failed_status_settles_an_uncertain_message_as_failed() {
    let Event::MessageSettled(as_sent) = settled_by_receipt(11, 300) else { unreachable!() };
    let as_failed = MessageSettled { settled_as: SettledAs::Failed, reason: "refused".into(), ..as_sent };
    AccountSpec::given([connected(), queued(11), started(11, 1), uncertain(11, 1, 0)])
        .when(failed_later(11), at(300))
        .then([as_failed.into(), refunded(11, "refused")])
        .when(failed_later(11), at(400))
        .then_nothing()
        .when(seen(11), at(500))
        .then_nothing();
}

#[test]
fn it_is_owed_when_it_was_sent_and_not_before() {
    let webhook = WebhookId::of(workspace());
    let reported = || {
        let (aggregation, attachments, bundle_bytes) = (Aggregation::None, false, BUNDLE_BYTES);
        LookupResult::Reporting(Some(Reporting { webhook, aggregation, attachments, bundle_bytes }))
    };
    let owed = |ms| {
        let Event::MessageSent(sent) = sent(11, 1, ms) else { unreachable!() };
        Event::from(MessageSent { owed: Some(webhook), ..sent })
    };
    // The answer itself looks up nothing.
    trying().when(tried(11, 1, taken()), at(300)).then([message_accepted(11, 1, 300)]);
    accepting().finding(reported()).when(seen(11), at(500)).then([owed(500)]);
    accepting().finding(reported()).when(WAKE_UP, at(OVERDUE_MS)).then([owed(OVERDUE_MS)]);
}
