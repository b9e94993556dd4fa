//! Runs any decider as an actor: drain, decide, append, apply, answer, perform what is due. Contains no rule.

mod effects;
mod look;
mod messages;
mod read_ahead;
mod rebuild;
mod snapshots;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::PoisonError;

use actix::{
    Actor, ActorContext, ActorFutureExt, AsyncContext, Context, ContextFutureSpawner, Handler, SpawnHandle, WrapFuture,
};
use effects::Listed;
use events::event::Event;
use events::index::Series;
use events::log::ReadError;
use events::record::{Cause, Position, Revision, Trigger};
use events::sequencer::{Inbox, NewCommit};
use events::snapshot::{Head, Place};
use events::time::Timestamp;
use events::who::Who;
pub(crate) use look::Look;
pub use look::{Gauge, Looked};
use messages::Reply;
pub(crate) use messages::{Execute, ExecuteError, Inspect, Passivate, Slot, Wake};
use read_ahead::Read;
pub(crate) use rebuild::{Rebuild, RenewSnapshot, Replaced};
use snapshots::Snapshots;
use tokio::time::Instant;

use crate::decider::Due;
use crate::runtime::registry::Kind;
use crate::runtime::replay::{Basis, RULES, Woken};
use crate::runtime::shard::Shard;

/// Mailbox capacity: commands in flight are limited elsewhere, this only keeps a mailbox from refusing one of them.
const MAILBOX: usize = 1 << 16;

/// One actor.
pub struct Shell<D: Kind> {
    id: D::Id,
    shard: Rc<Shard>,
    state: D::State,
    revision: Revision,
    /// Position of the last event in the state.
    last: Position,
    snapshots: Snapshots,
    inbox: Inbox,
    listed: BTreeMap<D::Effect, Listed>,
    waiting: bool,
    /// True while what the wake-up command needs is read.
    is_reading: bool,
    timer: Option<(Timestamp, SpawnHandle)>,
    used: Instant,
    left: bool,
    basis: Basis,
    /// Shared with the shard, which reads it for lists of actors.
    gauge: Rc<Cell<Gauge>>,
}

impl<D: Kind> Shell<D> {
    pub(crate) fn new(id: D::Id, shard: Rc<Shard>, (inbox, gauge): (Inbox, Rc<Cell<Gauge>>), basis: Basis) -> Self {
        Self {
            id,
            shard,
            state: D::State::default(),
            revision: 0,
            last: 0,
            snapshots: Snapshots::default(),
            inbox,
            listed: BTreeMap::new(),
            waiting: false,
            is_reading: false,
            timer: None,
            used: Instant::now(),
            left: false,
            basis,
            gauge,
        }
    }

    fn awake(&mut self, woken: Option<Woken<D::State>>, context: &mut Context<Self>) {
        let Some(Woken { replayed, snapshot, since }) = woken else {
            return self.step_aside(context);
        };
        self.state = replayed.state;
        self.revision = replayed.revision;
        self.last = replayed.last;
        self.snapshots = Snapshots::new(snapshot.as_ref().map(Head::slots), since);
        self.shard.sequencer.borrow_mut().replayed(D::stream(self.id), replayed.revision);
        self.drain();
        if self.decide_interrupted(context) {
            self.settle(context);
            self.passivate_later(context);
        }
    }

    /// Decides what becomes of effects that were outstanding, though nobody here has begun them. Returns false if the
    /// actor goes to sleep instead: without a look-up, an effect would be performed again, as if it had never begun.
    fn decide_interrupted(&mut self, context: &mut Context<Self>) -> bool {
        let due = D::due(&self.state).effects;
        let unknown = due.iter().filter(|effect| !self.listed.contains_key(effect));
        let interrupted: Vec<_> = unknown.filter_map(D::interrupted).collect();
        for mut command in interrupted {
            if self.look_up(&mut command).is_err() {
                self.step_aside(context);
                return false;
            }
            let _ = self.turn(command, Cause::following(Who::System, self.last), context);
        }
        true
    }

    /// Applies what was sequenced in the meantime.
    fn drain(&mut self) {
        let stream = D::stream(self.id);
        while let Some(record) = { self.inbox.borrow_mut().pop_front() } {
            for (position, event) in record.positioned().filter(|(_, event)| event.concerns(stream)) {
                D::apply(&mut self.state, event);
                self.last = position;
                self.revision = self.revision.saturating_add(1);
                self.snapshots.count();
            }
        }
    }

    /// Stores a snapshot of the state from time to time. Everything in the state is on its way to the disk before it.
    fn keep(&mut self) {
        if !self.snapshots.is_due(self.shard.snapshot_every) || !self.inbox.borrow().is_empty() {
            return;
        }
        let (stream, position) = (D::stream(self.id), self.shard.head());
        let place = Place { stream, rules: RULES, position, revision: self.revision };
        match self.snapshots.keep(place, &self.state) {
            Ok(pending) => drop(self.shard.sequencer.borrow().snapshot(pending)),
            Err(error) => tracing::warn!(%stream, %error, "no snapshot"),
        }
    }

    /// Decides one command on an up-to-date state, and applies the events that it caused.
    fn turn(&mut self, mut command: D::Command, cause: Cause, context: &mut Context<Self>) -> Reply<D> {
        self.drain();
        let stream = D::stream(self.id);
        let span = tracing::debug_span!("turn", %stream, revision = self.revision);
        let _entered = span.enter();
        self.look_up(&mut command).map_err(|error| ExecuteError::Fault(error.to_string()))?;
        let now = self.shard.clock.now();
        let decision = D::decide(&self.state, command, now).map_err(ExecuteError::Rejected)?;
        tracing::debug!(events = decision.events.len(), "decided");
        if let Some(first) = decision.events.first() {
            let cause = self.nearest(cause, first);
            let commit = NewCommit { workspace: stream.workspace(), recorded_at: now, cause, events: decision.events };
            if let Err(error) = self.shard.append(stream, self.revision, commit) {
                tracing::error!(%stream, revision = self.revision, %error, "a decision could not be recorded");
                self.passivate(context);
                return Err(ExecuteError::Fault(error.to_string()));
            }
            self.drain();
        }
        Ok(decision.answer)
    }

    /// Makes a cause more precise: if it is an event and the first new event is about a message, uses that message's
    /// last event. The actor's own last event may be about another message.
    fn nearest(&self, mut cause: Cause, first: &Event) -> Cause {
        if let (Trigger::Event(because), Some(message)) = (&mut cause.trigger, first.message()) {
            let sequencer = self.shard.sequencer.borrow();
            match sequencer.index().latest(Series::Message(message), Position::MAX, 1) {
                Ok(found) => *because = found.first().copied().unwrap_or(*because),
                Err(error) => tracing::warn!(%error, "what came before cannot be read"),
            }
        }
        cause
    }

    /// Looks up what is needed to decide a command.
    fn look_up(&mut self, command: &mut D::Command) -> Result<(), ReadError> {
        self.drain();
        while let Some(question) = D::next_lookup(&self.state, command) {
            let found = self.shard.handle.look_up(D::stream(self.id).workspace(), &question)?;
            D::resolve(command, found);
        }
        Ok(())
    }

    /// Starts what is due, and sets the next wake-up.
    fn settle(&mut self, context: &mut Context<Self>) {
        if self.left {
            return;
        }
        let mut due = D::due(&self.state);
        while self.wake_up_now(&due, context) {
            due = D::due(&self.state);
        }
        let now = self.shard.clock.now();
        let next = due.later.iter().map(|(at, _)| *at).filter(|at| *at > now).min();
        due.effects.extend(due.later.extract_if(.., |(at, _)| *at <= now).map(|(_, effect)| effect));
        self.list(&due);
        self.start_ready(context);
        let wake_at = due.wake_at.filter(|_| !self.is_reading);
        self.set_timer(wake_at.into_iter().chain(next).min(), context);
        self.waiting = due.waiting > 0;
        self.shard.outstanding(D::stream(self.id), !self.may_passivate(), &due);
        self.gauge.set(self.measure(due.waiting));
        self.keep();
    }

    /// Decides a command once what must be looked up for it is in memory; others may be decided before it.
    fn execute(&mut self, ask: Execute<D>, read: Read, context: &mut Context<Self>) {
        let mut slot = ask.command.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut command) = slot.take() else { return };
        if let Some(missing) = self.missing(&mut command, &read) {
            // Back into the slot: if this actor ends before it decides, the sender asks again.
            *slot = Some(command);
            drop(slot);
            return self.read_ahead(missing, read, context, |shell, read, context| shell.execute(ask, read, context));
        }
        drop(slot);
        let reply = self.turn(command, ask.cause, context);
        self.shard.hold(Box::new(move || drop(ask.reply.send(reply))));
        self.settle(context);
    }

    /// Gives the wake-up command if its time has come; returns true if that changed anything.
    fn wake_up_now(&mut self, due: &Due<D::Effect>, context: &mut Context<Self>) -> bool {
        let come = due.wake_at.is_some_and(|at| at <= self.shard.clock.now()) && !self.shard.is_stopping();
        let Some(mut command) = D::wake_up().filter(|_| come && !self.is_reading) else { return false };
        if let Some(missing) = self.missing(&mut command, &Read::default()) {
            self.is_reading = true;
            self.read_ahead(missing, Read::default(), context, |shell, _, context| {
                shell.is_reading = false;
                let _ = shell.turn(command, Cause::following(Who::System, shell.last), context);
                shell.settle(context);
            });
            return false;
        }
        let (before, cause) = (self.revision, Cause::following(Who::System, self.last));
        self.turn(command, cause, context).is_ok() && self.revision > before
    }

    fn set_timer(&mut self, wake_at: Option<Timestamp>, context: &mut Context<Self>) {
        if self.timer.map(|(at, _)| at) == wake_at {
            return;
        }
        if let Some((_, timer)) = self.timer.take() {
            context.cancel_future(timer);
        }
        if let Some(at) = wake_at {
            let woken = self.shard.clock.sleep_until(at).into_actor(self).map(|(), shell: &mut Self, context| {
                // When stopping, keep the fired timer: clearing it would re-arm it at once, in a loop.
                if shell.shard.is_stopping() {
                    return;
                }
                shell.timer = None;
                shell.drain();
                shell.settle(context);
            });
            self.timer = Some((at, context.spawn(woken)));
        }
    }

    /// True if nothing at all is outstanding.
    fn may_passivate(&self) -> bool {
        self.listed.is_empty()
            && self.timer.is_none()
            && !self.waiting
            && !self.is_reading
            && self.inbox.borrow().is_empty()
    }

    /// Checks again when the actor may have been idle long enough, and, if something is outstanding then, after the
    /// same time.
    fn passivate_later(&self, context: &mut Context<Self>) {
        let idle = self.shard.idle;
        let left = idle.checked_sub(self.used.elapsed()).filter(|left| !left.is_zero()).unwrap_or(idle);
        context.run_later(left, |shell, context| {
            if shell.may_passivate() && shell.used.elapsed() >= shell.shard.idle {
                shell.passivate(context);
            } else {
                shell.passivate_later(context);
            }
        });
    }

    /// Goes to sleep because reading failed, and is woken later to try again.
    fn step_aside(&mut self, context: &mut Context<Self>) {
        self.passivate(context);
        self.shard.wake_later(D::stream(self.id));
    }

    /// Goes to sleep, once. Commands still in the mailbox are dropped, and their senders retry with the next shell.
    fn passivate(&mut self, context: &mut Context<Self>) {
        if !self.left {
            self.left = true;
            self.shard.passivated::<D>(self.id);
            context.stop();
        }
    }
}

impl<D: Kind> Actor for Shell<D> {
    type Context = Context<Self>;

    /// Registers first, waits until all earlier events are durable, then replays up to there; commands wait
    /// meanwhile.
    fn started(&mut self, context: &mut Context<Self>) {
        context.set_mailbox_capacity(MAILBOX);
        let registered = self.shard.sequencer.borrow_mut().register(D::stream(self.id), Rc::clone(&self.inbox));
        let (shard, id, basis) = (Rc::clone(&self.shard), self.id, self.basis);
        let load = async move { shard.load::<D>(id, registered, basis).await };
        load.into_actor(self).map(|woken, shell, context| shell.awake(woken, context)).wait(context);
    }
}

impl<D: Kind> Handler<Execute<D>> for Shell<D> {
    type Result = ();

    fn handle(&mut self, ask: Execute<D>, context: &mut Context<Self>) {
        if self.left {
            return;
        }
        self.used = Instant::now();
        self.execute(ask, Read::default(), context);
    }
}

impl<D: Kind> Handler<Inspect<D>> for Shell<D> {
    type Result = ();

    fn handle(&mut self, look: Inspect<D>, context: &mut Context<Self>) {
        if self.left {
            return;
        }
        self.used = Instant::now();
        self.drain();
        (look.0)(&self.state, &self.shard);
        self.settle(context);
    }
}

impl<D: Kind> Handler<Wake> for Shell<D> {
    type Result = ();

    fn handle(&mut self, _: Wake, context: &mut Context<Self>) {
        self.drain();
        self.settle(context);
    }
}

impl<D: Kind> Handler<Passivate> for Shell<D> {
    type Result = ();

    fn handle(&mut self, _: Passivate, context: &mut Context<Self>) {
        self.drain();
        self.settle(context);
        if self.may_passivate() {
            self.passivate(context);
        }
    }
}

pub(crate) fn inbox() -> Inbox {
    Rc::new(RefCell::default())
}
