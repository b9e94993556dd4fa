//! What an erased chat could be found by is gone from the index, in memory, on the disk, and made again from the records.

use events::chat::{AddressKind, ChatAddressLearnt, ChatErased, ChatKeyDestroyed, Responsible};
use events::event::Event;
use events::index::{ChatEntry, ErasedEntry, IndexKey};
use events::log::Log;
use events::time::Timestamp;
use events::vault::Owner;
use events::who::Who;

use crate::desk::Desk;
use crate::facts::*;

const LID: &str = "133700000000001@lid";

fn erased(number: u64) -> Event {
    ChatErased {
        workspace: workspace(0),
        account: account(0),
        chat: chat(0, number),
        by: Who::Key(1),
        reason: "she asked for it".into(),
        at: Timestamp::from_ms(7_000),
    }
    .into()
}

fn learnt(number: u64) -> Event {
    ChatAddressLearnt {
        workspace: workspace(0),
        account: account(0),
        chat: chat(0, number),
        kind: AddressKind::Lid,
        address: LID.into(),
    }
    .into()
}

fn destroyed(number: u64) -> Event {
    ChatKeyDestroyed { workspace: workspace(0), chat: chat(0, number), at: Timestamp::from_ms(8_000) }.into()
}

/// Two chats with the same title; the first was renamed before, assigned, and has another address.
fn begin(desk: &mut Desk) {
    desk.append(of_workspace(0), vec![opened(0, 1), opened(0, 2)]);
    let bob = Responsible { full_name: "Bob Example".into(), email: "bob@kite.example".into() };
    desk.append(of_workspace(0), vec![renamed(0, 1, "Somebody", "Cleo"), assigned(0, 1, Some(bob)), learnt(1)]);
    desk.append(of_workspace(0), vec![renamed(0, 2, "Somebody", "Cleo")]);
}

fn assert_there(desk: &Desk) {
    assert_eq!(desk.index.peer(account(0), &peer(1)).unwrap(), Some(chat(0, 1)));
    assert_eq!(desk.index.peer(account(0), LID).unwrap(), Some(chat(0, 1)));
    assert_eq!(desk.index.named(workspace(0), "Cleo", 9).unwrap(), [chat(0, 1), chat(0, 2)]);
    assert_eq!(desk.index.chat(chat(0, 1)).unwrap().unwrap().name.reveal(), "Cleo");
    assert_eq!(desk.index.erased(chat(0, 1)).unwrap(), None);
}

fn assert_gone(desk: &Desk) {
    for address in [peer(1).as_str(), LID] {
        assert_eq!(desk.index.peer(account(0), address).unwrap(), None, "{address}");
    }
    assert_eq!(desk.index.named(workspace(0), "Cleo", 9).unwrap(), [chat(0, 2)]);
    assert_eq!(desk.index.named(workspace(0), "Somebody", 9).unwrap(), []);
    assert_eq!(desk.index.chat(chat(0, 1)).unwrap(), None);
    assert_eq!(desk.index.find::<Option<Responsible>>(&IndexKey::Responsible(chat(0, 1))).unwrap(), None);
    let erased = ErasedEntry { account: account(0), is_group: false, at: Timestamp::from_ms(7_000) };
    assert_eq!(desk.index.erased(chat(0, 1)).unwrap(), Some(erased));
    // The other chat is as it was.
    assert_eq!(desk.index.peer(account(0), &peer(2)).unwrap(), Some(chat(0, 2)));
    assert_eq!(desk.index.chat(chat(0, 2)).unwrap().unwrap().name.reveal(), "Cleo");
}

/// Returns the notes by which an erased chat could still be found or read: all but its mark and its events.
fn left(desk: &Desk) -> Vec<Vec<u8>> {
    let number = chat(0, 1).number().to_be_bytes();
    let notes = desk.log().notes(b"", b"", usize::MAX).unwrap();
    let is_about = |key: &[u8], value: &[u8]| [key, value].iter().any(|bytes| bytes.windows(8).any(|it| it == number));
    let about = notes.into_iter().filter(|(key, value)| is_about(key, value)).map(|(key, _)| key);
    about.filter(|key| !key.starts_with(b"E") && !key.starts_with(b"s")).collect()
}

#[test]
fn an_erased_chat_is_found_by_nothing_wherever_the_entries_are() {
    for stored_before in [false, true] {
        for mut desk in Desk::each() {
            begin(&mut desk);
            assert_there(&desk);
            if stored_before {
                desk.store_index();
                desk = desk.reopened();
                assert_there(&desk);
            }
            desk.append(of_workspace(0), vec![erased(1)]);
            assert_gone(&desk);
            desk.flush();
            let mut desk = desk.reopened();
            assert_gone(&desk);
            desk.sequencer.store_index(true).unwrap();
            assert_gone(&desk);
            desk.flush();
            assert_gone(&desk);
            assert_eq!(left(&desk), Vec::<Vec<u8>>::new());
            assert_gone(&desk.reopened());
        }
    }
}

/// An address that came to lead to another chat is no longer one of the chat that it led to before.
#[test]
fn an_address_that_moved_to_another_chat_survives_the_erasure_of_the_first() {
    for stored_before in [false, true] {
        for mut desk in Desk::each() {
            begin(&mut desk);
            if stored_before {
                desk.store_index();
                desk = desk.reopened();
            }
            desk.append(of_workspace(0), vec![learnt(2)]);
            let leads_to = |desk: &Desk| desk.index.peer(account(0), LID).unwrap();
            assert_eq!(leads_to(&desk), Some(chat(0, 2)));
            desk.append(of_workspace(0), vec![erased(1)]);
            assert_eq!((leads_to(&desk), desk.index.peer(account(0), &peer(1)).unwrap()), (Some(chat(0, 2)), None));
            desk.flush();
            let mut desk = desk.reopened();
            assert_eq!(leads_to(&desk), Some(chat(0, 2)));
            desk.append(of_workspace(0), vec![erased(2)]);
            assert_eq!(leads_to(&desk), None);
        }
    }
}

#[test]
fn a_phone_that_is_learnt_is_that_of_a_chat_without_one() {
    let phone_of = |desk: &Desk, nth| {
        let entry = desk.index.chat(chat(0, nth)).unwrap().unwrap();
        entry.phone.map(|phone| phone.reveal().to_owned())
    };
    for mut desk in Desk::each() {
        let Event::ChatOpened(with_phone) = opened(0, 1) else { unreachable!() };
        let hidden = events::chat::ChatOpened { chat: chat(0, 3), peer: LID.into(), phone: None, ..with_phone };
        desk.append(of_workspace(0), vec![opened(0, 1), hidden.into()]);
        let before = phone_of(&desk, 1);
        for nth in [1, 3] {
            let Event::ChatAddressLearnt(by_lid) = learnt(nth) else { unreachable!() };
            let (kind, address) = (AddressKind::SpelledPhone, format!("+1202555019{nth}").as_str().into());
            desk.append(of_workspace(0), vec![learnt(nth), ChatAddressLearnt { kind, address, ..by_lid }.into()]);
        }
        let check = |desk: &Desk| {
            assert_eq!((phone_of(desk, 1), phone_of(desk, 3)), (before.clone(), Some("+12025550193".to_owned())));
        };
        check(&desk);
        desk.store_index();
        check(&desk);
        check(&desk.reopened());
    }
}

/// Without the key, the records themselves no longer say what the chat was called.
#[test]
fn an_index_made_without_the_key_finds_the_same() {
    for mut desk in Desk::each() {
        begin(&mut desk);
        desk.append(of_workspace(0), vec![erased(1)]);
        desk.vault().destroy(Owner::Chat(chat(0, 1))).unwrap();
        desk.append(of_workspace(0), vec![destroyed(1)]);
        desk.flush();
        let mut desk = desk.reopened();
        assert_gone(&desk);
        desk.store_index();
        assert_eq!(left(&desk), Vec::<Vec<u8>>::new());
        assert_gone(&desk.reopened());
    }
}

/// What the chat was found by is stored, its removal is not, and then the key is gone: nobody can tell any more where it
/// stands, and yet it leads nowhere.
#[test]
fn a_crash_between_the_key_and_the_entries_leaves_nothing_that_leads_to_the_chat() {
    for is_opened_again in [false, true] {
        for mut desk in Desk::each() {
            begin(&mut desk);
            desk.store_index();
            desk.append(of_workspace(0), vec![erased(1)]);
            desk.vault().destroy(Owner::Chat(chat(0, 1))).unwrap();
            desk.append(of_workspace(0), vec![destroyed(1)]);
            if is_opened_again {
                desk.append(of_workspace(0), vec![opened_again(1, 3)]);
            }
            desk.flush();
            let mut desk = desk.reopened();
            for _ in 0..2 {
                if is_opened_again {
                    assert_eq!(desk.index.peer(account(0), &peer(1)).unwrap(), Some(chat(0, 3)));
                } else {
                    assert_gone(&desk);
                }
                desk.store_index();
                assert_eq!(left(&desk), Vec::<Vec<u8>>::new());
                desk = desk.reopened();
            }
        }
    }
}

/// The contact of a chat has another one.
fn opened_again(before: u64, number: u64) -> Event {
    let Event::ChatOpened(again) = opened(0, before) else { unreachable!() };
    events::chat::ChatOpened { chat: chat(0, number), ..again }.into()
}

#[test]
fn the_same_contact_may_have_another_chat_afterwards() {
    for mut desk in Desk::each() {
        begin(&mut desk);
        desk.append(of_workspace(0), vec![erased(1)]);
        desk.append(of_workspace(0), vec![opened_again(1, 3)]);
        let check = |desk: &Desk| assert_eq!(desk.index.peer(account(0), &peer(1)).unwrap(), Some(chat(0, 3)));
        check(&desk);
        desk.store_index();
        check(&desk);
        check(&desk.reopened());
    }
}

#[test]
fn names_and_addresses_are_sealed_in_every_note() {
    for mut desk in Desk::each() {
        begin(&mut desk);
        desk.store_index();
        let notes = desk.log().notes(b"", b"", usize::MAX).unwrap();
        for text in ["+12025550001", "Cleo", "Somebody", "Bob Example", "bob@kite.example", LID] {
            let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!notes.iter().any(|(key, value)| holds(key) || holds(value)), "{text}");
        }
        let worse = |log: &dyn Log, desk: &mut Desk| {
            let (key, mut value) = log.notes(b"c", b"c", 1).unwrap().remove(0);
            *value.last_mut().unwrap() ^= 1;
            desk.sequencer.note(vec![(key, Some(value))]).unwrap();
        };
        let log = desk.shared();
        worse(log.as_ref(), &mut desk);
        drop(log);
        desk.flush();
        let desk = desk.reopened();
        assert!(desk.index.find::<ChatEntry>(&IndexKey::Chat(chat(0, 1))).is_err(), "a changed note is damage");
    }
}
