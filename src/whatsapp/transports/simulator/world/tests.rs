//! The world when messages are sent, received and typed, and when failures are set.

mod habits;

use super::super::tests::{message, status};
use super::*;
use crate::whatsapp::transports::{Attachment, Connection, Update};

const SENT: Answer = Answer::at_once(Outcome::Sent);

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn ids_on(world: &World, phone: &str) -> Vec<u64> {
    let address = Address::parse(phone).expect("an address");
    world.messages(&address).iter().map(|received| received.id.bits()).collect()
}

#[test]
fn a_message_arrives_at_once_with_sender_text_and_time() {
    let mut world = World::above(0);
    assert_eq!(world.send(at(5), message(1, "+12025550101")), SENT);
    let (id, wire_id) = (MessageId::from_bits(1), OwnWireId::from_bits(1));
    let (from, text) = ("+12025550100".into(), "text 1".into());
    let expected = Received { id, wire_id, from, text, file: None, at: at(5) };
    assert_eq!(world.messages(&Address::parse("+12025550101").expect("an address")), [expected]);
}

#[test]
fn all_spellings_reach_one_phone_which_shows_the_newest_first() {
    let mut world = World::above(0);
    let spellings = ["+1 (202) 555-0101", "12025550101@s.whatsapp.net", "12025550101:4@c.us", "1.202.555.0101"];
    for (bits, spelling) in (1..).zip(spellings) {
        assert_eq!(world.send(at(0), message(bits, spelling)), SENT);
    }
    assert_eq!(ids_on(&world, "12025550101"), [4, 3, 2, 1]);
}

#[test]
fn groups_and_hidden_numbers_are_not_phones() {
    let mut world = World::above(0);
    for (bits, recipient) in (1..).zip(["12025550101@g.us", "12025550101@lid", "12025550101"]) {
        assert_eq!(world.send(at(0), message(bits, recipient)), SENT);
        assert_eq!(ids_on(&world, recipient), [bits]);
    }
}

#[test]
fn a_second_send_of_an_id_is_counted_and_leaves_no_second_copy() {
    let mut world = World::above(0);
    for bits in [1, 2, 1] {
        assert_eq!(world.send(at(0), message(bits, "+12025550101")), SENT);
    }
    assert_eq!(ids_on(&world, "+12025550101"), [2, 1]);
    assert_eq!(world.stats(), Stats { sends: 3, duplicates: 1 });
    assert_eq!(world.updates(at(1_000), 0, 100).len(), 4);
}

#[test]
fn an_invalid_recipient_is_refused_and_counted() {
    let mut world = World::above(0);
    for recipient in ["", "Mary", "+0012025550101", "202555", "mary@s.whatsapp.net", "1@broadcast"] {
        let answer = world.send(at(0), message(1, recipient));
        assert_eq!(answer, Answer::at_once(Outcome::Failed(Permanent::RecipientInvalid)), "{recipient}");
    }
    assert_eq!(world.stats(), Stats { sends: 6, duplicates: 0 });
    assert_eq!(world.lookup(MessageId::from_bits(1)), MessageLookup::NotSent);
}

#[test]
fn receipts_come_in_the_order_of_their_time() {
    let mut world = World::above(0);
    world.send(at(0), message(1, "+12025550101"));
    world.send(at(500), message(2, "+12025550102"));
    let seen = |world: &mut World, ms| {
        let updates = world.updates(at(ms), 0, 100);
        let rows = updates.iter().map(|n| (n.sequence, status(&n.update)));
        rows.map(|(sequence, (bits, status))| (sequence, bits, status)).collect::<Vec<_>>()
    };
    assert_eq!(seen(&mut world, 199), []);
    assert_eq!(seen(&mut world, 200), [(1, 1, Status::Delivered)]);
    let all = [(1, 1, Status::Delivered), (2, 2, Status::Delivered), (3, 1, Status::Read), (4, 2, Status::Read)];
    assert_eq!(seen(&mut world, 1_499), all[..3]);
    assert_eq!(seen(&mut world, 1_500), all);
}

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

fn incoming(text: &str) -> Incoming {
    let (account, chat) = (address("+12025550100"), address("+12025550101"));
    Incoming { account, chat, member: None, name: "Mary".to_owned(), text: text.to_owned(), file_name: None }
}

/// Every update so far, as one word each.
fn told(world: &mut World, ms: i64) -> Vec<String> {
    let told = world.updates(at(ms), 0, 100).into_iter().map(|numbered| match &numbered.update {
        Update::Status(update) => format!("{:?} {}", update.status, status(&numbered.update).0),
        Update::Message(heard) => heard.text.clone(),
        Update::Connection(Connection { connected, .. }) => if *connected { "on" } else { "off" }.to_owned(),
    });
    told.collect()
}

fn chaos(error: f64, not_registered: f64, uncertain: f64) -> Chaos {
    let [error, not_registered, uncertain] =
        [error, not_registered, uncertain].map(|value| Probability::new(value).expect("a probability"));
    Chaos { error, not_registered, uncertain, ..Chaos::default() }
}

#[test]
fn a_file_arrives_with_its_caption() {
    let mut world = World::above(0);
    let file = Attachment { name: "a.txt".to_owned(), mime: "text/plain".to_owned(), bytes: "abc".into() };
    let sent = Outgoing { file: Some(file.clone()), ..message(1, "+12025550101") };
    assert_eq!(world.send(at(0), sent), SENT);
    let on_phone = world.messages(&address("+12025550101"));
    assert_eq!((on_phone.len(), &*on_phone[0].text), (1, "text 1"));
    assert_eq!(on_phone[0].file.as_deref(), Some(&ReceivedFile::of(&file)));
}

#[test]
fn what_is_too_long_is_rejected() {
    let rejected = Answer::at_once(Outcome::Failed(Permanent::ContentRejected));
    for (chars, bytes, expected) in
        [(65_536, 2 << 20, SENT), (65_537, 0, rejected.clone()), (0, (2 << 20) + 1, rejected)]
    {
        let file = Attachment { name: String::new(), mime: String::new(), bytes: vec![0; bytes].into() };
        let sent = Outgoing { text: "ß".repeat(chars), file: Some(file), ..message(1, "+12025550101") };
        assert_eq!(World::above(0).send(at(0), sent), expected, "{chars} characters, {bytes} bytes");
    }
}

#[test]
fn what_is_said_to_an_account_is_reported_at_once() {
    let mut world = World::above(7);
    let wire_id = world.receive(at(5), incoming("hello"));
    let expected = Update::Message(Box::new(incoming("hello").heard(wire_id, at(5))));
    assert_eq!(world.updates(at(5), 0, 10), [NumberedUpdate { sequence: 8, update: expected }]);
}

#[test]
fn what_is_typed_on_the_phone_is_our_own_side() {
    let mut world = World::above(0);
    let (account, chat) = (address("+12025550100"), address("120363025550101@g.us"));
    let wire_id = world.typed(at(5), Typed { account, chat, text: "I am on my way".to_owned() });
    let updates = world.updates(at(5), 0, 10);
    let Update::Message(heard) = &updates[0].update else { panic!("no message: {updates:?}") };
    assert_eq!((heard.from_me, &*heard.sender, &*heard.chat), (true, "", "120363025550101@g.us"));
    assert_eq!((&heard.wire_id, &*heard.text), (&wire_id, "I am on my way"));
    assert_eq!(world.messages(&address("120363025550101@g.us")), []);
}

#[test]
fn every_message_heard_has_a_wire_id_of_its_own_in_every_life_of_the_simulator() {
    let ids = [0, 1_000].map(|floor| {
        let mut world = World::above(floor);
        [world.receive(at(0), incoming("a")), world.receive(at(0), incoming("a"))]
    });
    let all: BTreeSet<&String> = ids.iter().flatten().collect();
    assert_eq!(all.len(), 4);
}

#[test]
fn a_disconnected_account_sends_nothing_and_is_not_counted() {
    let mut world = World::above(0);
    world.disconnect(at(0), address("1 202 555 0100")).expect("room");
    assert_eq!(world.send(at(0), message(1, "+12025550101")), Answer::at_once(Outcome::NotConnected));
    assert_eq!((world.lookup(MessageId::from_bits(1)), world.stats().sends), (MessageLookup::NotSent, 0));
    let other = Outgoing { from: "+12025550109".to_owned(), ..message(2, "+12025550101") };
    assert_eq!(world.send(at(0), other), SENT);
    world.connect(at(0), &address("+12025550100"));
    assert_eq!(world.send(at(0), message(1, "+12025550101")), SENT);
}

#[test]
fn a_disconnected_account_hears_all_once_it_is_connected_again() {
    let mut world = World::above(0);
    world.send(at(0), message(1, "+12025550101"));
    world.disconnect(at(500), address("+12025550100")).expect("room");
    world.receive(at(600), incoming("first"));
    world.receive(at(1_100), incoming("second"));
    assert_eq!(told(&mut world, 1_200), ["Delivered 1", "off"]);
    world.connect(at(1_300), &address("+12025550100"));
    assert_eq!(told(&mut world, 1_300), ["Delivered 1", "off", "on", "first", "Read 1", "second"]);
}

#[test]
fn only_a_change_of_the_connection_is_reported() {
    let mut world = World::above(0);
    let account = || address("+12025550100");
    world.connect(at(0), &account());
    assert_eq!(told(&mut world, 0), [""; 0]);
    world.disconnect(at(0), account()).expect("room");
    world.disconnect(at(0), account()).expect("room");
    world.connect(at(0), &account());
    world.connect(at(0), &account());
    assert_eq!(told(&mut world, 0), ["off", "on"]);
}

#[test]
fn chaos_answers_with_errors_and_delivers_nothing() {
    for (chaos, outcome) in [
        (chaos(1.0, 0.0, 0.0), Outcome::ServerError),
        (chaos(0.0, 1.0, 0.0), Outcome::Failed(Permanent::NotOnWhatsApp)),
    ] {
        let mut world = World::above(0);
        world.set_chaos(chaos);
        assert_eq!(world.send(at(0), message(1, "+12025550101")), Answer::at_once(outcome));
        assert_eq!(ids_on(&world, "+12025550101"), [0; 0]);
        world.set_chaos(Chaos::default());
        assert_eq!(world.send(at(0), message(1, "+12025550101")), SENT);
    }
}

#[test]
fn of_lost_answers_about_half_the_messages_are_on_the_phone() {
    let mut world = World::above(0);
    world.set_chaos(chaos(0.0, 0.0, 1.0));
    for bits in 1..=1_000 {
        assert_eq!(world.send(at(0), message(bits, "+12025550101")), Answer::lost());
    }
    let arrived = ids_on(&world, "+12025550101");
    assert!((400..=600).contains(&arrived.len()), "{} of 1000", arrived.len());
    for bits in 1..=1_000 {
        let expected = if arrived.contains(&bits) { MessageLookup::Sent } else { MessageLookup::NotSent };
        assert_eq!(world.lookup(MessageId::from_bits(bits)), expected);
    }
}

#[test]
fn a_message_that_arrived_is_never_said_to_be_for_an_unknown_number() {
    let mut world = World::above(0);
    assert_eq!(world.send(at(0), message(1, "+12025550101")), SENT);
    world.set_chaos(chaos(0.0, 1.0, 0.0));
    assert_eq!(world.send(at(0), message(1, "+12025550101")), SENT);
    assert_eq!(world.stats(), Stats { sends: 2, duplicates: 1 });
}

#[test]
fn chaos_makes_every_answer_slower() {
    let mut world = World::above(0);
    world.set_chaos(Chaos { slow_ms: 300, ..Chaos::default() });
    for (bits, to, after_ms) in [
        (1, "+12025550101", Some(300)),
        (2, "+12025550140", Some(300)),
        (3, "+12025550143", Some(20_300)),
        (4, "+12025550144", None),
        (5, "Mary", Some(300)),
    ] {
        assert_eq!(world.send(at(0), message(bits, to)).after_ms, after_ms, "{to}");
    }
}
