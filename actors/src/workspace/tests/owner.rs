//! Tests changing the name of a workspace and the data of its owner.

use events::workspace::OwnerChanged;

use super::*;
use crate::spec::facts::*;
use crate::workspace::ChangeOwner;

fn change(change: ChangeOwner) -> Command {
    Command::ChangeOwner(change)
}

fn nothing() -> ChangeOwner {
    ChangeOwner { name: None, owner_name: None, owner_email: None, language: None, by: operator() }
}

fn as_created() -> OwnerChanged {
    OwnerChanged {
        workspace: workspace(),
        name: "Blue Kite".into(),
        owner_name: "Ada Example".into(),
        owner_email: "ada@kite.example".into(),
        language: "en".to_owned(),
        by: operator(),
    }
}

#[test]
fn what_is_not_named_stays_as_it_is() {
    WorkspaceSpec::given([created()])
        .when(change(ChangeOwner { name: Some("Red Kite".into()), ..nothing() }), at(0))
        .answers(&Answer::Done)
        .then([OwnerChanged { name: "Red Kite".into(), ..as_created() }.into()])
        .when(change(ChangeOwner { language: Some("de".into()), ..nothing() }), at(0))
        .then([OwnerChanged { name: "Red Kite".into(), language: "de".to_owned(), ..as_created() }.into()]);
}

#[test]
fn all_particulars_change_at_once() {
    let wanted = ChangeOwner {
        name: Some("Red Kite".into()),
        owner_name: Some("Bob Example".into()),
        owner_email: Some("bob@kite.example".into()),
        language: Some("de".into()),
        by: operator(),
    };
    let changed = OwnerChanged {
        name: "Red Kite".into(),
        owner_name: "Bob Example".into(),
        owner_email: "bob@kite.example".into(),
        language: "de".to_owned(),
        ..as_created()
    };
    WorkspaceSpec::given([created()]).when(change(wanted), at(0)).then([changed.into()]);
}

#[test]
fn what_is_so_already_changes_nothing() {
    let same = ChangeOwner { name: Some("Blue Kite".into()), language: Some("en".into()), ..nothing() };
    for wanted in [same, nothing()] {
        WorkspaceSpec::given([created()]).when(change(wanted), at(0)).answers(&Answer::Done).then_nothing();
    }
}

#[test]
fn a_workspace_that_does_not_exist_has_no_owner() {
    WorkspaceSpec::given([]).when(change(nothing()), at(0)).then_rejected(&Rejection::UnknownWorkspace);
}
