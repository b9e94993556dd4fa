//! How chats get a title and a responsible teammate.

use events::chat::{ChatAssigned, ChatRenamed, Responsible};
use events::event::Event;
use events::ids::{ChatId, WorkspaceId};

use super::teammates::added;
use super::*;
use crate::decider::Decider;
use crate::spec::facts::*;
use crate::workspace::ChangeChat;

const PHONE: &str = "+12025550101";

/// A workspace with a chat that is called by its number, and a teammate.
fn ready() -> WorkspaceSpec {
    let past = [created(), connected(), opened(1, PHONE), added(1, "Bob@kite.example")];
    WorkspaceSpec::given(past).finding(recipients::entry(1, PHONE))
}

fn change(name: Option<&str>, responsible: Option<Option<&str>>) -> Command {
    Command::ChangeChat(ChangeChat {
        chat: chat(1),
        name: name.map(str::to_owned),
        responsible: responsible.map(|email| email.map(str::to_owned)),
        by: operator(),
        looked_up: None,
    })
}

fn renamed(name: &str) -> Event {
    let (previous, name) = (PHONE.into(), name.into());
    ChatRenamed { workspace: workspace(), chat: chat(1), previous, name, by: operator() }.into()
}

fn assigned(responsible: Option<Responsible>) -> Event {
    ChatAssigned { workspace: workspace(), chat: chat(1), responsible, by: operator() }.into()
}

fn bob() -> Option<Responsible> {
    Some(Responsible { full_name: "Bob Example".into(), email: "Bob@kite.example".into() })
}

#[test]
fn a_title_names_the_one_before() {
    ready().when(change(Some("Cleo"), None), at(0)).answers(&Answer::Done).then([renamed("Cleo")]);
}

#[test]
fn the_same_title_again_changes_nothing() {
    ready().when(change(Some(PHONE), None), at(0)).answers(&Answer::Done).then_nothing();
}

#[test]
fn a_chat_is_assigned_by_the_teammates_address_however_it_is_written() {
    for email in ["Bob@kite.example", "bob@KITE.example", " bob@kite.example"] {
        ready().when(change(None, Some(Some(email))), at(0)).answers(&Answer::Done).then([assigned(bob())]);
    }
}

#[test]
fn nobody_may_be_responsible() {
    ready().when(change(None, Some(None)), at(0)).then([assigned(None)]);
}

#[test]
fn title_and_teammate_change_at_once() {
    ready().when(change(Some("Cleo"), Some(Some("bob@kite.example"))), at(0)).then([renamed("Cleo"), assigned(bob())]);
}

#[test]
fn an_unknown_teammate_is_refused_and_the_title_stays() {
    for email in ["dan@kite.example", "ada@kite.example", ""] {
        ready().when(change(Some("Cleo"), Some(Some(email))), at(0)).then_rejected(&Rejection::TeammateNotFound);
    }
}

#[test]
fn a_teammate_who_left_is_not_responsible_for_more_chats() {
    let left = events::workspace::TeammateRemoved { workspace: workspace(), teammate: 1, by: operator() };
    ready()
        .and([left.into()])
        .when(change(None, Some(Some("bob@kite.example"))), at(0))
        .then_rejected(&Rejection::TeammateNotFound);
}

#[test]
fn an_unknown_chat_is_refused() {
    WorkspaceSpec::given([created()]).when(change(Some("Cleo"), None), at(0)).then_rejected(&Rejection::ChatNotFound);
}

#[test]
fn a_chat_of_another_workspace_is_refused_without_a_look() {
    let foreign = ChatId::nth(WorkspaceId::nth(1), 1).unwrap();
    let command = || {
        let Command::ChangeChat(usual) = change(Some("Cleo"), None) else { unreachable!() };
        Command::ChangeChat(ChangeChat { chat: foreign, ..usual })
    };
    let spec = WorkspaceSpec::given([created()]);
    assert_eq!(Workspace::asks(spec.state(), &command()), None);
    spec.when(command(), at(0)).then_rejected(&Rejection::ChatNotFound);
}

#[test]
fn a_workspace_that_does_not_exist_has_no_chats() {
    WorkspaceSpec::given([]).when(change(None, None), at(0)).then_rejected(&Rejection::UnknownWorkspace);
}
