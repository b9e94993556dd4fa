//! Tests connecting numbers to a workspace.

use events::ids::{AccountId, WorkspaceId};
use events::who::Who;
use events::workspace::AccountConnected;

use super::*;
use crate::account::pacing::Gap;
use crate::decider::{Holder, LookupResult};
use crate::spec::facts::*;
use crate::workspace::{Connect, Once};

fn connect(phone: &str) -> Command {
    Command::Connect(Connect {
        phone: phone.to_owned(),
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

#[test]
fn accounts_are_numbered_in_the_order_of_their_connection() {
    WorkspaceSpec::given([created()])
        .when(connect("+12025550100"), at(0))
        .answers(&Answer::Connected(account(1)))
        .then([connection(1, "+12025550100").into()])
        .when(connect("+12025550102"), at(0))
        .answers(&Answer::Connected(account(2)))
        .then([connection(2, "+12025550102").into()]);
}

#[test]
fn a_number_is_kept_in_one_spelling() {
    WorkspaceSpec::given([created()])
        .when(connect(" 1 (202) 555-0100"), at(0))
        .then([connection(1, "+12025550100").into()]);
}

#[test]
fn what_the_transport_can_do_is_recorded() {
    let connected = AccountConnected {
        transport: "cloud".to_owned(),
        own_message_id: false,
        gap_ms_min: 10,
        gap_ms_max: 20,
        ..connection(1, "+12025550100")
    };
    let Command::Connect(usual) = connect("+12025550100") else { unreachable!() };
    let command = Command::Connect(Connect {
        transport: "cloud".to_owned(),
        own_message_id: false,
        gap: Gap { min_ms: 10, max_ms: 20 },
        ..usual
    });
    WorkspaceSpec::given([created()]).when(command, at(0)).then([connected.into()]);
}

#[test]
fn a_number_is_connected_once_however_it_is_written() {
    for phone in ["+12025550100", "12025550100", "1-202-555-0100", "\u{feff}+12025550100", "0012025550100"] {
        WorkspaceSpec::given([created(), connected()])
            .when(connect(phone), at(0))
            .then_rejected(&Rejection::AccountExists(account(1)));
    }
}

fn held_by(nth: u64, transport: &str) -> LookupResult {
    let account = AccountId::nth(WorkspaceId::nth(nth), 1).unwrap();
    LookupResult::Holders(vec![Holder { account, transport: transport.to_owned() }])
}

/// Connects a number through another transport, on which one workspace cannot lock out another.
fn proved(phone: &str) -> Command {
    let Command::Connect(usual) = connect(phone) else { unreachable!() };
    Command::Connect(Connect { transport: "cloud".to_owned(), once: Once::InWorkspace, own_message_id: false, ..usual })
}

// A workspace must not be able to take another one's number by merely naming it.
#[test]
fn a_number_that_another_workspace_holds_is_taken() {
    for phone in ["+12025550100", "1-202-555-0100"] {
        WorkspaceSpec::given([created()])
            .finding(held_by(1, "simulator"))
            .when(connect(phone), at(0))
            .then_rejected(&Rejection::NumberTaken);
    }
    let was_ours = [created(), connected(), disconnected(1, Who::Operator, 0)];
    WorkspaceSpec::given(was_ours)
        .finding(held_by(1, "simulator"))
        .when(connect("+12025550100"), at(70))
        .then_rejected(&Rejection::NumberTaken);
}

#[test]
fn a_number_that_nobody_holds_any_more_is_free_and_so_is_ones_own() {
    for found in [LookupResult::Holders(Vec::new()), held_by(0, "simulator")] {
        WorkspaceSpec::given([created(), connected(), disconnected(1, Who::Transport, 0)])
            .finding(found)
            .when(connect("+12025550100"), at(70))
            .answers(&Answer::Connected(account(1)))
            .then([connected()]);
    }
}

#[test]
fn where_a_number_is_proved_another_workspace_does_not_lock_out_its_owner() {
    let own =
        AccountConnected { transport: "cloud".to_owned(), own_message_id: false, ..connection(1, "+12025550100") };
    for transport in ["cloud", "simulator"] {
        WorkspaceSpec::given([created()])
            .finding(held_by(1, transport))
            .when(proved("+12025550100"), at(0))
            .then([own.clone().into()]);
    }
    // A number that another workspace holds through another transport is free on this one.
    WorkspaceSpec::given([created()])
        .finding(held_by(1, "cloud"))
        .when(connect("+12025550100"), at(0))
        .then([connection(1, "+12025550100").into()]);
}

#[test]
fn a_blocked_number_is_not_connected_again() {
    WorkspaceSpec::given([created(), connected(), blocked(1, None)])
        .when(connect("+12025550100"), at(0))
        .then_rejected(&Rejection::AccountExists(account(1)));
}

#[test]
fn only_an_international_number_is_connected() {
    for phone in ["", "hello", "+0123456789", "123456", "1234567890123456", "+44 (0)20 7946 0958", "12025550100@g.us"] {
        WorkspaceSpec::given([created()]).when(connect(phone), at(0)).then_rejected(&Rejection::InvalidPhone);
    }
}

#[test]
fn a_workspace_that_does_not_exist_connects_nothing() {
    WorkspaceSpec::given([]).when(connect("+12025550100"), at(0)).then_rejected(&Rejection::UnknownWorkspace);
}

#[test]
fn a_workspace_has_nine_hundred_numbers_at_most() {
    let mut past = vec![created()];
    past.extend((1..=899).map(|nth| connection(nth, &format!("+1202{nth:07}")).into()));
    WorkspaceSpec::given(past)
        .when(connect("+442079460001"), at(0))
        .answers(&Answer::Connected(account(900)))
        .then([connection(900, "+442079460001").into()])
        .when(connect("+442079460002"), at(0))
        .then_rejected(&Rejection::Full);
}
