//! The index gives the same results from memory, on its way to the disk, from stored notes, and rebuilt from the
//! records.

use std::collections::BTreeSet;

use events::ids::{MessageId, StreamId, WorkspaceId};
use events::index::{ChatEntry, Index, IndexKey, KeyEntry, Remembered, Series};
use events::log::Note;
use events::notes::{Origin, Space};
use events::personal::Digest;
use events::record::Idempotency;
use events::time::Timestamp;

use crate::desk::Desk;
use crate::facts::*;

const WORKSPACES: u64 = 3;
const CHATS: u64 = 4;

fn client_key(nth: u64, chat: u64) -> String {
    format!("order-{nth}-{chat}")
}

/// An idempotency key of a workspace for a body that is always the same.
fn given(index: &Index, nth: u64, key: &str) -> Idempotency {
    index.idempotency(workspace(nth), key, &Digest::of(b"body")).unwrap()
}

/// The first things that happen in every workspace.
fn begin(desk: &mut Desk) {
    (0..WORKSPACES).for_each(|nth| drop(desk.append(of_workspace(nth), begun(nth))));
}

/// Opens a new chat in every workspace, with a message that came with an idempotency key and is sent.
fn converse(desk: &mut Desk, number: u64) {
    for nth in 0..WORKSPACES {
        let message = nth * 100 + number;
        let mut events = vec![opened(nth, number)];
        events.extend(accepted(nth, number, message));
        let idempotency = given(&desk.index, nth, &client_key(nth, number));
        desk.append_because(of_workspace(nth), events, Some(idempotency), 1_000);
        desk.append(of_account(nth), vec![sent(nth, number, message)]);
    }
}

/// Returns everything that an index knows.
fn picture(index: &Index) -> Vec<String> {
    let mut seen = vec![format!("{:?}", index.find::<u64>(&IndexKey::Workspaces).unwrap())];
    for nth in 0..=WORKSPACES {
        seen.push(format!("{:?}", index.find::<WorkspaceId>(&IndexKey::Inbound(token(nth))).unwrap()));
        seen.push(format!("{:?}", index.find::<KeyEntry>(&IndexKey::ApiKey(key(nth))).unwrap()));
        seen.push(series(index, Series::Stream(of_workspace(nth))));
        seen.push(series(index, Series::Stream(of_account(nth))));
        for number in 1..=CHATS {
            seen.push(series(index, Series::Stream(StreamId::Chat(chat(nth, number)))));
            seen.push(series(index, Series::Message(MessageId::from_bits(nth * 100 + number))));
            seen.push(format!("{:?}", index.find::<ChatEntry>(&IndexKey::Chat(chat(nth, number))).unwrap()));
            seen.push(format!("{:?}", index.peer(account(nth), &peer(number)).unwrap()));
            let key = IndexKey::Idempotency(workspace(nth), given(index, nth, &client_key(nth, number)).key);
            seen.push(format!("{:?}", index.find::<Remembered>(&key).unwrap()));
        }
    }
    seen
}

fn series(index: &Index, series: Series) -> String {
    let ascending = index.positions(series, 1, u64::MAX, usize::MAX).unwrap();
    let mut descending = index.latest(series, u64::MAX, usize::MAX).unwrap();
    descending.reverse();
    assert_eq!(ascending, descending);
    format!("{ascending:?}")
}

#[test]
fn look_ups_are_the_same_wherever_the_entries_are() {
    for mut desk in Desk::each() {
        begin(&mut desk);
        (1..=CHATS).for_each(|number| converse(&mut desk, number));
        let sequenced = picture(&desk.index);
        let absent = sequenced.iter().filter(|seen| *seen == "None").count();
        assert_eq!(absent as u64, 2 + 3 * CHATS, "only of the workspace that is not there");
        desk.flush();
        assert_eq!(picture(&desk.index), sequenced, "durable");
        let mut desk = desk.reopened();
        assert_eq!(picture(&desk.index), sequenced, "made again from the records");
        desk.sequencer.store_index(true).unwrap();
        assert_eq!(picture(&desk.index), sequenced, "on their way to the disk");
        desk.flush();
        assert_eq!(picture(&desk.index), sequenced, "stored");
        let desk = desk.reopened();
        assert_eq!(picture(&desk.index), sequenced, "read from the notes");
    }
}

#[test]
fn every_note_of_the_index_belongs_to_a_space_of_keys() {
    for mut desk in Desk::each() {
        begin(&mut desk);
        (1..=CHATS).for_each(|number| converse(&mut desk, number));
        desk.store_index();
        let stored = desk.log().notes(b"", b"", usize::MAX).unwrap();
        let spaces: BTreeSet<Space> = stored.iter().map(|(key, _)| Space::of(key).expect("a space")).collect();
        assert!(spaces.len() > 9 && spaces.iter().all(|space| space.origin() == Origin::Derived), "{spaces:?}");
    }
}

#[test]
fn notes_that_cover_a_part_are_made_whole_from_the_records() {
    for (mut parts, mut whole) in Desk::each().into_iter().zip(Desk::each()) {
        for desk in [&mut parts, &mut whole] {
            begin(desk);
        }
        for number in 1..=CHATS {
            converse(&mut parts, number);
            if number % 2 == 1 {
                parts.store_index();
            }
            parts.flush();
            parts = parts.reopened();
            converse(&mut whole, number);
        }
        assert_eq!(picture(&parts.index), picture(&whole.index));
    }
}

#[test]
fn entries_that_never_reached_the_disk_are_made_again() {
    for mut desk in Desk::each() {
        begin(&mut desk);
        converse(&mut desk, 1);
        desk.flush();
        let wanted = picture(&desk.index);
        desk.sequencer.store_index(true).unwrap();
        assert_eq!(picture(&desk.reopened().index), wanted);
    }
}

#[test]
fn an_index_that_was_stored_in_part_is_made_whole() {
    for batches in 1..6 {
        for mut desk in Desk::each() {
            begin(&mut desk);
            (1..=CHATS).for_each(|number| converse(&mut desk, number));
            (0..300).for_each(|number| drop(desk.append(of_workspace(0), accepted(0, 1, 1_000 + number))));
            let wanted = picture(&desk.index);
            desk.sequencer.store_index(true).unwrap();
            for _ in 0..=batches {
                desk.flush_once();
                assert_eq!(picture(&desk.index), wanted);
            }
            let mut desk = desk.reopened();
            assert_eq!(picture(&desk.index), wanted);
            desk.append(of_workspace(0), accepted(0, 1, 2_000));
            let wanted = picture(&desk.index);
            desk.store_index();
            assert_eq!(picture(&desk.reopened().index), wanted);
        }
    }
}

#[test]
fn a_few_entries_are_not_worth_storing() {
    for mut desk in Desk::each() {
        begin(&mut desk);
        desk.flush();
        let keys = desk.log().stats().keys;
        desk.sequencer.store_index(false).unwrap();
        desk.flush();
        assert_eq!(desk.log().stats().keys, keys);
        desk.store_index();
        assert!(desk.log().stats().keys > keys);
    }
}

#[test]
fn there_is_nothing_to_store_twice() {
    for mut desk in Desk::each() {
        begin(&mut desk);
        desk.store_index();
        let batches = desk.log().stats().batches;
        desk.store_index();
        assert_eq!(desk.log().stats().batches, batches);
    }
}

#[test]
fn a_newer_value_hides_an_older_one_that_is_on_its_way_to_the_disk() {
    for mut desk in Desk::each() {
        let count = |desk: &Desk| desk.index.find::<u64>(&IndexKey::Workspaces).unwrap();
        for nth in 0..3 {
            desk.append(of_workspace(nth), begun(nth));
            assert_eq!(count(&desk), Some(nth + 1));
            desk.sequencer.store_index(true).unwrap();
            assert_eq!(count(&desk), Some(nth + 1));
        }
        desk.flush();
        assert_eq!(count(&desk), Some(3));
    }
}

#[test]
fn a_client_key_belongs_to_its_workspace() {
    for mut desk in Desk::each() {
        begin(&mut desk);
        let order = given(&desk.index, 0, "order");
        desk.append_because(of_workspace(0), accepted(0, 1, 1), Some(order.clone()), 1_000);
        let found = |nth| {
            let key = given(&desk.index, nth, "order").key;
            desk.index.find::<Remembered>(&IndexKey::Idempotency(workspace(nth), key)).unwrap()
        };
        let message = MessageId::from_bits(1);
        assert_eq!(found(0), Some(Remembered { message, body: order.body, at: Timestamp::from_ms(1_000) }));
        assert_eq!(found(1), None);
    }
}

/// Uses the keys `order-0`, `order-1` ..., each a second after the one before.
fn use_keys(desk: &mut Desk, count: u64) {
    for number in 0..count {
        let key = given(&desk.index, 0, &format!("order-{number}"));
        let ms = 1_000 * i64::try_from(number).unwrap();
        desk.append_because(of_workspace(0), accepted(0, 1, number), Some(key), ms);
    }
}

fn remembered(desk: &Desk, number: u64) -> Option<Timestamp> {
    let lookup = IndexKey::Idempotency(workspace(0), given(&desk.index, 0, &format!("order-{number}")).key);
    desk.index.find::<Remembered>(&lookup).unwrap().map(|found| found.at)
}

fn expired(desk: &Desk, before_ms: i64, limit: usize) -> Vec<Note> {
    desk.index.expired(Timestamp::from_ms(before_ms), limit).unwrap()
}

#[test]
fn expired_keys_are_named_and_can_be_removed() {
    for mut desk in Desk::each() {
        use_keys(&mut desk, 4);
        desk.store_index();
        let notes = expired(&desk, 2_000, 100);
        assert!(notes.len() == 2 && notes.iter().all(|(_, value)| value.is_none()), "{notes:?}");
        desk.sequencer.note(notes).unwrap();
        desk.flush();
        let kept = [0, 1, 2, 3].map(|number| remembered(&desk, number).is_some());
        assert_eq!(kept, [false, false, true, true]);
        assert_eq!(expired(&desk, 2_000, 100), []);
    }
}

#[test]
fn only_stored_keys_are_named() {
    for mut desk in Desk::each() {
        use_keys(&mut desk, 4);
        desk.flush();
        assert_eq!(expired(&desk, i64::MAX, 100), []);
    }
}

#[test]
fn no_more_keys_are_named_than_were_asked_for() {
    for mut desk in Desk::each() {
        use_keys(&mut desk, 1_100);
        desk.store_index();
        assert_eq!(expired(&desk, i64::MAX, 1).len(), 1);
        assert_eq!(expired(&desk, i64::MAX, 600).len(), 600);
        assert_eq!(expired(&desk, i64::MAX, 5_000).len(), 1_100);
        assert_eq!(expired(&desk, 0, 5_000).len(), 0);
    }
}

#[test]
fn a_key_that_is_used_again_is_not_forgotten_with_its_first_use() {
    for mut desk in Desk::each() {
        use_keys(&mut desk, 1);
        desk.store_index();
        let day_ms = 86_400_000;
        let again = given(&desk.index, 0, "order-0");
        desk.append_because(of_workspace(0), accepted(0, 1, 9), Some(again), day_ms);
        desk.sequencer.store_index(true).unwrap();
        let notes = expired(&desk, day_ms, 100);
        assert_eq!(notes, [], "it was used again");
        desk.flush();
        assert_eq!(remembered(&desk, 0), Some(Timestamp::from_ms(day_ms)));
    }
}

#[test]
fn a_key_that_is_used_again_after_it_was_found_expired_is_kept() {
    for mut desk in Desk::each() {
        use_keys(&mut desk, 2);
        desk.store_index();
        let day = Timestamp::from_ms(86_400_000);
        let found = expired(&desk, day.ms(), 100);
        assert_eq!(found.len(), 2);
        let again = given(&desk.index, 0, "order-0");
        desk.append_because(of_workspace(0), accepted(0, 2, 9), Some(again), day.ms());
        assert_eq!(desk.index.still_expired(day, found.clone()).unwrap().len(), 1, "waiting in memory");
        desk.store_index();
        assert_eq!(desk.index.still_expired(day, found).unwrap().len(), 1, "stored already");
    }
}
