//! Tests the files of an erased chat: they are fetched no more, and their messages fail like all others.

use super::*;

/// Both credits of a message with a file.
pub(super) fn refunded(number: u64) -> Event {
    let (workspace, message) = (workspace(), message(number));
    CreditRefunded { workspace, message, amount: 2, reason: CODE.to_owned() }.into()
}

fn given_up(number: u64, ms: i64) -> [Event; 2] {
    [failed(number, CODE, ms), refunded(number)]
}

fn later() -> Missing {
    missing("file_http_error", Prospect::Passing { retry_after_ms: 0 })
}

/// Whatever comes of a fetch or a try that was about this message's file.
fn late(number: u64) -> Vec<Command> {
    let never = || missing("not_a_direct_link", Prospect::Final);
    vec![
        came(number),
        not_had(number, later()),
        not_had(number, never()),
        Command::NotFetched { message: message(number) },
        Command::NoFile { message: message(number), try_number: 1, missing: never() },
    ]
}

#[test]
fn a_message_that_waits_for_its_file_fails_and_the_file_is_fetched_no_more() {
    let spec = || {
        AccountSpec::given([connected(), queued_with_file(11), erased(1, 5)])
            .due_wake_at(at(0))
            .when(WAKE_UP, at(5))
            .then(given_up(11, 5))
            .due_nothing()
    };
    for late in late(11) {
        spec().when(late, at(300)).then_nothing().due_nothing();
    }
}

#[test]
fn a_file_that_was_to_be_fetched_again_is_not() {
    let again = fetch_failed(11, 1, "file_http_error", 0, Some(2_000));
    let spec = AccountSpec::given([connected(), queued_with_file(11), again, erased(1, 5)]);
    assert_ne!(Account::due(spec.state()).later, []);
    let spec = spec.when(WAKE_UP, at(5)).then(given_up(11, 5)).due_nothing();
    assert_eq!(Account::due(spec.state()).later, []);
    spec.when(came(11), at(2_000)).then_nothing();
}

#[test]
fn a_message_whose_file_is_here_fails_too() {
    AccountSpec::given([connected(), queued_with_file(11), fetched(11), erased(1, 5)])
        .when(WAKE_UP, at(5))
        .then(given_up(11, 5))
        .due_nothing();
}

#[test]
fn files_of_other_chats_are_fetched_further_on() {
    AccountSpec::given([connected(), queued_with_file(11), queued_with_file(21), erased(1, 5)])
        .when(WAKE_UP, at(5))
        .then(given_up(11, 5))
        .due_effects([fetch(21)])
        .when(came(21), at(6))
        .then([fetched(21)])
        .when(WAKE_UP, at(7))
        .then([started(21, 1)]);
}

#[test]
fn files_of_an_erased_chat_take_no_room_from_others() {
    AccountSpec::given([connected()])
        .and((100..108).map(queued_with_file))
        .and((100..108).map(fetched))
        .and([queued_with_file(211)])
        .due_effects([])
        .and([erased(10, 5)])
        .when(WAKE_UP, at(5))
        .then((100..108).flat_map(|number| given_up(number, 5)))
        .due_effects([fetch(211)]);
}

#[test]
fn a_fetch_that_ends_just_before_changes_nothing_of_it() {
    let waiting = || AccountSpec::given([connected(), queued_with_file(11), erased(1, 5)]);
    waiting().when(came(11), at(5)).then([fetched(11)]).when(WAKE_UP, at(5)).then(given_up(11, 5));
    waiting()
        .when(not_had(11, later()), at(5))
        .then([fetch_failed(11, 1, "file_http_error", 5, Some(2_005))])
        .when(WAKE_UP, at(5))
        .then(given_up(11, 5));
}

#[test]
fn a_message_whose_file_can_never_come_is_refunded_once() {
    let (code, workspace, message) = ("not_a_direct_link", workspace(), message(11));
    let refund = CreditRefunded { workspace, message, amount: 2, reason: code.to_owned() };
    AccountSpec::given([connected(), queued_with_file(11), erased(1, 5)])
        .when(not_had(11, missing(code, Prospect::Final)), at(5))
        .then([fetch_failed(11, 1, code, 5, None), failed(11, code, 5), refund.into()])
        .due_nothing()
        .when(WAKE_UP, at(5))
        .then_nothing();
}

/// It is not fetched again for a try that will never be made.
#[test]
fn a_file_that_is_gone_in_the_try_under_way_is_fetched_no_more() {
    AccountSpec::given([connected(), queued_with_file(11), fetched(11), started(11, 1), erased(1, 5)])
        .when(Command::NoFile { message: message(11), try_number: 1, missing: later() }, at(300))
        .then([deferred(11, 1, DeferReason::FileGone, 300, 300)])
        .when(WAKE_UP, at(301))
        .then(given_up(11, 301))
        .due_nothing();
}
