//! Tests creating and revoking API keys.

use events::event::Event;
use events::workspace::KeyRevoked;

use super::*;
use crate::spec::facts::*;
use crate::workspace::{API_KEYS_MAX, CreateKey};

fn ready() -> WorkspaceSpec {
    WorkspaceSpec::given([created(), key_created(1, "wsk_1")])
}

fn create(key: &str) -> Command {
    Command::CreateKey(CreateKey { key_hash: Digest::of(key.as_bytes()), name: key.to_owned(), by: operator() })
}

fn revoke(number: u32) -> Command {
    Command::RevokeKey(number, operator())
}

fn revoked(number: u32, key: &str) -> Event {
    let key_hash = Digest::of(key.as_bytes());
    KeyRevoked { workspace: workspace(), key: number, key_hash, by: operator() }.into()
}

#[test]
fn keys_are_numbered_in_the_order_they_are_made() {
    ready()
        .when(create("wsk_2"), at(0))
        .answers(&Answer::Numbered(2))
        .then([key_created(2, "wsk_2")])
        .when(create("wsk_3"), at(0))
        .answers(&Answer::Numbered(3))
        .then([key_created(3, "wsk_3")]);
}

#[test]
fn a_key_says_when_it_was_made() {
    let Event::KeyCreated(key) = key_created(2, "wsk_2") else { unreachable!() };
    let made = events::workspace::KeyCreated { at: at(70), ..key };
    let spec = ready().when(create("wsk_2"), at(70)).then([made.into()]);
    assert_eq!(spec.state().keys.get(&2).map(|key| key.created_at), Some(at(70)));
}

#[test]
fn a_revoked_key_is_named_by_its_digest() {
    let spec = ready().and([key_created(2, "wsk_2")]).when(revoke(1), at(0)).answers(&Answer::Done);
    let spec = spec.then([revoked(1, "wsk_1")]);
    assert_eq!(spec.state().keys.keys().copied().collect::<Vec<_>>(), [2]);
}

#[test]
fn the_last_key_is_not_revoked() {
    ready().when(revoke(1), at(0)).then_rejected(&Rejection::LastKey);
    ready()
        .and([key_created(2, "wsk_2"), revoked(1, "wsk_1")])
        .when(revoke(2), at(0))
        .then_rejected(&Rejection::LastKey);
}

#[test]
fn a_key_that_does_not_exist_is_not_revoked() {
    for number in [0, 2, u32::MAX] {
        ready().when(revoke(number), at(0)).then_rejected(&Rejection::KeyNotFound);
    }
}

#[test]
fn a_key_is_revoked_once() {
    ready()
        .and([key_created(2, "wsk_2"), key_created(3, "wsk_3"), revoked(2, "wsk_2")])
        .when(revoke(2), at(0))
        .then_rejected(&Rejection::KeyNotFound);
}

#[test]
fn the_number_of_a_revoked_key_is_never_used_again() {
    ready()
        .and([key_created(2, "wsk_2"), revoked(2, "wsk_2")])
        .when(create("wsk_3"), at(0))
        .answers(&Answer::Numbered(3))
        .then([key_created(3, "wsk_3")]);
}

#[test]
fn a_workspace_has_a_hundred_keys_at_most() {
    assert_eq!(API_KEYS_MAX, 100);
    let name = |number: u32| format!("wsk_{number}");
    let past = (1..=99).map(|number| key_created(number, &name(number)));
    WorkspaceSpec::given([created()])
        .and(past)
        .when(create("wsk_100"), at(0))
        .then([key_created(100, "wsk_100")])
        .when(create("wsk_101"), at(0))
        .then_rejected(&Rejection::Full)
        .when(revoke(7), at(0))
        .then([revoked(7, "wsk_7")])
        .when(create("wsk_101"), at(0))
        .answers(&Answer::Numbered(101))
        .then([key_created(101, "wsk_101")]);
}

#[test]
fn numbers_of_keys_end_some_day() {
    WorkspaceSpec::given([created(), key_created(u32::MAX, "wsk_last")])
        .when(create("wsk_more"), at(0))
        .then_rejected(&Rejection::Full);
}

#[test]
fn a_workspace_that_does_not_exist_has_no_keys() {
    WorkspaceSpec::given([]).when(create("wsk_1"), at(0)).then_rejected(&Rejection::UnknownWorkspace);
    WorkspaceSpec::given([]).when(revoke(1), at(0)).then_rejected(&Rejection::UnknownWorkspace);
}
