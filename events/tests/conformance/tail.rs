//! Followers of a log get each event once, in order, and share what was read for them.

use std::time::Duration;

use events::history::Of;
use events::record::Position;
use events::tail::{Follower, Piece, Tail};
use tokio::time::timeout;

use crate::desk::Desk;
use crate::facts::*;

/// Longer than a tail waits between two reads.
const SOON: Duration = Duration::from_secs(2);
/// Length of a text: a few hundred messages with it are more than a tail keeps in memory.
const LONG: usize = 4_000;

fn run(test: impl AsyncFnOnce(Desk, Tail)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let desk = Desk::on(crate::store::Store::memory());
    let tail = Tail::new(desk.history(), desk.watermark.clone());
    runtime.block_on(async {
        let running = tokio::spawn(tail.clone().run());
        test(desk, tail).await;
        running.abort();
    });
}

/// Returns everything that a follower gets until nothing more comes.
async fn pieces(follower: &mut Follower) -> Vec<Piece> {
    let mut pieces = Vec::new();
    while timeout(SOON, follower.ready()).await.is_ok() {
        let before = follower.position();
        pieces.push(follower.next().await.unwrap());
        assert!(follower.position() > before, "a follower that is ready gets on");
    }
    pieces
}

fn positions(pieces: &[Piece]) -> Vec<Position> {
    pieces.iter().flat_map(|piece| piece.events().map(|(position, ..)| position)).collect()
}

fn accept(desk: &mut Desk, nth: u64, messages: std::ops::Range<u64>, text: &str) {
    for message in messages {
        desk.append(of_workspace(nth), accepted_saying(nth, 1, message, text));
    }
    desk.flush();
}

/// Returns the positions after `after`, of one workspace or of all.
fn wanted(desk: &Desk, of: Option<u64>, after: Position) -> Vec<Position> {
    let mut found = Vec::new();
    let history = desk.history();
    history
        .walk(Of::All, after + 1..=history.head().position, |position, record, _| {
            found.extend(of.is_none_or(|nth| record.workspace == workspace(nth)).then_some(position));
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    found
}

#[test]
fn a_follower_gets_what_was_and_what_comes_once_and_in_order() {
    run(async |mut desk, tail| {
        accept(&mut desk, 0, 0..900, "hi");
        accept(&mut desk, 1, 0..900, "hi");
        let half = desk.history().head().position / 2 + 1;
        let mut followers = [(Some(0), 0), (None, half), (Some(1), half)]
            .map(|(of, after)| (tail.follow(of.map(workspace), after), of, after, Vec::new()));
        for round in 1..4 {
            for (follower, _, _, seen) in &mut followers {
                seen.extend(positions(&pieces(follower).await));
            }
            accept(&mut desk, 1, round * 1_000..round * 1_000 + 30, "hi");
            accept(&mut desk, 0, round * 1_000..round * 1_000 + 30, "hi");
        }
        for (follower, of, after, seen) in &mut followers {
            seen.extend(positions(&pieces(follower).await));
            assert_eq!(*seen, wanted(&desk, *of, *after), "{of:?} behind {after}");
        }
    });
}

#[test]
fn followers_of_one_workspace_share_what_was_read() {
    run(async |mut desk, tail| {
        accept(&mut desk, 0, 0..10, "hi");
        let head = desk.history().head().position;
        let mut followers = [Some(workspace(0)), Some(workspace(0)), None].map(|of| tail.follow(of, head));
        accept(&mut desk, 0, 10..20, "hi");
        let mut seen = Vec::new();
        for follower in &mut followers {
            seen.push(pieces(follower).await);
        }
        let records = |pieces: &[Piece]| -> Vec<_> {
            pieces.iter().flat_map(|piece| piece.events().map(|(_, record, _)| std::ptr::from_ref(record))).collect()
        };
        assert_eq!(positions(&seen[0]).len(), 20);
        assert_eq!(records(&seen[0]), records(&seen[1]));
        assert_eq!(records(&seen[0]), records(&seen[2]));
    });
}

#[test]
fn whoever_is_too_far_behind_reads_the_log() {
    run(async |mut desk, tail| {
        let text = "x".repeat(LONG);
        accept(&mut desk, 0, 0..1, &text);
        let head = desk.history().head().position;
        let (mut quick, mut slow) = (tail.follow(Some(workspace(0)), head), tail.follow(Some(workspace(0)), head));
        let mut seen = Vec::new();
        for round in 1..9 {
            accept(&mut desk, 0, round * 100..round * 100 + 99, &text);
            seen.extend(positions(&pieces(&mut quick).await));
        }
        assert_eq!(seen, wanted(&desk, Some(0), head));
        assert_eq!(positions(&pieces(&mut slow).await), seen);
    });
}

#[test]
fn what_concerns_others_is_passed_over_without_being_told() {
    run(async |mut desk, tail| {
        accept(&mut desk, 0, 0..1, "hi");
        let begun = desk.history().head().position;
        let mut follower = tail.follow(Some(workspace(0)), begun);
        accept(&mut desk, 1, 0..50, "hi");
        assert!(pieces(&mut follower).await.is_empty());
        assert_eq!(follower.position(), begun);
        follower.pass();
        assert_eq!(follower.position(), desk.history().head().position);
        accept(&mut desk, 0, 1..2, "hi");
        let passed = follower.position();
        follower.pass();
        assert_eq!(positions(&pieces(&mut follower).await), wanted(&desk, Some(0), passed));
    });
}

/// Nothing is read while nobody follows, so the next follower begins anew.
#[test]
fn a_pause_without_followers_loses_nothing() {
    run(async |mut desk, tail| {
        accept(&mut desk, 0, 0..5, "hi");
        let first = tail.follow(Some(workspace(0)), 0);
        drop(first);
        accept(&mut desk, 0, 5..50, "hi");
        tokio::time::sleep(SOON).await;
        let mut second = tail.follow(Some(workspace(0)), 3);
        assert_eq!(positions(&pieces(&mut second).await), wanted(&desk, Some(0), 3));
    });
}
