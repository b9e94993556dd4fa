//! Tests messages to a chat by its title.

use events::account::MessageQueued;
use events::event::Event;
use events::who::Who;

use super::*;
use crate::decider::{Decider, LookupRequest, LookupResult};
use crate::spec::facts::*;

const FIRST: &str = "+12025550100";
const SECOND: &str = "+12025550102";

/// A workspace with two accounts, each with chats.
fn ready() -> WorkspaceSpec {
    WorkspaceSpec::given([created(), url_generated("in_token"), granted(9, "May")])
        .and([connection(1, FIRST).into(), connection(2, SECOND).into()])
}

fn to_name(name: &str, sender: Option<&str>) -> Command {
    changed(|submit| {
        submit.recipient = Recipient::Name(name.to_owned());
        submit.sender = sender.map(str::to_owned);
    })
}

/// The look-up result with these chats, each with the number of its account.
fn found(chats: &[(u64, u64)]) -> LookupResult {
    let entries = chats.iter().map(|(nth, account_number)| {
        let LookupResult::Chat(Some(entry)) = recipients::entry(*account_number, "+12025550101") else {
            unreachable!()
        };
        (chat(*nth), entry)
    });
    LookupResult::Named(entries.collect())
}

fn taken(nth_chat: u64, nth_account: u64) -> [Event; 2] {
    let queued = MessageQueued { account: account(nth_account), chat: chat(nth_chat), ..queueing(11) };
    [queued.into(), charged(11)]
}

#[test]
fn the_chat_with_that_title_gets_the_message_from_its_own_account() {
    ready()
        .finding(found(&[(3, 1)]))
        .when(to_name("Bob Example", None), at(0))
        .answers(&accepted(11, 8))
        .then(taken(3, 1));
}

#[test]
fn the_title_is_looked_up_exactly_as_it_was_given() {
    for name in ["Bob Example", "bob example", " Bob "] {
        let spec = ready();
        let question = Workspace::next_lookup(spec.state(), &to_name(name, None));
        assert_eq!(question, Some(LookupRequest::Named(name.to_owned())));
    }
}

#[test]
fn a_title_that_no_chat_has_is_refused() {
    ready().when(to_name("Bob Example", None), at(0)).then_rejected(&Rejection::ChatNotFound);
}

#[test]
fn a_title_that_several_chats_have_is_refused_with_their_number() {
    for (chats, count) in [(vec![(1, 1), (2, 1)], 2), (vec![(1, 1), (2, 2), (3, 2)], 3)] {
        ready()
            .finding(found(&chats))
            .when(to_name("Bob Example", None), at(0))
            .then_rejected(&Rejection::ChatNameAmbiguous(count));
    }
}

#[test]
fn the_named_account_tells_which_of_several_chats_is_meant() {
    for (sender, chat_number, account_number) in [(FIRST, 1, 1), (SECOND, 2, 2), ("1 202 555 0102", 2, 2)] {
        ready()
            .finding(found(&[(1, 1), (2, 2)]))
            .when(to_name("Bob Example", Some(sender)), at(0))
            .then(taken(chat_number, account_number));
    }
}

#[test]
fn several_chats_of_the_named_account_are_still_too_many() {
    ready()
        .finding(found(&[(1, 1), (2, 2), (3, 1)]))
        .when(to_name("Bob Example", Some(FIRST)), at(0))
        .then_rejected(&Rejection::ChatNameAmbiguous(2));
}

#[test]
fn a_chat_of_another_account_than_the_named_one_is_not_found() {
    ready()
        .finding(found(&[(1, 1)]))
        .when(to_name("Bob Example", Some(SECOND)), at(0))
        .then_rejected(&Rejection::ChatNotFound);
}

#[test]
fn an_unknown_account_is_refused_whatever_the_title() {
    for chats in [vec![], vec![(1, 1)], vec![(1, 1), (2, 2)]] {
        ready()
            .finding(found(&chats))
            .when(to_name("Bob Example", Some("+12025550199")), at(0))
            .then_rejected(&Rejection::AccountNotFound);
    }
}

#[test]
fn a_chat_by_title_takes_messages_while_its_account_is_not_active() {
    for hold in [paused(1), blocked(1, None), disconnected(1, Who::Operator, 0)] {
        ready().and([hold]).finding(found(&[(3, 1)])).when(to_name("Bob Example", None), at(0)).then(taken(3, 1));
    }
}
