//! The actor that keeps a shard going: it releases answers, makes checkpoints, wakes actors, and stops the shard.

use std::rc::Rc;
use std::time::Duration;

use actix::{Actor, AsyncContext, Context, Handler, Message, MessageResult};
use events::ids::StreamId;
use events::log::Note;

use super::{Awake, INDEX_EVERY, Shard};
use crate::runtime::replay::Basis;
use crate::runtime::shell::{Gauge, Passivate};
use crate::runtime::vital;

/// Pause between checkpoints while anything happens.
const CHECKPOINT: Duration = Duration::from_secs(1);
/// Pause before something is read again that could not be read.
pub(crate) const READ_AGAIN: Duration = Duration::from_secs(1);
/// Pause between removals of expired idempotency keys.
const SWEEP: Duration = Duration::from_mins(1);

pub(crate) struct Keeper {
    shard: Rc<Shard>,
}

impl Keeper {
    pub(super) const fn new(shard: Rc<Shard>) -> Self {
        Self { shard }
    }
}

impl Actor for Keeper {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Context<Self>) {
        let shard = Rc::clone(&self.shard);
        actix::spawn(vital::task(async move {
            loop {
                // Read before the release, so that the wait notices a rise during the release.
                let durable = shard.watermark.durable();
                shard.release();
                shard.watermark.reached(durable.saturating_add(1)).await;
            }
        }));
        let shard = Rc::clone(&self.shard);
        actix::spawn(vital::task(async move {
            loop {
                shard.touched.notified().await;
                // Of this many quiet checkpoints in a row, one stores the index.
                let mut quiet = 0;
                while quiet < INDEX_EVERY {
                    tokio::time::sleep(CHECKPOINT).await;
                    quiet = if shard.checkpoint(false) { 0 } else { quiet + 1 };
                }
            }
        }));
        context.run_interval(SWEEP, |keeper, _| {
            let shard = Rc::clone(&keeper.shard);
            actix::spawn(async move { shard.sweep().await });
        });
    }
}

impl Shard {
    /// Wakes an actor later whose events could not be read, because it may have something outstanding.
    pub(crate) fn wake_later(self: &Rc<Self>, stream: StreamId) {
        let shard = Rc::clone(self);
        actix::spawn(async move {
            tokio::time::sleep(READ_AGAIN).await;
            if !shard.is_stopping() {
                shard.wake(stream);
            }
        });
    }
}

/// Wakes the actor of a stream, unless it is awake already.
pub(crate) struct WakeActor(pub(crate) StreamId, pub(crate) Basis);

/// Measures how busy these actors are; answers `None` for each that is asleep.
pub(crate) struct Measure(pub(crate) Vec<StreamId>);

impl Message for Measure {
    type Result = Vec<Option<Gauge>>;
}

/// Puts all actors to sleep that have nothing outstanding.
pub(crate) struct PassivateAll;

/// Starts nothing new; answers how many messages stay queued, once everything in progress has ended.
pub(crate) struct Stop;

/// Stores notes; answers true if they are durable.
pub(crate) struct StoreNotes(pub(crate) Vec<Note>);

impl Message for StoreNotes {
    type Result = bool;
}

impl Message for WakeActor {
    type Result = ();
}

impl Message for PassivateAll {
    type Result = ();
}

impl Message for Stop {
    type Result = u64;
}

impl Handler<WakeActor> for Keeper {
    type Result = ();

    fn handle(&mut self, wake: WakeActor, _: &mut Context<Self>) {
        self.shard.wake_from(wake.0, wake.1);
    }
}

impl Handler<Measure> for Keeper {
    type Result = MessageResult<Measure>;

    fn handle(&mut self, Measure(streams): Measure, _: &mut Context<Self>) -> Self::Result {
        let awake = self.shard.awake.borrow();
        let gauge = |awake: &Awake| Gauge { inbox: awake.inbox.borrow().len(), ..awake.gauge.get() };
        MessageResult(streams.iter().map(|stream| awake.get(stream).map(gauge)).collect())
    }
}

impl Handler<PassivateAll> for Keeper {
    type Result = ();

    fn handle(&mut self, _: PassivateAll, _: &mut Context<Self>) {
        self.shard.awake.borrow().values().for_each(|awake| awake.rest.do_send(Passivate));
    }
}

impl Handler<StoreNotes> for Keeper {
    type Result = actix::ResponseFuture<bool>;

    fn handle(&mut self, StoreNotes(notes): StoreNotes, _: &mut Context<Self>) -> actix::ResponseFuture<bool> {
        let sequencer = self.shard.sequencer.borrow();
        let settled = sequencer.note(notes).and_then(|()| sequencer.settle());
        Box::pin(async move {
            match settled {
                Ok(settled) => settled.await.is_ok(),
                Err(_) => false,
            }
        })
    }
}

impl Handler<Stop> for Keeper {
    type Result = actix::ResponseFuture<u64>;

    fn handle(&mut self, _: Stop, _: &mut Context<Self>) -> actix::ResponseFuture<u64> {
        let shard = Rc::clone(&self.shard);
        shard.stopping.set(true);
        Box::pin(async move {
            while shard.running.get() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            // Meanwhile an effect that nobody waits for may end, and what follows from it is to be as durable as the rest.
            loop {
                shard.checkpoint(true);
                let (head, settled) = (shard.head(), shard.sequencer.borrow().settle());
                let is_durable = match settled {
                    Ok(settled) => settled.await.is_ok(),
                    Err(_) => false,
                };
                if !is_durable || shard.head() == head {
                    break;
                }
            }
            shard.agenda.borrow().waiting()
        })
    }
}
