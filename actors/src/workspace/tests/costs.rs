//! Tests what text, a file and both together cost.

use events::account::{File, MessageQueued};
use events::event::Event;
use events::workspace::{CreditCharged, CreditRefunded};

use super::*;
use crate::spec::facts::*;

fn with_credits(credits: u64) -> WorkspaceSpec {
    WorkspaceSpec::given([created(), url_generated("in_token"), granted(credits, "May"), connected()])
}

fn saying(text: &str, with_file: bool) -> Command {
    let file = with_file.then(file);
    changed(|submit| (submit.text, submit.file) = (text.to_owned(), file))
}

/// The events of message 11.
fn taken(text: &str, file: Option<File>, cost: u64) -> [Event; 3] {
    let queued = MessageQueued { cost, ..queueing_as(11, text, file) };
    let charged = CreditCharged { workspace: workspace(), message: message(11), amount: cost };
    [opened(1, "+12025550101"), queued.into(), charged.into()]
}

#[test]
fn text_costs_one_credit() {
    with_credits(9).when(saying("hi", false), at(0)).answers(&accepted(11, 8)).then(taken("hi", None, 1));
}

#[test]
fn a_file_costs_one_credit() {
    with_credits(9).when(saying("", true), at(0)).answers(&accepted(11, 8)).then(taken("", Some(file()), 1));
}

#[test]
fn text_with_a_file_costs_two_credits() {
    with_credits(9).when(saying("hi", true), at(0)).answers(&accepted(11, 7)).then(taken("hi", Some(file()), 2));
}

#[test]
fn blank_text_with_a_file_costs_one_credit() {
    for blank in [" ", "\n\t ", "\u{a0}", "\u{200b}", "\u{2800}", "\u{3164}", "\u{0}"] {
        with_credits(9).when(saying(blank, true), at(0)).answers(&accepted(11, 8)).then(taken(blank, Some(file()), 1));
    }
}

#[test]
fn a_message_that_costs_more_than_the_balance_is_refused() {
    let refused = |available| Rejection::InsufficientCredits { needed: 2, available };
    with_credits(1).when(saying("hi", true), at(0)).then_rejected(&refused(1));
    WorkspaceSpec::given([created(), url_generated("in_token"), connected()])
        .when(saying("hi", true), at(0))
        .then_rejected(&refused(0));
}

#[test]
fn the_last_two_credits_buy_text_with_a_file() {
    with_credits(2).when(saying("hi", true), at(0)).answers(&accepted(11, 0)).then(taken("hi", Some(file()), 2));
}

#[test]
fn the_last_credit_buys_text_or_a_file() {
    with_credits(1).when(saying("hi", false), at(0)).answers(&accepted(11, 0)).then(taken("hi", None, 1));
    with_credits(1).when(saying("", true), at(0)).answers(&accepted(11, 0)).then(taken("", Some(file()), 1));
}

#[test]
fn a_refund_gives_back_both_credits() {
    let refund =
        CreditRefunded { workspace: workspace(), message: message(11), amount: 2, reason: "file_too_large".to_owned() };
    let spec = with_credits(2).and(taken("hi", Some(file()), 2)).and([refund.into()]);
    assert_eq!(spec.state().balance, 2);
}
