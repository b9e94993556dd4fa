//! Tests that a repeated request gets the first answer and is not carried out again.

use events::index::Remembered;

use super::*;
use crate::decider::{Decider, LookupRequest, LookupResult};
use crate::spec::facts::*;
use crate::workspace::IDEMPOTENCY_MS;

const DAY_MS: i64 = 24 * 3_600_000;

fn ready() -> WorkspaceSpec {
    WorkspaceSpec::given([created(), url_generated("in_token"), granted(9, "May"), connected()])
}

/// The key is stored for message 11 and this body, since `ms`.
fn remembered(body: &str, ms: i64) -> LookupResult {
    LookupResult::Remembered(Some(Remembered { message: message(11), body: Digest::of(body.as_bytes()), at: at(ms) }))
}

fn replayed(balance: u64) -> Answer {
    Answer::Accepted(Accepted { message: message(11), account: None, balance, replayed: true })
}

#[test]
fn a_key_that_was_never_seen_changes_nothing() {
    ready().when(with_key(11, "+12025550101", "order-1", "body"), at(0)).answers(&accepted(11, 8)).then([
        opened(1, "+12025550101"),
        queued(11),
        charged(11),
    ]);
}

#[test]
fn the_same_key_and_body_give_the_first_answer_again() {
    ready()
        .finding(remembered("body", 0))
        .when(with_key(12, "+12025550101", "order-1", "body"), at(1_000))
        .answers(&replayed(9))
        .then_nothing();
}

#[test]
fn the_same_key_with_another_body_is_a_conflict() {
    ready()
        .finding(remembered("body", 0))
        .when(with_key(12, "+12025550101", "order-1", "other body"), at(1_000))
        .then_rejected(&Rejection::IdempotencyConflict);
}

#[test]
fn a_key_is_remembered_until_a_day_has_passed() {
    assert_eq!(IDEMPOTENCY_MS, 86_400_000);
    ready()
        .finding(remembered("body", 500))
        .when(with_key(12, "+12025550101", "order-1", "body"), at(500 + DAY_MS - 1))
        .answers(&replayed(9))
        .then_nothing();
    ready()
        .finding(remembered("body", 500))
        .when(with_key(11, "+12025550101", "order-1", "body"), at(500 + DAY_MS))
        .answers(&accepted(11, 8))
        .then([opened(1, "+12025550101"), queued_at(11, 500 + DAY_MS), charged(11)]);
}

#[test]
fn a_forgotten_key_may_stand_for_another_body() {
    ready()
        .finding(remembered("body", 0))
        .when(with_key(11, "+12025550101", "order-1", "other body"), at(DAY_MS))
        .then([opened(1, "+12025550101"), queued_at(11, DAY_MS), charged(11)]);
}

#[test]
fn the_first_answer_comes_again_when_the_credits_are_gone() {
    WorkspaceSpec::given([created(), url_generated("in_token"), connected()])
        .finding(remembered("body", 0))
        .when(with_key(12, "+12025550101", "order-1", "body"), at(1))
        .answers(&replayed(0))
        .then_nothing();
}

#[test]
fn the_first_answer_comes_again_when_no_account_is_active() {
    WorkspaceSpec::given([created(), url_generated("in_token"), granted(9, "May")])
        .finding(remembered("body", 0))
        .when(with_key(12, "+12025550101", "order-1", "body"), at(1))
        .answers(&replayed(9))
        .then_nothing();
}

#[test]
fn a_replaced_token_gets_no_first_answer() {
    ready()
        .and([url_generated("in_newer")])
        .finding(remembered("body", 0))
        .when(with_key(12, "+12025550101", "order-1", "body"), at(1))
        .then_rejected(&Rejection::WebhookNotFound);
}

#[test]
fn a_rejected_request_is_not_remembered() {
    WorkspaceSpec::given([created(), url_generated("in_token"), connected()])
        .when(with_key(11, "+12025550101", "order-1", "body"), at(0))
        .then_rejected(&Rejection::InsufficientCredits { needed: 1, available: 0 })
        .and([granted(1, "May")])
        .when(with_key(11, "+12025550101", "order-1", "body"), at(0))
        .then([opened(1, "+12025550101"), queued(11), charged(11)]);
}

#[test]
fn the_key_is_looked_up_before_the_recipient() {
    let spec = ready();
    let mut command = with_key(11, "+12025550101", "order-1", "body");
    assert_eq!(Workspace::next_lookup(spec.state(), &command), Some(LookupRequest::Remembered(short("order-1"))));
    Workspace::resolve(&mut command, LookupResult::Remembered(None));
    let peer = LookupRequest::Peer(account(1), "+12025550101".to_owned());
    assert_eq!(Workspace::next_lookup(spec.state(), &command), Some(peer));
    Workspace::resolve(&mut command, LookupResult::Peer(None));
    assert_eq!(Workspace::next_lookup(spec.state(), &command), Some(LookupRequest::Room(1)));
    Workspace::resolve(&mut command, LookupResult::Room(true));
    assert_eq!(Workspace::next_lookup(spec.state(), &command), None);
}

#[test]
fn commands_that_are_not_about_messages_ask_nothing() {
    let grant = Command::Grant(crate::workspace::Grant { amount: 1, reason: String::new(), by: operator() });
    assert_eq!(Workspace::next_lookup(ready().state(), &grant), None);
}
