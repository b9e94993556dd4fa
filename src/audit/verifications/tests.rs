//! Tests who shares a verification, and when it ends without a verdict. The work is a stand-in for reading a long log.

use std::thread;

use events::founding::LogId;
use events::personal::Digest;
use tokio::sync::mpsc::{UnboundedReceiver as Receiver, UnboundedSender as Sender, unbounded_channel as channel};

use super::*;

/// What the work is told by a test, and what it tells.
struct Work {
    end: Receiver<()>,
    begun: Sender<()>,
    /// True if it was cancelled.
    ended: Sender<bool>,
}

/// The test's side of it.
struct Desk {
    end: Sender<()>,
    begun: Receiver<()>,
    ended: Receiver<bool>,
}

fn long_work() -> (Work, Desk) {
    let ((end, to_end), (told, begun), (telling, ended)) = (channel(), channel(), channel());
    (Work { end: to_end, begun: told, ended: telling }, Desk { end, begun, ended })
}

/// Tells its progress until the test ends it, or nobody wants to know any more.
fn run(work: &mut Work, told: &mut dyn FnMut(Position) -> ControlFlow<()>) -> Result<Sound, Unsound> {
    work.begun.send(()).unwrap();
    let is_cancelled = loop {
        if told(7).is_break() {
            break true;
        }
        if work.end.try_recv().is_ok() {
            break false;
        }
        thread::yield_now();
    };
    work.ended.send(is_cancelled).unwrap();
    if is_cancelled { Err(Unsound::Cancelled) } else { Ok(sound()) }
}

fn sound() -> Sound {
    let [hash, root] = [b"head", b"root"].map(|bytes| Digest::of(bytes));
    Sound { log: LogId([7; 16]), position: 9, hash, root, checkpoints: 0, covered: 0, by_heads: 0 }
}

fn start(under_way: &Verifications, notes: &[&str], mut work: Work) -> Result<Verification, Busy> {
    let asked = (notes.iter().map(|note| (*note).to_owned()).collect(), Some("key".to_owned()));
    under_way.join_or_start(asked, 9, ReadMode::Pool, move |told| run(&mut work, told))
}

async fn is_sound(verification: &Verification) -> bool {
    matches!(verification.outcome().await.as_ref(), Ok(found) if *found == sound())
}

fn nothing_under_way() -> Verifications {
    Verifications::none(CheckpointFiles::default())
}

#[tokio::test]
async fn who_asks_for_the_same_shares_one_reading() {
    let (under_way, (work, mut desk), (never, mut idle)) = (nothing_under_way(), long_work(), long_work());
    let first = start(&under_way, &[], work).unwrap();
    desk.begun.recv().await.unwrap();
    let second = start(&under_way, &[], never).unwrap();
    let other = start(&under_way, &["another note"], long_work().0);
    assert_eq!(other.err(), Some(Busy));
    drop(first);
    desk.end.send(()).unwrap();
    assert!(is_sound(&second).await);
    assert_eq!(second.progress(), (7, 9));
    assert_eq!(desk.ended.recv().await, Some(false));
    assert!(idle.begun.recv().await.is_none(), "the log was read twice");
}

#[tokio::test]
async fn it_is_cancelled_when_the_last_caller_has_gone_and_the_next_one_begins_anew() {
    let (under_way, (work, mut desk), (again, mut next)) = (nothing_under_way(), long_work(), long_work());
    let [first, second] = [start(&under_way, &[], work).unwrap(), start(&under_way, &[], long_work().0).unwrap()];
    desk.begun.recv().await.unwrap();
    drop((first, second));
    let third = start(&under_way, &["a note"], again).unwrap();
    assert_eq!(desk.ended.recv().await, Some(true));
    next.begun.recv().await.unwrap();
    next.end.send(()).unwrap();
    assert!(is_sound(&third).await);
}

/// What was asked for before may have another answer now.
#[tokio::test]
async fn a_verification_that_has_ended_is_not_joined() {
    let (under_way, (work, desk), (again, mut next)) = (nothing_under_way(), long_work(), long_work());
    let first = start(&under_way, &[], work).unwrap();
    desk.end.send(()).unwrap();
    assert!(is_sound(&first).await);
    let second = start(&under_way, &[], again).unwrap();
    next.begun.recv().await.unwrap();
    next.end.send(()).unwrap();
    assert!(is_sound(&second).await);
    assert!(is_sound(&first).await);
}

#[tokio::test]
async fn who_waits_for_what_breaks_is_told_so() {
    let asked = (Vec::new(), Some("key".to_owned()));
    let broken = |_: &mut dyn FnMut(Position) -> ControlFlow<()>| {
        Err(Unsound::Read(events::log::ReadError::Store(std::io::Error::other("gone"))))
    };
    let verification = nothing_under_way().join_or_start(asked, 9, ReadMode::Pool, broken).unwrap();
    assert_eq!(
        verification.outcome().await.as_ref().as_ref().unwrap_err().to_string(),
        "the store cannot be read: gone"
    );
}
