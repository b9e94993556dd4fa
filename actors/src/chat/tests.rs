//! Tests how far a chat's messages get, one behaviour per test.

mod bundles;
mod erasing;

use events::account::SettledAs;
use events::chat::{MessageDelivered, MessageRead};
use events::event::Event;
use proptest::prelude::*;

use super::{Chat, Command, MESSAGES_MAX, Receipt, Stage, State};
use crate::decider::Decider;
use crate::spec::facts::*;
use crate::spec::{Spec, at};

type ChatSpec = Spec<Chat>;

/// A chat with the queued message 11.
fn chat_with_a_message() -> ChatSpec {
    ChatSpec::given([opened(1, "+12025550101"), queued(11)])
}

fn receipt(number: u64, receipt: Receipt) -> Command {
    Command::Receipt { message: message(number), receipt, reporting: None }
}

fn delivered(number: u64, ms: i64) -> Event {
    MessageDelivered { message: message(number), chat: chat(1), at: at(ms), owed: None }.into()
}

fn read(number: u64, ms: i64) -> Event {
    MessageRead { message: message(number), chat: chat(1), at: at(ms), owed: None }.into()
}

fn stage(spec: &ChatSpec, number: u64) -> Option<Stage> {
    spec.state().messages.get(&message(number)).map(|known| known.stage)
}

#[test]
fn a_message_is_delivered_and_then_read() {
    chat_with_a_message()
        .and([sent(11, 1, 0)])
        .when(receipt(11, Receipt::Delivered), at(10))
        .then([delivered(11, 10)])
        .when(receipt(11, Receipt::Read), at(20))
        .then([read(11, 20)]);
}

#[test]
fn a_message_may_be_read_without_a_word_that_it_was_delivered() {
    chat_with_a_message()
        .and([sent(11, 1, 0)])
        .when(receipt(11, Receipt::Read), at(10))
        .then([read(11, 10)])
        .when(receipt(11, Receipt::Delivered), at(20))
        .then_nothing();
}

#[test]
fn a_receipt_that_comes_twice_causes_nothing() {
    chat_with_a_message()
        .and([sent(11, 1, 0), delivered(11, 10)])
        .when(receipt(11, Receipt::Delivered), at(20))
        .then_nothing()
        .and([read(11, 30)])
        .when(receipt(11, Receipt::Read), at(40))
        .then_nothing();
}

#[test]
fn a_receipt_may_come_before_we_know_that_it_was_sent() {
    let spec = chat_with_a_message()
        .when(receipt(11, Receipt::Delivered), at(10))
        .then([delivered(11, 10)])
        .and([sent(11, 1, 20)]);
    assert_eq!(stage(&spec, 11), Some(Stage::Delivered));
}

#[test]
fn a_failed_message_can_still_be_delivered() {
    let spec = chat_with_a_message()
        .and([failed(11, "refused", 0)])
        .when(receipt(11, Receipt::Delivered), at(10))
        .then([delivered(11, 10)]);
    assert_eq!(stage(&spec, 11), Some(Stage::Delivered));
}

#[test]
fn a_failure_after_it_was_delivered_does_not_take_it_back() {
    let spec = chat_with_a_message().and([sent(11, 1, 0), delivered(11, 10), failed(11, "refused", 20)]);
    assert_eq!(stage(&spec, 11), Some(Stage::Delivered));
}

#[test]
fn a_failure_after_it_was_sent_counts() {
    let spec = chat_with_a_message().and([sent(11, 1, 0), failed(11, "refused", 20)]);
    assert_eq!(stage(&spec, 11), Some(Stage::Failed));
}

#[test]
fn a_verdict_on_an_uncertain_message_counts() {
    for (verdict, wanted) in [(SettledAs::Sent, Stage::Sent), (SettledAs::Failed, Stage::Failed)] {
        let spec = chat_with_a_message().and([settled(11, verdict, 10)]);
        assert_eq!(stage(&spec, 11), Some(wanted));
        spec.when(receipt(11, Receipt::Delivered), at(20)).then([delivered(11, 20)]);
    }
}

#[test]
fn a_receipt_for_an_unknown_message_is_ignored() {
    chat_with_a_message()
        .when(receipt(99, Receipt::Delivered), at(10))
        .then_nothing()
        .when(receipt(99, Receipt::Read), at(10))
        .then_nothing();
}

#[test]
fn a_chat_that_was_never_opened_takes_no_receipt() {
    ChatSpec::given([]).when(receipt(11, Receipt::Delivered), at(0)).then_nothing();
    ChatSpec::given([queued(11)]).when(receipt(11, Receipt::Delivered), at(0)).then_nothing();
}

#[test]
fn what_happens_to_an_unknown_message_is_not_remembered() {
    let spec = ChatSpec::given([opened(1, "+12025550101"), sent(11, 1, 0), delivered(11, 10), read(11, 20)]);
    assert_eq!(stage(&spec, 11), None);
}

#[test]
fn a_chat_has_nothing_outstanding() {
    chat_with_a_message().due_nothing();
}

/// A chat with this many messages, numbered from 0.
fn chat_with(messages: usize) -> State {
    let mut state = State::default();
    Chat::apply(&mut state, &opened(1, "+12025550101"));
    for number in 0..messages as u64 {
        let queued = events::account::MessageQueued { message: message(number), ..queueing(11) };
        Chat::apply(&mut state, &queued.into());
    }
    state
}

fn takes_a_receipt(state: &State, number: u64) -> bool {
    let Ok(decision) = Chat::decide(state, receipt(number, Receipt::Read), at(0));
    !decision.events.is_empty()
}

#[test]
fn receipts_are_taken_for_the_latest_thousand_messages() {
    assert_eq!(MESSAGES_MAX, 1_000);
    let mut state = chat_with(1_000);
    assert!(takes_a_receipt(&state, 0));
    Chat::apply(&mut state, &events::account::MessageQueued { message: message(1_000), ..queueing(11) }.into());
    assert!(!takes_a_receipt(&state, 0));
    assert!(takes_a_receipt(&state, 1) && takes_a_receipt(&state, 1_000));
    assert_eq!((state.messages.len(), state.order.len()), (1_000, 1_000));
}

/// Any event about message 11.
fn fact() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(sent(11, 1, 0)),
        Just(failed(11, "refused", 0)),
        Just(settled(11, SettledAs::Sent, 0)),
        Just(settled(11, SettledAs::Failed, 0)),
        Just(delivered(11, 0)),
        Just(read(11, 0)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_stage_never_falls(facts in prop::collection::vec(fact(), 0..20)) {
        let mut spec = chat_with_a_message();
        let mut before = Stage::Queued;
        for fact in facts {
            spec = spec.and([fact]);
            let now = stage(&spec, 11).unwrap();
            prop_assert!(now >= before, "{before:?} became {now:?}");
            before = now;
        }
    }

    #[test]
    fn each_receipt_causes_one_event_at_most(read_it in prop::collection::vec(any::<bool>(), 0..20)) {
        let mut state = chat_with(12);
        let mut caused = Vec::new();
        for read_it in read_it {
            let given = receipt(11, if read_it { Receipt::Read } else { Receipt::Delivered });
            let Ok(decision) = Chat::decide(&state, given, at(0));
            decision.events.iter().for_each(|event| Chat::apply(&mut state, event));
            caused.extend(decision.events);
        }
        let names: Vec<_> = caused.iter().map(Event::name).collect();
        let orders: [&[&str]; 4] =
            [&[], &["MessageDelivered"], &["MessageRead"], &["MessageDelivered", "MessageRead"]];
        prop_assert!(orders.contains(&names.as_slice()), "{names:?}");
    }
}
