//! Starts the effects that are due, once their causes are durable, and decides their outcomes.

use actix::{ActorFutureExt, AsyncContext, Context, ContextFutureSpawner, WrapFuture};
use events::record::{Cause, Position};

use super::Shell;
use super::read_ahead::Read;
use crate::decider::Due;
use crate::runtime::registry::Kind;
use crate::runtime::shard::{READ_AGAIN, Running};

/// An effect that `due` lists.
pub(super) struct Listed {
    /// The log's head when the effect was first listed; once that is durable, so is the effect's cause.
    since: Position,
    /// The actor's last event at that time, which made the effect due.
    because: Position,
    pub(super) running: bool,
    /// Counts the effect as in progress as soon as it is listed: a stop between its cause and its start would leave
    /// it interrupted. `None` for an effect that leaves no trace when it is interrupted, so that a stop need not wait
    /// for it.
    counted: Option<Running>,
}

impl<D: Kind> Shell<D> {
    pub(super) fn list(&mut self, due: &Due<D::Effect>) {
        let (since, because) = (self.shard.head(), self.last);
        self.listed.retain(|effect, listed| listed.running || due.effects.contains(effect));
        for effect in &due.effects {
            let counted = || D::is_awaited(effect).then(|| self.shard.running());
            let listed = || Listed { since, because, running: false, counted: counted() };
            self.listed.entry(effect.clone()).or_insert_with(listed);
        }
    }

    pub(super) fn start_ready(&mut self, context: &mut Context<Self>) {
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
        done.map(move |command, shell: &mut Self, context| {
            shell.performed(effect, command, cause, Read::default(), context);
        })
        .spawn(context);
    }

    /// Decides the outcome of an effect. While a look-up for it fails, the outcome waits, and the effect is not
    /// performed again.
    fn performed(
        &mut self,
        effect: D::Effect,
        mut command: D::Command,
        cause: Cause,
        read: Read,
        context: &mut Context<Self>,
    ) {
        if let Some(missing) = self.missing(&mut command, &read) {
            let go_on =
                |shell: &mut Self, read, context: &mut _| shell.performed(effect, command, cause, read, context);
            return self.read_ahead(missing, read, context, go_on);
        }
        if self.look_up(&mut command).is_err() {
            D::forget_lookups(&mut command);
            let again = |shell: &mut Self, context: &mut _| shell.performed(effect, command, cause, read, context);
            context.run_later(READ_AGAIN, again);
            return;
        }
        self.listed.remove(&effect);
        let _ = self.turn(command, cause, context);
        self.settle(context);
    }
}
