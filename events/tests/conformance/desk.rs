//! A sequencer, an index and a writer on one log, all in the thread of the test.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::event::Event;
use events::history::{History, ReadMode};
use events::ids::StreamId;
use events::index::{Index, Series};
use events::log::Log;
use events::record::{Cause, Idempotency, Record, Revision};
use events::sequencer::{AppendError, Inbox, NewCommit, Sequencer};
use events::time::Timestamp;
use events::vault::Vault;
use events::watermark::Watermark;
use events::who::Who;
use events::writer::{Work, Writer};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::store::Store;

/// Makes commits on a log.
pub struct Desk {
    store: Store,
    pub index: Arc<Index>,
    pub watermark: Watermark,
    pub sequencer: Sequencer,
    writer: Writer,
    work: UnboundedReceiver<Work>,
    actors: BTreeMap<StreamId, (Inbox, Revision)>,
}

impl Desk {
    /// Creates one desk on each kind of store.
    pub fn each() -> [Self; 2] {
        Store::each().map(Self::on)
    }

    pub fn on(store: Store) -> Self {
        let log = store.shared();
        let index = Arc::new(Index::open(Arc::clone(&log), Arc::clone(store.vault())).unwrap());
        let watermark = Watermark::at(log.head().position);
        let (sender, work) = unbounded_channel();
        let sequencer = Sequencer::new(Arc::clone(&index), watermark.clone(), sender);
        let writer = Writer::new(log, Arc::clone(&index), watermark.clone());
        Self { store, index, watermark, sequencer, writer, work, actors: BTreeMap::new() }
    }

    pub fn shared(&self) -> Arc<dyn Log> {
        self.store.shared()
    }

    pub fn vault(&self) -> &Arc<dyn Vault> {
        self.store.vault()
    }

    pub fn log(&self) -> &dyn Log {
        self.store.log()
    }

    /// Returns the history of what is written.
    pub fn history(&self) -> History {
        History::new(self.store.shared(), Arc::clone(&self.index), ReadMode::Inline)
    }

    /// Simulates the end of the process and a new start; what was not written is lost.
    pub fn reopened(self) -> Self {
        let Self { store, index, watermark, sequencer, writer, work, actors } = self;
        drop((index, watermark, sequencer, writer, work, actors));
        Self::on(store.reopened())
    }

    /// Prepares an actor to decide: registers it, and counts its events as applied.
    pub fn wake(&mut self, stream: StreamId) {
        if !self.actors.contains_key(&stream) {
            let inbox = Inbox::default();
            let to = self.sequencer.register(stream, Inbox::clone(&inbox));
            let revision = self.index.positions(Series::Stream(stream), 1, to, usize::MAX).unwrap().len() as u64;
            self.sequencer.replayed(stream, revision);
            self.actors.insert(stream, (inbox, revision));
        }
    }

    /// Applies the commits in an actor's inbox; returns how many events the actor has seen by now.
    pub fn drain(&mut self, stream: StreamId) -> Revision {
        let (inbox, revision) = self.actors.get_mut(&stream).unwrap();
        for record in inbox.borrow_mut().drain(..) {
            *revision += record.events.iter().filter(|event| event.concerns(stream)).count() as u64;
        }
        *revision
    }

    /// Records what an actor decides.
    pub fn append(&mut self, decider: StreamId, events: Vec<Event>) -> Arc<Record> {
        self.append_because(decider, events, None, 1_000)
    }

    /// The same with an idempotency key and a time.
    pub fn append_because(
        &mut self,
        decider: StreamId,
        events: Vec<Event>,
        idempotency: Option<Idempotency>,
        ms: i64,
    ) -> Arc<Record> {
        self.wake(decider);
        let expected = self.drain(decider);
        let cause = Cause::request(Who::System, 0, idempotency);
        let recorded_at = Timestamp::from_ms(ms);
        let commit = NewCommit { workspace: decider.workspace(), recorded_at, cause, events };
        self.sequencer.append(decider, expected, commit).unwrap()
    }

    /// Tries to record events as of a revision.
    pub fn try_append(&mut self, decider: StreamId, expected: Revision, events: Vec<Event>) -> Result<(), AppendError> {
        self.sequencer.append(decider, expected, commit(decider, events)).map(drop)
    }

    /// Makes everything sequenced durable, and stores all other work that waits.
    pub fn flush(&mut self) {
        while self.flush_once() {}
    }

    /// Makes one batch durable; returns false if there was nothing to write.
    pub fn flush_once(&mut self) -> bool {
        let first = self.work.try_recv().ok();
        if first.is_none() && !self.writer.has_backlog() {
            return false;
        }
        let prepared = self.writer.prepare(first, &mut self.work).unwrap();
        self.writer.write(&prepared).unwrap();
        self.writer.sync(prepared).unwrap();
        true
    }

    /// Stores the index's new entries, and all before them.
    pub fn store_index(&mut self) {
        self.sequencer.store_index(true).unwrap();
        self.flush();
    }

    /// Ends the writer's work queue.
    pub fn close(&mut self) {
        self.work.close();
    }
}

/// Returns a commit that the system itself causes.
pub fn commit(decider: StreamId, events: Vec<Event>) -> NewCommit {
    let recorded_at = Timestamp::from_ms(1_000);
    NewCommit { workspace: decider.workspace(), recorded_at, cause: Cause::outside(Who::System), events }
}
