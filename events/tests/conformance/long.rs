//! Values of the index that are too long for one note: other layers limit characters, this one stores bytes.

use events::chat::Responsible;
use events::event::Event;
use events::index::{AccountEntry, IndexKey};
use events::log::{Log, NOTE_BYTES_MAX};
use events::time::Timestamp;
use events::who::Who;
use events::workspace::{AccountConnected, AccountDisconnected};

use crate::desk::Desk;
use crate::facts::*;

const PHONE: &str = "+12025550100";

/// A teammate whose name has this many characters, of four bytes each.
fn called(characters: usize) -> Responsible {
    Responsible { full_name: "😀".repeat(characters).into(), email: "ada@kite.example".into() }
}

fn responsible(desk: &Desk) -> Option<Responsible> {
    desk.index.find::<Option<Responsible>>(&IndexKey::Responsible(chat(0, 1))).unwrap().flatten()
}

/// The first account of a workspace, whose owner's name has this many characters.
fn connected(nth: u64, characters: usize) -> Event {
    AccountConnected {
        workspace: workspace(nth),
        account: account(nth),
        phone: PHONE.into(),
        full_name: "😀".repeat(characters).into(),
        email: format!("{}@kite.example", "a".repeat(235)).into(),
        transport: "simulator".to_owned(),
        provider_account: None,
        callback: None,
        own_message_id: true,
        gap_ms_min: 1_500,
        gap_ms_max: 2_500,
        by: Who::Key(1),
    }
    .into()
}

fn disconnected(nth: u64, by: Who) -> Event {
    let (workspace, account) = (workspace(nth), account(nth));
    AccountDisconnected { workspace, account, by, reason: "".into(), at: Timestamp::from_ms(1_000) }.into()
}

fn parts(log: &dyn Log) -> usize {
    log.notes(b"+", b"+", usize::MAX).unwrap().len()
}

/// Checks in memory, after each batch on the way to the disk, once stored, and after two new starts.
fn everywhere(mut desk: Desk, check: impl Fn(&Desk)) -> Desk {
    check(&desk);
    desk.sequencer.store_index(true).unwrap();
    while desk.flush_once() {
        check(&desk);
    }
    check(&desk);
    let mut desk = desk.reopened();
    check(&desk);
    desk.store_index();
    let desk = desk.reopened();
    check(&desk);
    desk
}

#[test]
fn a_value_that_no_note_holds_is_stored_in_parts() {
    // Shorter than a note, just longer than one, and many notes long.
    for (characters, wanted) in [(1_000, 0), (1_011, 0), (1_012, 2), (2_000, 2), (50_000, 49)] {
        for mut desk in Desk::each() {
            desk.append(of_workspace(0), vec![opened(0, 1), assigned(0, 1, Some(called(characters)))]);
            let desk = everywhere(desk, |desk| assert!(responsible(desk) == Some(called(characters)), "{characters}"));
            assert_eq!(parts(desk.log()), wanted, "{characters}");
            let notes = desk.log().notes(b"", b"", usize::MAX).unwrap();
            assert!(notes.iter().all(|(_, value)| value.len() <= NOTE_BYTES_MAX));
        }
    }
}

#[test]
fn a_value_is_replaced_whole_whatever_length_the_two_have_and_leaves_nothing_behind() {
    let lengths = [3_000, 10, 9_000, 1_100, 1_100, 1_019, 5_000];
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), vec![opened(0, 1)]);
        for (nth, characters) in lengths.into_iter().enumerate() {
            // Also different names of the same length.
            let mut name = called(characters);
            name.email = format!("{nth}@kite.example").into();
            desk.append(of_workspace(0), vec![assigned(0, 1, Some(name.clone()))]);
            desk = everywhere(desk, |desk| assert!(responsible(desk) == Some(name.clone()), "{characters}"));
        }
        assert_eq!(parts(desk.log()), 5);
        desk.append(of_workspace(0), vec![assigned(0, 1, None)]);
        let desk = everywhere(desk, |desk| assert_eq!(responsible(desk), None));
        assert_eq!(parts(desk.log()), 0);
    }
}

#[test]
fn an_account_whose_owner_has_a_name_of_four_thousand_bytes_is_known() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), vec![connected(0, 1_000)]);
        let desk = everywhere(desk, |desk| {
            let entry: AccountEntry = desk.index.find(&IndexKey::Account(account(0))).unwrap().unwrap();
            assert_eq!((entry.full_name.reveal().len(), entry.email.reveal().len()), (4_000, 248));
        });
        assert_eq!(parts(desk.log()), 2);
    }
}

#[test]
fn a_part_that_is_lost_is_damage_and_not_a_shorter_value() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), vec![opened(0, 1), assigned(0, 1, Some(called(3_000)))]);
        desk.store_index();
        let (key, _) = desk.log().notes(b"+", b"+", 1).unwrap().remove(0);
        desk.sequencer.note(vec![(key, None)]).unwrap();
        desk.flush();
        assert!(desk.index.find::<Option<Responsible>>(&IndexKey::Responsible(chat(0, 1))).is_err());
    }
}

fn holders(desk: &Desk) -> Vec<u64> {
    let holders = desk.index.holders(PHONE).unwrap();
    holders.into_iter().map(|(account, _)| account.workspace().ordinal()).collect()
}

#[test]
fn a_number_is_held_until_somebody_ends_its_connection() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), vec![connected(0, 1)]);
        desk.append(of_workspace(1), vec![connected(1, 1)]);
        desk = everywhere(desk, |desk| assert_eq!(holders(desk), [0, 1]));
        desk.append(of_workspace(0), vec![disconnected(0, Who::Transport)]);
        desk = everywhere(desk, |desk| assert_eq!(holders(desk), [0, 1], "it may come back"));
        desk.append(of_workspace(0), vec![disconnected(0, Who::Key(1))]);
        desk = everywhere(desk, |desk| assert_eq!(holders(desk), [1]));
        desk.append(of_workspace(0), vec![connected(0, 1)]);
        everywhere(desk, |desk| assert_eq!(holders(desk), [0, 1]));
    }
}

fn named_by_hand(desk: &Desk, number: u64) -> bool {
    desk.index.is_named_by_hand(chat(0, number)).unwrap()
}

#[test]
fn a_title_given_by_the_transport_is_not_one_given_by_hand() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), vec![opened(0, 1), opened(0, 2)]);
        let Event::ChatRenamed(by_hand) = renamed(0, 1, "Somebody", "Best customer") else { unreachable!() };
        let followed = events::chat::ChatRenamed { chat: chat(0, 2), by: Who::Transport, ..by_hand.clone() };
        desk.append(of_workspace(0), vec![by_hand.into(), followed.into()]);
        everywhere(desk, |desk| assert_eq!((named_by_hand(desk, 1), named_by_hand(desk, 2)), (true, false)));
    }
}
