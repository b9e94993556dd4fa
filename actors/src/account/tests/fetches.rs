//! Tests how often and when a file is fetched: after a transient failure there are two more fetches, and meanwhile
//! only the message's own chat waits.

use events::account::DeferReason;
use events::event::Event;
use events::who::Who;
use events::workspace::CreditRefunded;

use super::*;
use crate::account::queue::FETCHES_MAX;
use crate::account::{FETCH_WAIT_MS_MAX, FETCH_WAITS_MS};
use crate::decider::Decider;
use crate::spec::facts::*;

const CODE: &str = "file_http_error";

/// The server of this message's file cannot serve it now, and asks us to wait for this long.
fn later(number: u64, retry_after_ms: u64) -> Command {
    not_had(number, missing(CODE, Prospect::Passing { retry_after_ms }))
}

fn again(number: u64, fetch_number: u32, ms: i64, again_ms: i64) -> Event {
    fetch_failed(number, fetch_number, CODE, ms, Some(again_ms))
}

/// The third fetch failed: the message fails, and both its credits are refunded.
fn given_up(number: u64, ms: i64) -> [Event; 3] {
    let (workspace, message) = (workspace(), message(number));
    let refunded = CreditRefunded { workspace, message, amount: 2, reason: CODE.to_owned() };
    [fetch_failed(number, 3, CODE, ms, None), failed(number, CODE, ms), refunded.into()]
}

/// Returns the effects that are due later, after these past events.
fn due_later(past: impl IntoIterator<Item = Event>) -> Vec<(Timestamp, Effect)> {
    let mut state = crate::account::State::default();
    past.into_iter().for_each(|event| Account::apply(&mut state, &event));
    Account::due(&state).later
}

#[test]
fn what_passes_gets_two_more_tries_after_two_and_ten_seconds() {
    assert_eq!(FETCH_WAITS_MS, [2_000, 10_000]);
    AccountSpec::given([connected(), queued_with_file(11)])
        .when(later(11, 0), at(300))
        .then([again(11, 1, 300, 2_300)])
        .due_effects([])
        .when(later(11, 0), at(2_400))
        .then([again(11, 2, 2_400, 12_400)])
        .when(later(11, 0), at(12_500))
        .then(given_up(11, 12_500))
        .when(later(11, 0), at(12_600))
        .then_nothing();
}

#[test]
fn the_next_fetch_is_due_when_its_time_has_come_and_after_a_crash_too() {
    let past = || vec![connected(), queued_with_file(11), again(11, 1, 300, 2_300)];
    assert_eq!(due_later(past()), [(at(2_300), fetch(11))]);
    assert_eq!(due_later([past(), vec![again(11, 2, 2_400, 12_400)]].concat()), [(at(12_400), fetch(11))]);
    for end in [fetched(11), failed(11, CODE, 2_400)] {
        assert_eq!(due_later([past(), vec![end]].concat()), []);
    }
    for hold in [paused(1), blocked(1, None), disconnected(1, Who::Transport, 0)] {
        assert_eq!(due_later([past(), vec![hold]].concat()), []);
    }
}

#[test]
fn a_file_that_comes_at_the_second_fetch_lets_its_message_leave() {
    AccountSpec::given([connected(), queued_with_file(11), again(11, 1, 300, 2_300)])
        .when(came(11), at(2_400))
        .then([fetched(11)])
        .due_effects([])
        .when(WAKE_UP, at(2_400))
        .then([started(11, 1)]);
}

#[test]
fn a_message_that_waits_for_its_second_fetch_keeps_its_place_in_its_chat_and_holds_up_no_other() {
    AccountSpec::given([connected(), queued_with_file(11), queued(12), queued(21), again(11, 1, 300, 2_300)])
        .when(WAKE_UP, at(400))
        .then([started(21, 1)])
        .when(tried(21, 1, Outcome::Sent), at(500))
        .then([sent(21, 1, 500)])
        .when(WAKE_UP, at(1_000_000))
        .then_nothing()
        .when(later(11, 0), at(1_000_000))
        .then([again(11, 2, 1_000_000, 1_010_000)])
        .when(later(11, 0), at(1_010_000))
        .then(given_up(11, 1_010_000))
        .when(WAKE_UP, at(1_010_000))
        .then([started(12, 1)]);
}

#[test]
fn a_server_may_ask_for_a_longer_wait_but_not_for_more_than_a_minute() {
    assert_eq!(FETCH_WAIT_MS_MAX, 60_000);
    for (asked, second, third) in [(0, 2_000, 10_000), (5_000, 5_000, 10_000), (60_000, 60_000, 60_000)] {
        AccountSpec::given([connected(), queued_with_file(11)])
            .when(later(11, asked), at(0))
            .then([again(11, 1, 0, second)])
            .when(later(11, asked), at(100_000))
            .then([again(11, 2, 100_000, 100_000 + third)]);
    }
    AccountSpec::given([connected(), queued_with_file(11)])
        .when(later(11, u64::MAX), at(0))
        .then([again(11, 1, 0, 60_000)]);
}

#[test]
fn what_is_final_after_a_fault_that_passes_is_final() {
    let refused = missing("file_not_found", Prospect::Final);
    let (workspace, code) = (workspace(), "file_not_found");
    let refunded = CreditRefunded { workspace, message: message(11), amount: 2, reason: code.to_owned() };
    AccountSpec::given([connected(), queued_with_file(11), again(11, 1, 300, 2_300)])
        .when(not_had(11, refused), at(2_400))
        .then([fetch_failed(11, 2, code, 2_400, None), failed(11, code, 2_400), refunded.into()]);
}

#[test]
fn a_file_that_was_not_asked_for_is_fetched_as_if_nothing_had_been() {
    AccountSpec::given([connected(), queued_with_file(11)])
        .when(Command::NotFetched { message: message(11) }, at(300))
        .then_nothing()
        .due_effects([fetch(11)])
        .when(later(11, 0), at(400))
        .then([again(11, 1, 400, 2_400)]);
}

#[test]
fn files_that_wait_for_another_fetch_take_no_place_of_those_that_wait_for_the_first() {
    let many = u64::try_from(FETCHES_MAX).unwrap();
    let spec = AccountSpec::given([connected()]).and((100..=100 + many).map(queued_with_file));
    let spec = spec.and((100..100 + many).map(|number| again(number, 1, 300, 2_300)));
    spec.due_effects([fetch(100 + many)]);
}

#[test]
fn a_file_that_is_gone_when_it_is_needed_is_fetched_again_while_others_go_first() {
    let gone = missing(CODE, Prospect::Passing { retry_after_ms: 0 });
    AccountSpec::given([connected(), queued_with_file(11), fetched(11), queued(12), queued(21), started(11, 1)])
        .when(Command::NoFile { message: message(11), try_number: 1, missing: gone }, at(300))
        .then([deferred(11, 1, DeferReason::FileGone, 300, 300)])
        .due_effects([fetch(11)])
        .when(WAKE_UP, at(3_000))
        .then([started(21, 1)])
        .when(tried(21, 1, Outcome::Sent), at(3_100))
        .then([sent(21, 1, 3_100)])
        .when(later(11, 0), at(3_200))
        .then([again(11, 1, 3_200, 5_200)])
        .when(came(11), at(5_300))
        .then([fetched(11)])
        .when(WAKE_UP, at(1_000_000))
        .then([started(11, 2)]);
}

#[test]
fn a_message_that_may_have_been_sent_and_whose_file_does_not_come_again_is_uncertain() {
    let unanswered = [started(11, 1), deferred(11, 1, DeferReason::Interrupted, 0, 0)];
    let gone = [started(11, 2), deferred(11, 2, DeferReason::FileGone, 0, 0)];
    AccountSpec::given([connected(), queued_with_file(11), fetched(11)])
        .and(unanswered)
        .and(gone)
        .when(not_had(11, missing(CODE, Prospect::Final)), at(300))
        .then([fetch_failed(11, 1, CODE, 300, None), uncertain(11, 2, 300)])
        .due_effects([]);
}
