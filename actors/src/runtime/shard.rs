//! One log, and the actors that decide on it. Holds what their shells share, on the deciding thread.

mod actors;
mod handle;
mod keeper;
mod lookups;
mod outstanding;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, AsyncContext, Context, Recipient};
use dashmap::DashMap;
use events::history::{History, ReadMode};
use events::ids::StreamId;
use events::index::{Index, touched};
use events::log::{Log, ReadError};
use events::record::{Position, Record, Revision};
use events::sequencer::{AppendError, Inbox, NewCommit, Sequencer};
use events::tail::Tail;
use events::time::Timestamp;
use events::vault::Vault;
use events::watermark::Watermark;
use events::writer::{Work, Writer};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub use actors::{Compared, Rebuilt};
pub use handle::{CommandError, Inspected, Overview, ShardHandle};
use keeper::Keeper;
pub(crate) use keeper::READ_AGAIN;

use crate::account::Account;
use crate::chat::Chat;
use crate::decider::Due;
use crate::reporting::Reports;
use crate::runtime::admission::Admission;
use crate::runtime::agenda::Agenda;
use crate::runtime::clock::Clock;
use crate::runtime::port::Ports;
use crate::runtime::registry::{Kind, wakes};
use crate::runtime::remarks::remark;
use crate::runtime::replay::{Basis, Woken, wake, wake_from_records};
use crate::runtime::shell::{self, Gauge, Passivate, Shell, Wake};
use crate::runtime::vault_room::{Filler, room};
use crate::runtime::vital;
use crate::webhook::Webhook;
use crate::workspace::Workspace;

/// Every so many checkpoints the index is stored, however few entries it has.
const INDEX_EVERY: u32 = 10;
/// The most expired idempotency keys removed at once.
const SWEEP_MAX: usize = 1_000;

/// The parts from which a shard is built.
pub struct Dependencies {
    /// The store of the commits.
    pub log: Arc<dyn Log>,
    /// The seeds of the keys that seal texts and names.
    pub vault: Arc<dyn Vault>,
    /// The rules' clock.
    pub clock: Clock,
    /// Makes the ports for effects, from the handle of the shard that is about to start.
    pub ports: Box<dyn FnOnce(&ShardHandle) -> Ports>,
    /// Starts the writer: on its own thread, or, in virtual time, as a task.
    pub start_writer: Box<dyn FnOnce(Writer, UnboundedReceiver<Work>) + Send>,
    /// Starts what makes seeds ahead of need: on its own thread, or, in virtual time, as a task.
    pub start_filler: Box<dyn FnOnce(Filler) + Send>,
    /// The thread that reads the log.
    pub reading: ReadMode,
    pub settings: Settings,
}

/// The operator's settings of a shard.
pub struct Settings {
    /// The most commands in flight.
    pub commands_in_flight: usize,
    /// Time for which an actor stays awake without work.
    pub idle: Duration,
    pub reports: Reports,
    /// An actor's state is stored as a snapshot every so many of its events; a large state less often.
    pub snapshot_every: u64,
}

/// The approximate queue of an actor: for display, not for decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queued {
    /// Number of waiting messages.
    pub waiting: u64,
    /// Time at which the last of them is sent, if known.
    pub empty_at: Option<Timestamp>,
}

/// The queue of each actor.
pub(crate) type Queues = Arc<DashMap<StreamId, Queued>>;

/// The state that the shells of one deciding thread share.
pub struct Shard {
    pub(crate) sequencer: RefCell<Sequencer>,
    pub(crate) watermark: Watermark,
    pub(crate) clock: Clock,
    pub(crate) ports: Ports,
    /// Through this the rest of the program, and actors that command other actors, reach the actors.
    pub(crate) handle: ShardHandle,
    pub(crate) idle: Duration,
    pub(crate) snapshot_every: u64,
    held: RefCell<VecDeque<PendingAnswer>>,
    awake: RefCell<BTreeMap<StreamId, Awake>>,
    agenda: RefCell<Agenda>,
    running: Rc<Cell<u64>>,
    stopping: Cell<bool>,
    checkpoints: Cell<u32>,
    /// Notified when there may be something for a checkpoint.
    touched: Notify,
}

/// An action that waits until `at` is durable.
struct PendingAnswer {
    at: Position,
    release: Box<dyn FnOnce()>,
}

#[derive(Clone)]
struct Awake {
    inbox: Inbox,
    gauge: Rc<Cell<Gauge>>,
    wake: Recipient<Wake>,
    rest: Recipient<Passivate>,
}

/// Counts an effect as in progress until dropped.
pub(crate) struct Running(Rc<Cell<u64>>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

impl Shard {
    /// Opens the index, starts the writer, makes the handle and from it the ports, then wakes all actors that have
    /// something outstanding. Call it on the deciding thread, inside its actix system.
    pub fn launch(parts: Dependencies) -> Result<ShardHandle, ReadError> {
        let index = Arc::new(Index::open(Arc::clone(&parts.log), Arc::clone(&parts.vault))?);
        let history = History::new(Arc::clone(&parts.log), Arc::clone(&index), parts.reading);
        let watermark = Watermark::at(parts.log.head().position);
        let (agenda, outstanding) = Agenda::read(parts.log.as_ref())?;
        let (sender, receiver) = unbounded_channel();
        let writer = Writer::new(Arc::clone(&parts.log), Arc::clone(&index), watermark.clone());
        (parts.start_writer)(writer, receiver);
        let (room, filler) = room(parts.vault);
        (parts.start_filler)(filler);
        let sequencer = Sequencer::new(Arc::clone(&index), watermark.clone(), sender);
        let context = Context::new();
        let handle = ShardHandle {
            keeper: context.address(),
            registry: Arc::default(),
            tail: Tail::new(history.clone(), watermark.clone()),
            index,
            log: parts.log,
            history,
            watermark,
            clock: parts.clock,
            room,
            reports: parts.settings.reports,
            admission: Admission::new(parts.settings.commands_in_flight),
            queues: Queues::default(),
            tally: Arc::clone(sequencer.tally()),
            outstanding_now: agenda.size(),
        };
        let shard = Rc::new(Self {
            sequencer: RefCell::new(sequencer),
            watermark: handle.watermark.clone(),
            clock: handle.clock.clone(),
            ports: (parts.ports)(&handle),
            handle: handle.clone(),
            idle: parts.settings.idle,
            snapshot_every: parts.settings.snapshot_every,
            held: RefCell::default(),
            awake: RefCell::default(),
            agenda: RefCell::new(agenda),
            running: Rc::default(),
            stopping: Cell::new(false),
            checkpoints: Cell::new(0),
            touched: Notify::new(),
        });
        shard.wake_outstanding(outstanding)?;
        context.run(Keeper::new(shard));
        actix::spawn(vital::task(handle.tail.clone().run()));
        Ok(handle)
    }

    /// Returns the position of the last sequenced event.
    pub(crate) fn head(&self) -> Position {
        self.sequencer.borrow().head()
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.get()
    }

    pub(crate) fn running(&self) -> Running {
        self.running.set(self.running.get().saturating_add(1));
        Running(Rc::clone(&self.running))
    }

    /// Sequences a commit, and wakes the other actors that it concerns.
    pub(crate) fn append(
        self: &Rc<Self>,
        decider: StreamId,
        revision: Revision,
        commit: NewCommit,
    ) -> Result<(), AppendError> {
        let record = self.sequencer.borrow_mut().append(decider, revision, commit)?;
        self.touched.notify_one();
        record.events.iter().for_each(remark);
        let mut asleep: BTreeSet<StreamId> = woken(&record).collect();
        for stream in touched(&record) {
            let awake = self.awake.borrow().get(&stream).cloned();
            if let Some(awake) = awake {
                asleep.remove(&stream);
                if stream != decider && awake.inbox.borrow().len() == 1 {
                    awake.wake.do_send(Wake);
                }
            }
        }
        for stream in asleep {
            self.wake(stream);
        }
        Ok(())
    }

    /// Runs `release` when everything that is sequenced now is durable.
    pub(crate) fn hold(&self, release: Box<dyn FnOnce()>) {
        let at = self.head();
        if at <= self.watermark.durable() && self.held.borrow().is_empty() {
            release();
        } else {
            self.held.borrow_mut().push_back(PendingAnswer { at, release });
        }
    }

    /// Wakes an actor when `at` is durable; `at` is the log's head, or was it.
    pub(crate) fn wake_at(&self, at: Position, actor: Recipient<Wake>) {
        let release = Box::new(move || actor.do_send(Wake));
        if at <= self.watermark.durable() {
            release();
        } else {
            self.hold(release);
        }
    }

    /// Runs the actions whose positions are durable now.
    fn release(&self) {
        let durable = self.watermark.durable();
        loop {
            let ready = self.held.borrow().front().is_some_and(|held| held.at <= durable);
            let Some(held) = ready.then(|| self.held.borrow_mut().pop_front()).flatten() else { return };
            (held.release)();
        }
    }

    /// Loads an actor's state as of `to`, once that is durable.
    pub(crate) async fn load<D: Kind>(&self, id: D::Id, to: Position, basis: Basis) -> Option<Woken<D::State>> {
        self.watermark.reached(to).await;
        let load = match basis {
            Basis::Snapshot => wake::<D>,
            Basis::Records => wake_from_records::<D>,
        };
        let woken = self.handle.history.run(move |history| load(id, history, to)).await;
        woken
            .inspect_err(|error| tracing::error!(stream = %D::stream(id), %error, "an actor's events cannot be read"))
            .ok()
    }

    fn wake(self: &Rc<Self>, stream: StreamId) {
        self.wake_from(stream, Basis::Snapshot);
    }

    fn wake_from(self: &Rc<Self>, stream: StreamId, basis: Basis) {
        match stream {
            StreamId::Workspace(id) => self.wake_kind::<Workspace>(id, basis),
            StreamId::Account(id) => self.wake_kind::<Account>(id, basis),
            StreamId::Chat(id) => self.wake_kind::<Chat>(id, basis),
            StreamId::Webhook(id) => self.wake_kind::<Webhook>(id, basis),
            StreamId::Log => {}
        }
    }

    fn wake_kind<D: Kind>(self: &Rc<Self>, id: D::Id, basis: Basis) {
        let table = D::table(&self.handle.registry);
        if table.contains_key(&id) {
            return;
        }
        // Until the actor knows what it has outstanding, a checkpoint must not leave it out.
        self.agenda.borrow_mut().set(D::stream(id), true, 0);
        self.touched.notify_one();
        let (inbox, gauge) = (shell::inbox(), Rc::<Cell<Gauge>>::default());
        let shared = (Rc::clone(&inbox), Rc::clone(&gauge));
        let address = Shell::<D>::new(id, Rc::clone(self), shared, basis).start();
        let awake = Awake { inbox, gauge, wake: address.clone().recipient(), rest: address.clone().recipient() };
        self.awake.borrow_mut().insert(D::stream(id), awake);
        table.insert(id, address);
    }

    pub(crate) fn passivated<D: Kind>(&self, id: D::Id) {
        let stream = D::stream(id);
        self.sequencer.borrow_mut().unregister(stream);
        self.awake.borrow_mut().remove(&stream);
        D::table(&self.handle.registry).remove(&id);
    }

    pub(crate) fn outstanding<E>(&self, stream: StreamId, outstanding: bool, due: &Due<E>) {
        self.agenda.borrow_mut().set(stream, outstanding, due.waiting);
        self.touched.notify_one();
        match due.waiting {
            0 => drop(self.handle.queues.remove(&stream)),
            waiting => drop(self.handle.queues.insert(stream, Queued { waiting, empty_at: due.empty_at })),
        }
    }

    /// Sends changes of the agenda and the index to the writer; returns true if the agenda has anything new, or will
    /// have.
    fn checkpoint(&self, all: bool) -> bool {
        let count = self.checkpoints.get().wrapping_add(1);
        self.checkpoints.set(count);
        let sequencer = self.sequencer.borrow();
        let notes = self.agenda.borrow_mut().checkpoint(sequencer.applied());
        let is_new = !notes.is_empty() || sequencer.applied() < sequencer.head();
        let stored = if notes.is_empty() { Ok(()) } else { sequencer.note(notes) };
        let stored = stored.and_then(|()| sequencer.store_index(all || count.is_multiple_of(INDEX_EVERY)));
        if let Err(error) = stored {
            tracing::debug!(%error, "no checkpoint");
        }
        is_new
    }

    /// Removes expired idempotency keys: searches where that blocks nobody, and checks again in the turn that removes
    /// them.
    async fn sweep(&self) {
        let day = i64::try_from(crate::workspace::IDEMPOTENCY_MS).unwrap_or(i64::MAX);
        let before = Timestamp::from_ms(self.clock.now().ms().saturating_sub(day));
        let found = self.handle.history.run(move |history| history.index().expired(before, SWEEP_MAX)).await;
        match found.and_then(|found| self.handle.history.index().still_expired(before, found)) {
            Ok(notes) if !notes.is_empty() => drop(self.sequencer.borrow().note(notes)),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "expired keys cannot be removed"),
        }
    }
}

/// Returns the actors that the record must wake if they are asleep.
fn woken(record: &Record) -> impl Iterator<Item = StreamId> {
    record.events.iter().flat_map(|event| event.streams().into_iter().flatten().filter(|stream| wakes(event, *stream)))
}
