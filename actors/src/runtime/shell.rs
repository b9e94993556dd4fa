//! Runs any decider as an actor: drain, decide, append, apply, answer, perform what is due. Contains no rule.

mod messages;
mod snapshots;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::PoisonError;

use actix::{
    Actor, ActorContext, ActorFutureExt, AsyncContext, Context, ContextFutureSpawner, Handler, SpawnHandle, WrapFuture,
};
use events::event::Event;
use events::index::Series;
use events::log::ReadError;
use events::record::{Cause, Position, Revision, Trigger};
use events::sequencer::{Inbox, NewCommit};
use events::snapshot::{Head, Place};
use events::time::Timestamp;
use events::who::Who;
use messages::Reply;
pub(crate) use messages::{Execute, ExecuteError, Inspect, Passivate, Wake};
use snapshots::Snapshots;
use tokio::time::Instant;

use crate::decider::Due;
use crate::runtime::registry::Kind;
use crate::runtime::replay::{RULES, Woken};
use crate::runtime::shard::{READ_AGAIN, Running, Shard};

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
    timer: Option<(Timestamp, SpawnHandle)>,
    used: Instant,
    left: bool,
}

/// An effect that `due` lists.
struct Listed {
    /// The log's head when the effect was first listed; once that is durable, so is the effect's cause.
    since: Position,
    /// The actor's last event at that time, which made the effect due.
    because: Position,
    running: bool,
    /// Counts the effect as in progress as soon as it is listed: a stop between its cause and its start would leave
    /// it interrupted. `None` for an effect that leaves no trace when it is interrupted, so that a stop need not wait
    /// for it.
    counted: Option<Running>,
}

impl<D: Kind> Shell<D> {
    pub(crate) fn new(id: D::Id, shard: Rc<Shard>, inbox: Inbox) -> Self {
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
            timer: None,
            used: Instant::now(),
            left: false,
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
        let interrupted: Vec<_> = D::due(&self.state).effects.iter().filter_map(D::interrupted).collect();
        for mut command in interrupted {
            if self.look_up(&mut command).is_err() {
                // Without the look-up, the interrupted effect would be performed again, as if it had never begun.
                return self.step_aside(context);
            }
            let _ = self.turn(command, Cause::following(Who::System, self.last), context);
        }
        self.settle(context);
        self.passivate_later(context);
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
            let found = self.shard.look_up(D::stream(self.id).workspace(), &question)?;
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
        self.set_timer(due.wake_at.into_iter().chain(next).min(), context);
        self.waiting = due.waiting > 0;
        self.shard.outstanding(D::stream(self.id), !self.may_passivate(), &due);
        self.keep();
    }

    /// Gives the wake-up command if its time has come; returns true if that changed anything.
    fn wake_up_now(&mut self, due: &Due<D::Effect>, context: &mut Context<Self>) -> bool {
        let come = due.wake_at.is_some_and(|at| at <= self.shard.clock.now()) && !self.shard.is_stopping();
        let (before, cause) = (self.revision, Cause::following(Who::System, self.last));
        match D::wake_up() {
            Some(command) if come => self.turn(command, cause, context).is_ok() && self.revision > before,
            _ => false,
        }
    }

    fn list(&mut self, due: &Due<D::Effect>) {
        let (since, because) = (self.shard.head(), self.last);
        self.listed.retain(|effect, listed| listed.running || due.effects.contains(effect));
        for effect in &due.effects {
            let counted = || D::is_awaited(effect).then(|| self.shard.running());
            let listed = || Listed { since, because, running: false, counted: counted() };
            self.listed.entry(effect.clone()).or_insert_with(listed);
        }
    }

    fn start_ready(&mut self, context: &mut Context<Self>) {
        let is_stopping = self.shard.is_stopping();
        let durable = self.shard.watermark.durable();
        let mut ready = Vec::new();
        let may_start = |listed: &Listed| !listed.running && (listed.counted.is_some() || !is_stopping);
        for (effect, listed) in self.listed.iter_mut().filter(|(_, listed)| may_start(listed)) {
            if listed.since <= durable {
                listed.running = true;
                ready.push((effect.clone(), listed.because));
            } else {
                self.shard.wake_at(listed.since, context.address().recipient());
            }
        }
        for (effect, because) in ready {
            self.start(effect, because, context);
        }
    }

    fn start(&mut self, effect: D::Effect, because: Position, context: &mut Context<Self>) {
        let cause = Cause::following(D::answered_by(&effect), because);
        let done = D::perform(&self.shard, effect.clone(), because).into_actor(self);
        done.map(move |command, shell: &mut Self, context| shell.performed(effect, command, cause, context))
            .spawn(context);
    }

    /// Decides the outcome of an effect. While a look-up for it fails, the outcome waits, and the effect is not
    /// performed again.
    fn performed(&mut self, effect: D::Effect, mut command: D::Command, cause: Cause, context: &mut Context<Self>) {
        if self.look_up(&mut command).is_err() {
            context.run_later(READ_AGAIN, move |shell, context| shell.performed(effect, command, cause, context));
            return;
        }
        self.listed.remove(&effect);
        let _ = self.turn(command, cause, context);
        self.settle(context);
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
        self.listed.is_empty() && self.timer.is_none() && !self.waiting && self.inbox.borrow().is_empty()
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
        let (shard, id) = (Rc::clone(&self.shard), self.id);
        let load = async move { shard.load::<D>(id, registered).await };
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
        let command = ask.command.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(command) = command else { return };
        let reply = self.turn(command, ask.cause, context);
        self.shard.hold(Box::new(move || drop(ask.reply.send(reply))));
        self.settle(context);
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
