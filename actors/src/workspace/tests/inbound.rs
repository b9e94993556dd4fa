//! Tests the inbound webhook: switching it off and on, strict mode, and its token.

use events::account::MessageQueued;
use events::chat::ChatOpened;
use events::event::Event;
use events::workspace::{InboundDisabled, InboundEnabled, InboundStrictChanged, InboundUrlGenerated};

use super::*;
use crate::spec::facts::*;
use crate::workspace::SetInbound;

fn ready() -> WorkspaceSpec {
    WorkspaceSpec::given([created(), url_generated("in_token"), granted(9, "May"), connected()])
}

fn disabled() -> Event {
    InboundDisabled { workspace: workspace(), by: operator(), reason: REASON.into() }.into()
}

fn enabled() -> Event {
    InboundEnabled { workspace: workspace(), by: operator(), reason: REASON.into() }.into()
}

fn strict(strict: bool) -> Event {
    InboundStrictChanged { workspace: workspace(), strict, by: operator() }.into()
}

fn set(enabled: Option<bool>, strict: Option<bool>) -> Command {
    Command::SetInbound(SetInbound { enabled, strict, by: operator(), reason: REASON.to_owned() })
}

fn replace(token: &str) -> Command {
    Command::ReplaceToken(Digest::of(token.as_bytes()), operator())
}

fn replaced(newer: &str, older: &str) -> Event {
    let (token_hash, replaces) = (Digest::of(newer.as_bytes()), Some(Digest::of(older.as_bytes())));
    InboundUrlGenerated { workspace: workspace(), token_hash, replaces, by: operator() }.into()
}

fn taken() -> [Event; 3] {
    [opened(1, "+12025550101"), queued(11), charged(11)]
}

/// The events when message 11 goes to a recipient without a phone.
fn taken_to(peer: &str, to: &str) -> [Event; 3] {
    let Event::ChatOpened(opened) = opened(1, to) else { unreachable!() };
    let opened = ChatOpened { peer: peer.into(), phone: None, ..opened };
    [opened.into(), MessageQueued { to: to.into(), ..queueing(11) }.into(), charged(11)]
}

#[test]
fn a_webhook_that_is_switched_off_refuses() {
    ready()
        .when(set(Some(false), None), at(0))
        .answers(&Answer::Done)
        .then([disabled()])
        .when(to_phone(11, "+12025550101"), at(0))
        .then_rejected(&Rejection::WebhookDisabled);
}

#[test]
fn a_webhook_that_is_switched_off_refuses_what_it_took_before() {
    ready()
        .and([disabled()])
        .finding(crate::decider::LookupResult::Remembered(Some(events::index::Remembered {
            message: message(11),
            body: Digest::of(b"body"),
            at: at(0),
        })))
        .when(with_key(11, "+12025550101", "order-1", "body"), at(0))
        .then_rejected(&Rejection::WebhookDisabled);
}

#[test]
fn messages_of_the_api_pass_a_webhook_that_is_switched_off() {
    ready().and([disabled()]).when(changed(|submit| submit.token_hash = None), at(0)).then(taken());
}

#[test]
fn a_webhook_that_is_switched_off_does_not_tell_a_wrong_token_so() {
    let wrong = changed(|submit| submit.token_hash = Some(Digest::of(b"in_other")));
    ready().and([disabled()]).when(wrong, at(0)).then_rejected(&Rejection::WebhookNotFound);
}

#[test]
fn a_webhook_that_is_switched_on_again_takes_messages() {
    ready()
        .and([disabled()])
        .when(set(Some(true), None), at(0))
        .then([enabled()])
        .when(to_phone(11, "+12025550101"), at(0))
        .then(taken());
}

#[test]
fn a_webhook_that_is_as_wanted_stays_so() {
    ready().when(set(Some(true), Some(false)), at(0)).answers(&Answer::Done).then_nothing();
    ready().and([disabled(), strict(true)]).when(set(Some(false), Some(true)), at(0)).then_nothing();
    ready().and([disabled(), strict(true)]).when(set(None, None), at(0)).then_nothing();
}

#[test]
fn both_settings_change_at_once() {
    ready()
        .when(set(Some(false), Some(true)), at(0))
        .then([disabled(), strict(true)])
        .when(set(Some(true), Some(false)), at(0))
        .then([enabled(), strict(false)]);
}

#[test]
fn a_strict_webhook_refuses_a_field_that_nobody_knows() {
    let command = || changed(|submit| submit.unknown_fields = vec!["colour".to_owned(), "size".to_owned()]);
    ready().when(command(), at(0)).then(taken());
    ready().and([strict(true)]).when(command(), at(0)).then_rejected(&Rejection::UnknownField("colour".to_owned()));
    ready().and([strict(true), strict(false)]).when(command(), at(0)).then(taken());
}

#[test]
fn a_strict_webhook_wants_an_international_number() {
    ready().when(to_phone(11, "0532 111 22 33"), at(0)).then(taken_to("?0532 111 22 33", "0532 111 22 33"));
    let spec = || ready().and([strict(true)]);
    for phone in ["0532 111 22 33", "hello", "123456"] {
        spec().when(to_phone(11, phone), at(0)).then_rejected(&Rejection::PhoneNotE164(String::new()));
    }
    spec().when(to_phone(11, "+12025550101"), at(0)).then(taken());
}

/// Only warnings otherwise: odd spellings of a phone, broken texts.
#[test]
fn a_strict_webhook_refuses_what_is_doubtful() {
    let why = || "00 was read as +".to_owned();
    for (doubt, rejection) in [
        (Doubt::Phone(why()), Rejection::PhoneNotE164(why())),
        (Doubt::Text("half an emoji".to_owned()), Rejection::BrokenText("half an emoji".to_owned())),
    ] {
        let command = || changed(|submit| submit.doubt = Some(doubt.clone()));
        ready().when(command(), at(0)).then(taken());
        ready().and([strict(true)]).when(command(), at(0)).then_rejected(&rejection);
    }
}

#[test]
fn a_strict_webhook_takes_a_jid() {
    let jid = "120363041234567890@lid";
    let command = changed(|submit| submit.recipient = Recipient::Peer(Peer::from_jid(jid).unwrap()));
    ready().and([strict(true)]).when(command, at(0)).then(taken_to(jid, jid));
}

#[test]
fn messages_of_the_api_pass_a_strict_webhook() {
    let command = changed(|submit| {
        submit.token_hash = None;
        submit.unknown_fields = vec!["colour".to_owned()];
        submit.recipient = Recipient::Peer(Peer::from_phone("hello"));
    });
    ready().and([strict(true)]).when(command, at(0)).then(taken_to("?hello", "hello"));
}

#[test]
fn a_replaced_token_stops_and_its_successor_works() {
    let newer = changed(|submit| submit.token_hash = Some(Digest::of(b"in_newer")));
    ready()
        .when(replace("in_newer"), at(0))
        .answers(&Answer::Done)
        .then([replaced("in_newer", "in_token")])
        .when(to_phone(11, "+12025550101"), at(0))
        .then_rejected(&Rejection::WebhookNotFound)
        .when(newer, at(0))
        .then(taken());
}

#[test]
fn every_replacement_names_the_token_that_stops() {
    ready()
        .when(replace("in_second"), at(0))
        .then([replaced("in_second", "in_token")])
        .when(replace("in_third"), at(0))
        .then([replaced("in_third", "in_second")]);
}

#[test]
fn a_token_is_not_replaced_by_itself() {
    ready().when(replace("in_token"), at(0)).then_nothing();
}

#[test]
fn a_new_token_does_not_switch_the_webhook_on() {
    let newer = changed(|submit| submit.token_hash = Some(Digest::of(b"in_newer")));
    ready()
        .and([disabled()])
        .when(replace("in_newer"), at(0))
        .then([replaced("in_newer", "in_token")])
        .when(newer, at(0))
        .then_rejected(&Rejection::WebhookDisabled);
}

#[test]
fn a_workspace_that_does_not_exist_has_nothing_to_set() {
    let refused = Rejection::UnknownWorkspace;
    WorkspaceSpec::given([]).when(set(Some(false), None), at(0)).then_rejected(&refused);
    WorkspaceSpec::given([]).when(replace("in_newer"), at(0)).then_rejected(&refused);
}
