//! Tests creating a workspace, granting credits, and charging messages.

use events::event::Event;
use events::ids::ID_MAX;
use events::who::Who;
use events::workspace::KeyCreated;

use super::*;
use crate::decider::{Decider, LookupRequest, LookupResult};
use crate::spec::facts::*;
use crate::workspace::{Again, Create, Grant};

fn create(credits: u64) -> Command {
    Command::Create(Create {
        workspace: workspace(),
        name: "Blue Kite".to_owned(),
        owner_name: "Ada Example".to_owned(),
        owner_email: "ada@kite.example".to_owned(),
        language: "en".to_owned(),
        credits,
        key_hash: Digest::of(b"wsk_key"),
        token_hash: Digest::of(b"in_token"),
        room: None,
    })
}

fn first_key() -> Event {
    key_at(0)
}

/// The first key, created at `ms`.
fn key_at(ms: i64) -> Event {
    let Event::KeyCreated(key) = key_created(1, "wsk_key") else { unreachable!() };
    KeyCreated { name: "first key".into(), at: at(ms), ..key }.into()
}

fn grant(amount: u64) -> Command {
    Command::Grant(Grant { amount, reason: "June".to_owned(), by: Who::Operator })
}

#[test]
fn a_workspace_begins_with_a_key_a_url_and_its_first_credits() {
    WorkspaceSpec::given([])
        .when(create(100), at(0))
        .answers(&Answer::Done)
        .then([created(), first_key(), url_generated("in_token"), granted(100, "first credits")])
        .due_nothing();
}

#[test]
fn a_workspace_does_not_begin_without_room() {
    WorkspaceSpec::given([])
        .finding(LookupResult::Room(false))
        .when(create(100), at(0))
        .then_rejected(&Rejection::NoRoom(Again(Box::new(create(100)))))
        .when(create(0), at(1))
        .then([created(), key_at(1), url_generated("in_token")]);
    assert_eq!(Workspace::next_lookup(WorkspaceSpec::given([]).state(), &create(0)), Some(LookupRequest::Room(0)));
}

#[test]
fn a_workspace_that_exists_is_named_before_missing_room() {
    WorkspaceSpec::given([created()])
        .finding(LookupResult::Room(false))
        .when(create(0), at(0))
        .then_rejected(&Rejection::WorkspaceExists);
}

#[test]
fn a_workspace_may_begin_without_credits() {
    let spec =
        WorkspaceSpec::given([]).when(create(0), at(0)).then([created(), first_key(), url_generated("in_token")]);
    assert_eq!(spec.state().balance, 0);
}

#[test]
fn a_workspace_begins_once() {
    WorkspaceSpec::given([created()]).when(create(0), at(0)).then_rejected(&Rejection::WorkspaceExists);
}

#[test]
fn first_credits_keep_the_limit_of_a_grant() {
    WorkspaceSpec::given([]).when(create(ID_MAX + 1), at(0)).then_rejected(&Rejection::InvalidAmount);
    let spec = WorkspaceSpec::given([]).when(create(ID_MAX), at(0)).then([
        created(),
        first_key(),
        url_generated("in_token"),
        granted(ID_MAX, "first credits"),
    ]);
    assert_eq!(spec.state().balance, ID_MAX);
}

#[test]
fn a_grant_raises_the_balance_and_says_so() {
    WorkspaceSpec::given([created(), granted(5, "May")])
        .when(grant(3), at(0))
        .answers(&Answer::Balance(8))
        .then([granted(3, "June")])
        .when(grant(1), at(0))
        .answers(&Answer::Balance(9))
        .then([granted(1, "June")]);
}

#[test]
fn a_workspace_that_does_not_exist_is_granted_nothing() {
    WorkspaceSpec::given([]).when(grant(1), at(0)).then_rejected(&Rejection::UnknownWorkspace);
}

#[test]
fn a_grant_is_one_credit_at_least_and_two_to_the_fifty_third_less_one_at_most() {
    let refused = Rejection::InvalidAmount;
    WorkspaceSpec::given([created()]).when(grant(0), at(0)).then_rejected(&refused);
    WorkspaceSpec::given([created()]).when(grant(ID_MAX + 1), at(0)).then_rejected(&refused);
    WorkspaceSpec::given([created()]).when(grant(u64::MAX), at(0)).then_rejected(&refused);
    WorkspaceSpec::given([created()]).when(grant(ID_MAX), at(0)).then([granted(ID_MAX, "June")]);
}

#[test]
fn the_balance_never_passes_the_limit() {
    WorkspaceSpec::given([created(), granted(ID_MAX - 1, "May")])
        .when(grant(2), at(0))
        .then_rejected(&Rejection::InvalidAmount)
        .when(grant(1), at(0))
        .answers(&Answer::Balance(ID_MAX))
        .then([granted(1, "June")])
        .when(grant(u64::MAX), at(0))
        .then_rejected(&Rejection::InvalidAmount);
}

#[test]
fn a_message_is_charged_when_it_is_queued() {
    WorkspaceSpec::given([created(), url_generated("in_token"), granted(2, "May"), connected()])
        .when(to_phone(11, "+12025550101"), at(0))
        .answers(&accepted(11, 1))
        .then([opened(1, "+12025550101"), queued(11), charged(11)]);
}

#[test]
fn without_credits_a_message_is_refused() {
    WorkspaceSpec::given([created(), url_generated("in_token"), connected()])
        .when(to_phone(11, "+12025550101"), at(0))
        .then_rejected(&Rejection::InsufficientCredits { needed: 1, available: 0 });
}

#[test]
fn the_last_credit_buys_the_last_message() {
    WorkspaceSpec::given([created(), url_generated("in_token"), granted(1, "May"), connected()])
        .when(to_phone(11, "+12025550101"), at(0))
        .answers(&accepted(11, 0))
        .then([opened(1, "+12025550101"), queued(11), charged(11)])
        .when(to_phone(21, "+12025550102"), at(0))
        .then_rejected(&Rejection::InsufficientCredits { needed: 1, available: 0 });
}

#[test]
fn a_refund_buys_another_message() {
    WorkspaceSpec::given([created(), url_generated("in_token"), granted(1, "May"), connected()])
        .and([opened(1, "+12025550101"), charged(11), refunded(11, "refused")])
        .when(to_phone(21, "+12025550101"), at(0))
        .answers(&accepted(21, 0))
        .then([opened(2, "+12025550101"), queued(21), charged(21)]);
}

#[test]
fn missing_credits_are_named_before_missing_room() {
    WorkspaceSpec::given([created(), url_generated("in_token"), connected()])
        .finding(LookupResult::Peer(None))
        .finding(LookupResult::Room(false))
        .when(to_phone(11, "+12025550101"), at(0))
        .then_rejected(&Rejection::InsufficientCredits { needed: 1, available: 0 });
}

#[test]
fn a_missing_recipient_is_named_before_missing_credits() {
    WorkspaceSpec::given([created(), url_generated("in_token"), connected()])
        .when(to_chat(11, 1), at(0))
        .then_rejected(&Rejection::ChatNotFound);
}
