//! A replaced inbound token or revoked key gives access until that is durable, and never again.

use events::ids::WorkspaceId;
use events::index::{IndexKey, KeyEntry};

use crate::desk::Desk;
use crate::facts::*;

/// Returns the workspace to which the token or key gives access now: only what is durable counts.
fn opens(desk: &Desk, lookup: &IndexKey) -> Option<WorkspaceId> {
    let durable = desk.watermark.durable();
    match lookup {
        IndexKey::ApiKey(_) => desk.index.find_durable::<KeyEntry>(lookup, durable).unwrap().map(|key| key.workspace),
        _ => desk.index.find_durable(lookup, durable).unwrap(),
    }
}

/// The same as rules see it: everything sequenced counts.
fn sequenced(desk: &Desk, lookup: &IndexKey) -> Option<WorkspaceId> {
    match lookup {
        IndexKey::ApiKey(_) => desk.index.find::<KeyEntry>(lookup).unwrap().map(|key| key.workspace),
        _ => desk.index.find(lookup).unwrap(),
    }
}

/// The first token and key of the first workspace, their successors, and the events that end them.
fn ends() -> [(IndexKey, IndexKey, Vec<events::event::Event>); 2] {
    let replaced = url_generated(0, token(9), Some(token(0)));
    let revoked = vec![key_created(0, 2, key(9)), key_revoked(0, 1, key(0))];
    [
        (IndexKey::Inbound(token(0)), IndexKey::Inbound(token(9)), vec![replaced]),
        (IndexKey::ApiKey(key(0)), IndexKey::ApiKey(key(9)), revoked),
    ]
}

/// Ends the old one, and looks it up again and again, wherever the entries are.
fn ends_for_good(mut desk: Desk, (old, new, events): (IndexKey, IndexKey, Vec<events::event::Event>)) {
    assert_eq!(opens(&desk, &old), Some(workspace(0)), "before it ends");
    desk.append(of_workspace(0), events);
    assert_eq!((sequenced(&desk, &old), sequenced(&desk, &new)), (None, Some(workspace(0))), "sequenced");
    assert_eq!(opens(&desk, &old), Some(workspace(0)), "its end is not durable");
    assert_eq!(opens(&desk, &new), None, "nor is its successor");
    desk.sequencer.store_index(true).unwrap();
    assert_eq!(opens(&desk, &old), Some(workspace(0)), "its end is on its way to the disk");
    desk.flush_once();
    while opens(&desk, &old).is_some() {
        assert_eq!(opens(&desk, &new), None, "one of them opens, never both");
        assert!(desk.flush_once(), "all is written and the old one still opens");
    }
    gone(&desk, &old, &new);
    desk.flush();
    gone(&desk, &old, &new);
    let mut desk = desk.reopened();
    gone(&desk, &old, &new);
    desk.store_index();
    gone(&desk, &old, &new);
    gone(&desk.reopened(), &old, &new);
}

fn gone(desk: &Desk, old: &IndexKey, new: &IndexKey) {
    assert_eq!((sequenced(desk, old), opens(desk, old)), (None, None));
    assert_eq!(opens(desk, new), Some(workspace(0)));
}

#[test]
fn what_is_only_in_memory_opens_until_its_end_is_durable() {
    for which in 0..2 {
        for mut desk in Desk::each() {
            desk.append(of_workspace(0), begun(0));
            desk.flush();
            ends_for_good(desk, ends()[which].clone());
        }
    }
}

#[test]
fn what_is_on_its_way_to_the_disk_opens_until_its_end_is_durable() {
    for which in 0..2 {
        for mut desk in Desk::each() {
            desk.append(of_workspace(0), begun(0));
            desk.flush();
            desk.sequencer.store_index(true).unwrap();
            ends_for_good(desk, ends()[which].clone());
        }
    }
}

#[test]
fn what_is_stored_opens_until_its_end_is_durable() {
    for which in 0..2 {
        for mut desk in Desk::each() {
            desk.append(of_workspace(0), begun(0));
            desk.store_index();
            ends_for_good(desk, ends()[which].clone());
        }
    }
}

#[test]
fn what_was_made_again_from_the_records_opens_until_its_end_is_durable() {
    for which in 0..2 {
        for mut desk in Desk::each() {
            desk.append(of_workspace(0), begun(0));
            desk.flush();
            ends_for_good(desk.reopened(), ends()[which].clone());
        }
    }
}

#[test]
fn what_began_and_ended_before_either_was_durable_never_opens() {
    for (old, new, events) in ends() {
        for mut desk in Desk::each() {
            desk.append(of_workspace(0), begun(0));
            desk.append(of_workspace(0), events.clone());
            assert_eq!(opens(&desk, &old), None);
            assert_eq!(opens(&desk, &new), None);
            desk.flush();
            gone(&desk, &old, &new);
        }
    }
}

#[test]
fn an_end_that_was_lost_with_the_process_did_not_happen() {
    for (old, new, events) in ends() {
        for mut desk in Desk::each() {
            desk.append(of_workspace(0), begun(0));
            desk.flush();
            desk.append(of_workspace(0), events.clone());
            let desk = desk.reopened();
            assert_eq!(opens(&desk, &old), Some(workspace(0)));
            assert_eq!(opens(&desk, &new), None);
        }
    }
}

#[test]
fn the_end_of_one_ends_no_other() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), begun(0));
        desk.append(of_workspace(1), begun(1));
        for (_, _, events) in ends() {
            desk.append(of_workspace(0), events);
        }
        desk.store_index();
        for lookup in [IndexKey::Inbound(token(1)), IndexKey::ApiKey(key(1))] {
            assert_eq!(opens(&desk, &lookup), Some(workspace(1)));
        }
    }
}
