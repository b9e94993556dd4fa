//! Tests which account sends, and who may submit messages.

use events::account::MessageQueued;
use events::chat::ChatOpened;
use events::event::Event;
use events::who::Who;

use super::*;
use crate::spec::facts::*;

const FIRST: &str = "+12025550100";
const SECOND: &str = "+12025550102";

/// A workspace with two accounts.
fn with_two_accounts() -> WorkspaceSpec {
    WorkspaceSpec::given([created(), url_generated("in_token"), granted(9, "May")])
        .and([connection(1, FIRST).into(), connection(2, SECOND).into()])
}

/// The events when this account accepts message 11 to a new person.
fn taken_by(nth: u64) -> [Event; 3] {
    let Event::ChatOpened(opened) = opened(1, "+12025550101") else { unreachable!() };
    let opened = ChatOpened { account: account(nth), ..opened };
    let queued = MessageQueued { account: account(nth), ..queueing(11) };
    [opened.into(), queued.into(), charged(11)]
}

#[test]
fn the_named_account_sends() {
    for spelling in [FIRST, "12025550100", "+1 202 555 0100"] {
        with_two_accounts().when(to_phone_from(11, "+12025550101", spelling), at(0)).then(taken_by(1));
    }
}

#[test]
fn an_unknown_account_is_refused() {
    for phone in ["+12025550199", "nobody", ""] {
        with_two_accounts()
            .when(to_phone_from(11, "+12025550101", phone), at(0))
            .then_rejected(&Rejection::AccountNotFound);
    }
}

#[test]
fn a_named_account_that_is_blocked_takes_the_message_and_holds_it() {
    with_two_accounts()
        .and([blocked(1, None)])
        .when(to_phone_from(11, "+12025550101", FIRST), at(0))
        .answers(&accepted(11, 8))
        .then(taken_by(1));
}

#[test]
fn a_chats_own_account_takes_the_message_even_when_it_is_blocked() {
    with_two_accounts()
        .and([opened(1, "+12025550101"), blocked(1, None)])
        .finding(recipients::entry(1, "+12025550101"))
        .when(to_chat(11, 1), at(0))
        .then([queued(11), charged(11)]);
}

#[test]
fn a_chats_own_account_sends_whoever_is_named() {
    let Command::Submit(submit) = to_chat(11, 1) else { unreachable!() };
    for sender in [SECOND, "+12025550199", "nobody"] {
        let named = Command::Submit(Box::new(Submit { sender: Some(sender.to_owned()), ..(*submit).clone() }));
        with_two_accounts()
            .and([opened(1, "+12025550101")])
            .finding(recipients::entry(1, "+12025550101"))
            .when(named, at(0))
            .then([queued(11), charged(11)]);
    }
}

#[test]
fn without_a_name_the_most_recently_connected_account_sends() {
    with_two_accounts().when(to_phone(11, "+12025550101"), at(0)).answers(&accepted_by(2, 11, 8)).then(taken_by(2));
}

#[test]
fn without_a_name_a_blocked_account_is_passed_over() {
    with_two_accounts().and([blocked(2, None)]).when(to_phone(11, "+12025550101"), at(0)).then(taken_by(1));
}

#[test]
fn an_account_that_is_free_again_sends_again() {
    with_two_accounts()
        .and([blocked(2, None), unblocked(2)])
        .when(to_phone(11, "+12025550101"), at(0))
        .then(taken_by(2));
}

#[test]
fn without_a_name_somebody_must_be_active() {
    with_two_accounts()
        .and([blocked(1, None), blocked(2, None)])
        .when(to_phone(11, "+12025550101"), at(0))
        .then_rejected(&inactive(2, SECOND, Inactivity::Blocked));
    WorkspaceSpec::given([created(), url_generated("in_token"), granted(9, "May")])
        .when(to_phone(11, "+12025550101"), at(0))
        .then_rejected(&Rejection::NoConnectedAccount(None));
}

#[test]
fn of_inactive_accounts_the_one_that_is_nearest_to_sending_is_named() {
    let lost = disconnected(2, Who::Transport, 0);
    for (events, named) in [
        (vec![paused(1), lost.clone()], inactive(1, FIRST, Inactivity::Paused)),
        (vec![blocked(1, None), paused(1), lost.clone()], inactive(1, FIRST, Inactivity::Blocked)),
        (vec![disconnected(1, Who::Operator, 0), lost], inactive(2, SECOND, Inactivity::Disconnected)),
        (vec![paused(1), blocked(2, None)], inactive(2, SECOND, Inactivity::Blocked)),
    ] {
        with_two_accounts().and(events).when(to_phone(11, "+12025550101"), at(0)).then_rejected(&named);
    }
}

#[test]
fn a_wrong_token_finds_no_webhook() {
    let wrong = Submit { token_hash: Some(Digest::of(b"in_other")), ..submission(11, "+12025550101") };
    with_two_accounts().when(Command::Submit(Box::new(wrong)), at(0)).then_rejected(&Rejection::WebhookNotFound);
}

#[test]
fn a_token_stops_when_it_is_replaced() {
    let newer = Submit { token_hash: Some(Digest::of(b"in_newer")), ..submission(11, "+12025550101") };
    with_two_accounts()
        .and([url_generated("in_newer")])
        .when(to_phone(11, "+12025550101"), at(0))
        .then_rejected(&Rejection::WebhookNotFound)
        .when(Command::Submit(Box::new(newer)), at(0))
        .then(taken_by(2));
}

#[test]
fn a_caller_who_is_known_otherwise_needs_no_token() {
    let known = Submit { token_hash: None, ..submission(11, "+12025550101") };
    with_two_accounts().when(Command::Submit(Box::new(known)), at(0)).then(taken_by(2));
}

#[test]
fn a_workspace_that_does_not_exist_has_no_webhook() {
    let refused = Rejection::WebhookNotFound;
    WorkspaceSpec::given([]).when(to_phone(11, "+12025550101"), at(0)).then_rejected(&refused);
    let known = Submit { token_hash: None, ..submission(11, "+12025550101") };
    WorkspaceSpec::given([]).when(Command::Submit(Box::new(known)), at(0)).then_rejected(&refused);
}
