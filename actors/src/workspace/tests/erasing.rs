//! Tests what a workspace refuses of an erased chat, and that its contact gets another one.

use events::account::MessageQueued;
use events::chat::{ChatOpened, MessageReceived};
use events::ids::{ChatId, WorkspaceId};
use events::index::{ChatEntry, Remembered};
use events::personal::Personal;

use super::incoming::{hear, opened_as, received};
use super::*;
use crate::decider::{Decider, LookupRequest, LookupResult};
use crate::spec::facts::*;
use crate::workspace::{ChangeChat, ChatLookups};

const PHONE: &str = "+12025550101";

/// A workspace whose only chat was erased.
fn ready() -> WorkspaceSpec {
    let settled = [created(), url_generated("in_token"), granted(9, "May"), connected()];
    WorkspaceSpec::given(settled).and([opened(1, PHONE), erased(1, 5)])
}

/// No chat has the wanted id, because it was erased or never opened.
fn missing(spec: WorkspaceSpec, is_erased: bool) -> WorkspaceSpec {
    spec.finding(LookupResult::Chat(None)).finding(LookupResult::Erased(is_erased))
}

fn change(change: impl FnOnce(&mut ChangeChat)) -> Command {
    let (chat, by) = (chat(1), operator());
    let mut wanted = ChangeChat { chat, name: None, responsible: None, by, looked_up: ChatLookups::default() };
    change(&mut wanted);
    Command::ChangeChat(wanted)
}

fn rename() -> Command {
    change(|wanted| wanted.name = Some("Cleo".to_owned()))
}

fn assign(email: Option<&str>) -> Command {
    change(|wanted| wanted.responsible = Some(email.map(str::to_owned)))
}

/// The look-ups of a command, one after the other, with these results.
fn asked(mut command: Command, found: impl IntoIterator<Item = LookupResult>) -> Vec<LookupRequest> {
    let (spec, mut found, mut asked) = (ready(), found.into_iter(), Vec::new());
    while let Some(question) = Workspace::next_lookup(spec.state(), &command) {
        asked.push(question);
        let Some(found) = found.next() else { break };
        Workspace::resolve(&mut command, found);
    }
    asked
}

#[test]
fn a_message_to_an_erased_chat_is_refused() {
    missing(ready(), true).when(to_chat(11, 1), at(9)).then_rejected(&Rejection::ChatErased);
}

/// Lost with the vault: the chat is there, but nobody knows whose it is. It must not be sent to "[erased]".
#[test]
fn a_message_to_a_chat_of_whose_recipient_nothing_is_known_is_refused() {
    let lost = ChatEntry { to: Personal::erased(), ..ChatEntry::new(account(1), PHONE, PHONE, None, false) };
    let spec = WorkspaceSpec::given([created(), url_generated("in_token"), granted(9, "May"), connected()]);
    let spec = spec.finding(LookupResult::Chat(Some(lost)));
    spec.when(to_chat(11, 1), at(9)).then_rejected(&Rejection::ChatErased);
}

#[test]
fn a_message_to_a_chat_that_never_was_is_refused_as_before() {
    missing(ready(), false).when(to_chat(11, 2), at(9)).then_rejected(&Rejection::ChatNotFound);
}

#[test]
fn a_dry_run_says_that_the_chat_is_erased() {
    let to_chat = changed(|submit| (submit.dry_run, submit.recipient) = (true, Recipient::Chat(chat(1))));
    missing(ready(), true).when(to_chat, at(9)).then_rejected(&Rejection::ChatErased);
}

/// More credits would not help.
#[test]
fn an_erased_chat_is_named_before_a_lack_of_credits() {
    let poor = WorkspaceSpec::given([created(), url_generated("in_token"), connected(), erased(1, 5)]);
    missing(poor, true).when(to_chat(11, 1), at(9)).then_rejected(&Rejection::ChatErased);
}

#[test]
fn whoever_may_not_send_does_not_learn_that_a_chat_is_erased() {
    let stranger = || {
        let token_hash = Some(Digest::of(b"in_other"));
        changed(|submit| (submit.token_hash, submit.recipient) = (token_hash, Recipient::Chat(chat(1))))
    };
    missing(ready(), true).when(stranger(), at(9)).then_rejected(&Rejection::WebhookNotFound);
}

#[test]
fn a_request_that_was_accepted_before_the_erasure_gets_its_first_answer_again() {
    let body = Digest::of(b"body");
    let remembered = LookupResult::Remembered(Some(Remembered { message: message(11), body, at: at(0) }));
    let idempotency = Some(Idempotency { key: short("order-1"), body });
    let again = changed(|submit| (submit.idempotency, submit.recipient) = (idempotency, Recipient::Chat(chat(1))));
    let first = Accepted { message: message(11), account: None, balance: 9, replayed: true };
    missing(ready().finding(remembered), true).when(again, at(9)).answers(&Answer::Accepted(first)).then_nothing();
}

#[test]
fn only_for_a_chat_that_is_not_found_is_it_looked_up_if_it_was_erased() {
    let (of_chat, of_erasure) = (LookupRequest::Chat(chat(1)), LookupRequest::Erased(chat(1)));
    let nothing = || [LookupResult::Chat(None), LookupResult::Erased(true)];
    for command in [to_chat(11, 1), rename()] {
        assert_eq!(asked(command.clone(), [recipients::entry(1, PHONE)]), std::slice::from_ref(&of_chat));
        assert_eq!(asked(command, nothing()), [of_chat.clone(), of_erasure.clone()]);
    }
    assert_eq!(asked(assign(None), nothing()), [of_chat, of_erasure]);
}

#[test]
fn of_another_workspaces_chat_nothing_is_looked_up() {
    let foreign = ChatId::nth(WorkspaceId::nth(1), 1).unwrap();
    let submit = || changed(|submit| submit.recipient = Recipient::Chat(foreign));
    let change = || change(|wanted| (wanted.chat, wanted.name) = (foreign, Some("Cleo".to_owned())));
    for command in [submit(), change()] {
        assert_eq!(asked(command.clone(), []), []);
        ready().when(command, at(9)).then_rejected(&Rejection::ChatNotFound);
    }
}

#[test]
fn a_message_to_the_phone_of_an_erased_chat_opens_the_next_one() {
    assert_eq!(
        asked(to_phone(21, PHONE), [LookupResult::Peer(None), LookupResult::Room(true)]),
        [LookupRequest::Peer(account(1), PHONE.to_owned()), LookupRequest::Room(2)]
    );
    ready().when(to_phone(21, PHONE), at(9)).answers(&accepted(21, 8)).then([
        opened(2, PHONE),
        MessageQueued { at: at(9), ..queueing(21) }.into(),
        charged(21),
    ]);
}

#[test]
fn a_contact_whose_chat_was_erased_opens_the_next_one_by_writing() {
    let opened = ChatOpened { chat: chat(2), ..opened_as("Cleo") };
    let received = MessageReceived { chat: chat(2), ..received() };
    ready().when(hear(|_| {}), at(9)).answers(&Answer::Done).then([opened.into(), received.into()]);
}

/// Its title is forgotten, so that nobody can say which chat was meant.
#[test]
fn a_message_by_the_title_of_an_erased_chat_finds_none() {
    let by_name = || changed(|submit| submit.recipient = Recipient::Name("Cleo".to_owned()));
    assert_eq!(asked(by_name(), [LookupResult::Named(vec![])]), [LookupRequest::Named("Cleo".to_owned())]);
    ready().when(by_name(), at(9)).then_rejected(&Rejection::ChatNotFound);
}

#[test]
fn an_erased_chat_gets_neither_a_title_nor_a_teammate() {
    for command in [rename(), assign(None), assign(Some("nobody@kite.example")), change(|_| {})] {
        missing(ready(), true).when(command, at(9)).then_rejected(&Rejection::ChatErased);
    }
}

#[test]
fn a_chat_that_never_was_gets_neither_as_before() {
    for command in [rename(), assign(None)] {
        missing(ready(), false).when(command, at(9)).then_rejected(&Rejection::ChatNotFound);
    }
}
