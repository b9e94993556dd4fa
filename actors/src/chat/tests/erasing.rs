//! Tests the erasure of a chat: once, for good, and with nothing to report or to read afterwards.

mod replays;

use events::account::{MessageSent, MessageSettled, SettledAs};
use events::chat::{
    AddressKind, ChatAddressLearnt, ChatAssigned, ChatOpened, ChatRenamed, MessageReceived, Responsible,
};
use events::ids::WebhookId;
use events::webhook::Aggregation;

use super::bundles::{bundle, close, received, reporting, told, wake_up, webhook, window};
use super::*;
use crate::chat::{Effect, Erasure};

fn erase() -> Command {
    Command::Erase { by: operator(), reason: REASON.to_owned() }
}

fn forget() -> Effect {
    Effect::Forget { chat: chat(1) }
}

fn renamed(name: &str) -> Event {
    let (previous, name) = ("+12025550101".into(), name.into());
    ChatRenamed { workspace: workspace(), chat: chat(1), previous, name, by: operator() }.into()
}

fn assigned() -> Event {
    let bob = Responsible { full_name: "Bob Example".into(), email: "bob@kite.example".into() };
    ChatAssigned { workspace: workspace(), chat: chat(1), responsible: Some(bob), by: operator() }.into()
}

/// A chat with the queued message 11 and this past, erased at 10.
fn erased_with(past: impl IntoIterator<Item = Event>) -> ChatSpec {
    chat_with_a_message().and(past).and([erased(1, 10)])
}

/// Every kind of event that owes a message to the webhook, after the erasure.
fn owed_late() -> Vec<Event> {
    let (owed, message) = (Some(webhook()), message(11));
    let (Event::MessageSent(sent), Event::MessageSettled(settled)) =
        (sent(11, 1, 20), settled(11, SettledAs::Sent, 20))
    else {
        unreachable!()
    };
    vec![
        MessageSent { owed, ..sent }.into(),
        MessageSettled { owed, ..settled }.into(),
        MessageDelivered { message, chat: chat(1), at: at(20), owed }.into(),
        MessageRead { message, chat: chat(1), at: at(20), owed }.into(),
        received(12),
    ]
}

pub(super) fn learnt(kind: AddressKind, address: &str) -> Event {
    let (workspace, account, chat, address) = (workspace(), account(1), chat(1), address.into());
    ChatAddressLearnt { workspace, account, chat, kind, address }.into()
}

/// A chat that began with a hidden number.
pub(super) fn opened_hidden() -> Event {
    let Event::ChatOpened(opened) = opened(1, "133700000000001@lid") else { unreachable!() };
    ChatOpened { phone: None, ..opened }.into()
}

#[test]
fn the_first_phone_that_is_learnt_is_that_of_a_chat_without_one() {
    let phone = |spec: &ChatSpec| spec.state().phone.as_ref().map(|phone| phone.reveal().to_owned());
    let hidden = ChatSpec::given([opened_hidden(), learnt(AddressKind::Lid, "133700000000002@lid")]);
    assert_eq!(phone(&hidden), None);
    let found = hidden.and([learnt(AddressKind::SpelledPhone, "+12025550101")]);
    assert_eq!(phone(&found).as_deref(), Some("+12025550101"));
    let more = found.and([learnt(AddressKind::Phone, "+12025550102")]);
    assert_eq!(phone(&more).as_deref(), Some("+12025550101"));
    let erased = more.and([erased(1, 10), learnt(AddressKind::Phone, "+12025550103")]);
    assert_eq!(phone(&erased), None);
}

#[test]
fn a_chat_is_erased_once() {
    chat_with_a_message()
        .when(erase(), at(10))
        .then([erased(1, 10)])
        .when(erase(), at(11))
        .then_nothing()
        .and([key_destroyed(1, 12)])
        .when(erase(), at(13))
        .then_nothing();
}

#[test]
fn a_chat_that_was_never_opened_is_not_erased() {
    for past in [vec![], vec![queued(11)]] {
        ChatSpec::given(past)
            .when(erase(), at(10))
            .then_nothing()
            .when(Command::Forgotten, at(11))
            .then_nothing()
            .due_nothing();
    }
}

#[test]
fn its_key_is_to_be_destroyed_until_it_is() {
    let spec = erased_with([]).due_effects([forget()]);
    assert_eq!(spec.state().erasure(), Some(Erasure::Begun { at: at(10) }));
    let spec = spec.when(Command::Forgotten, at(20)).then([key_destroyed(1, 20)]).due_nothing();
    assert_eq!(spec.state().erasure(), Some(Erasure::Done { at: at(10) }));
    spec.when(Command::Forgotten, at(21)).then_nothing();
}

#[test]
fn the_key_of_a_chat_that_nobody_erased_is_not_destroyed() {
    let spec = chat_with_a_message().when(Command::Forgotten, at(10)).then_nothing().due_nothing();
    assert_eq!(spec.state().erasure(), None);
    assert_eq!(spec.and([key_destroyed(1, 11)]).state().erasure(), None);
}

/// Destroying a key twice is harmless, so that it simply goes on after a crash.
#[test]
fn a_crash_leaves_the_key_to_be_destroyed() {
    assert_eq!(Chat::interrupted(&forget()), None);
    assert!(!Chat::is_awaited(&forget()));
}

#[test]
fn who_it_was_with_and_who_was_responsible_is_forgotten_at_once() {
    let spec = chat_with_a_message().and([renamed("Cleo"), assigned()]);
    let known = |spec: &ChatSpec| {
        let State { name, phone, responsible, .. } = spec.state();
        (name.readable().is_some(), phone.is_some(), responsible.is_some())
    };
    assert_eq!(known(&spec), (true, true, true));
    let spec = spec.and([erased(1, 10)]);
    assert_eq!(known(&spec), (false, false, false));
    assert_eq!(known(&spec.and([key_destroyed(1, 20)])), (false, false, false));
}

#[test]
fn a_title_or_teammate_that_comes_late_is_not_kept() {
    let spec = erased_with([]).and([renamed("Cleo"), assigned()]);
    let State { name, responsible, .. } = spec.state();
    assert_eq!((name.readable(), responsible), (None, &None));
}

#[test]
fn what_was_to_be_reported_is_reported_no_more() {
    let gathered = vec![received(12), received(13), window(1, 12, 5)];
    let closing = [gathered.clone(), vec![bundle(1, &[12], true, true, 6).into(), received(14)]].concat();
    for past in [vec![received(12)], gathered, closing] {
        let spec = chat_with_a_message().and(past);
        assert_ne!(spec.state().owed(), 0);
        let spec = told(spec.and([erased(1, 10)]).due_effects([forget()]), Aggregation::None);
        assert_eq!((spec.state().owed(), Chat::due(spec.state()).wake_at), (0, None));
        spec.when(wake_up(), at(11)).then_nothing();
    }
}

#[test]
fn a_window_from_before_is_closed_without_a_bundle() {
    let spec = told(erased_with([received(12), window(1, 12, 5)]), Aggregation::Day);
    let spec = told(spec.when(close(1, true), at(11)).then_nothing(), Aggregation::Day);
    spec.when(close(0, true), at(12)).then_nothing();
}

#[test]
fn what_comes_late_is_not_reported() {
    for late in owed_late() {
        let spec = erased_with([]).and([late.clone()]).due_effects([forget()]);
        assert_eq!((spec.state().owed(), Chat::due(spec.state()).wake_at), (0, None), "{late:?}");
        let spec = spec.and([key_destroyed(1, 30)]).due_nothing();
        told(spec, Aggregation::None).when(wake_up(), at(31)).then_nothing().due_nothing();
    }
}

/// The same without an erasure, so that the test above tests something.
#[test]
fn what_comes_late_is_reported_if_the_chat_was_not_erased() {
    for late in owed_late() {
        let spec = chat_with_a_message().and([late]).due_wake_at(at(0));
        assert_eq!(spec.state().owed(), 1);
    }
}

#[test]
fn receipts_are_taken_further_on_and_owed_to_nobody() {
    for known_as in [vec![], vec![sent(11, 1, 5)], vec![failed(11, "refused", 5)]] {
        let was_sent = matches!(known_as.as_slice(), [Event::MessageSent(_)]);
        let found = (!was_sent).then(|| reporting(Aggregation::None));
        let spec = found.into_iter().fold(erased_with(known_as), Spec::finding);
        let spec = spec.when(receipt(11, Receipt::Delivered), at(20)).then([delivered(11, 20)]);
        assert_eq!(stage(&spec, 11), Some(Stage::Delivered));
        let spec = spec.when(receipt(11, Receipt::Read), at(30)).then([read(11, 30)]).due_effects([forget()]);
        assert_eq!((stage(&spec, 11), spec.state().owed()), (Some(Stage::Read), 0));
        spec.when(receipt(11, Receipt::Read), at(40)).then_nothing();
    }
}

#[test]
fn a_verdict_that_comes_late_still_counts() {
    for (verdict, wanted) in [(SettledAs::Sent, Stage::Sent), (SettledAs::Failed, Stage::Failed)] {
        assert_eq!(stage(&erased_with([]).and([settled(11, verdict, 20)]), 11), Some(wanted));
    }
    assert_eq!(stage(&erased_with([]).and([failed(11, "chat_erased", 20)]), 11), Some(Stage::Failed));
}

/// What was owed to programs that listen is dropped like everything else.
#[test]
fn listeners_hear_nothing_more_of_it() {
    let Event::MessageReceived(heard) = received(12) else { unreachable!() };
    let owed = Some(WebhookId::of_listeners(workspace()));
    let heard: Event = MessageReceived { owed, ..heard }.into();
    let spec = erased_with([heard.clone()]).due_effects([forget()]).and([heard]);
    assert_eq!((spec.state().owed(), Chat::due(spec.state()).wake_at), (0, None));
}
