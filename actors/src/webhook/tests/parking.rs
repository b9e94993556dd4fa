//! Tests parked deliveries, the notices to owners, and giving up single deliveries.

use super::*;
use crate::decider::Decider;
use crate::webhook::TOLD_EVERY_MS;

const HOUR_MS: i64 = 3_600_000;

fn healthy_with(owed: impl IntoIterator<Item = Event>) -> WebhookSpec {
    given(healthy()).and(owed)
}

/// Failures of one delivery, each followed by a success of another.
fn failures(number: u64, tries: std::ops::RangeInclusive<u32>) -> Vec<Event> {
    let failure = |nth| [started(number, nth, 0), failed(number, nth, Some((1, 0)), Some(0), 0)];
    let other = |nth: u32| {
        let other = 900 + u64::from(nth % 9);
        [owed(other), started(other, 1, 0), succeeded(other, 1, 0)]
    };
    tries.flat_map(|nth| failure(nth).into_iter().chain(other(nth))).collect()
}

fn enabled_again() -> [Event; 2] {
    [disabled(DisabledBecause::Errors, 11, TIMEOUT, 0), enabled()]
}

/// A refused delivery must not be counted anew after each enabling: it would switch the webhook off again and again.
#[test]
fn failures_of_a_delivery_are_counted_over_every_enabling() {
    let past = [vec![owed(11)], failures(11, 1..=5), enabled_again().to_vec(), failures(11, 6..=10)].concat();
    healthy_with(past.into_iter().chain(enabled_again()).chain([started(11, 11, 0)]))
        .when(timed_out(11, 11), at(0))
        .then([failed(11, 11, Some((1, 5_000)), Some(wait_ms(11)), 0), parked(11, 11, 0)]);
}

#[test]
fn parkings_are_counted() {
    for parkings in 0..3 {
        let past = (0..parkings).map(|nth| parked(11 + 10 * nth, 11, 0));
        let owed = (0..parkings).map(|nth| owed(11 + 10 * nth));
        assert_eq!(healthy_with(owed.chain(past)).state().parkings(), parkings);
    }
}

#[test]
fn at_another_url_they_are_counted_anew() {
    let other = WebhookConfigured {
        workspace: workspace(),
        webhook: webhook(),
        url: Some("https://crm.example/other".into()),
        aggregation: Aggregation::None,
        by: operator(),
    };
    let past = [vec![owed(11)], failures(11, 1..=10), vec![other.into(), started(11, 11, 0)]].concat();
    healthy_with(past).when(timed_out(11, 11), at(0)).then([failed(11, 11, Some((1, 5_000)), Some(5_000), 0)]);
}

/// A receiver that answers 429 is busy, but has nothing against the delivery.
#[test]
fn a_429_does_not_park_but_counts_as_an_error_in_a_row() {
    let past = [vec![owed(11)], failures(11, 1..=10), vec![started(11, 11, 0)]].concat();
    healthy_with(past)
        .when(answered(11, 11, 429, None), at(0))
        .then([refused(11, 11, 429, Some((1, 5_000)), Some(wait_ms(11)), 0)])
        .when(Command::WakeUp, at(wait_ms(11)))
        .then([started(11, 12, wait_ms(11))])
        .when(answered(11, 12, 422, None), at(wait_ms(11)))
        .then([
            refused(11, 12, 422, Some((2, wait_ms(11) + 30_000)), Some(wait_ms(11) + wait_ms(12)), wait_ms(11)),
            parked(11, 11, wait_ms(11)),
        ]);
}

#[test]
fn what_is_recovered_begins_anew_in_its_place() {
    let past = [vec![owed(11), owed(12)], failures(11, 1..=11), vec![parked(11, 11, 0)]].concat();
    healthy_with(past)
        .when(Command::Recover { since: at(0), by: operator() }, at(1))
        .answers(&Answer::Count(1))
        .then([DeliveriesRecovered { webhook: webhook(), since: at(0), deliveries: 1, by: operator() }.into()])
        .when(Command::WakeUp, at(2))
        .then([started(11, 12, 2)])
        .when(timed_out(11, 12), at(3))
        .then([failed(11, 12, Some((1, 5_003)), Some(5_003), 3)]);
}

fn notices(spec: &WebhookSpec) -> Vec<(i64, u64)> {
    let due = Webhook::due(spec.state()).later.into_iter();
    due.map(|(at, effect)| match effect {
        Effect::Outside(Outside::NotifyParked { notice, .. }) => (at.ms(), notice),
        other => panic!("{other:?}"),
    })
    .collect()
}

fn told_of_parked(notice: u64, parkings: u64, ms: i64) -> Event {
    OwnerToldOfParked { webhook: webhook(), notice, parkings, at: at(ms) }.into()
}

/// Nothing is parked silently, and nobody is flooded with e-mails about it.
#[test]
fn the_owner_is_told_of_what_is_parked_once_an_hour_at_most() {
    assert_eq!(i64::try_from(TOLD_EVERY_MS), Ok(HOUR_MS));
    let spec = healthy_with([owed(11), owed(21), owed(31), parked(11, 11, 5)]);
    assert_eq!(notices(&spec), [(0, 1)]);
    let spec = spec.and([parked(21, 11, 6)]);
    assert_eq!(notices(&spec), [(0, 1)], "the same letter");
    let spec = spec
        .when(Command::ToldOfParked { notice: 1, parkings: 1 }, at(10))
        .then([told_of_parked(1, 1, 10)])
        .when(Command::ToldOfParked { notice: 1, parkings: 1 }, at(11))
        .then_nothing();
    assert_eq!(notices(&spec), [(10 + HOUR_MS, 2)], "the letter was written before the second one was parked");
    let spec = spec.and([told_of_parked(2, 2, 10 + HOUR_MS)]);
    assert_eq!(notices(&spec), []);
    let spec = spec.and([parked(31, 11, 20 + HOUR_MS)]);
    assert_eq!(notices(&spec), [(10 + 2 * HOUR_MS, 3)]);
    let recovered = DeliveriesRecovered { webhook: webhook(), since: at(0), deliveries: 3, by: operator() };
    assert_eq!(notices(&spec.and([recovered.into()])), [], "there is nothing left to tell");
}

fn discard(number: u64) -> Command {
    let (delivery, chat) = (delivery(number), chat(number / 10));
    Command::Discard(Discard { delivery, chat, by: operator(), reason: REASON.to_owned() })
}

fn discarded(number: u64, ms: i64) -> Event {
    let (delivery, chat, reason) = (delivery(number), chat(number / 10), REASON.into());
    SingleDeliveryDiscarded { webhook: webhook(), delivery, chat, by: operator(), reason, at: at(ms) }.into()
}

#[test]
fn one_delivery_is_given_up_by_somebodys_word_whether_it_is_owed_or_parked() {
    let spec = healthy_with([owed(11), owed(12), owed(21), parked(21, 11, 0)])
        .when(discard(11), at(1))
        .then([discarded(11, 1)])
        .when(discard(21), at(1))
        .then([discarded(21, 1)])
        .when(Command::WakeUp, at(2))
        .then([started(12, 1, 2)]);
    assert_eq!((spec.state().owed.len(), spec.state().parked.len()), (1, 0));
}

#[test]
fn what_is_neither_owed_nor_parked_cannot_be_given_up() {
    healthy_with([owed(11)]).when(discard(91), at(1)).then_rejected(&Rejection::NotOwed);
}

#[test]
fn what_is_given_up_under_way_is_neither_tried_again_nor_parked() {
    let past = [vec![owed(11)], failures(11, 1..=10), vec![started(11, 11, 0)]].concat();
    healthy_with(past)
        .when(discard(11), at(1))
        .then([discarded(11, 1)])
        .when(timed_out(11, 11), at(2))
        .then([failed(11, 11, Some((1, 5_002)), Some(5_002), 2)])
        .due_nothing();
}
