//! Tests dry runs, which tell what would happen to a message without any effect.

use events::index::Remembered;

use super::*;
use crate::decider::{Decider, LookupRequest, LookupResult};
use crate::spec::facts::*;
use crate::workspace::Verdict;

fn ready() -> WorkspaceSpec {
    WorkspaceSpec::given([created(), url_generated("in_token"), granted(9, "May"), connected()])
}

fn dry_run() -> Command {
    changed(|submit| submit.dry_run = true)
}

fn verdict(chat: Option<events::ids::ChatId>, cost: u64) -> Answer {
    Answer::Verdict(Verdict { account: account(1), chat, cost, balance: 9 })
}

#[test]
fn a_message_to_a_new_person_would_open_a_chat() {
    ready().when(dry_run(), at(0)).answers(&verdict(None, 1)).then_nothing();
}

#[test]
fn a_message_to_a_known_person_would_go_to_their_chat() {
    ready()
        .and([opened(1, "+12025550101")])
        .finding(LookupResult::Peer(Some(chat(1))))
        .when(dry_run(), at(0))
        .answers(&verdict(Some(chat(1)), 1))
        .then_nothing();
}

#[test]
fn a_message_to_a_chat_would_go_there() {
    ready()
        .and([opened(1, "+12025550101")])
        .finding(recipients::entry(1, "+12025550101"))
        .when(changed(|submit| (submit.dry_run, submit.recipient) = (true, Recipient::Chat(chat(1)))), at(0))
        .answers(&verdict(Some(chat(1)), 1))
        .then_nothing();
}

#[test]
fn the_cost_of_text_with_a_file_is_told() {
    let command = changed(|submit| (submit.dry_run, submit.file) = (true, Some(file())));
    ready().when(command, at(0)).answers(&verdict(None, 2)).then_nothing();
}

#[test]
fn a_dry_run_with_a_key_looks_up_no_first_answer() {
    let spec = ready();
    let idempotency = Some(Idempotency { key: short("order-1"), body: Digest::of(b"body") });
    let command = || changed(|submit| (submit.dry_run, submit.idempotency) = (true, idempotency.clone()));
    let peer = LookupRequest::Peer(account(1), "+12025550101".to_owned());
    assert_eq!(Workspace::next_lookup(spec.state(), &command()), Some(peer));
    spec.when(command(), at(0)).answers(&verdict(None, 1)).then_nothing();
}

#[test]
fn a_dry_run_asks_for_no_room() {
    let spec = ready();
    let mut command = dry_run();
    Workspace::resolve(&mut command, LookupResult::Peer(None));
    assert_eq!(Workspace::next_lookup(spec.state(), &command), None);
    spec.when(command, at(0)).answers(&verdict(None, 1)).then_nothing();
}

#[test]
fn a_dry_run_does_not_use_up_its_key() {
    let spec = ready().when(dry_run(), at(0)).then_nothing();
    spec.when(with_key(11, "+12025550101", "order-1", "body"), at(0)).answers(&accepted(11, 8)).then([
        opened(1, "+12025550101"),
        queued(11),
        charged(11),
    ]);
}

#[test]
fn a_message_that_was_taken_in_stays_so_whatever_a_dry_run_says() {
    let remembered = Remembered { message: message(11), body: Digest::of(b"body"), at: at(0) };
    ready()
        .when(dry_run(), at(0))
        .then_nothing()
        .finding(LookupResult::Remembered(Some(remembered)))
        .when(with_key(12, "+12025550101", "order-1", "body"), at(0))
        .answers(&Answer::Accepted(Accepted { message: message(11), account: None, balance: 9, replayed: true }))
        .then_nothing();
}

/// Asserts that a dry run is rejected in the same way as the message itself.
fn refused_alike(spec: impl Fn() -> WorkspaceSpec, change: impl Fn(&mut Submit), refused: &Rejection) {
    for dry_run in [false, true] {
        let command = changed(|submit| {
            change(submit);
            submit.dry_run = dry_run;
        });
        spec().when(command, at(0)).then_rejected(refused);
    }
}

#[test]
fn a_dry_run_is_refused_as_the_message_would_be() {
    let wrong_token = |submit: &mut Submit| submit.token_hash = Some(Digest::of(b"in_other"));
    refused_alike(ready, wrong_token, &Rejection::WebhookNotFound);
    let unknown_chat = |submit: &mut Submit| submit.recipient = Recipient::Chat(chat(7));
    refused_alike(ready, unknown_chat, &Rejection::ChatNotFound);
    let unknown_name = |submit: &mut Submit| submit.recipient = Recipient::Name("Nobody".to_owned());
    refused_alike(ready, unknown_name, &Rejection::ChatNotFound);
    let unknown_sender = |submit: &mut Submit| submit.sender = Some("+12025550199".to_owned());
    refused_alike(ready, unknown_sender, &Rejection::AccountNotFound);
    let nobody_there = || ready().and([paused(1)]);
    refused_alike(nobody_there, |_| {}, &inactive(1, "+12025550100", Inactivity::Paused));
}

#[test]
fn a_dry_run_is_refused_without_credits() {
    let poor = || WorkspaceSpec::given([created(), url_generated("in_token"), granted(1, "May"), connected()]);
    let refused = Rejection::InsufficientCredits { needed: 2, available: 1 };
    refused_alike(poor, |submit| submit.file = Some(file()), &refused);
}
