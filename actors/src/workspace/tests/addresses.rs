//! Tests messages of one person under several addresses: they lead to one chat, and each message is recorded once.

use events::chat::{AddressKind, ChatAddressLearnt, ChatOpened, MessageReceived};
use events::event::Event;
use events::ids::{ChatId, MessageId};
use events::index::ChatEntry;
use events::personal::Digest;

use super::incoming::{hear, opened_as, received};
use super::*;
use crate::decider::{Decider, LookupRequest, LookupResult};
use crate::peer::ADDRESSES_MAX;
use crate::spec::facts::*;
use crate::workspace::{Receive, received_id};

const PHONE: &str = "+12025550101";
/// The same person's other number, as some countries spell one number in two ways.
const OTHER_SPELLING: &str = "+120255501019";
const LID: &str = "133700000000001@lid";
const GROUP: &str = "120363041234567890@g.us";
const WIRE_ID: &str = "3A000000000000000011";

fn ready() -> WorkspaceSpec {
    WorkspaceSpec::given([created(), connected()])
}

fn id(sender: &str) -> MessageId {
    received_id(account(1), &Digest::of(WIRE_ID.as_bytes()), sender)
}

fn peer(address: &str) -> Peer {
    Peer::read(address).unwrap()
}

/// Cleo's message, heard by this address, with another one beside it or without.
fn heard_by(address: &'static str, also: Option<&'static str>) -> Command {
    hear(move |heard| address_as(heard, address, also))
}

fn address_as(heard: &mut Receive, address: &str, also: Option<&str>) {
    (heard.peer, heard.sender, heard.also) = (peer(address), address.to_owned(), also.map(peer));
}

fn learnt(nth: u64, kind: AddressKind, address: &str) -> Event {
    let (workspace, account, chat) = (workspace(), account(1), chat(nth));
    ChatAddressLearnt { workspace, account, chat, kind, address: address.into() }.into()
}

fn leads_to(chat: Option<ChatId>) -> LookupResult {
    LookupResult::Peer(chat)
}

/// The chat that began with this address, known by so many.
fn began_with(address: &str, addresses: usize) -> LookupResult {
    let mut entry = ChatEntry::new(account(1), address, "Cleo", None, false);
    entry.peers = vec![events::personal::Digest::of(b"any").short(); addresses];
    LookupResult::Chat(Some(entry))
}

fn opened_by_lid() -> ChatOpened {
    ChatOpened { peer: LID.into(), to: LID.into(), phone: None, ..opened_as("Cleo") }
}

#[test]
fn a_hidden_number_whose_phone_is_named_opens_the_chat_of_the_phone() {
    let received = MessageReceived { address: Some(LID.into()), ..received() };
    ready().when(heard_by(LID, Some(PHONE)), at(9)).then([
        ChatOpened { to: PHONE.into(), ..opened_as("Cleo") }.into(),
        learnt(1, AddressKind::Lid, LID),
        received.into(),
    ]);
}

#[test]
fn a_phone_whose_hidden_number_is_named_makes_it_lead_to_its_chat() {
    let there = || ready().finding(leads_to(Some(chat(1)))).finding(leads_to(None)).finding(began_with(PHONE, 1));
    there().when(heard_by(PHONE, Some(LID)), at(9)).then([learnt(1, AddressKind::Lid, LID), received().into()]);
    // Heard by the hidden number, which the update names first.
    ready()
        .finding(leads_to(None))
        .finding(leads_to(Some(chat(1))))
        .finding(began_with(PHONE, 1))
        .when(heard_by(LID, Some(PHONE)), at(9))
        .then([
            learnt(1, AddressKind::Lid, LID),
            MessageReceived { sender: PHONE.into(), address: Some(LID.into()), ..received() }.into(),
        ]);
}

#[test]
fn once_it_was_learnt_the_hidden_number_alone_leads_to_the_chat() {
    ready()
        .finding(leads_to(Some(chat(1))))
        .finding(began_with(PHONE, 2))
        .when(heard_by(LID, None), at(9))
        .then([MessageReceived { address: Some(LID.into()), ..received() }.into()]);
}

#[test]
fn a_hidden_number_alone_opens_a_chat_without_a_phone() {
    let received = MessageReceived { message: id(LID), sender: LID.into(), ..received() };
    ready().when(heard_by(LID, None), at(9)).then([opened_by_lid().into(), received.into()]);
}

#[test]
fn a_chat_that_began_with_a_hidden_number_is_found_by_the_phone_once_that_is_named() {
    ready()
        .finding(leads_to(Some(chat(1))))
        .finding(leads_to(None))
        .finding(began_with(LID, 1))
        .when(heard_by(LID, Some(PHONE)), at(9))
        .then([
            learnt(1, AddressKind::SpelledPhone, PHONE),
            MessageReceived { message: id(LID), sender: LID.into(), ..received() }.into(),
        ]);
}

/// Both chats stay; what comes from now on goes to the one with the phone.
#[test]
fn of_two_chats_that_turn_out_to_be_one_person_that_of_the_phone_goes_on() {
    ready()
        .finding(leads_to(Some(chat(2))))
        .finding(leads_to(Some(chat(1))))
        .finding(began_with(PHONE, 1))
        .when(heard_by(LID, Some(PHONE)), at(9))
        .then([
            learnt(1, AddressKind::Lid, LID),
            MessageReceived { sender: PHONE.into(), address: Some(LID.into()), ..received() }.into(),
        ]);
    ready()
        .finding(leads_to(Some(chat(1))))
        .finding(leads_to(Some(chat(2))))
        .finding(began_with(PHONE, 1))
        .when(heard_by(PHONE, Some(LID)), at(9))
        .then([learnt(1, AddressKind::Lid, LID), received().into()]);
}

#[test]
fn a_phone_that_leads_to_another_chat_goes_on_leading_there() {
    ready()
        .finding(leads_to(Some(chat(1))))
        .finding(leads_to(Some(chat(2))))
        .finding(began_with(PHONE, 1))
        .when(heard_by(PHONE, Some(OTHER_SPELLING)), at(9))
        .then([received().into()]);
}

#[test]
fn the_other_spelling_of_a_phone_leads_to_its_chat() {
    ready()
        .finding(leads_to(Some(chat(1))))
        .finding(leads_to(None))
        .finding(began_with(PHONE, 1))
        .when(heard_by(PHONE, Some(OTHER_SPELLING)), at(9))
        .then([learnt(1, AddressKind::SpelledPhone, OTHER_SPELLING), received().into()]);
}

#[test]
fn what_leads_to_the_chat_already_is_not_learnt_again() {
    ready()
        .finding(leads_to(Some(chat(1))))
        .finding(leads_to(Some(chat(1))))
        .finding(began_with(PHONE, 2))
        .when(heard_by(PHONE, Some(LID)), at(9))
        .then([received().into()]);
    // The same address twice is one.
    ready()
        .finding(leads_to(Some(chat(1))))
        .finding(began_with(PHONE, 1))
        .when(heard_by(PHONE, Some("12025550101@c.us")), at(9))
        .then([received().into()]);
}

#[test]
fn a_chat_is_known_by_only_so_many_addresses() {
    for (addresses, is_learnt) in [(ADDRESSES_MAX - 1, true), (ADDRESSES_MAX, false)] {
        let learnt = is_learnt.then(|| learnt(1, AddressKind::Lid, LID));
        ready()
            .finding(leads_to(Some(chat(1))))
            .finding(leads_to(None))
            .finding(began_with(PHONE, addresses))
            .when(heard_by(PHONE, Some(LID)), at(9))
            .then(learnt.into_iter().chain([received().into()]));
    }
}

/// As WAHA does: once from the phone, and once from the hidden number, with one wire id.
#[test]
fn a_message_that_comes_by_two_addresses_is_recorded_once() {
    let was_recorded = |address: &'static str, also, recorded_as: &str| {
        let mut command = heard_by(address, also);
        let mut looked_up = Vec::new();
        while let Some(question) = Workspace::next_lookup(ready().state(), &command) {
            let found = match &question {
                LookupRequest::Peer(..) => leads_to(Some(chat(1))),
                LookupRequest::Chat(_) => began_with(PHONE, 2),
                LookupRequest::Known(message) => LookupResult::Known(*message == id(recorded_as)),
                _ => crate::spec::nothing(&question),
            };
            looked_up.push(question);
            Workspace::resolve(&mut command, found);
        }
        Workspace::decide(ready().state(), command, at(9)).unwrap().events.is_empty()
    };
    for (address, also) in [(PHONE, None), (LID, None), (LID, Some(PHONE)), (PHONE, Some(LID))] {
        assert!(was_recorded(address, also, PHONE), "{address} {also:?}");
    }
    // It was recorded before anybody knew whose hidden number it was.
    for (address, also) in [(LID, None), (LID, Some(PHONE)), (PHONE, Some(LID))] {
        assert!(was_recorded(address, also, LID), "{address} {also:?}");
    }
    assert!(!was_recorded(PHONE, None, "+12025550102"));
}

#[test]
fn what_was_recorded_before_may_still_name_another_address() {
    ready()
        .finding(leads_to(Some(chat(1))))
        .finding(leads_to(None))
        .finding(began_with(PHONE, 1))
        .finding(LookupResult::Known(true))
        .when(heard_by(PHONE, Some(LID)), at(9))
        .then([learnt(1, AddressKind::Lid, LID)]);
}

/// Once its chat is erased, no address leads to it any more.
#[test]
fn after_an_erasure_any_address_begins_a_new_chat_and_what_was_recorded_stays_away() {
    let erased = || WorkspaceSpec::given([created(), connected(), opened(1, PHONE)]);
    let opened = |to: &str, opened: ChatOpened| ChatOpened { chat: chat(2), to: to.into(), ..opened };
    let received =
        |message, sender: &str| MessageReceived { chat: chat(2), message, sender: sender.into(), ..received() };
    erased()
        .when(heard_by(LID, None), at(9))
        .then([opened(LID, opened_by_lid()).into(), received(id(LID), LID).into()]);
    erased()
        .when(heard_by(PHONE, None), at(9))
        .then([opened(PHONE, opened_as("Cleo")).into(), received(id(PHONE), PHONE).into()]);
    for also in [None, Some(LID)] {
        let unfound = erased().finding(leads_to(None));
        let unfound = if also.is_some() { unfound.finding(leads_to(None)) } else { unfound };
        unfound.finding(LookupResult::Known(true)).when(heard_by(PHONE, also), at(9)).then_nothing();
    }
}

#[test]
fn a_member_of_a_group_is_the_same_by_the_phone_and_by_the_hidden_number_that_comes_with_it() {
    let in_group = |sender: &'static str, also: Option<&'static str>| {
        hear(move |heard| {
            address_as(heard, sender, also);
            heard.peer = peer(GROUP);
        })
    };
    let group = || ready().finding(leads_to(Some(chat(1)))).finding(LookupResult::Chat(Some(group_entry())));
    group().when(in_group(PHONE, None), at(9)).then([received().into()]);
    group().when(in_group(LID, Some(PHONE)), at(9)).then([MessageReceived {
        sender: PHONE.into(),
        address: Some(LID.into()),
        ..received()
    }
    .into()]);
    // A group has one address only.
    group().when(in_group(PHONE, Some(LID)), at(9)).then([received().into()]);
}

fn group_entry() -> ChatEntry {
    ChatEntry::new(account(1), GROUP, GROUP, None, true)
}

#[test]
fn what_was_typed_to_a_hidden_number_is_in_the_chat_of_the_phone() {
    let typed = hear(|heard| {
        address_as(heard, LID, Some(PHONE));
        (heard.from_me, heard.sender, heard.sender_name) = (true, String::new(), String::new());
    });
    let received =
        MessageReceived { message: id(""), from_me: true, sender: "".into(), sender_name: "".into(), ..received() };
    ready()
        .finding(leads_to(None))
        .finding(leads_to(Some(chat(1))))
        .finding(began_with(PHONE, 1))
        .when(typed, at(9))
        .then([learnt(1, AddressKind::Lid, LID), received.into()]);
}

/// Our own message comes back as an echo. What another program sent under an id like ours is recorded.
#[test]
fn an_echo_of_our_own_message_is_not_recorded() {
    let echo = || {
        hear(|heard| {
            (heard.from_me, heard.sender, heard.sender_name) = (true, String::new(), String::new());
            heard.own = Some(message(11));
        })
    };
    let asked = |is_ours| {
        let known = |spec: WorkspaceSpec, is_known| spec.finding(LookupResult::Known(is_known));
        let spec = ready().finding(leads_to(Some(chat(1)))).finding(began_with(PHONE, 1));
        known(known(spec, false), is_ours)
    };
    asked(true).when(echo(), at(9)).then_nothing();
    asked(false).when(echo(), at(9)).then([MessageReceived {
        message: id(""),
        from_me: true,
        sender: "".into(),
        sender_name: "".into(),
        ..received()
    }
    .into()]);
}
