//! Tests losing and restoring an account's connection.

use events::who::Who;
use events::workspace::AccountConnected;

use super::*;
use crate::account::pacing::Gap;
use crate::spec::facts::*;
use crate::workspace::{AccountCommand, Connect, Once, Standing};

const FIRST: &str = "+12025550100";

fn ready() -> WorkspaceSpec {
    WorkspaceSpec::given([created(), url_generated("in_token"), granted(9, "May"), connected()])
}

fn connect() -> Command {
    Command::Connect(Connect {
        phone: FIRST.to_owned(),
        full_name: "Ada Example".to_owned(),
        email: "ada@kite.example".to_owned(),
        transport: "simulator".to_owned(),
        own_message_id: true,
        once: Once::Everywhere,
        gap: Gap::default(),
        by: operator(),
        holders: None,
    })
}

fn disconnect() -> Command {
    Command::Account(account(1), AccountCommand::Disconnect { by: operator(), reason: REASON.to_owned() })
}

/// The transport reports the state of the connection.
fn connection_is(connected: bool) -> Command {
    Command::Account(account(1), AccountCommand::Connection { connected })
}

/// The transport restored the connection.
fn returned(nth: u64, phone: &str) -> AccountConnected {
    AccountConnected { by: Who::Transport, ..connection(nth, phone) }
}

fn standing(spec: &WorkspaceSpec) -> Standing {
    spec.state().standing(account(1)).unwrap()
}

#[test]
fn a_disconnection_keeps_who_why_and_when() {
    let spec = ready().when(disconnect(), at(70)).answers(&Answer::Done).then([disconnected(1, Who::Operator, 70)]);
    assert_eq!(standing(&spec), Standing::Disconnected);
}

#[test]
fn what_is_disconnected_is_not_disconnected_again() {
    ready().and([disconnected(1, Who::Operator, 0)]).when(disconnect(), at(70)).answers(&Answer::Done).then_nothing();
}

#[test]
fn a_number_that_is_connected_again_keeps_its_id() {
    let spec = ready()
        .and([disconnected(1, Who::Operator, 0)])
        .when(connect(), at(70))
        .answers(&Answer::Connected(account(1)))
        .then([connected()]);
    assert_eq!((standing(&spec), spec.state().accounts.len()), (Standing::Connected, 1));
}

#[test]
fn a_number_that_is_connected_again_may_have_another_transport_and_owner() {
    let Command::Connect(usual) = connect() else { unreachable!() };
    let other = Connect { transport: "cloud".to_owned(), own_message_id: false, full_name: "Bob".to_owned(), ..usual };
    let expected = AccountConnected {
        transport: "cloud".to_owned(),
        own_message_id: false,
        full_name: "Bob".into(),
        ..connection(1, FIRST)
    };
    ready()
        .and([disconnected(1, Who::Operator, 0)])
        .when(Command::Connect(other), at(70))
        .answers(&Answer::Connected(account(1)))
        .then([expected.into()]);
}

#[test]
fn a_new_number_does_not_get_the_id_of_a_disconnected_one() {
    let Command::Connect(usual) = connect() else { unreachable!() };
    let other = Connect { phone: "+12025550102".to_owned(), ..usual };
    ready()
        .and([disconnected(1, Who::Operator, 0)])
        .when(Command::Connect(other), at(70))
        .answers(&Answer::Connected(account(2)))
        .then([connection(2, "+12025550102").into()]);
}

#[test]
fn an_account_that_was_paused_or_blocked_still_is_when_it_is_connected_again() {
    for (hold, expected) in [(paused(1), Standing::Paused), (blocked(1, None), Standing::Blocked)] {
        let spec = ready().and([hold, disconnected(1, Who::Operator, 0)]).when(connect(), at(70)).then([connected()]);
        assert_eq!(standing(&spec), expected);
    }
}

#[test]
fn a_lost_connection_is_the_transports_doing() {
    let spec = ready().when(connection_is(false), at(70)).then([disconnected(1, Who::Transport, 70)]);
    assert_eq!(standing(&spec), Standing::Disconnected);
}

#[test]
fn a_connection_is_lost_once_and_there_once() {
    ready().when(connection_is(true), at(70)).answers(&Answer::Done).then_nothing();
    ready()
        .and([disconnected(1, Who::Transport, 0)])
        .when(connection_is(false), at(70))
        .answers(&Answer::Done)
        .then_nothing();
}

#[test]
fn a_lost_connection_comes_back_by_itself_as_it_was() {
    let was = AccountConnected { own_message_id: false, gap_ms_min: 10, gap_ms_max: 20, ..connection(1, FIRST) };
    let spec = WorkspaceSpec::given([created(), was.clone().into(), disconnected(1, Who::Transport, 0)])
        .when(connection_is(true), at(70))
        .answers(&Answer::Done)
        .then([AccountConnected { by: Who::Transport, ..was }.into()]);
    assert_eq!(standing(&spec), Standing::Connected);
}

#[test]
fn a_lost_connection_comes_back_with_the_gap_of_now() {
    let now = AccountConnected { gap_ms_min: 5_000, gap_ms_max: 9_000, ..returned(1, FIRST) };
    ready()
        .and([disconnected(1, Who::Transport, 0), pacing_changed(None, 5_000, 9_000)])
        .when(connection_is(true), at(70))
        .then([now.into()]);
}

#[test]
fn a_paused_account_is_still_paused_when_its_connection_comes_back() {
    let spec = ready()
        .and([paused(1), disconnected(1, Who::Transport, 0)])
        .when(connection_is(true), at(70))
        .then([returned(1, FIRST).into()]);
    assert_eq!(standing(&spec), Standing::Paused);
}

#[test]
fn what_somebody_disconnected_does_not_come_back_by_itself() {
    ready()
        .and([disconnected(1, Who::Operator, 0)])
        .when(connection_is(true), at(70))
        .answers(&Answer::Done)
        .then_nothing()
        .when(connection_is(false), at(70))
        .then_nothing();
}

#[test]
fn what_somebody_disconnected_after_it_was_lost_does_not_come_back_by_itself() {
    ready()
        .and([disconnected(1, Who::Transport, 0)])
        .when(disconnect(), at(70))
        .then([disconnected(1, Who::Operator, 70)])
        .when(connection_is(true), at(80))
        .then_nothing();
}

#[test]
fn what_was_lost_can_be_connected_by_hand() {
    ready()
        .and([disconnected(1, Who::Transport, 0)])
        .when(connect(), at(70))
        .answers(&Answer::Connected(account(1)))
        .then([connected()])
        .when(connection_is(true), at(80))
        .then_nothing();
}

#[test]
fn a_short_loss_does_not_change_which_account_sends_by_default() {
    let spec = ready().and([connection(2, "+12025550102").into()]);
    let spec = spec.when(connection_is(false), at(70)).then([disconnected(1, Who::Transport, 70)]);
    let spec = spec.when(connection_is(true), at(80)).then([returned(1, FIRST).into()]);
    assert_eq!(spec.state().default_account(), Some(account(2)));
    let spec = spec.and([disconnected(2, Who::Transport, 90)]);
    assert_eq!(spec.state().default_account(), Some(account(1)));
    let spec = spec.and([returned(2, "+12025550102").into()]);
    assert_eq!(spec.state().default_account(), Some(account(2)));
}

#[test]
fn what_somebody_connects_again_sends_by_default() {
    let spec = ready().and([connection(2, "+12025550102").into(), disconnected(1, Who::Transport, 0)]);
    let spec = spec.when(connect(), at(70)).then([connected()]);
    assert_eq!(spec.state().default_account(), Some(account(1)));
}

#[test]
fn a_number_with_a_connection_is_not_connected_again() {
    for hold in [vec![], vec![paused(1)], vec![blocked(1, None)]] {
        ready().and(hold).when(connect(), at(70)).then_rejected(&Rejection::AccountExists(account(1)));
    }
}
