//! Tests what a chat reports: windows that open, and bundles that close them.

use events::account::MessageSent;
use events::chat::{ChatAssigned, ChatRenamed, MessageKind, MessageReceived, Responsible};
use events::ids::WebhookId;
use events::index::AccountEntry;
use events::webhook::{Aggregation, BUNDLE_BYTES, BundleAccount, BundleFlushed, BundleOpened};

use super::*;
use crate::chat::{BUNDLE_MESSAGES_MAX, BUNDLES_AT_ONCE, Frame, ReportLookups, received_bytes, said_bytes};
use crate::decider::LookupResult;
use crate::reporting::Reporting;

pub(super) fn webhook() -> WebhookId {
    WebhookId::of(workspace())
}

pub(super) fn entry() -> AccountEntry {
    AccountEntry {
        phone: "+12025550100".into(),
        full_name: "Ada Example".into(),
        email: "ada@kite.example".into(),
        transport: "simulator".to_owned(),
    }
}

fn account_side() -> BundleAccount {
    BundleAccount { full_name: "Ada Example".into(), email: "ada@kite.example".into(), phone: "+12025550100".into() }
}

pub(super) fn reporting(aggregation: Aggregation) -> LookupResult {
    LookupResult::Reporting(Some(Reporting {
        webhook: webhook(),
        aggregation,
        attachments: false,
        bundle_bytes: BUNDLE_BYTES,
    }))
}

/// A received message that is owed.
pub(super) fn received(number: u64) -> Event {
    received_text(number, "hello", Some(webhook()))
}

pub(super) fn received_text(number: u64, text: &str, owed: Option<WebhookId>) -> Event {
    MessageReceived {
        message: message(number),
        workspace: workspace(),
        account: account(1),
        chat: chat(1),
        from_me: false,
        kind: MessageKind::Text,
        sender: "+12025550101".into(),
        address: None,
        sender_name: "Cleo".into(),
        text: text.into(),
        particulars: None,
        file: None,
        report_bytes: received_bytes(text, None),
        wire_id: None,
        reply_to: None,
        at: at(0),
        owed,
    }
    .into()
}

pub(super) fn window(number: u64, first: u64, ms: i64) -> Event {
    opened_window(number, first, ms, "+12025550101").into()
}

fn opened_window(number: u64, first: u64, ms: i64, name: &str) -> BundleOpened {
    let frame = frame(name);
    BundleOpened {
        webhook: webhook(),
        chat: chat(1),
        window: number,
        message: message(first),
        at: at(ms),
        room_bytes: frame.room_bytes(BUNDLE_BYTES),
        line_bytes: frame.line_bytes,
    }
}

/// The bytes that names take in a report of a chat with this name.
fn frame(name: &str) -> Frame {
    Frame::of(&account_side(), &name.into(), Some(&"+12025550101".into()), None)
}

pub(super) fn bundle(number: u64, messages: &[u64], aggregated: bool, is_new_chat: bool, ms: i64) -> BundleFlushed {
    BundleFlushed {
        workspace: workspace(),
        webhook: webhook(),
        chat: chat(1),
        window: number,
        messages: messages.iter().map(|number| message(*number)).collect(),
        aggregated,
        account: account_side(),
        chat_name: "+12025550101".into(),
        chat_phone: Some("+12025550101".into()),
        is_group: false,
        is_new_chat,
        responsible: None,
        at: at(ms),
    }
}

pub(super) fn wake_up() -> Command {
    Command::WakeUp(ReportLookups::default())
}

pub(super) fn close(window: u64, aggregated: bool) -> Command {
    Command::Close { window, aggregated, looked_up: ReportLookups::default() }
}

pub(super) fn told(spec: ChatSpec, aggregation: Aggregation) -> ChatSpec {
    spec.finding(reporting(aggregation)).finding(LookupResult::Account(Some(entry())))
}

fn chat_given(past: impl IntoIterator<Item = Event>) -> ChatSpec {
    ChatSpec::given([opened(1, "+12025550101")]).and(past)
}

#[test]
fn the_first_message_opens_a_window_and_later_ones_gather_in_it() {
    let spec = told(chat_given([received(11)]).due_wake_at(at(0)), Aggregation::SixHours);
    let spec = spec.when(wake_up(), at(7)).then([window(1, 11, 7)]).due_nothing().and([received(12)]).due_nothing();
    let spec = told(spec, Aggregation::SixHours).when(close(1, true), at(100));
    spec.then([bundle(1, &[11, 12], true, true, 100).into()]).due_nothing();
}

#[test]
fn waking_up_closes_no_window_that_has_room() {
    let past = [received(11), window(1, 11, 7), received(12)];
    told(chat_given(past), Aggregation::SixHours).when(wake_up(), at(8)).then_nothing();
}

#[test]
fn where_nothing_is_gathered_each_message_is_a_bundle_at_once() {
    let spec = told(chat_given([received(11), received(12)]), Aggregation::None).when(wake_up(), at(7));
    let spec = spec.then([
        window(1, 11, 7),
        bundle(1, &[11], false, true, 7).into(),
        bundle(1, &[12], false, false, 7).into(),
    ]);
    let spec = told(spec.due_nothing().and([received(13)]), Aggregation::None).when(wake_up(), at(8));
    spec.then([window(2, 13, 8), bundle(2, &[13], false, false, 8).into()]).due_nothing();
}

#[test]
fn what_is_owed_to_nobody_is_not_reported() {
    chat_given([received_text(11, "hello", None)]).due_nothing();
    chat_given([queued(11), sent(11, 1, 5)]).due_nothing();
}

#[test]
fn what_was_sent_is_reported_like_what_was_received() {
    let sent = MessageSent {
        message: message(11),
        account: account(1),
        chat: chat(1),
        try_number: 1,
        wire_id: None,
        at: at(5),
        owed: Some(webhook()),
    };
    let spec = told(chat_given([queued(11), sent.into(), received(12)]), Aggregation::OneHour).when(wake_up(), at(7));
    let spec = told(spec.then([window(1, 11, 7)]), Aggregation::OneHour).when(close(1, true), at(8));
    spec.then([bundle(1, &[11, 12], true, true, 8).into()]);
}

/// A receipt can come before the answer: the message must not get into two bundles.
#[test]
fn what_is_owed_already_is_not_owed_again_when_the_answer_comes_after_the_receipt() {
    let owed = Some(webhook());
    let receipt = MessageDelivered { message: message(11), chat: chat(1), at: at(1), owed };
    let Event::MessageSent(answer) = sent(11, 1, 20) else { unreachable!() };
    let answer = MessageSent { owed, ..answer };
    let reported = [window(1, 11, 2), bundle(1, &[11], false, true, 2).into()];
    let spec = chat_given([queued(11), receipt.into()]).and(reported).due_nothing();
    spec.and([answer.into()]).due_nothing();
}

#[test]
fn a_window_that_was_closed_before_is_not_closed_again() {
    let past = [received(11), window(1, 11, 0), bundle(1, &[11], true, true, 5).into()];
    told(chat_given(past), Aggregation::OneHour).when(close(1, true), at(9)).then_nothing();
    told(chat_given([received(11), window(1, 11, 0)]), Aggregation::OneHour).when(close(2, true), at(9)).then_nothing();
}

#[test]
fn a_bundle_has_the_names_of_when_it_is_made() {
    let responsible = Responsible { full_name: "Bob Example".into(), email: "bob@kite.example".into() };
    let assigned =
        ChatAssigned { workspace: workspace(), chat: chat(1), responsible: Some(responsible.clone()), by: operator() };
    let renamed = ChatRenamed {
        workspace: workspace(),
        chat: chat(1),
        previous: "+12025550101".into(),
        name: "Cleo".into(),
        by: operator(),
    };
    let spec = chat_given([received(11), window(1, 11, 0), assigned.into(), renamed.into()]);
    let wanted =
        BundleFlushed { chat_name: "Cleo".into(), responsible: Some(responsible), ..bundle(1, &[11], true, true, 9) };
    told(spec, Aggregation::OneHour).when(close(1, true), at(9)).then([wanted.into()]);
}

#[test]
fn a_full_bundle_leaves_at_once_and_what_comes_later_opens_another_window() {
    let many = (0..=BUNDLE_MESSAGES_MAX as u64).map(|number| received(1_000 + number));
    let spec = chat_given([received(11), window(1, 11, 0)]).and(many);
    let mut first: Vec<u64> = vec![11];
    first.extend((1_000..).take(BUNDLE_MESSAGES_MAX - 1));
    let spec = told(spec.due_wake_at(at(0)), Aggregation::Day).when(wake_up(), at(5));
    let spec = spec.then([bundle(1, &first, true, true, 5).into()]).due_wake_at(at(0));
    told(spec, Aggregation::Day).when(wake_up(), at(6)).then([window(2, 1_999, 6)]).due_nothing();
}

/// The size of the posted body counts: a text appears in it twice, and some characters take six bytes each time.
#[test]
fn a_bundle_leaves_before_its_body_would_be_too_large() {
    let room = frame("+12025550101").room_bytes(BUNDLE_BYTES);
    let line = frame("+12025550101").line_bytes;
    for text in ["x", "\u{1}", "<", "\"", "\n", "\u{1f600}"] {
        let half = text.repeat(usize::try_from((room / 2 - line) / said_bytes(text)).unwrap());
        let long = |number| received_text(number, &half, Some(webhook()));
        let spec = chat_given([long(11), window(1, 11, 0), long(12)]).due_nothing().and([long(13), received(14)]);
        let spec = told(spec.due_wake_at(at(0)), Aggregation::Day).when(wake_up(), at(5));
        let spec = spec.then([bundle(1, &[11, 12], true, true, 5).into()]).due_wake_at(at(0));
        let spec = told(spec, Aggregation::Day).when(wake_up(), at(6)).then([window(2, 13, 6)]);
        spec.due_nothing();
    }
}

#[test]
fn a_message_that_is_too_large_for_any_bundle_goes_alone() {
    let long = |number| received_text(number, &"\u{1}".repeat(65_536), Some(webhook()));
    let spec = chat_given([received(11), window(1, 11, 0), long(12), received(13)]);
    let spec = told(spec.due_wake_at(at(0)), Aggregation::Day).when(wake_up(), at(5));
    let spec = spec.then([bundle(1, &[11], true, true, 5).into()]);
    let spec = told(spec, Aggregation::Day).when(wake_up(), at(6)).then([window(2, 12, 6)]).due_wake_at(at(0));
    let spec = told(spec, Aggregation::Day).when(wake_up(), at(7)).then([bundle(2, &[12], true, false, 7).into()]);
    told(spec, Aggregation::Day).when(wake_up(), at(8)).then([window(3, 13, 8)]).due_nothing();
}

/// Names appear once in the head of a report and again with each message; they may grow while a window is open.
#[test]
fn what_is_too_large_with_the_names_of_now_becomes_several_bundles() {
    let name = "&".repeat(1_000);
    let renamed = ChatRenamed {
        workspace: workspace(),
        chat: chat(1),
        previous: "+12025550101".into(),
        name: name.as_str().into(),
        by: operator(),
    };
    let said = said_bytes("hello") + frame(&name).line_bytes;
    let first = frame(&name).room_bytes(BUNDLE_BYTES) / said;
    let spec = chat_given([received(11), window(1, 11, 0)]).and((0..first).map(|number| received(1_000 + number)));
    let spec = told(spec.due_nothing().and([renamed.into()]), Aggregation::Day).when(close(1, true), at(9));
    let mut messages: Vec<u64> = vec![11];
    messages.extend((1_000..).take(usize::try_from(first).unwrap() - 1));
    let named = |messages: &[u64], is_new, ms| BundleFlushed {
        chat_name: name.as_str().into(),
        ..bundle(1, messages, true, is_new, ms)
    };
    let spec = spec.then([named(&messages, true, 9).into()]).due_wake_at(at(0));
    let spec = told(spec, Aggregation::Day).when(wake_up(), at(10));
    spec.then([named(&[1_000 + first - 1], false, 10).into()]).due_nothing();
}

#[test]
fn very_many_single_bundles_take_several_commits() {
    let many = (0..=BUNDLES_AT_ONCE as u64).map(|number| received(1_000 + number));
    let spec = chat_given([]).and(many);
    let spec = told(spec, Aggregation::None).when(wake_up(), at(5));
    let mut wanted = vec![window(1, 1_000, 5)];
    wanted.extend((0..BUNDLES_AT_ONCE as u64).map(|nth| bundle(1, &[1_000 + nth], false, nth == 0, 5).into()));
    let spec = spec.then(wanted).due_wake_at(at(0)).and([received(12)]);
    let spec = told(spec, Aggregation::None).when(wake_up(), at(6));
    let last = 1_000 + BUNDLES_AT_ONCE as u64;
    let spec = spec.then([bundle(1, &[last], false, false, 6).into()]).due_wake_at(at(0));
    let spec = told(spec, Aggregation::None).when(wake_up(), at(7));
    spec.then([window(2, 12, 7), bundle(2, &[12], false, false, 7).into()]).due_nothing();
}

#[test]
fn a_failed_message_that_was_delivered_after_all_is_reported_once() {
    let delivered = MessageDelivered { message: message(11), chat: chat(1), at: at(9), owed: Some(webhook()) };
    let spec = chat_given([queued(11), failed(11, "server_error", 5)])
        .finding(reporting(Aggregation::Day))
        .when(receipt(11, Receipt::Delivered), at(9))
        .then([delivered.into()])
        .due_wake_at(at(0));
    spec.when(receipt(11, Receipt::Read), at(10)).then([read(11, 10)]);
}

#[test]
fn what_was_said_once_is_not_reported_again_when_it_is_delivered() {
    chat_given([queued(11), sent(11, 1, 5), failed(11, "server_error", 6)])
        .when(receipt(11, Receipt::Delivered), at(9))
        .then([delivered(11, 9)])
        .due_nothing();
}

#[test]
fn what_is_said_to_listeners_is_not_a_chats_first_report() {
    let listeners = WebhookId::of_listeners(workspace());
    let Event::BundleOpened(opened) = window(1, 11, 7) else { unreachable!() };
    let theirs = [
        received_text(11, "hello", Some(listeners)),
        BundleOpened { webhook: listeners, ..opened }.into(),
        BundleFlushed { webhook: listeners, ..bundle(1, &[11], false, true, 7) }.into(),
    ];
    let spec = told(chat_given(theirs).and([received(12)]), Aggregation::None).when(wake_up(), at(8));
    let spec = spec.then([window(2, 12, 8), bundle(2, &[12], false, true, 8).into()]).due_nothing();
    // They have heard of the chat.
    let Event::BundleOpened(opened) = window(3, 13, 9) else { unreachable!() };
    let spec = spec.and([received_text(13, "hello", Some(listeners))]).finding(to_listeners());
    let second = BundleFlushed { webhook: listeners, ..bundle(3, &[13], false, false, 9) };
    spec.finding(LookupResult::Account(Some(entry())))
        .when(wake_up(), at(9))
        .then([BundleOpened { webhook: listeners, ..opened }.into(), second.into()]);
}

/// A look-up that finds listeners alone.
fn to_listeners() -> LookupResult {
    let LookupResult::Reporting(Some(now)) = reporting(Aggregation::None) else { unreachable!() };
    LookupResult::Reporting(Some(Reporting { webhook: WebhookId::of_listeners(workspace()), ..now }))
}

#[test]
fn a_window_closes_at_once_when_what_comes_next_is_for_listeners() {
    let listeners = WebhookId::of_listeners(workspace());
    let past = [received(11), window(1, 11, 7), received_text(12, "hello", Some(listeners))];
    let spec =
        chat_given(past).due_wake_at(at(0)).finding(to_listeners()).finding(LookupResult::Account(Some(entry())));
    spec.when(wake_up(), at(8)).then([bundle(1, &[11], true, true, 8).into()]).due_wake_at(at(0));
}

#[test]
fn what_waits_for_a_webhook_is_not_gathered_as_it_would_be_for_listeners() {
    let spec = chat_given([received(11)]).finding(to_listeners()).finding(LookupResult::Account(Some(entry())));
    spec.when(wake_up(), at(7)).then([window(1, 11, 7)]).due_nothing();
}
