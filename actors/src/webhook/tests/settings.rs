//! Tests settings: the URL, the switch, and what happens to a backlog.

use events::personal::Digest;
use events::webhook::WebhookKeyRotated;

use super::*;

fn change() -> Configure {
    Configure {
        webhook: webhook(),
        url: None,
        aggregation: None,
        enabled: None,
        discard: false,
        by: operator(),
        reason: REASON.to_owned(),
    }
}

/// A change of the URL alone.
fn to(url: &str) -> Configure {
    Configure { url: Some(Some(url.to_owned())), ..change() }
}

#[test]
fn the_first_url_switches_it_on() {
    given([]).when(Command::Configure(to(URL)), at(1)).then([configured(Aggregation::None), enabled()]);
}

#[test]
fn the_first_url_does_not_switch_it_on_where_that_is_not_wanted() {
    given([])
        .when(Command::Configure(Configure { enabled: Some(false), ..to(URL) }), at(1))
        .then([configured(Aggregation::None)])
        .when(Command::Configure(to("https://crm.example/other")), at(2))
        .then([WebhookConfigured {
            workspace: workspace(),
            webhook: webhook(),
            url: Some("https://crm.example/other".into()),
            aggregation: Aggregation::None,
            by: operator(),
        }
        .into()]);
}

#[test]
fn only_the_first_url_switches_it_on() {
    let Event::WebhookConfigured(none) = configured(Aggregation::None) else { unreachable!() };
    let none = WebhookConfigured { url: None, ..none };
    given(healthy())
        .and([disabled(DisabledBecause::Owner, 0, REASON, 2), none.into()])
        .when(Command::Configure(to(URL)), at(3))
        .then([configured(Aggregation::None)]);
}

#[test]
fn another_key_is_recorded_by_its_digest() {
    let key_hash = Digest([7; 32]);
    given(healthy())
        .when(Command::KeyRotated { webhook: webhook(), key_hash, by: operator() }, at(3))
        .then([WebhookKeyRotated { webhook: webhook(), key_hash, by: operator() }.into()]);
}

#[test]
fn without_a_url_it_cannot_be_switched_on() {
    given([])
        .when(Command::Configure(Configure { enabled: Some(true), ..change() }), at(1))
        .then_rejected(&Rejection::NoUrl);
    let without = Configure { url: Some(None), enabled: Some(true), ..change() };
    given(healthy()).when(Command::Configure(without), at(1)).then_rejected(&Rejection::NoUrl);
}

#[test]
fn what_is_so_already_causes_nothing() {
    let same = Configure { aggregation: Some(Aggregation::None), enabled: Some(true), ..to(URL) };
    given(healthy()).when(Command::Configure(same), at(1)).then_nothing();
}

#[test]
fn the_owner_switches_it_off_and_nobody_is_mailed() {
    given(healthy())
        .and([owed(11)])
        .when(Command::Configure(Configure { enabled: Some(false), ..change() }), at(3))
        .then([disabled(DisabledBecause::Owner, 0, REASON, 3)])
        .due_nothing();
}

#[test]
fn a_backlog_is_sent_unless_it_is_given_up() {
    let off = disabled(DisabledBecause::Errors, 11, TIMEOUT, 10);
    let told = OwnerNotified { about: StreamId::Webhook(webhook()), notice: 1, at: at(11) };
    let past = || healthy().into_iter().chain([owed(11), owed(21), off.clone(), told.clone().into()]);
    given(past())
        .when(Command::Configure(Configure { enabled: Some(true), ..change() }), at(20))
        .then([enabled()])
        .due_wake_at(at(0))
        .when(Command::WakeUp, at(20))
        .then([started(11, 1, 20)]);
    let discarded =
        DeliveryDiscarded { webhook: webhook(), deliveries: 2, by: operator(), reason: REASON.into(), at: at(20) };
    given(past())
        .when(Command::Configure(Configure { enabled: Some(true), discard: true, ..change() }), at(20))
        .then([enabled(), discarded.into()])
        .due_nothing();
}

#[test]
fn another_url_makes_errors_of_the_one_before_count_no_more() {
    let other = WebhookConfigured {
        workspace: workspace(),
        webhook: webhook(),
        url: Some("https://crm.example/other".into()),
        aggregation: Aggregation::None,
        by: operator(),
    };
    let past =
        [owed(11), owed(21), started(11, 1, 0), failed(11, 1, Some((1, 5_000)), Some(5_000), 0), started(21, 1, 5_000)];
    let spec = given(healthy())
        .and(past)
        .when(Command::Configure(to("https://crm.example/other")), at(6_000))
        .then([other.into()])
        .when(timed_out(21, 1), at(6_001))
        .then([failed(21, 1, None, None, 6_001)])
        .when(Command::WakeUp, at(6_002))
        .then([started(11, 2, 6_002)]);
    assert_eq!(spec.state().errors, 0);
}

#[test]
fn without_a_url_nothing_is_tried_and_what_is_owed_stays_owed() {
    let nowhere = WebhookConfigured {
        workspace: workspace(),
        webhook: webhook(),
        url: None,
        aggregation: Aggregation::None,
        by: operator(),
    };
    given(healthy())
        .and([owed(11), nowhere.into()])
        .due_nothing()
        .when(Command::Configure(to(URL)), at(1))
        .then([configured(Aggregation::None)])
        .when(Command::WakeUp, at(2))
        .then([started(11, 1, 2)]);
}
