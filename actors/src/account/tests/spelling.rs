//! Tests what an account learns from the address that an answer spells.

use events::chat::{AddressKind, ChatAddressLearnt};
use events::event::Event;
use events::index::ChatEntry;

use super::*;
use crate::account::Acceptance;
use crate::decider::{Decider, LookupRequest, LookupResult};
use crate::peer::ADDRESSES_MAX;
use crate::spec::facts::*;

/// With and without the ninth digit of Brazil.
const DIALLED: &str = "+12025550101";
const SPELLED: &str = "120255501019@s.whatsapp.net";

fn trying() -> AccountSpec {
    AccountSpec::given([connected(), queued(11), started(11, 1)])
}

fn taken_as(address: &str) -> Command {
    let acceptance = Acceptance { wire_id: None, address: Some(address.to_owned()) };
    tried(11, 1, Outcome::Accepted(acceptance))
}

fn learnt(kind: AddressKind, address: &str) -> Event {
    let (workspace, account, chat) = (workspace(), account(1), chat(1));
    ChatAddressLearnt { workspace, account, chat, kind, address: address.into() }.into()
}

fn chat_with(addresses: usize) -> LookupResult {
    let mut entry = ChatEntry::new(account(1), DIALLED, "Cleo", Some(DIALLED), false);
    entry.peers = vec![events::personal::Digest::of(b"any").short(); addresses];
    LookupResult::Chat(Some(entry))
}

#[test]
fn another_spelling_leads_to_the_chat_of_the_message() {
    for (address, kind, canonical) in [
        (SPELLED, AddressKind::SpelledPhone, "+120255501019"),
        ("120255501019", AddressKind::SpelledPhone, "+120255501019"),
        ("133700000000001@lid", AddressKind::Lid, "133700000000001@lid"),
    ] {
        trying()
            .finding(LookupResult::Peer(None))
            .finding(chat_with(1))
            .when(taken_as(address), at(300))
            .then([message_accepted(11, 1, 300), learnt(kind, canonical)]);
    }
}

#[test]
fn a_spelling_that_leads_somewhere_is_not_learnt() {
    for nth in [1, 2] {
        trying()
            .finding(LookupResult::Peer(Some(chat(nth))))
            .when(taken_as(SPELLED), at(300))
            .then([message_accepted(11, 1, 300)]);
    }
}

#[test]
fn a_chat_that_is_erased_or_known_by_many_addresses_learns_none() {
    for found in [LookupResult::Chat(None), chat_with(ADDRESSES_MAX)] {
        trying()
            .finding(LookupResult::Peer(None))
            .finding(found)
            .when(taken_as(SPELLED), at(300))
            .then([message_accepted(11, 1, 300)]);
    }
}

#[test]
fn what_is_no_address_of_a_person_is_not_learnt() {
    trying().when(taken_as("nobody"), at(300)).then([message_accepted(11, 1, 300)]);
    trying()
        .finding(LookupResult::Peer(None))
        .finding(chat_with(1))
        .when(taken_as("120363041234567890@g.us"), at(300))
        .then([message_accepted(11, 1, 300)]);
}

#[test]
fn an_answer_to_no_try_under_way_is_not_asked_about() {
    let asks = |past: &[Event], command: &Command| {
        let mut state = crate::account::State::default();
        for event in past {
            Account::apply(&mut state, event);
        }
        Account::next_lookup(&state, command)
    };
    let under_way = [connected(), queued(11), started(11, 1)];
    let asked = Some(LookupRequest::Peer(account(1), "+120255501019".to_owned()));
    assert_eq!(asks(&under_way, &taken_as(SPELLED)), asked);
    assert_eq!(asks(&under_way, &tried(11, 1, Outcome::Accepted(Acceptance::default()))), None);
    assert_eq!(asks(&[connected(), queued(11)], &taken_as(SPELLED)), None);
    AccountSpec::given([connected(), queued(11), started(11, 1), message_accepted(11, 1, 300)])
        .when(taken_as(SPELLED), at(310))
        .then_nothing();
}
