//! Gives every commit its position in memory at once, and delivers it to every awake actor that it concerns.
//!
//! Lives on the deciding thread. The writer, which gets all commits in the same order, makes them durable.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use crate::codec;
use crate::counters::EventCounters;
use crate::event::Event;
use crate::ids::{Position, Revision, StreamId, WorkspaceId};
use crate::index::{Index, touched};
use crate::log::Note;
use crate::record::{Cause, Record};
use crate::sealing::at_hand;
use crate::snapshot::Pending;
use crate::time::Timestamp;
use crate::watermark::Watermark;
use crate::writer::Work;

/// Commits that an awake actor has not applied yet.
pub type Inbox = Rc<RefCell<VecDeque<Arc<Record>>>>;

/// A commit that has no position yet.
#[derive(Debug, Clone)]
pub struct NewCommit {
    pub workspace: WorkspaceId,
    /// Time of the decision, by the rules' clock.
    pub recorded_at: Timestamp,
    pub cause: Cause,
    /// At least one event.
    pub events: Vec<Event>,
}

/// Why a commit got no position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The decision was made on a state that misses an event.
    #[error("{stream} is at revision {actual}, not {expected}")]
    Conflict {
        /// The deciding actor's stream.
        stream: StreamId,
        /// The revision that it decided on.
        expected: Revision,
        /// The stream's actual revision.
        actual: Revision,
    },
    /// The deciding actor is not registered and replayed, so it cannot know the stream's end.
    #[error("{0} is not awake")]
    NotAwake(StreamId),
    /// The commit has no events.
    #[error("a commit without events")]
    Empty,
    /// The commit has more events or bytes than a record takes. Nothing has happened.
    #[error("a commit beyond the limits of the format")]
    TooLarge,
    /// The store or the vault failed. Nothing has happened.
    #[error("what the commit changes cannot be read")]
    Unreadable,
    /// The writer has ended.
    #[error("the log is closed")]
    Closed,
}

struct Subscriber {
    revision: Option<Revision>,
    inbox: Inbox,
}

/// Gives every commit its position.
pub struct Sequencer {
    head: Position,
    index: Arc<Index>,
    watermark: Watermark,
    awake: HashMap<StreamId, Subscriber>,
    writer: UnboundedSender<Work>,
    tally: Arc<EventCounters>,
}

impl Sequencer {
    /// Continues a log after its last durable event.
    pub fn new(index: Arc<Index>, watermark: Watermark, writer: UnboundedSender<Work>) -> Self {
        let head = watermark.durable();
        Self { head, index, watermark, awake: HashMap::new(), writer, tally: Arc::default() }
    }

    /// Returns the position of the last sequenced event.
    pub const fn head(&self) -> Position {
        self.head
    }

    /// Returns the index, which sees every sequenced commit.
    pub const fn index(&self) -> &Arc<Index> {
        &self.index
    }

    /// Returns counts of what was sequenced since the start.
    pub const fn tally(&self) -> &Arc<EventCounters> {
        &self.tally
    }

    /// Delivers every commit that concerns the actor to its inbox from now on. Returns the position after which that
    /// begins.
    pub fn register(&mut self, stream: StreamId, inbox: Inbox) -> Position {
        self.awake.insert(stream, Subscriber { revision: None, inbox });
        self.head
    }

    /// Sets how many events the stream had when the actor was registered; only after that may the actor append.
    pub fn replayed(&mut self, stream: StreamId, events: Revision) {
        if let Some(witness) = self.awake.get_mut(&stream) {
            let waiting = witness.inbox.borrow().iter().map(|record| concerned(record, stream)).sum::<u64>();
            witness.revision = Some(events.saturating_add(waiting));
        }
    }

    /// Stops delivering to an actor that goes to sleep.
    pub fn unregister(&mut self, stream: StreamId) {
        self.awake.remove(&stream);
    }

    /// Gives a commit its position, in memory and at once. Checks only the deciding actor's revision; other actors
    /// get the events whatever their revision.
    pub fn append(
        &mut self,
        decider: StreamId,
        expected: Revision,
        commit: NewCommit,
    ) -> Result<Arc<Record>, AppendError> {
        self.check(decider, expected)?;
        if commit.events.is_empty() {
            return Err(AppendError::Empty);
        }
        codec::fits(commit.workspace, &commit.cause, &commit.events).map_err(|_| AppendError::TooLarge)?;
        let NewCommit { workspace, recorded_at, cause, events } = commit;
        at_hand::check(&events, self.index.vault()).map_err(|error| {
            tracing::error!(%error, "the key that seals the texts of a commit cannot be read");
            AppendError::Unreadable
        })?;
        let ready = self.index.ready(workspace, &events).map_err(|error| {
            tracing::error!(%error, "what a commit changes in the look-ups cannot be read");
            AppendError::Unreadable
        })?;
        let first = self.head.saturating_add(1);
        let record = Arc::new(Record { first, recorded_at, workspace, cause, events });
        self.writer.send(Work::Commit(Arc::clone(&record))).map_err(|_| AppendError::Closed)?;
        self.head = record.last();
        self.index.add(&record, &ready);
        self.watermark.sequence(self.head);
        self.tell(&record);
        record.events.iter().for_each(|event| self.tally.count(event));
        Ok(record)
    }

    fn check(&self, stream: StreamId, expected: Revision) -> Result<(), AppendError> {
        let witness = self.awake.get(&stream).ok_or(AppendError::NotAwake(stream))?;
        let actual = witness.revision.ok_or(AppendError::NotAwake(stream))?;
        if actual == expected { Ok(()) } else { Err(AppendError::Conflict { stream, expected, actual }) }
    }

    fn tell(&mut self, record: &Arc<Record>) {
        for stream in touched(record) {
            let Some(witness) = self.awake.get_mut(&stream) else { continue };
            let concerned = concerned(record, stream);
            witness.revision = witness.revision.map(|revision| revision.saturating_add(concerned));
            witness.inbox.borrow_mut().push_back(Arc::clone(record));
        }
    }

    /// Returns the position up to which every awake actor has applied what concerns it.
    pub fn applied(&self) -> Position {
        let first_waiting = |witness: &Subscriber| witness.inbox.borrow().front().map(|record| record.first);
        let earliest = self.awake.values().filter_map(first_waiting).min();
        earliest.map_or(self.head, |first| first.saturating_sub(1))
    }

    /// Queues notes to be stored after everything sequenced so far.
    pub fn note(&self, notes: Vec<Note>) -> Result<(), AppendError> {
        self.writer.send(Work::Notes(notes)).map_err(|_| AppendError::Closed)
    }

    /// Queues a snapshot, to be stored after everything sequenced so far, as there is room.
    pub fn snapshot(&self, pending: Pending) -> Result<(), AppendError> {
        self.writer.send(Work::Snapshot(Box::new(pending))).map_err(|_| AppendError::Closed)
    }

    /// Returns a receiver that is answered when everything sequenced and noted so far is durable.
    pub fn settle(&self) -> Result<oneshot::Receiver<()>, AppendError> {
        let (told, settled) = oneshot::channel();
        self.writer.send(Work::Settle(told)).map_err(|_| AppendError::Closed)?;
        Ok(settled)
    }

    /// Queues the index's new entries to be stored, if there are enough of them or `all` is set.
    pub fn store_index(&self, all: bool) -> Result<(), AppendError> {
        match self.index.begin_flush(self.head, all) {
            Some(leaving) => self.writer.send(Work::Index(leaving)).map_err(|_| AppendError::Closed),
            None => Ok(()),
        }
    }
}

fn concerned(record: &Record, stream: StreamId) -> u64 {
    record.events.iter().filter(|event| event.concerns(stream)).count() as u64
}
