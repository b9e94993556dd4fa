//! Tests giving chats a title and a responsible teammate.

use events::chat::{ChatAssigned, ChatRenamed, Responsible};
use events::event::Event;
use events::ids::{ChatId, WorkspaceId};

use super::teammates::added;
use super::*;
use crate::decider::{Decider, LookupRequest, LookupResult};
use crate::spec::facts::*;
use crate::workspace::{ChangeChat, ChatLookups};

const PHONE: &str = "+12025550101";

/// A workspace with a teammate, and a chat whose title is its phone number.
fn ready() -> WorkspaceSpec {
    let past = [created(), connected(), opened(1, PHONE), added(1, "Bob@kite.example")];
    WorkspaceSpec::given(past).finding(recipients::entry(1, PHONE))
}

fn change(change: impl FnOnce(&mut ChangeChat)) -> Command {
    let (chat, by) = (chat(1), operator());
    let mut wanted = ChangeChat { chat, name: None, responsible: None, by, looked_up: ChatLookups::default() };
    change(&mut wanted);
    Command::ChangeChat(wanted)
}

fn rename(name: &str) -> Command {
    change(|wanted| wanted.name = Some(name.to_owned()))
}

fn assign(email: &str) -> Command {
    change(|wanted| wanted.responsible = Some(Some(email.to_owned())))
}

/// Changes the title and the responsible teammate at once.
fn rename_and_assign(name: &str, email: &str) -> Command {
    change(|wanted| (wanted.name, wanted.responsible) = (Some(name.to_owned()), Some(Some(email.to_owned()))))
}

fn renamed(name: &str) -> Event {
    let (previous, name) = (PHONE.into(), name.into());
    ChatRenamed { workspace: workspace(), chat: chat(1), previous, name, by: operator() }.into()
}

fn assigned(responsible: Option<Responsible>) -> Event {
    ChatAssigned { workspace: workspace(), chat: chat(1), responsible, by: operator() }.into()
}

fn bob() -> Responsible {
    Responsible { full_name: "Bob Example".into(), email: "Bob@kite.example".into() }
}

#[test]
fn a_title_names_the_one_before() {
    ready().when(rename("Cleo"), at(0)).answers(&Answer::Done).then([renamed("Cleo")]);
}

#[test]
fn the_same_title_again_changes_nothing() {
    ready().when(rename(PHONE), at(0)).answers(&Answer::Done).then_nothing();
}

#[test]
fn a_chat_is_assigned_by_the_teammates_address_however_it_is_written() {
    for email in ["Bob@kite.example", "bob@KITE.example", " bob@kite.example"] {
        ready().when(assign(email), at(0)).answers(&Answer::Done).then([assigned(Some(bob()))]);
    }
}

#[test]
fn nobody_may_be_responsible() {
    let spec = ready().finding(LookupResult::Responsible(Some(bob())));
    spec.when(change(|wanted| wanted.responsible = Some(None)), at(0)).then([assigned(None)]);
}

#[test]
fn whoever_is_responsible_already_is_not_assigned_again() {
    let bobs = || ready().finding(LookupResult::Responsible(Some(bob())));
    bobs().when(assign("bob@KITE.example"), at(0)).answers(&Answer::Done).then_nothing();
    bobs().when(rename_and_assign("Cleo", "bob@kite.example"), at(0)).then([renamed("Cleo")]);
    ready().when(change(|wanted| wanted.responsible = Some(None)), at(0)).answers(&Answer::Done).then_nothing();
}

#[test]
fn another_teammate_becomes_responsible_in_place_of_the_one_before() {
    let cleo = Responsible { full_name: "Cleo Example".into(), email: "cleo@kite.example".into() };
    ready()
        .finding(LookupResult::Responsible(Some(cleo)))
        .when(assign("bob@kite.example"), at(0))
        .then([assigned(Some(bob()))]);
}

#[test]
fn who_is_responsible_is_looked_up_only_where_that_may_change() {
    let spec = WorkspaceSpec::given([created()]);
    let asked = |mut command: Command| {
        let first = Workspace::next_lookup(spec.state(), &command);
        assert_eq!(first, Some(LookupRequest::Chat(chat(1))));
        Workspace::resolve(&mut command, recipients::entry(1, PHONE));
        Workspace::next_lookup(spec.state(), &command)
    };
    assert_eq!(asked(rename("Cleo")), None);
    assert_eq!(asked(assign("bob@kite.example")), Some(LookupRequest::Responsible(chat(1))));
}

#[test]
fn title_and_teammate_change_at_once() {
    ready().when(rename_and_assign("Cleo", "bob@kite.example"), at(0)).then([renamed("Cleo"), assigned(Some(bob()))]);
}

#[test]
fn an_unknown_teammate_is_refused_and_the_title_stays() {
    for email in ["dan@kite.example", "ada@kite.example", ""] {
        ready().when(rename_and_assign("Cleo", email), at(0)).then_rejected(&Rejection::TeammateNotFound);
    }
}

#[test]
fn a_teammate_who_left_is_not_responsible_for_more_chats() {
    let left = events::workspace::TeammateRemoved { workspace: workspace(), teammate: 1, by: operator() };
    ready().and([left.into()]).when(assign("bob@kite.example"), at(0)).then_rejected(&Rejection::TeammateNotFound);
}

#[test]
fn an_unknown_chat_is_refused() {
    WorkspaceSpec::given([created()]).when(rename("Cleo"), at(0)).then_rejected(&Rejection::ChatNotFound);
}

#[test]
fn a_chat_of_another_workspace_is_refused_without_a_look() {
    let foreign = ChatId::nth(WorkspaceId::nth(1), 1).unwrap();
    let command = || change(|wanted| wanted.chat = foreign);
    let spec = WorkspaceSpec::given([created()]);
    assert_eq!(Workspace::next_lookup(spec.state(), &command()), None);
    spec.when(command(), at(0)).then_rejected(&Rejection::ChatNotFound);
}

#[test]
fn a_workspace_that_does_not_exist_has_no_chats() {
    WorkspaceSpec::given([]).when(rename("Cleo"), at(0)).then_rejected(&Rejection::UnknownWorkspace);
}
