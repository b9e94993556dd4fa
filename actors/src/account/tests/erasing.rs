//! Tests what the erasure of a chat does to its messages: what is queued fails at once, a try under way goes on, and
//! other chats notice nothing.

mod files;

use events::account::{DeferReason, MessageFailed, MessageQueued, SettledAs};
use events::event::Event;
use events::who::Who;
use events::workspace::CreditRefunded;

use super::*;
use crate::account::outcome::{Permanent, Scope, StopReason};
use crate::account::state::ForeseenErasure;
use crate::account::{EXPIRED_AT_ONCE, RECONNECT_MS};
use crate::decider::Decider;
use crate::spec::facts::*;

const CODE: &str = "chat_erased";
const FAR_MS: i64 = 1_000_000;

/// The message fails because its chat was erased, and its credit is refunded.
fn given_up(number: u64, ms: i64) -> [Event; 2] {
    [failed(number, CODE, ms), refunded(number, CODE)]
}

/// A first try that ended at 0, for this reason.
fn tried_before(number: u64, reason: DeferReason) -> [Event; 2] {
    [started(number, 1), deferred(number, 1, reason, 0, 60_000)]
}

#[test]
fn what_is_queued_of_an_erased_chat_fails_at_once_and_is_refunded_once() {
    AccountSpec::given([connected(), queued(11), queued(12), erased(1, 5)])
        .due_wake_at(at(0))
        .when(WAKE_UP, at(5))
        .then([given_up(11, 5), given_up(12, 5)].concat())
        .due_nothing()
        .when(WAKE_UP, at(FAR_MS))
        .then_nothing();
}

#[test]
fn nothing_holds_it_up_that_holds_the_account() {
    let holds = [
        paused(1),
        blocked(1, None),
        blocked(1, Some(at(60_000))),
        disconnected(1, Who::Transport, 0),
        disconnected(1, Who::Operator, 0),
    ];
    for hold in holds {
        AccountSpec::given([connected(), queued(11), hold, told(1), erased(1, 5)])
            .due_wake_at(at(0))
            .when(WAKE_UP, at(5))
            .then(given_up(11, 5));
    }
}

/// An account that is held stays held, for as long as before.
#[test]
fn a_hold_outlives_the_erasure() {
    let day = at(24 * 3_600_000);
    for (hold, wake_at) in [
        (paused(1), None),
        (blocked(1, Some(at(60_000))), Some(at(60_000))),
        (disconnected(1, Who::Operator, 0), Some(day)),
    ] {
        let spec = AccountSpec::given([connected(), queued(11), queued(21), hold, told(1), erased(1, 5)])
            .when(WAKE_UP, at(5))
            .then(given_up(11, 5))
            .when(WAKE_UP, at(6))
            .then_nothing()
            .due_effects([]);
        assert_eq!(Account::due(spec.state()).wake_at, wake_at);
    }
}

#[test]
fn it_does_not_wait_for_another_chats_try() {
    AccountSpec::given([connected(), queued(21), queued(11), queued(22), started(21, 1), erased(1, 5)])
        .due_effects([send(21, 1)])
        .due_wake_at(at(0))
        .when(WAKE_UP, at(5))
        .then(given_up(11, 5))
        .due_effects([send(21, 1)])
        .when(tried(21, 1, Outcome::Sent), at(300))
        .then([sent(21, 1, 300)])
        .due_wake_at(gap_after(300, 22, 1));
}

#[test]
fn all_that_was_charged_is_refunded() {
    let queued = MessageQueued { cost: 7, ..queueing(11) };
    let (workspace, message) = (workspace(), message(11));
    AccountSpec::given([connected(), queued.into(), erased(1, 5)])
        .when(WAKE_UP, at(5))
        .then([failed(11, CODE, 5), CreditRefunded { workspace, message, amount: 7, reason: CODE.to_owned() }.into()]);
}

#[test]
fn a_message_that_may_have_been_sent_becomes_uncertain_instead() {
    for reason in [DeferReason::OutcomeUnknown, DeferReason::Interrupted] {
        let spec = || {
            AccountSpec::given([connected(), queued(11), queued(12)])
                .and(tried_before(11, reason))
                .and([erased(1, 5)])
                .when(WAKE_UP, at(5))
                .then([vec![uncertain(11, 1, 5)], given_up(12, 5).to_vec()].concat())
                .due_nothing()
        };
        spec().when(seen(11), at(300)).then([settled_by_receipt(11, 300)]);
        let (settled_as, by, reason) = (SettledAs::Failed, Who::Person(7), "she called".to_owned());
        spec()
            .when(Command::Settle { message: message(11), settled_as, by, reason, reporting: None }, at(300))
            .then([settled(11, SettledAs::Failed, 300), refunded(11, "settled_as_failed")]);
    }
}

#[test]
fn a_message_that_was_surely_not_sent_fails() {
    let reasons = [
        DeferReason::ServerError,
        DeferReason::NotConnected,
        DeferReason::PairRateLimited,
        DeferReason::AccountRateLimited,
        DeferReason::AccountStopped,
        DeferReason::FileGone,
    ];
    for reason in reasons {
        AccountSpec::given([connected(), queued(11)])
            .and(tried_before(11, reason))
            .and([erased(1, 5)])
            .when(WAKE_UP, at(5))
            .then(given_up(11, 5))
            .due_nothing();
    }
}

#[test]
fn a_try_under_way_goes_on_while_the_rest_of_its_chat_fails() {
    AccountSpec::given([connected(), queued(11), queued(12), started(11, 1), erased(1, 5)])
        .due_effects([send(11, 1)])
        .when(WAKE_UP, at(5))
        .then(given_up(12, 5))
        .due_effects([send(11, 1)])
        .when(WAKE_UP, at(6))
        .then_nothing()
        .when(tried(11, 1, Outcome::Sent), at(300))
        .then([sent(11, 1, 300)])
        .due_nothing();
}

#[test]
fn a_try_under_way_alone_leaves_nothing_to_wake_up_for() {
    let spec = AccountSpec::given([connected(), queued(11), started(11, 1), erased(1, 5)]).due_effects([send(11, 1)]);
    assert_eq!(Account::due(spec.state()).wake_at, None);
}

#[test]
fn a_message_whose_try_was_put_off_fails_at_the_next_wake_up() {
    let limited = |scope| Outcome::RateLimited { after_ms: 40_000, scope };
    let put_off = [
        (Outcome::ServerError, DeferReason::ServerError, 300),
        (Outcome::NotConnected, DeferReason::NotConnected, 300 + i64::try_from(RECONNECT_MS).unwrap()),
        (limited(Scope::Pair), DeferReason::PairRateLimited, 40_300),
        (limited(Scope::Account), DeferReason::AccountRateLimited, 40_300),
    ];
    for (outcome, reason, not_before_ms) in put_off {
        AccountSpec::given([connected(), queued(11), started(11, 1), erased(1, 5)])
            .when(tried(11, 1, outcome), at(300))
            .then([deferred(11, 1, reason, 300, not_before_ms)])
            .due_effects([])
            .due_wake_at(at(0))
            .when(WAKE_UP, at(301))
            .then(given_up(11, 301))
            .due_nothing();
    }
}

#[test]
fn a_message_whose_try_stopped_the_account_fails_all_the_same() {
    let stopped = Outcome::Stopped { reason: StopReason::Blocked, until_ms: None };
    AccountSpec::given([connected(), queued(11), started(11, 1), erased(1, 5)])
        .when(tried(11, 1, stopped), at(300))
        .then([deferred(11, 1, DeferReason::AccountStopped, 300, 300), blocked(1, None)])
        .due_wake_at(at(0))
        .when(WAKE_UP, at(301))
        .then(given_up(11, 301));
}

#[test]
fn a_message_whose_try_had_no_answer_or_was_interrupted_becomes_uncertain_at_the_next_wake_up() {
    let interrupted = Account::interrupted(&send(11, 1)).unwrap();
    for (command, reason) in
        [(tried(11, 1, Outcome::Unknown), DeferReason::OutcomeUnknown), (interrupted, DeferReason::Interrupted)]
    {
        AccountSpec::given([connected(), queued(11), started(11, 1), erased(1, 5)])
            .when(command, at(300))
            .then([deferred(11, 1, reason, 300, 300)])
            .when(WAKE_UP, at(301))
            .then([uncertain(11, 1, 301)])
            .due_nothing();
    }
}

#[test]
fn a_message_whose_try_failed_is_refunded_once() {
    AccountSpec::given([connected(), queued(11), started(11, 1), erased(1, 5)])
        .when(tried(11, 1, Outcome::Failed(Permanent::Refused)), at(300))
        .then([failed(11, "refused", 300), refunded(11, "refused")])
        .due_nothing()
        .when(WAKE_UP, at(301))
        .then_nothing();
}

/// Its text was gone before it could be handed over.
#[test]
fn a_try_of_what_nobody_can_read_any_more_fails_with_the_same_code() {
    let unreadable = || Outcome::Failed(Permanent::ChatErased);
    let trying = || AccountSpec::given([connected(), queued(11), started(11, 1)]);
    trying().when(tried(11, 1, unreadable()), at(300)).then(given_up(11, 300)).due_nothing();
    trying()
        .and([deferred(11, 1, DeferReason::OutcomeUnknown, 0, 0), started(11, 2)])
        .when(tried(11, 2, unreadable()), at(300))
        .then([uncertain(11, 2, 300)]);
}

#[test]
fn other_chats_keep_their_order_and_the_gap() {
    let past = [connected(), queued(31), queued(21), queued(11), queued(22), queued(12), started(31, 1)];
    AccountSpec::given(past)
        .and([sent(31, 1, 1_000), erased(1, 1_100)])
        .when(WAKE_UP, at(1_100))
        .then([given_up(11, 1_100), given_up(12, 1_100)].concat())
        .due_wake_at(gap_after(1_000, 21, 1))
        .when(WAKE_UP, at(10_000))
        .then([started(21, 1)])
        .when(tried(21, 1, Outcome::Sent), at(10_300))
        .then([sent(21, 1, 10_300)])
        .due_wake_at(gap_after(10_300, 22, 1));
}

#[test]
fn a_wait_of_the_whole_account_is_not_cut_short() {
    AccountSpec::given([connected(), queued(11), queued(21)])
        .and(tried_before(11, DeferReason::AccountRateLimited))
        .and([erased(1, 5)])
        .when(WAKE_UP, at(5))
        .then(given_up(11, 5))
        .due_wake_at(at(60_000));
}

#[test]
fn the_wait_of_an_erased_chat_holds_up_nobody() {
    AccountSpec::given([connected(), queued(11), queued(21)])
        .and(tried_before(11, DeferReason::ServerError))
        .and([erased(1, 5)])
        .when(WAKE_UP, at(5))
        .then(given_up(11, 5))
        .due_wake_at(gap_after(0, 21, 1));
}

#[test]
fn several_chats_can_be_erased_at_once() {
    AccountSpec::given([connected(), queued(11), queued(21), queued(31), queued(12), erased(1, 5), erased(2, 5)])
        .when(WAKE_UP, at(5))
        .then([given_up(11, 5), given_up(12, 5), given_up(21, 5)].concat())
        .when(WAKE_UP, at(6))
        .then([started(31, 1)]);
}

/// A message of the first chat, whatever its number.
fn of_first_chat(event: Event) -> Event {
    let chat = chat(1);
    match event {
        Event::MessageQueued(e) => MessageQueued { chat, ..e }.into(),
        Event::MessageFailed(e) => MessageFailed { chat, ..e }.into(),
        other => other,
    }
}

#[test]
fn very_many_messages_fail_256_at_a_time_and_each_once() {
    assert_eq!(EXPIRED_AT_ONCE, 256);
    let numbers = 1_000..1_522;
    let past = numbers.clone().map(|number| of_first_chat(queued(number)));
    let mut spec = AccountSpec::given([connected()]).quietly(past).and([queued(21), erased(1, 5)]);
    let all: Vec<Event> = numbers.flat_map(|number| given_up(number, 5)).map(of_first_chat).collect();
    for some in all.chunks(2 * EXPIRED_AT_ONCE) {
        spec = spec.due_wake_at(at(0)).when(WAKE_UP, at(5)).then(some.to_vec());
    }
    spec.when(WAKE_UP, at(5)).then([started(21, 1)]);
}

#[test]
fn the_erasure_of_a_chat_that_has_nothing_queued_changes_nothing() {
    assert_eq!(AccountSpec::given([connected(), erased(1, 5)]).state(), AccountSpec::given([connected()]).state());
    AccountSpec::given([connected(), queued(11), started(11, 1), sent(11, 1, 0), erased(1, 5)]).due_nothing();
    let spec = AccountSpec::given([connected(), queued(11), started(11, 1), uncertain(11, 1, 0), erased(1, 5)]);
    spec.due_nothing().when(seen(11), at(300)).then([settled_by_receipt(11, 300)]);
    AccountSpec::given([connected(), queued(21), erased(1, 5)]).when(WAKE_UP, at(5)).then([started(21, 1)]);
}

#[test]
fn a_number_that_was_never_connected_fails_nothing() {
    AccountSpec::given([queued(11), erased(1, 5)]).due_nothing().when(WAKE_UP, at(5)).then_nothing();
}

#[test]
fn whatever_is_told_later_of_a_message_that_failed_changes_nothing() {
    let spec =
        || AccountSpec::given([connected(), queued(11), erased(1, 5)]).when(WAKE_UP, at(5)).then(given_up(11, 5));
    for late in [seen(11), failed_later(11), tried(11, 1, Outcome::Sent), tried(11, 1, Outcome::ServerError)] {
        spec().when(late, at(300)).then_nothing().due_nothing();
    }
}

#[test]
fn a_failure_after_it_was_sent_is_refunded_though_the_chat_is_erased() {
    AccountSpec::given([connected(), queued(11), started(11, 1), erased(1, 5), sent(11, 1, 300)])
        .when(failed_later(11), at(400))
        .then([failed(11, "refused", 400), refunded(11, "refused")])
        .when(failed_later(11), at(500))
        .then_nothing();
}

#[test]
fn what_would_follow_is_foreseen() {
    let spec = AccountSpec::given([connected(), queued(11), queued(12), queued_with_file(13), queued(21)])
        .and(tried_before(11, DeferReason::OutcomeUnknown));
    let foreseen = ForeseenErasure { failed: 2, refunded: 3, uncertain: 1 };
    assert_eq!(spec.state().foresee_erasure(chat(1)), foreseen);
    let nothing_more = spec.and([erased(1, 5)]).when(WAKE_UP, at(5));
    let spec = nothing_more.then(
        [vec![uncertain(11, 1, 5)], given_up(12, 5).to_vec(), vec![failed(13, CODE, 5), files::refunded(13)]].concat(),
    );
    // It has to be settled still.
    let left = ForeseenErasure { uncertain: 1, ..ForeseenErasure::default() };
    assert_eq!(spec.state().foresee_erasure(chat(1)), left);
}

#[test]
fn of_a_try_under_way_nothing_is_foreseen() {
    let spec = AccountSpec::given([connected(), queued(11), queued(12), started(11, 1)]);
    let foreseen = ForeseenErasure { failed: 1, refunded: 1, uncertain: 0 };
    assert_eq!(spec.state().foresee_erasure(chat(1)), foreseen);
    assert_eq!(spec.state().foresee_erasure(chat(2)), ForeseenErasure::default());
}
