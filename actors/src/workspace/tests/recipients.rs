//! Tests to whom a message goes, and when a chat is opened.

use events::account::MessageQueued;
use events::chat::ChatOpened;
use events::ids::{ChatId, WorkspaceId};
use events::index::ChatEntry;

use super::*;
use crate::decider::{Decider, LookupRequest, LookupResult};
use crate::spec::facts::*;
use crate::workspace::Again;

/// The look-up result with a chat of this account with this phone.
pub(super) fn entry(account_number: u64, phone: &str) -> LookupResult {
    LookupResult::Chat(Some(ChatEntry::new(account(account_number), phone, phone, Some(phone), false)))
}

fn ready() -> WorkspaceSpec {
    WorkspaceSpec::given([created(), url_generated("in_token"), granted(9, "May"), connected()])
}

#[test]
fn a_new_person_opens_a_chat() {
    ready()
        .when(to_phone(11, "+12025550101"), at(0))
        .then([opened(1, "+12025550101"), queued(11), charged(11)])
        .when(to_phone(21, "+12025550102"), at(0))
        .then([
            opened(2, "+12025550102"),
            MessageQueued { to: "+12025550102".into(), ..queueing(21) }.into(),
            charged(21),
        ]);
}

#[test]
fn a_new_person_is_refused_without_room_for_a_chat() {
    ready()
        .finding(LookupResult::Peer(None))
        .finding(LookupResult::Room(false))
        .when(to_phone(11, "+12025550101"), at(0))
        .then_rejected(&Rejection::NoRoom(Again(Box::new(to_phone(11, "+12025550101")))))
        .when(to_phone(11, "+12025550101"), at(0))
        .answers(&accepted(11, 8))
        .then([opened(1, "+12025550101"), queued(11), charged(11)]);
}

#[test]
fn room_is_asked_for_with_the_number_of_the_chat_that_would_be_opened() {
    let spec = ready().and([opened(1, "+12025550101"), opened(2, "+12025550102")]);
    let mut command = to_phone(31, "+12025550103");
    Workspace::resolve(&mut command, LookupResult::Peer(None));
    assert_eq!(Workspace::next_lookup(spec.state(), &command), Some(LookupRequest::Room(3)));
}

#[test]
fn a_message_to_a_known_chat_asks_for_no_room() {
    let spec = ready().and([opened(1, "+12025550101")]);
    let LookupResult::Chat(Some(found)) = entry(1, "+12025550101") else { unreachable!() };
    for (mut command, known) in [
        (to_phone(11, "+12025550101"), LookupResult::Peer(Some(chat(1)))),
        (to_chat(11, 1), LookupResult::Chat(Some(found.clone()))),
        (
            changed(|submit| submit.recipient = Recipient::Name("Cleo".to_owned())),
            LookupResult::Named(vec![(chat(1), found)]),
        ),
    ] {
        assert!(!matches!(Workspace::next_lookup(spec.state(), &command), None | Some(LookupRequest::Room(_))));
        Workspace::resolve(&mut command, known);
        assert_eq!(Workspace::next_lookup(spec.state(), &command), None);
        assert!(Workspace::decide(spec.state(), command, at(0)).is_ok());
    }
}

#[test]
fn a_known_person_opens_no_chat() {
    ready()
        .and([opened(1, "+12025550101")])
        .finding(LookupResult::Peer(Some(chat(1))))
        .when(to_phone(11, "+12025550101"), at(0))
        .then([queued(11), charged(11)]);
}

#[test]
fn the_transport_gets_the_number_as_it_was_given_this_time() {
    let given_so = MessageQueued { to: "1 202 555 0101".into(), ..queueing(11) };
    ready()
        .and([opened(1, "+12025550101")])
        .finding(LookupResult::Peer(Some(chat(1))))
        .when(to_phone(11, "1 202 555 0101"), at(0))
        .then([given_so.into(), charged(11)]);
}

#[test]
fn a_phone_that_does_not_parse_is_taken_and_has_a_chat_of_its_own() {
    let opened = ChatOpened {
        workspace: workspace(),
        account: account(1),
        chat: chat(1),
        peer: "?hello".into(),
        to: "hello".into(),
        name: "hello".into(),
        phone: None,
        is_group: false,
    };
    let queued = MessageQueued { to: "hello".into(), ..queueing(11) };
    ready().when(to_phone(11, " hello "), at(0)).then([opened.into(), queued.into(), charged(11)]);
}

#[test]
fn a_group_opens_a_chat_without_a_phone() {
    let jid = "120363041234567890@g.us";
    let opened = ChatOpened {
        workspace: workspace(),
        account: account(1),
        chat: chat(1),
        peer: jid.into(),
        to: jid.into(),
        name: jid.into(),
        phone: None,
        is_group: true,
    };
    let queued = MessageQueued { to: jid.into(), ..queueing(11) };
    let recipient = Recipient::Peer(Peer::from_jid(jid).unwrap());
    ready().when(Command::Submit(Box::new(Submit { recipient, ..submission(11, "") })), at(0)).then([
        opened.into(),
        queued.into(),
        charged(11),
    ]);
}

#[test]
fn a_chat_of_this_workspace_leads_to_its_recipient() {
    ready()
        .and([opened(1, "+12025550101")])
        .finding(entry(1, "+12025550101"))
        .when(to_chat(11, 1), at(0))
        .answers(&accepted(11, 8))
        .then([queued(11), charged(11)]);
}

#[test]
fn an_unknown_chat_is_refused() {
    ready().when(to_chat(11, 1), at(0)).then_rejected(&Rejection::ChatNotFound);
}

#[test]
fn a_chat_of_another_workspace_is_refused_without_a_look() {
    let foreign = ChatId::nth(WorkspaceId::nth(1), 1).unwrap();
    let command = || Command::Submit(Box::new(Submit { recipient: Recipient::Chat(foreign), ..submission(11, "") }));
    let spec = ready();
    assert_eq!(Workspace::next_lookup(spec.state(), &command()), None);
    spec.when(command(), at(0)).then_rejected(&Rejection::ChatNotFound);
}

#[test]
fn a_known_chat_takes_messages_when_no_account_is_active() {
    ready()
        .and([opened(1, "+12025550101"), blocked(1, None)])
        .finding(entry(1, "+12025550101"))
        .when(to_chat(11, 1), at(0))
        .then([queued(11), charged(11)]);
}

#[test]
fn where_a_message_came_in_is_recorded() {
    let queued = MessageQueued { origin: Origin::Api, ..queueing(11) };
    let submit = Submit { origin: Origin::Api, token_hash: None, ..submission(11, "+12025550101") };
    ready().when(Command::Submit(Box::new(submit)), at(0)).then([
        opened(1, "+12025550101"),
        queued.into(),
        charged(11),
    ]);
}

#[test]
fn a_workspace_is_full_when_its_chat_numbers_are_used_up() {
    let spec = ready();
    let mut state = spec.state().clone();
    let looked_up = SubmitLookups { room: Some(true), ..SubmitLookups::default() };
    let decide = |state: &crate::workspace::State| {
        Workspace::decide(state, changed(|submit| submit.looked_up = looked_up.clone()), at(0))
    };
    state.chats = 99_999_998;
    assert!(decide(&state).is_ok());
    state.chats = 99_999_999;
    assert_eq!(decide(&state), Err(Rejection::Full));
}
