//! When updates become visible, in which order, and how many are kept.

use std::sync::Arc;

use super::super::tests::{incoming, status};
use super::*;
use crate::whatsapp::transports::{Status, Update};
use crate::whatsapp::wire_ids::OwnWireId;

const FROM: &str = "+12025550100";

fn delivered(bits: u64) -> QueuedUpdate {
    receipt(FROM, bits)
}

fn receipt(from: &str, bits: u64) -> QueuedUpdate {
    QueuedUpdate::Receipt { from: Arc::from(from), wire_id: OwnWireId::from_bits(bits), status: Status::Delivered }
}

fn account() -> Address {
    Address::parse(FROM).expect("an address")
}

fn connection(connected: bool) -> QueuedUpdate {
    QueuedUpdate::Connection { account: account(), connected }
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn seen(news: &mut UpdateQueue, ms: i64, after: u64, limit: usize) -> Vec<(u64, u64)> {
    let found = news.after(at(ms), after, limit);
    found.iter().map(|numbered| (numbered.sequence, status(&numbered.update).0)).collect()
}

#[test]
fn an_item_is_numbered_when_its_time_comes() {
    let mut news = UpdateQueue::above(0);
    news.add(at(500), delivered(1));
    news.add(at(200), delivered(2));
    news.add(at(500), delivered(3));
    assert_eq!(seen(&mut news, 199, 0, 10), []);
    assert_eq!(news.next_due(), Some(at(200)));
    assert_eq!(seen(&mut news, 200, 0, 10), [(1, 2)]);
    assert_eq!(seen(&mut news, 500, 1, 10), [(2, 1), (3, 3)]);
    assert_eq!(news.next_due(), None);
}

#[test]
fn a_reader_pages_on_from_any_number() {
    let mut news = UpdateQueue::above(70);
    (1..=4).for_each(|bits| news.add(at(0), delivered(bits)));
    assert_eq!(seen(&mut news, 0, 0, 3), [(71, 1), (72, 2), (73, 3)]);
    assert_eq!(seen(&mut news, 0, 73, 3), [(74, 4)]);
    assert_eq!(seen(&mut news, 0, 74, 3), []);
    assert_eq!(seen(&mut news, 0, u64::MAX, 3), []);
}

#[test]
fn only_the_newest_are_kept_visible_or_not() {
    let mut news = UpdateQueue::above(0);
    let all = u64::try_from(KEPT_MAX).unwrap_or(0) + 3;
    (1..=3).for_each(|bits| news.add(at(0), delivered(bits)));
    assert_eq!(seen(&mut news, 0, 0, 1), [(1, 1)]);
    (4..=all).for_each(|bits| news.add(at(9), delivered(bits)));
    assert_eq!(seen(&mut news, 0, 0, 1), []);
    news.add(at(9), delivered(all + 1));
    assert_eq!(seen(&mut news, 9, 0, 1), [(4, 5)]);
    assert_eq!((news.pending.len() + news.visible.len(), news.kept), (KEPT_MAX, KEPT_MAX));
    assert_eq!(news.kept_bytes, KEPT_MAX * delivered(1).bytes());
}

#[test]
fn what_concerns_a_disconnected_account_waits_and_comes_in_its_order() {
    let mut news = UpdateQueue::above(0);
    news.add(at(5), delivered(1));
    assert_eq!(news.hold(at(6), account()), Ok(true));
    news.add(at(7), delivered(2));
    news.add(at(8), receipt("+12025550109", 3));
    news.add(at(8), delivered(4));
    news.add(at(20), delivered(5));
    assert_eq!(seen(&mut news, 9, 0, 10), [(1, 1), (2, 3)]);
    assert!(news.let_out(at(10), &account(), delivered(99)));
    assert_eq!(seen(&mut news, 10, 2, 10), [(3, 99), (4, 2), (5, 4)]);
    assert_eq!(seen(&mut news, 20, 5, 10), [(6, 5)]);
}

#[test]
fn every_spelling_of_an_account_waits() {
    let mut news = UpdateQueue::above(0);
    assert_eq!(news.hold(at(0), account()), Ok(true));
    news.add(at(0), receipt("1 (202) 555-0100", 1));
    assert_eq!(seen(&mut news, 0, 0, 10), []);
}

#[test]
fn what_says_that_an_account_is_disconnected_does_not_wait() {
    let mut news = UpdateQueue::above(0);
    assert_eq!(news.hold(at(0), account()), Ok(true));
    news.add(at(0), connection(false));
    assert!(
        matches!(&news.after(at(0), 0, 10)[0].update, Update::Connection(c) if c.account_phone == FROM && !c.connected)
    );
}

#[test]
fn what_holds_already_or_no_longer_changes_nothing() {
    let mut news = UpdateQueue::above(0);
    assert!(!news.let_out(at(0), &account(), connection(true)));
    assert_eq!([news.hold(at(0), account()), news.hold(at(0), account())], [Ok(true), Ok(false)]);
    assert!(news.let_out(at(0), &account(), delivered(1)));
    assert!(!news.let_out(at(0), &account(), delivered(2)));
    assert_eq!(seen(&mut news, 0, 0, 10), [(1, 1)]);
}

#[test]
fn there_is_room_for_so_many_disconnected_accounts_and_no_more() {
    let mut news = UpdateQueue::above(0);
    let nth = |nth: usize| Address::parse(&format!("1202555{nth:04}")).expect("an address");
    for number in 0..DISCONNECTED_MAX {
        assert_eq!(news.hold(at(0), nth(number)), Ok(true));
    }
    assert_eq!(news.hold(at(0), nth(DISCONNECTED_MAX)), Err(TooManyDisconnected));
    assert_eq!(news.hold(at(0), nth(0)), Ok(false));
}

#[test]
fn long_messages_are_forgotten_sooner_also_those_that_waited() {
    let heard = || QueuedUpdate::Message(Box::new(incoming(&"x".repeat(1 << 20)).heard(String::new(), at(0))));
    let mut news = UpdateQueue::above(0);
    assert_eq!(news.hold(at(0), account()), Ok(true));
    for _ in 0..70 {
        news.add(at(0), heard());
        assert!(news.after(at(0), 0, 10).is_empty());
    }
    assert_eq!(news.kept, 63);
    assert!(news.let_out(at(0), &account(), connection(true)));
    assert_eq!((news.kept, news.pending.len()), (64, 64));
    assert!(news.kept_bytes <= KEPT_BYTES_MAX);
}

#[test]
fn one_reading_ends_with_the_item_that_makes_it_long() {
    let heard = |chars| QueuedUpdate::Message(Box::new(incoming(&"x".repeat(chars)).heard(String::new(), at(0))));
    let mut news = UpdateQueue::above(0);
    for chars in [1, READ_BYTES_MAX, 1, 1] {
        news.add(at(0), heard(chars));
    }
    assert_eq!(news.after(at(0), 0, 10).len(), 2);
    assert_eq!(news.after(at(0), 2, 10).len(), 2);
}
