//! Tests pausing and resuming accounts.

use events::account::MessageQueued;
use events::chat::ChatOpened;
use events::event::Event;
use events::who::Who;

use super::*;
use crate::spec::facts::*;
use crate::workspace::{AccountCommand, Standing};

const FIRST: &str = "+12025550100";
const SECOND: &str = "+12025550102";

fn ready() -> WorkspaceSpec {
    WorkspaceSpec::given([created(), url_generated("in_token"), granted(9, "May"), connected()])
}

fn pause(nth: u64) -> Command {
    Command::Account(account(nth), AccountCommand::Pause { by: operator(), reason: REASON.to_owned() })
}

fn resume(nth: u64) -> Command {
    Command::Account(account(nth), AccountCommand::Resume { by: operator(), reason: REASON.to_owned() })
}

fn standing(spec: &WorkspaceSpec) -> Standing {
    spec.state().standing(account(1)).unwrap()
}

/// The events when this account accepts message 11 to a new person.
fn taken_by(nth: u64) -> [Event; 3] {
    let Event::ChatOpened(opened) = opened(1, "+12025550101") else { unreachable!() };
    let opened = ChatOpened { account: account(nth), ..opened };
    [opened.into(), MessageQueued { account: account(nth), ..queueing(11) }.into(), charged(11)]
}

#[test]
fn a_pause_and_its_end_keep_who_and_why() {
    let spec = ready().when(pause(1), at(0)).answers(&Answer::Done).then([paused(1)]);
    assert_eq!(standing(&spec), Standing::Paused);
    let spec = spec.when(resume(1), at(0)).answers(&Answer::Done).then([resumed(1)]);
    assert_eq!(standing(&spec), Standing::Connected);
}

#[test]
fn what_is_paused_is_not_paused_again() {
    ready().and([paused(1)]).when(pause(1), at(0)).answers(&Answer::Done).then_nothing();
}

#[test]
fn what_is_not_held_needs_no_resumption() {
    ready().when(resume(1), at(0)).answers(&Answer::Done).then_nothing();
    ready().and([paused(1), resumed(1)]).when(resume(1), at(0)).then_nothing();
}

#[test]
fn a_blocked_account_is_resumed() {
    let spec = ready().and([blocked(1, None)]);
    assert_eq!(standing(&spec), Standing::Blocked);
    let spec = spec.when(resume(1), at(0)).then([resumed(1)]);
    assert_eq!(standing(&spec), Standing::Connected);
}

#[test]
fn a_blocked_account_can_be_paused_and_stays_paused_when_it_is_free() {
    let spec = ready().and([blocked(1, None)]).when(pause(1), at(0)).then([paused(1)]);
    assert_eq!(standing(&spec), Standing::Blocked);
    assert_eq!(standing(&spec.and([unblocked(1)])), Standing::Paused);
}

#[test]
fn one_resumption_ends_a_pause_and_a_block() {
    let spec = ready().and([paused(1), blocked(1, None)]).when(resume(1), at(0)).then([resumed(1)]);
    assert_eq!(standing(&spec), Standing::Connected);
}

#[test]
fn an_account_without_a_connection_is_neither_paused_nor_resumed() {
    for by in [Who::Operator, Who::Transport] {
        for command in [pause(1), resume(1)] {
            ready()
                .and([paused(1), disconnected(1, by, 0)])
                .when(command, at(0))
                .then_rejected(&Rejection::AccountNotConnected);
        }
    }
}

#[test]
fn an_unknown_account_is_neither_paused_nor_resumed_nor_disconnected() {
    let disconnect = AccountCommand::Disconnect { by: operator(), reason: REASON.to_owned() };
    let connection = AccountCommand::Connection { connected: false };
    let others = [disconnect, connection].map(|command| Command::Account(account(2), command));
    for command in [pause(2), resume(2)].into_iter().chain(others) {
        ready().when(command, at(0)).then_rejected(&Rejection::AccountNotFound);
    }
    WorkspaceSpec::given([]).when(pause(1), at(0)).then_rejected(&Rejection::UnknownWorkspace);
}

#[test]
fn another_account_goes_on() {
    let spec = ready().and([connection(2, SECOND).into()]).when(pause(2), at(0)).then([paused(2)]);
    assert_eq!(standing(&spec), Standing::Connected);
    spec.when(to_phone(11, "+12025550101"), at(0)).then(taken_by(1));
}

#[test]
fn without_a_name_an_account_that_is_not_active_is_passed_over() {
    for hold in [paused(2), blocked(2, None), disconnected(2, Who::Operator, 0), disconnected(2, Who::Transport, 0)] {
        ready()
            .and([connection(2, SECOND).into(), hold])
            .when(to_phone(11, "+12025550101"), at(0))
            .answers(&accepted_by(1, 11, 8))
            .then(taken_by(1));
    }
}

#[test]
fn without_a_name_somebody_must_be_active() {
    for (hold, because) in [
        (paused(1), Inactivity::Paused),
        (blocked(1, None), Inactivity::Blocked),
        (disconnected(1, Who::Operator, 0), Inactivity::Disconnected),
    ] {
        let refused = inactive(1, FIRST, because);
        ready().and([hold]).when(to_phone(11, "+12025550101"), at(0)).then_rejected(&refused);
    }
}

#[test]
fn a_named_account_that_is_not_active_takes_the_message_and_holds_it() {
    for hold in [paused(1), blocked(1, None), disconnected(1, Who::Operator, 0), disconnected(1, Who::Transport, 0)] {
        ready()
            .and([connection(2, SECOND).into(), hold])
            .when(to_phone_from(11, "+12025550101", FIRST), at(0))
            .answers(&accepted(11, 8))
            .then(taken_by(1));
    }
}

#[test]
fn the_most_recently_connected_account_is_the_one_that_was_connected_last_again() {
    let again = [disconnected(1, Who::Operator, 0), connected()];
    ready()
        .and([connection(2, SECOND).into()])
        .and(again)
        .when(to_phone(11, "+12025550101"), at(0))
        .answers(&accepted(11, 8))
        .then(taken_by(1));
}

#[test]
fn a_resumed_account_is_not_connected_more_recently_for_that() {
    ready()
        .and([connection(2, SECOND).into(), paused(1), resumed(1)])
        .when(to_phone(11, "+12025550101"), at(0))
        .then(taken_by(2));
}
