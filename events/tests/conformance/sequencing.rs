//! Commits are ordered before they are durable: tests who may append, who gets a commit, and what look-ups see
//! meanwhile.

use events::index::{ChatEntry, IndexKey};
use events::sequencer::{AppendError, Inbox};
use events::who::Who;

use crate::desk::{Desk, commit};
use crate::facts::*;

#[test]
fn a_commit_has_its_place_before_it_is_durable() {
    for mut desk in Desk::each() {
        let record = desk.append(of_workspace(0), begun(0));
        assert_eq!((record.first, record.last()), (1, 3));
        assert_eq!((desk.sequencer.head(), desk.watermark.sequenced(), desk.watermark.durable()), (3, 3, 0));
        assert_eq!(desk.log().head().position, 0);
        desk.flush();
        assert_eq!((desk.watermark.sequenced(), desk.watermark.durable()), (3, 3));
        assert_eq!(desk.log().head().position, 3);
    }
}

#[test]
fn what_has_a_place_is_counted_by_type_and_by_credits() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), begun(0));
        desk.append(of_workspace(0), accepted(0, 1, 1));
        assert!(desk.try_append(of_workspace(0), 9, accepted(0, 1, 2)).is_err());

        let tally = desk.sequencer.tally();

        let count = |name| tally.events().find(|(event, _)| *event == name).map(|(_, count)| count);
        assert_eq!(
            (count("MessageQueued"), count("CreditCharged"), count("MessageFailed")),
            (Some(1), Some(1), Some(0))
        );
        assert_eq!(tally.events().map(|(_, count)| count).sum::<u64>(), desk.sequencer.head());
        assert_eq!((tally.charged(), tally.refunded(), tally.failed().len()), (1, 0, 0));
    }
}

#[test]
fn places_are_contiguous_across_actors() {
    for mut desk in Desk::each() {
        let mut next = 1;
        for round in 0..20 {
            for nth in 0..3 {
                let record = desk.append(of_workspace(nth), accepted(nth, 1, round));
                assert_eq!(record.first, next);
                next = record.last() + 1;
            }
        }
        desk.flush();
        assert_eq!(desk.log().head().position, next - 1);
    }
}

#[test]
fn a_decision_on_an_old_state_is_a_conflict() {
    for mut desk in Desk::each() {
        let stream = of_workspace(0);
        desk.append(stream, begun(0));
        for expected in [0, 2, 4] {
            let refused = desk.try_append(stream, expected, accepted(0, 1, 1));
            assert_eq!(refused, Err(AppendError::Conflict { stream, expected, actual: 3 }));
        }
        assert_eq!(desk.try_append(stream, 3, accepted(0, 1, 1)), Ok(()));
    }
}

#[test]
fn what_is_refused_leaves_no_trace() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), begun(0));
        assert!(desk.try_append(of_workspace(0), 9, vec![opened(0, 1)]).is_err());
        assert_eq!(desk.try_append(of_workspace(0), 3, vec![]), Err(AppendError::Empty));
        assert_eq!((desk.sequencer.head(), desk.watermark.sequenced()), (3, 3));
        assert_eq!(desk.index.find::<ChatEntry>(&IndexKey::Chat(chat(0, 1))).unwrap(), None);
        desk.flush();
        assert_eq!(desk.log().head().position, 3);
    }
}

#[test]
fn only_an_actor_that_is_awake_may_append() {
    for mut desk in Desk::each() {
        let stream = of_workspace(0);
        let refused = Err(AppendError::NotAwake(stream));
        assert_eq!(desk.try_append(stream, 0, begun(0)), refused);
        desk.sequencer.register(stream, Inbox::default());
        assert_eq!(desk.try_append(stream, 0, begun(0)), refused);
        desk.sequencer.replayed(stream, 0);
        assert_eq!(desk.try_append(stream, 0, begun(0)), Ok(()));
        desk.sequencer.unregister(stream);
        assert_eq!(desk.try_append(stream, 3, begun(0)), refused);
    }
}

#[test]
fn nothing_is_appended_when_the_writer_is_gone() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), begun(0));
        desk.close();
        assert_eq!(desk.try_append(of_workspace(0), 3, accepted(0, 1, 1)), Err(AppendError::Closed));
        assert_eq!(desk.sequencer.head(), 3);
    }
}

#[test]
fn only_the_deciding_actors_revision_is_checked() {
    for mut desk in Desk::each() {
        desk.wake(of_account(0));
        desk.append(of_workspace(0), accepted(0, 1, 1));
        desk.append(of_workspace(0), accepted(0, 1, 2));
        let stale = desk.try_append(of_account(0), 0, vec![sent(0, 1, 1)]);
        assert_eq!(stale, Err(AppendError::Conflict { stream: of_account(0), expected: 0, actual: 2 }));
        assert_eq!(desk.drain(of_account(0)), 2);
        assert_eq!(desk.try_append(of_account(0), 2, vec![sent(0, 1, 1)]), Ok(()));
    }
}

#[test]
fn every_awake_witness_is_told_and_nobody_else() {
    for mut desk in Desk::each() {
        let inboxes = [of_workspace(0), of_account(0), of_workspace(1), of_account(1)].map(|stream| {
            let inbox = Inbox::default();
            desk.sequencer.register(stream, Inbox::clone(&inbox));
            desk.sequencer.replayed(stream, 0);
            inbox
        });
        let told = || [0, 1, 2, 3].map(|at| inboxes[at].borrow().len());
        desk.try_append(of_workspace(0), 0, begun(0)).unwrap();
        assert_eq!(told(), [1, 0, 0, 0]);
        desk.try_append(of_workspace(0), 3, accepted(0, 1, 1)).unwrap();
        assert_eq!(told(), [2, 1, 0, 0]);
        desk.try_append(of_account(0), 1, vec![sent(0, 1, 1)]).unwrap();
        assert_eq!(told(), [2, 2, 0, 0]);
        desk.sequencer.unregister(of_account(0));
        desk.try_append(of_workspace(0), 4, accepted(0, 1, 2)).unwrap();
        assert_eq!(told(), [3, 2, 0, 0]);
    }
}

#[test]
fn what_comes_while_an_actor_is_replayed_counts() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), accepted(0, 1, 1));
        let inbox = Inbox::default();
        assert_eq!(desk.sequencer.register(of_account(0), Inbox::clone(&inbox)), 2);
        desk.append(of_workspace(0), accepted(0, 1, 2));
        desk.sequencer.replayed(of_account(0), 1);
        let stale = desk.try_append(of_account(0), 1, vec![sent(0, 1, 1)]);
        assert_eq!(stale, Err(AppendError::Conflict { stream: of_account(0), expected: 1, actual: 2 }));
        assert_eq!(inbox.borrow().len(), 1);
        assert_eq!(desk.try_append(of_account(0), 2, vec![sent(0, 1, 1)]), Ok(()));
    }
}

#[test]
fn a_sequencer_continues_after_what_is_durable() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), begun(0));
        desk.flush();
        desk.append(of_workspace(0), accepted(0, 1, 1));
        let mut desk = desk.reopened();
        assert_eq!(desk.sequencer.head(), 3, "what was not written is lost");
        let record = desk.append(of_workspace(0), accepted(0, 1, 2));
        assert_eq!(record.first, 4);
    }
}

#[test]
fn what_all_have_applied_ends_before_the_first_that_waits() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), begun(0));
        desk.drain(of_workspace(0));
        assert_eq!(desk.sequencer.applied(), 3);
        desk.wake(of_account(0));
        desk.append(of_workspace(0), accepted(0, 1, 1));
        desk.append(of_workspace(0), accepted(0, 1, 2));
        desk.drain(of_workspace(0));
        assert_eq!(desk.sequencer.applied(), 3);
        desk.drain(of_account(0));
        assert_eq!(desk.sequencer.applied(), 7);
    }
}

#[test]
fn look_ups_see_what_is_sequenced_and_durable_ones_do_not() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), begun(0));
        desk.flush();
        desk.append(of_workspace(0), vec![opened(0, 1)]);
        let lookup = IndexKey::Chat(chat(0, 1));
        let durable = |desk: &Desk| {
            let found = desk.index.find_durable::<ChatEntry>(&lookup, desk.watermark.durable()).unwrap();
            found.is_some()
        };
        assert!(desk.index.find::<ChatEntry>(&lookup).unwrap().is_some());
        assert!(!durable(&desk));
        desk.flush();
        assert!(durable(&desk));
        desk.sequencer.store_index(true).unwrap();
        assert!(durable(&desk), "on its way to the disk");
        desk.flush();
        assert!(durable(&desk), "stored");
        assert_eq!(desk.reopened().index.peer(account(0), &peer(1)).unwrap(), Some(chat(0, 1)));
    }
}

#[test]
fn a_commit_tells_its_tenant_and_its_cause() {
    for mut desk in Desk::each() {
        desk.wake(of_workspace(2));
        let record = desk.sequencer.append(of_workspace(2), 0, commit(of_workspace(2), begun(2))).unwrap();
        desk.flush();
        let stored = desk.log().read(1).next().unwrap().unwrap();
        assert_eq!(
            events::codec::decode(&stored, events::codec::Opening::With(desk.vault().as_ref())).unwrap(),
            *record
        );
        assert_eq!((record.workspace, record.cause.by), (workspace(2), Who::System));
    }
}
