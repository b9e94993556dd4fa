//! Tests tries, switching off after errors, waits, and parked deliveries.

use super::*;

fn healthy_with(owed: impl IntoIterator<Item = Event>) -> WebhookSpec {
    given(healthy()).and(owed)
}

#[test]
fn what_is_owed_is_tried_at_once_and_is_done_when_it_was_taken() {
    healthy_with([owed(11)])
        .due_wake_at(at(0))
        .when(Command::WakeUp, at(5))
        .then([started(11, 1, 5)])
        .due_effects([post(11, 1)])
        .when(taken(11, 1), at(9))
        .then([succeeded(11, 1, 9)])
        .due_nothing();
}

#[test]
fn eight_chats_are_served_at_once_one_delivery_each() {
    let all = (1..=9).flat_map(|chat| [owed(chat * 10 + 2), owed(chat * 10 + 3)]);
    let first: Vec<_> = (1..=8).map(|chat| started(chat * 10 + 2, 1, 5)).collect();
    healthy_with(all)
        .when(Command::WakeUp, at(5))
        .then(first)
        .when(Command::WakeUp, at(6))
        .then_nothing()
        .when(taken(42, 1), at(7))
        .then([succeeded(42, 1, 7)])
        .when(Command::WakeUp, at(7))
        .then([started(43, 1, 7)]);
}

#[test]
fn deliveries_of_one_chat_keep_their_order() {
    healthy_with([owed(11), owed(12)])
        .when(Command::WakeUp, at(0))
        .then([started(11, 1, 0)])
        .when(timed_out(11, 1), at(15_000))
        .then([failed(11, 1, Some((1, 20_000)), Some(20_000), 15_000)])
        .due_wake_at(at(20_000))
        .when(Command::WakeUp, at(19_999))
        .then_nothing()
        .when(Command::WakeUp, at(20_000))
        .then([started(11, 2, 20_000)])
        .when(taken(11, 2), at(20_001))
        .then([succeeded(11, 2, 20_001)])
        .when(Command::WakeUp, at(20_001))
        .then([started(12, 1, 20_001)]);
}

#[test]
fn until_the_first_success_there_is_one_try_at_a_time() {
    given([configured(Aggregation::None), enabled(), owed(11), owed(21)])
        .when(Command::WakeUp, at(0))
        .then([started(11, 1, 0)])
        .when(Command::WakeUp, at(1))
        .then_nothing()
        .when(taken(11, 1), at(2))
        .then([succeeded(11, 1, 2)])
        .when(Command::WakeUp, at(2))
        .then([started(21, 1, 2)]);
}

#[test]
fn tries_that_overlap_fail_as_one() {
    healthy_with([owed(11), owed(21), owed(31)])
        .when(Command::WakeUp, at(0))
        .then([started(11, 1, 0), started(21, 1, 0), started(31, 1, 0)])
        .when(timed_out(21, 1), at(10))
        .then([failed(21, 1, Some((1, 5_010)), Some(5_010), 10)])
        .when(timed_out(11, 1), at(10))
        .then([failed(11, 1, None, Some(5_010), 10)])
        .when(Command::WakeUp, at(5_010))
        .then_nothing()
        .when(timed_out(31, 1), at(15_000))
        .then([failed(31, 1, None, Some(20_000), 15_000)])
        .when(Command::WakeUp, at(15_000))
        .then([started(21, 2, 15_000)])
        .when(timed_out(21, 2), at(16_000))
        .then([failed(21, 2, Some((2, 46_000)), Some(46_000), 16_000)]);
}

/// Fails `count` times in a row, each time as soon as a try is due. Also returns when the next try is due.
fn failing(mut spec: WebhookSpec, count: usize) -> (WebhookSpec, i64) {
    let mut now = 0;
    for (nth, wait) in WAITS_MS.iter().take(count).enumerate() {
        let try_number = u32::try_from(nth).unwrap() + 1;
        spec = spec.when(Command::WakeUp, at(now)).then([started(11, try_number, now)]);
        let next = now + i64::try_from(*wait).unwrap();
        let failed = failed(11, try_number, Some((try_number, next)), Some(next), now);
        spec = spec.when(timed_out(11, try_number), at(now)).then([failed]);
        now = next;
    }
    (spec, now)
}

#[test]
fn the_eleventh_error_in_a_row_switches_off_and_tells_the_owner_once() {
    let (spec, now) = failing(healthy_with([owed(11)]), 10);
    let at_last = i64::try_from(WAITS_MS[9]).unwrap();
    spec.when(Command::WakeUp, at(now))
        .then([started(11, 11, now)])
        .when(timed_out(11, 11), at(now))
        .then([
            failed(11, 11, Some((11, now + at_last)), Some(now + at_last), now),
            disabled(DisabledBecause::Errors, 11, TIMEOUT, now),
        ])
        .due_effects([Effect::Outside(Outside::Notify { webhook: webhook(), notice: 1 })])
        .when(Command::WakeUp, at(now * 2))
        .then_nothing()
        .when(Command::Notified { notice: 1 }, at(now))
        .then([OwnerNotified { about: StreamId::Webhook(webhook()), notice: 1, at: at(now) }.into()])
        .due_nothing()
        .when(Command::Notified { notice: 1 }, at(now))
        .then_nothing();
}

#[test]
fn ten_errors_and_a_success_leave_it_on() {
    let (spec, now) = failing(healthy_with([owed(11), owed(12)]), 10);
    spec.when(Command::WakeUp, at(now))
        .then([started(11, 11, now)])
        .when(taken(11, 11), at(now))
        .then([succeeded(11, 11, now)])
        .when(Command::WakeUp, at(now))
        .then([started(12, 1, now)])
        .when(timed_out(12, 1), at(now))
        .then([failed(12, 1, Some((1, now + 5_000)), Some(now + 5_000), now)]);
}

#[test]
fn a_receiver_that_is_gone_switches_off_at_once() {
    let gone = DeliveryFailed {
        webhook: webhook(),
        delivery: delivery(11),
        try_number: 1,
        code: "report_http_error".to_owned(),
        status: Some(410),
        counted: Some(1),
        not_before: Some(at(5_001)),
        delivery_not_before: Some(at(5_001)),
        at: at(1),
    };
    healthy_with([owed(11), started(11, 1, 0)])
        .when(answered(11, 1, 410, None), at(1))
        .then([gone.into(), disabled(DisabledBecause::Gone, 1, "report_http_error", 1)])
        .due_effects([Effect::Outside(Outside::Notify { webhook: webhook(), notice: 1 })]);
}

#[test]
fn a_receiver_may_ask_for_a_longer_wait_but_not_for_a_shorter_one() {
    for (asked, wait) in [(0, 5_000), (4_000, 5_000), (60_000, 60_000), (9 * 3_600_000, 8 * 3_600_000)] {
        healthy_with([owed(11), started(11, 1, 0)])
            .when(answered(11, 1, 503, Some(asked)), at(0))
            .then([DeliveryFailed {
                webhook: webhook(),
                delivery: delivery(11),
                try_number: 1,
                code: "report_http_error".to_owned(),
                status: Some(503),
                counted: Some(1),
                not_before: Some(at(wait)),
                delivery_not_before: Some(at(wait)),
                at: at(0),
            }
            .into()])
            .due_wake_at(at(wait));
    }
}

#[test]
fn what_was_parked_before_that_moment_stays_parked() {
    healthy_with([owed(11), started(11, 1, 0), failed(11, 1, None, None, 0), parked(11, 11, 100)])
        .when(Command::Recover { since: at(101), by: operator() }, at(200))
        .answers(&Answer::Count(0))
        .then_nothing();
}

#[test]
fn tries_that_end_after_the_fuse_blew_are_noted_and_change_nothing_else() {
    let off = disabled(DisabledBecause::Errors, 11, TIMEOUT, 10);
    let spec = healthy_with([owed(11), owed(21), started(11, 1, 0), started(21, 1, 0), off])
        .when(timed_out(11, 1), at(20))
        .then([failed(11, 1, None, None, 20)])
        .when(taken(21, 1), at(21))
        .then([succeeded(21, 1, 21)])
        .due_effects([Effect::Outside(Outside::Notify { webhook: webhook(), notice: 1 })]);
    assert_eq!((spec.state().enabled, spec.state().owed.len()), (false, 1));
}

#[test]
fn a_try_that_a_crash_broke_off_is_not_made_again_before_it_is_switched_on() {
    let off = disabled(DisabledBecause::Owner, 0, REASON, 10);
    healthy_with([owed(11), started(11, 1, 0)])
        .due_effects([post(11, 1)])
        .and([off])
        .due_nothing()
        .and([enabled()])
        .due_effects([post(11, 1)])
        .when(taken(11, 1), at(20))
        .then([succeeded(11, 1, 20)]);
}

#[test]
fn a_try_that_is_not_under_way_changes_nothing() {
    let spec = healthy_with([owed(11), started(11, 2, 0)]);
    let spec = spec.when(taken(11, 1), at(1)).then_nothing().when(timed_out(11, 3), at(1)).then_nothing();
    spec.when(taken(12, 1), at(1)).then_nothing();
}

fn resend(number: u64) -> Command {
    Command::Resend { delivery: delivery(number), chat: chat(number / 10), by: operator(), erased: None }
}

fn resent(number: u64) -> Event {
    DeliveryResent { webhook: webhook(), delivery: delivery(number), chat: chat(number / 10), by: operator() }.into()
}

#[test]
fn a_resend_by_hand_is_outside_all_counts() {
    let by_hand = |try_number| {
        let (chat, delivery) = (chat(9), delivery(91));
        Effect::Outside(Outside::Post { webhook: webhook(), chat, delivery, try_number, by_hand: true })
    };
    let spec = healthy_with([])
        .when(resend(91), at(1))
        .then([resent(91)])
        .due_effects([by_hand(1)])
        .when(resend(91), at(2))
        .then_nothing()
        .when(timed_out(91, 1), at(3))
        .then([failed(91, 1, None, None, 3)])
        .due_nothing()
        .when(resend(91), at(4))
        .then([resent(91)])
        .due_effects([by_hand(2)])
        .when(taken(91, 2), at(5))
        .then([succeeded(91, 2, 5)])
        .due_nothing();
    assert_eq!(spec.state().errors, 0);
}

#[test]
fn what_is_owed_anyway_is_not_resent() {
    healthy_with([owed(11)]).when(resend(11), at(1)).then_rejected(&Rejection::StillOwed);
}

#[test]
fn what_was_parked_can_be_resent_by_hand() {
    let spec = healthy_with([owed(11), started(11, 1, 0), failed(11, 1, None, None, 0), parked(11, 11, 0)])
        .when(resend(11), at(1))
        .then([resent(11)])
        .when(taken(11, 2), at(2))
        .then([succeeded(11, 2, 2)])
        .due_nothing();
    assert!(spec.state().parked.is_empty());
}

/// Requests made by hand and automatic tries share one numbering, so that an outcome shows which request it belongs
/// to.
#[test]
fn a_resend_under_way_is_not_taken_for_the_try_of_a_delivery_that_was_recovered_meanwhile() {
    let past = [owed(11), started(11, 1, 0), failed(11, 1, None, None, 0), parked(11, 11, 0), resent(11)];
    healthy_with(past)
        .when(Command::Recover { since: at(0), by: operator() }, at(1))
        .then([DeliveriesRecovered { webhook: webhook(), since: at(0), deliveries: 1, by: operator() }.into()])
        .when(Command::WakeUp, at(2))
        .then([started(11, 3, 2)])
        .when(taken(11, 2), at(3))
        .then([succeeded(11, 2, 3)])
        .due_effects([post(11, 3)])
        .when(taken(11, 3), at(4))
        .then([succeeded(11, 3, 4)])
        .due_nothing();
}

#[test]
fn a_resend_of_what_was_given_up_under_way_has_another_number() {
    let discarded =
        DeliveryDiscarded { webhook: webhook(), deliveries: 1, by: operator(), reason: REASON.into(), at: at(1) };
    healthy_with([owed(11), started(11, 1, 0), discarded.into(), resent(11)])
        .when(timed_out(11, 1), at(2))
        .then([failed(11, 1, Some((1, 5_002)), Some(5_002), 2)])
        .when(taken(11, 2), at(3))
        .then([succeeded(11, 2, 3)])
        .due_nothing();
}

/// The errors in a row are over with another chat's success; the delivery goes on waiting by its own.
#[test]
fn the_wait_of_a_single_delivery_is_known_and_ends_with_the_errors() {
    let spec = healthy_with([
        owed(11),
        owed(21),
        started(11, 1, 0),
        failed(11, 1, Some((1, 0)), Some(5_000), 0),
        started(21, 1, 0),
        succeeded(21, 1, 0),
    ]);
    assert_eq!((spec.state().errors, spec.state().not_before), (0, None));
    assert_eq!(spec.state().owed.wait(delivery(11)), Some(at(5_000)));
    assert_eq!(spec.state().owed.wait(delivery(21)), None);
    spec.due_wake_at(at(5_000))
        .when(Command::ResetErrors { by: operator() }, at(1))
        .then([WebhookErrorsReset { webhook: webhook(), by: operator() }.into()])
        .due_wake_at(at(0));
}

#[test]
fn errors_that_are_set_back_let_the_next_try_be_made_at_once() {
    healthy_with([owed(11), started(11, 1, 0), failed(11, 1, Some((1, 5_000)), Some(5_000), 0)])
        .due_wake_at(at(5_000))
        .when(Command::ResetErrors { by: operator() }, at(1))
        .then([WebhookErrorsReset { webhook: webhook(), by: operator() }.into()])
        .due_wake_at(at(0))
        .when(Command::ResetErrors { by: operator() }, at(1))
        .then_nothing();
}
