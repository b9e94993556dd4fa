//! The handle through which the rest of the program reaches a shard, from any thread.

use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use actix::Addr;
use events::counters::EventCounters;
use events::history::History;
use events::ids::{AccountId, StreamId};
use events::index::Index;
use events::log::{Log, Note};
use events::record::{Cause, Position};
use events::tail::Tail;
use events::watermark::Watermark;
use tokio::sync::oneshot;

use super::keeper::{Keeper, PassivateAll, Stop, StoreNotes, WakeActor};
use super::{Queued, Queues, Shard};
use crate::reporting::Reports;
use crate::runtime::admission::Admission;
use crate::runtime::clock::Clock;
use crate::runtime::registry::{Kind, Registry};
use crate::runtime::replay::Basis;
use crate::runtime::shell::{Execute, ExecuteError, Inspect, Slot};
use crate::runtime::vault_room::Room;

/// The most attempts to reach an actor that falls asleep before it takes a request.
pub(super) const ATTEMPTS: u32 = 4;

/// A handle to a shard. Clones reach the same shard.
#[derive(Clone)]
pub struct ShardHandle {
    pub(super) keeper: Addr<Keeper>,
    pub(super) registry: Arc<Registry>,
    pub(super) index: Arc<Index>,
    pub(super) log: Arc<dyn Log>,
    pub(super) history: History,
    pub(super) tail: Tail,
    pub(super) watermark: Watermark,
    pub(super) clock: Clock,
    pub(super) room: Room,
    pub(super) reports: Reports,
    pub(super) admission: Admission,
    pub(super) queues: Queues,
    pub(super) tally: Arc<EventCounters>,
    pub(super) outstanding_now: Arc<AtomicU64>,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError<R: std::fmt::Debug> {
    /// A rule refused it; nothing changed.
    #[error("refused: {0:?}")]
    Rejected(R),
    /// Too many commands are in flight; nothing changed.
    #[error("too many commands in flight")]
    Overloaded,
    /// An internal error.
    #[error("{0}")]
    Fault(String),
}

/// Figures about the condition of a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Overview {
    /// Position of the last sequenced event.
    pub sequenced: Position,
    /// Position of the last durable event.
    pub durable: Position,
    /// Awake workspaces, accounts, chats and webhooks.
    pub awake: [usize; 4],
    /// Commands in flight.
    pub commands_in_flight: usize,
    /// The most commands in flight; more are rejected.
    pub commands_in_flight_max: usize,
    /// Messages that wait in all accounts, roughly.
    pub messages_waiting: u64,
    /// Actors with something outstanding: the size of the agenda.
    pub outstanding: u64,
}

impl ShardHandle {
    /// Gives an actor a command. The answer, even a rejection, comes when everything that it is based on is durable.
    pub fn execute<D: Kind>(
        &self,
        id: D::Id,
        command: D::Command,
        cause: Cause,
    ) -> impl Future<Output = Result<D::Answer, CommandError<D::Rejection>>> + use<'_, D> {
        let command = slot::<D>(command);
        async move {
            let _permit = self.admission.enter(D::stream(id).workspace()).ok_or(CommandError::Overloaded)?;
            self.give::<D>(id, &command, &cause).await
        }
    }

    /// Like [`ShardHandle::execute`], for what happened outside and must not be rejected. The caller limits how many.
    pub fn report<D: Kind>(
        &self,
        id: D::Id,
        command: D::Command,
        cause: Cause,
    ) -> impl Future<Output = Result<D::Answer, CommandError<D::Rejection>>> + use<'_, D> {
        let command = slot::<D>(command);
        async move { self.give::<D>(id, &command, &cause).await }
    }

    async fn give<D: Kind>(
        &self,
        id: D::Id,
        command: &Slot<D>,
        cause: &Cause,
    ) -> Result<D::Answer, CommandError<D::Rejection>> {
        for _ in 0..ATTEMPTS {
            let address = self.address::<D>(id).await?;
            let (reply, answer) = oneshot::channel();
            address.do_send(Execute { command: Arc::clone(command), cause: cause.clone(), reply });
            match answer.await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(ExecuteError::Rejected(why))) => return Err(CommandError::Rejected(why)),
                Ok(Err(ExecuteError::Fault(what))) => return Err(CommandError::Fault(what)),
                Err(_) if command.lock().unwrap_or_else(PoisonError::into_inner).is_none() => break,
                Err(_) => {}
            }
        }
        Err(CommandError::Fault("the actor ended before it answered".to_owned()))
    }

    pub fn history(&self) -> &History {
        &self.history
    }

    pub fn tail(&self) -> &Tail {
        &self.tail
    }

    /// Reads from an actor's state. The result comes when everything that it is based on is durable.
    pub async fn inspect<D: Kind, V: Send + 'static>(
        &self,
        id: D::Id,
        view: impl Fn(&D::State) -> V + Clone + Send + 'static,
    ) -> Result<Inspected<V>, CommandError<D::Rejection>> {
        for _ in 0..ATTEMPTS {
            let address = self.address::<D>(id).await?;
            let (reply, answer) = oneshot::channel();
            let view = view.clone();
            let look = move |state: &D::State, shard: &Rc<Shard>| {
                let seen = Inspected { value: view(state), as_of: shard.head() };
                shard.hold(Box::new(move || drop(reply.send(seen))));
            };
            address.do_send(Inspect(Box::new(look)));
            if let Ok(seen) = answer.await {
                return Ok(seen);
            }
        }
        Err(CommandError::Fault("the actor ended before it answered".to_owned()))
    }

    /// True if the actor of this stream is awake.
    pub fn is_awake(&self, stream: StreamId) -> bool {
        self.registry.is_awake(stream)
    }

    async fn address<D: Kind>(
        &self,
        id: D::Id,
    ) -> Result<Addr<crate::runtime::shell::Shell<D>>, CommandError<D::Rejection>> {
        let table = D::table(&self.registry);
        if let Some(address) = table.get(&id) {
            return Ok(address.clone());
        }
        let stopped = |_| CommandError::Fault("the shard has stopped".to_owned());
        self.keeper.send(WakeActor(D::stream(id), Basis::Snapshot)).await.map_err(stopped)?;
        table.get(&id).map(|address| address.clone()).ok_or(CommandError::Overloaded)
    }

    /// Puts all actors to sleep that have nothing outstanding.
    pub fn passivate_all(&self) {
        self.keeper.do_send(PassivateAll);
    }

    /// Stores notes whose loss is tolerable, after everything sequenced so far. Returns true if they are durable.
    pub async fn note(&self, notes: Vec<Note>) -> bool {
        self.keeper.send(StoreNotes(notes)).await.unwrap_or(false)
    }

    /// Starts nothing new, and waits for what is in progress; returns how many messages stay queued.
    pub async fn stop(&self) -> u64 {
        self.keeper.send(Stop).await.unwrap_or(0)
    }

    /// Returns what waits in an account, roughly.
    pub fn queued(&self, account: AccountId) -> Option<Queued> {
        self.queues.get(&StreamId::Account(account)).map(|queued| *queued)
    }

    fn messages_waiting(&self) -> u64 {
        let accounts = self.queues.iter().filter(|queue| matches!(queue.key(), StreamId::Account(_)));
        accounts.map(|queue| queue.waiting).sum()
    }

    /// Returns counts of what was sequenced since the start.
    pub fn counters(&self) -> &EventCounters {
        &self.tally
    }

    /// Returns the index, which sees all sequenced commits.
    pub const fn index(&self) -> &Arc<Index> {
        &self.index
    }

    /// Returns what tells when seeds for more chats and workspaces were made.
    pub const fn room(&self) -> &Room {
        &self.room
    }

    pub const fn log(&self) -> &Arc<dyn Log> {
        &self.log
    }

    pub const fn watermark(&self) -> &Watermark {
        &self.watermark
    }

    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn overview(&self) -> Overview {
        Overview {
            sequenced: self.watermark.sequenced(),
            durable: self.watermark.durable(),
            awake: self.registry.awake(),
            commands_in_flight: self.admission.in_flight(),
            commands_in_flight_max: self.admission.limit(),
            messages_waiting: self.messages_waiting(),
            outstanding: self.outstanding_now.load(Ordering::Relaxed),
        }
    }
}

/// Puts a command behind a pointer before a future begins: thousands of requests may wait, and should keep little.
fn slot<D: Kind>(command: D::Command) -> Slot<D> {
    Arc::new(Mutex::new(Some(command)))
}

/// A value read from a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inspected<V> {
    pub value: V,
    /// The log's head at that moment.
    pub as_of: Position,
}
