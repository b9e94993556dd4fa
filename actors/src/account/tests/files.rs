//! Tests how messages with files leave: each once its file is fetched, and always in the order of its chat.

use events::account::{DeferReason, FileFetched};
use events::event::Event;
use events::who::Who;
use events::workspace::CreditRefunded;

use super::*;
use crate::account::HELD_MS;
use crate::account::queue::{FETCHED_MAX, FETCHES_MAX};
use crate::decider::Decider;
use crate::spec::facts::*;

/// The file of this message can never be fetched.
fn missing(number: u64) -> Command {
    not_had(number, super::missing("not_a_direct_link", Prospect::Final))
}

/// The file of this message is no longer stored at the time of sending, and can never be fetched again.
fn gone(number: u64, try_number: u32) -> Command {
    let missing = super::missing("file_too_large", Prospect::Final);
    Command::NoFile { message: message(number), try_number, missing }
}

/// The message fails at its first fetch, and both its credits are refunded.
fn given_up(number: u64, code: &str, ms: i64) -> [Event; 3] {
    let [failed, refunded] = refunded(number, code, ms);
    [fetch_failed(number, 1, code, ms, None), failed, refunded]
}

fn refunded(number: u64, code: &str, ms: i64) -> [Event; 2] {
    let (workspace, message) = (workspace(), message(number));
    [failed(number, code, ms), CreditRefunded { workspace, message, amount: 2, reason: code.to_owned() }.into()]
}

fn fetches(numbers: impl IntoIterator<Item = u64>) -> Vec<Effect> {
    numbers.into_iter().map(fetch).collect()
}

#[test]
fn a_file_is_fetched_before_its_message_leaves() {
    AccountSpec::given([connected(), queued_with_file(11)])
        .due_effects([fetch(11)])
        .when(WAKE_UP, at(1_000_000))
        .then_nothing()
        .when(came(11), at(1_000_000))
        .then([fetched(11)])
        .due_effects([])
        .due_wake_at(at(0))
        .when(WAKE_UP, at(1_000_000))
        .then([started(11, 1)])
        .due_effects([send(11, 1)]);
}

#[test]
fn size_and_kind_of_a_file_are_recorded() {
    let result = Ok(Fetched { size: 1, mime: "image/png".to_owned() });
    let event = FileFetched { message: message(11), account: account(1), size: 1, mime: "image/png".to_owned() };
    AccountSpec::given([connected(), queued_with_file(11)])
        .when(Command::Fetched { message: message(11), result }, at(0))
        .then([event.into()]);
}

#[test]
fn a_message_without_its_file_lets_other_chats_go_first() {
    AccountSpec::given([connected(), queued_with_file(11), queued(21)])
        .due_wake_at(at(0))
        .when(WAKE_UP, at(0))
        .then([started(21, 1)])
        .due_effects([send(21, 1), fetch(11)]);
}

#[test]
fn a_message_without_its_file_holds_its_own_chat() {
    AccountSpec::given([connected(), queued_with_file(11), queued(12)])
        .due_effects([fetch(11)])
        .when(WAKE_UP, at(1_000_000))
        .then_nothing()
        .when(came(11), at(1_000_000))
        .then([fetched(11)])
        .when(WAKE_UP, at(1_000_000))
        .then([started(11, 1)])
        .when(tried(11, 1, Outcome::Sent), at(1_000_300))
        .then([sent(11, 1, 1_000_300)])
        .when(WAKE_UP, at(2_000_000))
        .then([started(12, 1)]);
}

#[test]
fn a_message_whose_file_came_goes_before_those_that_were_queued_after_it() {
    AccountSpec::given([connected(), queued_with_file(11), queued(21), queued(22), started(21, 1), fetched(11)])
        .when(tried(21, 1, Outcome::Sent), at(300))
        .then([sent(21, 1, 300)])
        .when(WAKE_UP, at(3_000))
        .then([started(11, 1)]);
}

#[test]
fn a_file_that_came_before_its_forerunners_waits_for_it() {
    AccountSpec::given([connected(), queued_with_file(11), queued_with_file(12)])
        .due_effects([fetch(11), fetch(12)])
        .when(came(12), at(0))
        .then([fetched(12)])
        .due_effects([fetch(11)])
        .when(WAKE_UP, at(1_000_000))
        .then_nothing();
}

#[test]
fn the_gap_is_kept_before_a_message_with_a_file() {
    AccountSpec::given([
        connected(),
        queued(21),
        queued_with_file(11),
        started(21, 1),
        sent(21, 1, 1_000),
        fetched(11),
    ])
    .due_wake_at(gap_after(1_000, 11, 1));
}

#[test]
fn a_message_whose_file_cannot_come_fails_and_is_refunded_once() {
    AccountSpec::given([connected(), queued_with_file(11), queued(12)])
        .when(missing(11), at(300))
        .then(given_up(11, "not_a_direct_link", 300))
        .when(missing(11), at(400))
        .then_nothing()
        .when(failed_later(11), at(500))
        .then_nothing()
        .when(WAKE_UP, at(500))
        .then([started(12, 1)]);
}

#[test]
fn a_file_that_cannot_come_takes_no_gap() {
    AccountSpec::given([connected(), queued(21), queued_with_file(11), queued(12), started(21, 1), sent(21, 1, 1_000)])
        .when(missing(11), at(1_500))
        .then(given_up(11, "not_a_direct_link", 1_500))
        .due_wake_at(gap_after(1_000, 12, 1));
}

#[test]
fn a_file_that_cannot_come_leaves_a_try_of_another_message_alone() {
    AccountSpec::given([connected(), queued_with_file(11), queued(21), started(21, 1)])
        .when(missing(11), at(300))
        .then(given_up(11, "not_a_direct_link", 300))
        .due_effects([send(21, 1)]);
}

#[test]
fn a_result_for_a_message_that_does_not_wait_for_it_changes_nothing() {
    let ended = [started(11, 1), sent(11, 1, 300)];
    let pasts = [
        vec![],
        vec![queued(11)],
        vec![queued_with_file(11), fetched(11)],
        vec![queued_with_file(11), fetched(11), started(11, 1)],
        [vec![queued_with_file(11), fetched(11)], ended.to_vec()].concat(),
        [vec![queued_with_file(11)], given_up(11, "not_a_direct_link", 0).to_vec()].concat(),
    ];
    for past in pasts {
        AccountSpec::given([connected()])
            .and(past)
            .when(came(11), at(400))
            .then_nothing()
            .when(missing(11), at(400))
            .then_nothing();
    }
    AccountSpec::given([queued_with_file(11)]).when(came(11), at(0)).then_nothing();
}

#[test]
fn no_file_is_fetched_while_eight_before_it_are_ready() {
    assert_eq!(FETCHED_MAX, 8);
    let seven = || (100..107).map(fetched);
    let spec = || AccountSpec::given([connected()]).and((100..110).map(queued_with_file)).and(seven());
    spec().due_effects(fetches(107..110));
    spec().and([fetched(107)]).due_effects([]);
}

#[test]
fn a_message_that_left_makes_room_for_another_file() {
    AccountSpec::given([connected()])
        .and((100..110).map(queued_with_file))
        .and((100..108).map(fetched))
        .and([started(100, 1), sent(100, 1, 300)])
        .due_effects(fetches([108, 109]));
}

#[test]
fn files_that_came_early_never_keep_the_first_from_coming() {
    AccountSpec::given([connected()])
        .and((100..110).map(queued_with_file))
        .and((101..110).map(fetched))
        .due_effects([fetch(100)])
        .when(came(100), at(0))
        .then([fetched(100)])
        .when(WAKE_UP, at(0))
        .then([started(100, 1)]);
}

#[test]
fn not_more_than_256_files_are_fetched_at_once() {
    assert_eq!(FETCHES_MAX, 256);
    let spec = AccountSpec::given([connected()]).and((100..357).map(queued_with_file));
    spec.due_effects(fetches(100..356)).and([fetched(100)]).due_effects(fetches(101..357));
}

#[test]
fn files_are_fetched_again_after_a_crash() {
    assert!(Account::interrupted(&fetch(11)).is_none());
    let past = [connected(), queued_with_file(11), queued_with_file(12), fetched(12)];
    let mut replayed = crate::account::State::default();
    for event in &past {
        Account::apply(&mut replayed, event);
    }
    assert_eq!(Account::due(&replayed).effects, [fetch(11)]);
}

#[test]
fn files_are_not_fetched_while_the_account_may_not_send() {
    for hold in [paused(1), blocked(1, None), disconnected(1, Who::Transport, 0)] {
        AccountSpec::given([connected(), queued_with_file(11), hold, told(1)]).due_effects([]);
    }
    AccountSpec::given([connected(), queued_with_file(11), paused(1), resumed(1)]).due_effects([fetch(11)]);
}

#[test]
fn a_file_that_comes_while_the_account_may_not_send_is_here_when_it_may() {
    for (hold, free) in [(paused(1), resumed(1)), (disconnected(1, Who::Transport, 0), connected())] {
        AccountSpec::given([connected(), queued_with_file(11), hold])
            .when(came(11), at(300))
            .then([fetched(11)])
            .and([free])
            .when(WAKE_UP, at(400))
            .then([started(11, 1)]);
    }
}

#[test]
fn a_message_that_waits_for_its_file_does_not_wait_longer_than_a_day_without_a_connection() {
    let day = i64::try_from(HELD_MS).unwrap();
    AccountSpec::given([connected(), queued_with_file(11), disconnected(1, Who::Transport, 0)])
        .when(WAKE_UP, at(day))
        .then(refunded(11, "account_disconnected", day))
        .when(missing(11), at(day))
        .then_nothing();
}

#[test]
fn a_file_that_is_gone_when_it_is_needed_fails_its_message_and_refunds() {
    AccountSpec::given([connected(), queued_with_file(11), fetched(11), queued(12), started(11, 1)])
        .when(gone(11, 1), at(300))
        .then(given_up(11, "file_too_large", 300))
        .due_wake_at(gap_after(300, 12, 1))
        .when(gone(11, 1), at(400))
        .then_nothing();
}

#[test]
fn a_file_that_is_gone_after_a_try_without_an_answer_leaves_the_message_uncertain() {
    let unanswered = deferred(11, 1, DeferReason::OutcomeUnknown, 0, 0);
    AccountSpec::given([connected(), queued_with_file(11), fetched(11), started(11, 1), unanswered, started(11, 2)])
        .when(gone(11, 2), at(300))
        .then([fetch_failed(11, 1, "file_too_large", 300, None), uncertain(11, 2, 300)]);
}

#[test]
fn a_file_that_is_gone_in_an_earlier_try_changes_nothing() {
    AccountSpec::given([connected(), queued_with_file(11), fetched(11), started(11, 1)])
        .and([deferred(11, 1, DeferReason::ServerError, 0, 0), started(11, 2)])
        .when(gone(11, 1), at(300))
        .then_nothing();
}

#[test]
fn a_message_that_is_tried_again_needs_no_other_file() {
    AccountSpec::given([connected(), queued_with_file(11), fetched(11), started(11, 1)])
        .when(tried(11, 1, Outcome::ServerError), at(300))
        .then([deferred(11, 1, DeferReason::ServerError, 300, 300)])
        .due_wake_at(gap_after(300, 11, 2));
}

#[test]
fn a_limited_chat_and_one_without_its_file_give_way_to_a_third() {
    let limited = deferred(11, 1, DeferReason::PairRateLimited, 0, 60_000);
    AccountSpec::given([
        connected(),
        queued(11),
        queued_with_file(21),
        queued(22),
        queued(31),
        started(11, 1),
        limited,
    ])
    .due_wake_at(gap_after(0, 31, 1))
    .when(WAKE_UP, at(6_000))
    .then([started(31, 1)]);
}
