//! The world when it takes messages before it sends them, refuses them after that, and calls people by other addresses.

use super::*;

const LID: &str = "@lid";

fn always() -> Probability {
    Probability::new(1.0).expect("a probability")
}

fn accepted(address: Option<&str>) -> Answer {
    Answer::at_once(Outcome::Accepted(Acceptance { wire_id: None, address: address.map(str::to_owned) }))
}

fn with(chaos: Chaos) -> World {
    let mut world = World::above(0);
    world.set_chaos(chaos);
    world
}

/// The incoming messages so far: conversation, sender and the other address.
fn addresses(world: &mut World) -> Vec<(String, String, Option<String>)> {
    let heard = world.updates(at(0), 0, 1_000).into_iter().filter_map(|numbered| match numbered.update {
        Update::Message(heard) => Some((heard.chat.clone(), heard.sender.clone(), heard.also.clone())),
        _ => None,
    });
    heard.collect()
}

#[test]
fn a_message_that_is_taken_first_is_on_the_phone_and_its_status_comes_later() {
    let mut world = with(Chaos { accepted: always(), ..Chaos::default() });
    assert_eq!(world.send(at(0), message(1, "+12025550101")), accepted(None));
    assert_eq!(ids_on(&world, "+12025550101"), [1]);
    assert_eq!(told(&mut world, 99), [""; 0]);
    assert_eq!(told(&mut world, 1_000), ["Sent 1", "Delivered 1", "Read 1"]);
    assert_eq!(world.send(at(0), message(1, "+12025550101")), accepted(None));
    assert_eq!((ids_on(&world, "+12025550101"), world.stats().duplicates), (vec![1], 1));
    assert_eq!(world.send(at(0), message(2, "+12025550140")).outcome, Outcome::Failed(Permanent::NotOnWhatsApp));
    assert_eq!(world.send(at(0), message(3, "+12025550144")), Answer::lost());
}

#[test]
fn a_message_that_is_refused_after_it_was_taken_is_refused_at_every_try() {
    let mut world = with(Chaos { refused_later: always(), ..Chaos::default() });
    assert_eq!(world.send(at(0), message(1, "+12025550101")), accepted(None));
    assert_eq!(told(&mut world, 399), [""; 0]);
    assert_eq!(told(&mut world, 400), ["Failed(Refused) 1"]);
    world.set_chaos(Chaos::default());
    assert_eq!(world.send(at(400), message(1, "+12025550101")), accepted(None));
    assert_eq!(told(&mut world, 800), ["Failed(Refused) 1", "Failed(Refused) 1"]);
    assert_eq!((ids_on(&world, "+12025550101"), world.stats().duplicates), (vec![], 0));
    assert_eq!(world.lookup(MessageId::from_bits(1)), MessageLookup::NotSent);
    assert!(world.is_refused_later(MessageId::from_bits(1)) && !world.is_refused_later(MessageId::from_bits(2)));
    // What a phone has is not refused any more.
    assert_eq!(world.send(at(800), message(2, "+12025550101")), SENT);
    world.set_chaos(Chaos { refused_later: always(), ..Chaos::default() });
    assert_eq!(world.send(at(800), message(2, "+12025550101")), accepted(None));
    assert_eq!(ids_on(&world, "+12025550101"), [2]);
}

#[test]
fn a_refusal_comes_after_the_answer_however_slow_that_is() {
    let mut world = with(Chaos { refused_later: always(), slow_ms: 300, ..Chaos::default() });
    assert_eq!(world.send(at(0), message(1, "+12025550143")).after_ms, Some(20_300));
    assert_eq!(told(&mut world, 20_699), [""; 0]);
    assert_eq!(told(&mut world, 20_700), ["Failed(Refused) 1"]);
}

#[test]
fn an_answer_may_spell_a_number_otherwise_and_both_spellings_reach_one_phone() {
    let mut world = with(Chaos { spelled: always(), ..Chaos::default() });
    assert_eq!(world.send(at(0), message(1, "+5511955550101")), accepted(Some("+551155550101")));
    assert_eq!(world.send(at(0), message(2, "+551155550101")), accepted(Some("+5511955550101")));
    assert_eq!(world.send(at(0), message(3, "+442025550101")), accepted(None));
    for spelling in ["+5511955550101", "551155550101@c.us"] {
        assert_eq!(ids_on(&world, spelling), [2, 1], "{spelling}");
    }
}

#[test]
fn a_person_is_called_by_each_of_the_addresses_and_reached_by_each() {
    let mut world = with(Chaos { hidden: always(), ..Chaos::default() });
    for _ in 0..100 {
        world.receive(at(0), incoming("hello"));
    }
    let (phone, hidden) = ("+12025550101".to_owned(), address("+12025550101").hidden().spelled());
    let seen: BTreeSet<_> = addresses(&mut world).into_iter().collect();
    let by = |called: &str, also: Option<&String>| (called.to_owned(), called.to_owned(), also.cloned());
    assert_eq!(seen, [by(&hidden, None), by(&hidden, Some(&phone)), by(&phone, Some(&hidden))].into());
    world.set_chaos(Chaos::default());
    assert_eq!(world.send(at(0), message(1, &hidden)), SENT);
    assert_eq!((ids_on(&world, &phone), ids_on(&world, &hidden)), (vec![1], vec![1]));
}

#[test]
fn in_a_group_only_the_member_is_called_otherwise() {
    let mut world = with(Chaos { hidden: always(), ..Chaos::default() });
    let group = address("120363025550101@g.us");
    for _ in 0..50 {
        let chat = group.clone();
        world.receive(at(0), Incoming { chat, member: Some(address("+12025550101")), ..incoming("hello") });
    }
    let heard = addresses(&mut world);
    assert!(heard.iter().all(|(chat, ..)| *chat == group.spelled()));
    assert!(heard.iter().any(|(_, sender, _)| sender.ends_with(LID)), "{heard:?}");
}
