//! Durability: what waits becomes one batch, is synced once, and only then raises the watermark.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use events::codec::Opening;
use events::index::Index;
use events::log::{Head, Log, NOTE_BYTES_MAX, Note, WriteError};
use events::record::Position;
use events::sequencer::{AppendError, Inbox, Sequencer};
use events::verify::verify;
use events::watermark::Watermark;
use events::writer::{BATCH_BYTES_MAX, BATCH_COMMITS_MAX, BATCH_NOTES_MAX, Work, Writer, WriterError};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::desk::{Desk, commit};
use crate::facts::*;
use crate::hand::queued;
use crate::store::Store;
use crate::watched::{Broken, LogCall, Watched};

/// A writer that has not started, on a watched log.
struct Bench {
    log: Arc<Watched>,
    watermark: Watermark,
    sequencer: Sequencer,
    writer: Writer,
    work: UnboundedReceiver<Work>,
}

impl Bench {
    fn on(store: &Store, broken: Broken) -> Self {
        let log = Arc::new(Watched::new(store.shared(), broken));
        let shared: Arc<dyn Log> = Arc::clone(&log) as _;
        let index = Arc::new(Index::open(Arc::clone(&shared), Arc::clone(store.vault())).unwrap());
        let watermark = Watermark::at(log.head().position);
        log.looks_at(&watermark);
        let (sender, work) = unbounded_channel();
        let mut sequencer = Sequencer::new(Arc::clone(&index), watermark.clone(), sender);
        sequencer.register(of_workspace(0), Inbox::default());
        sequencer.replayed(of_workspace(0), 0);
        let writer = Writer::new(shared, index, watermark.clone());
        Self { log, watermark, sequencer, writer, work }
    }

    /// Sequences this many commits of one event each, about messages queued at different moments.
    fn sequence(&mut self, commits: u64, text: &str) {
        for number in 0..commits {
            // The stream of the workspace sees none of these events, so its revision stays.
            let commit = commit(of_workspace(0), vec![queued(number << 32, text)]);
            self.sequencer.append(of_workspace(0), 0, commit).unwrap();
        }
    }

    /// Ends the sequencer, and lets the writer process what waits.
    fn run(self) -> (Result<(), WriterError>, Vec<LogCall>, Watermark) {
        drop(self.sequencer);
        let result = self.writer.run(self.work);
        (result, self.log.seen(), self.watermark)
    }
}

fn each(broken: Broken) -> [(Store, Bench); 2] {
    Store::each().map(|store| {
        let bench = Bench::on(&store, broken);
        (store, bench)
    })
}

#[test]
fn the_watermark_rises_after_the_sync_and_not_before() {
    for (_store, mut bench) in each(Broken::Nothing) {
        bench.sequence(300, "hi");
        let (result, seen, watermark) = bench.run();
        result.unwrap();
        let wanted = [write(256, 0), LogCall::Sync { durable: 0 }, write(44, 256), LogCall::Sync { durable: 256 }];
        assert_eq!(seen, wanted);
        assert_eq!(watermark.durable(), 300);
    }
}

#[test]
fn commits_that_wait_are_written_and_synced_once_and_the_index_a_part_at_a_time() {
    for (_store, mut bench) in each(Broken::Nothing) {
        bench.sequence(40, "hi");
        bench.sequencer.note(vec![(b"k".to_vec(), Some(b"v".to_vec()))]).unwrap();
        bench.sequencer.store_index(true).unwrap();
        let (result, seen, _) = bench.run();
        result.unwrap();
        // With the commits: the note, and the first eight notes of the index. Then the rest of the index: it has 40
        // notes of messages, one of an account, one of a chat, and the covered position.
        let first = [LogCall::Write { commits: 40, notes: 1 + 8, durable: 0 }, LogCall::Sync { durable: 0 }];
        let rest = [LogCall::Write { commits: 0, notes: 43 - 8, durable: 40 }, LogCall::Sync { durable: 40 }];
        assert_eq!(seen, [first, rest].concat());
    }
}

#[test]
fn a_batch_has_256_commits_at_most() {
    assert_eq!(BATCH_COMMITS_MAX, 256);
    for (commits, wanted) in [(255, vec![255]), (256, vec![256]), (257, vec![256, 1]), (600, vec![256, 256, 88])] {
        for (store, mut bench) in each(Broken::Nothing) {
            bench.sequence(commits, "hi");
            let (result, seen, _) = bench.run();
            result.unwrap();
            assert_eq!(sizes(&seen), wanted);
            assert_eq!(verify(store.log(), Opening::Shut, |_| ()).unwrap().position, commits);
        }
    }
}

#[test]
fn a_batch_that_has_grown_large_is_closed() {
    let text = "x".repeat(1 << 18);
    let commits = BATCH_BYTES_MAX / text.len();
    for (store, mut bench) in each(Broken::Nothing) {
        bench.sequence(commits as u64 + 3, &text);
        let (result, seen, _) = bench.run();
        result.unwrap();
        assert_eq!(sizes(&seen), [commits, 3]);
        assert_eq!(verify(store.log(), Opening::Shut, |_| ()).unwrap().position, commits as u64 + 3);
    }
}

/// A write without notes.
const fn write(commits: usize, durable: Position) -> LogCall {
    LogCall::Write { commits, notes: 0, durable }
}

fn sizes(seen: &[LogCall]) -> Vec<usize> {
    let sizes = seen.iter().filter_map(|seen| match seen {
        LogCall::Write { commits, .. } => Some(*commits),
        LogCall::Sync { .. } => None,
    });
    sizes.collect()
}

#[test]
fn storing_the_index_takes_a_part_of_each_batch_and_delays_no_commit() {
    for (store, mut bench) in each(Broken::Nothing) {
        bench.sequence(300, "hi");
        bench.sequencer.store_index(true).unwrap();
        bench.sequence(1, "behind");
        let (result, seen, _) = bench.run();
        result.unwrap();
        // The index has 303 notes, which take several batches: of 300 messages, an account and a chat, and the
        // covered position.
        assert_eq!(sizes(&seen)[..2], [256, 45]);
        let notes =
            seen.iter().filter_map(|seen| if let LogCall::Write { notes, .. } = seen { Some(*notes) } else { None });
        let notes: Vec<_> = notes.collect();
        assert!(notes.iter().all(|count| *count <= BATCH_NOTES_MAX), "{notes:?}");
        assert_eq!(notes.iter().sum::<usize>(), store.log().notes(b"", b"", usize::MAX).unwrap().len());
    }
}

#[test]
fn who_asks_is_told_when_all_before_is_durable_and_the_index_stored() {
    for mut desk in Desk::each() {
        for number in 0..200 {
            desk.append(of_workspace(0), accepted(0, 1, number << 32));
        }
        desk.sequencer.store_index(true).unwrap();
        let mut settled = desk.sequencer.settle().unwrap();
        let mut batches = 0;
        while settled.try_recv().is_err() {
            assert!(desk.flush_once(), "nobody is told");
            batches += 1;
        }
        assert!(batches >= 2, "{batches}");
        assert!(!desk.flush_once(), "something was left");
        assert_eq!(desk.watermark.durable(), 400);
    }
}

#[test]
fn a_failed_write_ends_the_writer_and_nothing_is_durable() {
    for (store, mut bench) in each(Broken::Write) {
        bench.sequence(600, "hi");
        let (result, seen, watermark) = bench.run();
        assert!(matches!(result, Err(WriterError::Write(WriteError::Unknown(_)))), "{result:?}");
        assert_eq!(seen, [write(256, 0)]);
        assert_eq!((watermark.durable(), store.log().head()), (0, Head::EMPTY));
    }
}

#[test]
fn a_failed_sync_ends_the_writer_and_is_not_tried_again() {
    for (_store, mut bench) in each(Broken::Sync) {
        bench.sequence(600, "hi");
        let (result, seen, watermark) = bench.run();
        assert!(matches!(result, Err(WriterError::Write(WriteError::Unknown(_)))), "{result:?}");
        assert_eq!(seen, [write(256, 0), LogCall::Sync { durable: 0 }]);
        assert_eq!(watermark.durable(), 0);
    }
}

#[test]
fn a_writer_that_somebody_overtook_gives_up() {
    for (store, mut bench) in each(Broken::Nothing) {
        store.put(&store.hand().batch([vec![queued(1, "theirs")]]));
        bench.sequence(1, "ours");
        let (result, _, watermark) = bench.run();
        let Err(WriterError::Write(WriteError::Conflict { expected: 0, head: 1 })) = result else {
            panic!("{result:?}")
        };
        assert_eq!((watermark.durable(), store.log().head().position), (0, 1));
    }
}

// One request that cannot be written must not end the log for everybody.
#[test]
fn a_commit_that_cannot_be_written_gets_no_place_and_ends_nothing() {
    let long = || queued(1 << 32, &"x".repeat(1 << 20));
    let many = || (0..=1_000).map(|number| queued(number << 32, "hi")).collect::<Vec<_>>();
    let heavy = || (0..300).map(|number| queued(number << 32, &"x".repeat(1 << 18))).collect::<Vec<_>>();
    for (store, mut bench) in each(Broken::Nothing) {
        for events in [vec![long()], many(), heavy()] {
            let refused = bench.sequencer.append(of_workspace(0), 0, commit(of_workspace(0), events));
            assert!(matches!(refused, Err(AppendError::TooLarge)), "{refused:?}");
        }
        bench.sequence(2, "hi");
        let (result, seen, watermark) = bench.run();
        result.unwrap();
        assert_eq!(seen, [write(2, 0), LogCall::Sync { durable: 0 }]);
        assert_eq!((watermark.durable(), store.log().head().position), (2, 2));
    }
}

/// A note that no log accepts.
fn too_long(key: &[u8]) -> Note {
    (key.to_vec(), Some(vec![7; NOTE_BYTES_MAX + 1]))
}

fn marked(position: u8) -> Vec<Note> {
    vec![(vec![b'd', position], Some(Vec::new())), (b"!mark".to_vec(), Some(vec![position]))]
}

// Notes, which can be rebuilt, must not end the log for everybody.
#[test]
fn notes_that_are_too_long_are_left_out_with_those_beside_them_and_end_nothing() {
    for (store, mut bench) in each(Broken::Nothing) {
        bench.sequencer.note(marked(1)).unwrap();
        bench.sequencer.note([marked(2), vec![too_long(b"k")]].concat()).unwrap();
        bench.sequencer.note([vec![(vec![7; 513], None)], marked(3)].concat()).unwrap();
        bench.sequencer.note(marked(4)).unwrap();
        bench.sequence(1, "hi");
        let (result, _, watermark) = bench.run();
        result.unwrap();
        assert_eq!(watermark.durable(), 1);
        // The mark stays before what was left out, whatever is stored after it.
        let notes = store.log().notes(b"", b"", usize::MAX).unwrap();
        let keys: Vec<_> = notes.iter().map(|(key, _)| key.clone()).collect();
        assert_eq!(keys, [b"!mark".to_vec(), vec![b'd', 1], vec![b'd', 4]]);
        assert_eq!(store.log().note(b"!mark").unwrap(), Some(vec![1]));
    }
}

#[test]
fn batches_of_several_starts_make_one_chain() {
    for mut desk in Desk::each() {
        for round in 0..4 {
            for number in 0..50 {
                desk.append(of_workspace(0), accepted(0, 1, round * 100 + number));
            }
            desk.flush();
            desk = desk.reopened();
        }
        let mut walked = 0;
        assert_eq!(verify(desk.log(), Opening::Shut, |_| walked += 1).unwrap(), desk.log().head());
        assert_eq!((walked, desk.log().head().position), (200, 400));
    }
}

#[test]
fn who_waits_for_a_position_learns_when_it_is_durable() {
    for mut desk in Desk::each() {
        desk.append(of_workspace(0), begun(0));
        let watermark = desk.watermark.clone();
        let (mut settled, mut later) = (pin!(watermark.settled()), pin!(watermark.reached(4)));
        let mut context = Context::from_waker(Waker::noop());
        assert!(settled.as_mut().poll(&mut context).is_pending());
        assert!(later.as_mut().poll(&mut context).is_pending());
        desk.flush();
        assert_eq!(settled.as_mut().poll(&mut context), Poll::Ready(3));
        assert!(later.as_mut().poll(&mut context).is_pending());
        desk.append(of_workspace(0), accepted(0, 1, 1));
        assert!(later.as_mut().poll(&mut context).is_pending());
        desk.flush();
        assert_eq!(later.as_mut().poll(&mut context), Poll::Ready(5));
        assert_eq!(pin!(watermark.reached(2)).poll(&mut context), Poll::Ready(5));
    }
}
