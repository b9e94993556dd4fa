//! Tests adding and removing teammates.

use events::event::Event;
use events::workspace::{TeammateAdded, TeammateRemoved};

use super::*;
use crate::spec::facts::*;
use crate::workspace::{TEAMMATES_MAX, Teammate};

fn ready() -> WorkspaceSpec {
    WorkspaceSpec::given([created()])
}

fn add(email: &str) -> Command {
    Command::AddTeammate(Teammate { full_name: "Bob Example".to_owned(), email: email.to_owned() }, operator())
}

fn remove(teammate: u32) -> Command {
    Command::RemoveTeammate(teammate, operator())
}

pub(super) fn added(teammate: u32, email: &str) -> Event {
    let (full_name, email) = ("Bob Example".into(), email.into());
    TeammateAdded { workspace: workspace(), teammate, full_name, email, by: operator() }.into()
}

fn removed(teammate: u32) -> Event {
    TeammateRemoved { workspace: workspace(), teammate, by: operator() }.into()
}

#[test]
fn teammates_are_numbered_in_the_order_they_come() {
    ready()
        .when(add("bob@kite.example"), at(0))
        .answers(&Answer::Numbered(1))
        .then([added(1, "bob@kite.example")])
        .when(add("cleo@kite.example"), at(0))
        .answers(&Answer::Numbered(2))
        .then([added(2, "cleo@kite.example")]);
}

#[test]
fn no_two_teammates_share_an_address_however_it_is_written() {
    for email in ["bob@kite.example", "BOB@Kite.Example", " bob@kite.example "] {
        ready()
            .and([added(1, "Bob@kite.example")])
            .when(add(email), at(0))
            .then_rejected(&Rejection::TeammateExists(1));
    }
}

#[test]
fn an_address_is_kept_as_it_was_written_but_for_the_space_around_it() {
    ready()
        .when(add(" Bob@Kite.example "), at(0))
        .then([added(1, "Bob@Kite.example")])
        .when(add("bob@kite.example"), at(0))
        .then_rejected(&Rejection::TeammateExists(1));
}

#[test]
fn a_teammate_leaves_once() {
    ready()
        .and([added(1, "bob@kite.example")])
        .when(remove(1), at(0))
        .answers(&Answer::Done)
        .then([removed(1)])
        .when(remove(1), at(0))
        .then_rejected(&Rejection::TeammateNotFound);
}

#[test]
fn an_unknown_teammate_cannot_leave() {
    for teammate in [0, 2, u32::MAX] {
        ready()
            .and([added(1, "bob@kite.example")])
            .when(remove(teammate), at(0))
            .then_rejected(&Rejection::TeammateNotFound);
    }
}

#[test]
fn who_left_may_come_back_under_a_new_number() {
    ready()
        .and([added(1, "bob@kite.example"), removed(1)])
        .when(add("bob@kite.example"), at(0))
        .answers(&Answer::Numbered(2))
        .then([added(2, "bob@kite.example")]);
}

#[test]
fn a_workspace_has_a_thousand_teammates_at_most() {
    assert_eq!(TEAMMATES_MAX, 1_000);
    let email = |number: u32| format!("mate-{number}@kite.example");
    ready()
        .and((1..=999).map(|number| added(number, &email(number))))
        .when(add(&email(1_000)), at(0))
        .then([added(1_000, &email(1_000))])
        .when(add(&email(1_001)), at(0))
        .then_rejected(&Rejection::Full)
        .when(remove(5), at(0))
        .then([removed(5)])
        .when(add(&email(1_001)), at(0))
        .answers(&Answer::Numbered(1_001))
        .then([added(1_001, &email(1_001))]);
}

#[test]
fn a_workspace_that_does_not_exist_has_no_teammates() {
    WorkspaceSpec::given([]).when(add("bob@kite.example"), at(0)).then_rejected(&Rejection::UnknownWorkspace);
    WorkspaceSpec::given([]).when(remove(1), at(0)).then_rejected(&Rejection::UnknownWorkspace);
}
