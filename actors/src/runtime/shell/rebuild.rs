//! Gives an awake actor the state that its records make, in place of the one that it has.
//!
//! The actor does not leave for that. It stands still: what was sent to it waits in its mailbox, what others decide
//! gathers in its inbox, and what it has in flight stays its own, so that no command is lost, no try is made twice, and
//! a rebuild need never be refused. Only the last few events are read while it stands still; what came before them was
//! folded while it went on. The states change places, so that the deciding thread neither copies nor encodes one.

use std::mem;
use std::rc::Rc;

use actix::{ActorFutureExt, Context, ContextFutureSpawner, Handler, Message, WrapFuture};
use events::log::ReadError;
use events::record::{Position, Revision};
use tokio::sync::oneshot;

use super::Shell;
use crate::runtime::registry::Kind;
use crate::runtime::replay::{Replayed, catch_up};

/// Hands an actor a state that was folded from its records.
pub(crate) struct Rebuild<D: Kind, V> {
    pub(crate) draft: Replayed<D::State>,
    /// The draft has all events up to here.
    pub(crate) reached: Position,
    /// What to keep of the state from the records, for a comparison: the actor takes the state itself.
    pub(crate) view: fn(&D::State) -> V,
    pub(crate) reply: oneshot::Sender<Result<Replaced<D::State, V>, ReadError>>,
}

/// A state that was replaced, and what was kept of the one in its place.
pub(crate) struct Replaced<S, V> {
    pub(crate) had: S,
    /// The number of events that the actor had counted.
    pub(crate) had_revision: Revision,
    pub(crate) records: V,
    pub(crate) revision: Revision,
}

/// Stores a snapshot as soon as the actor is at rest, because the stored one cannot be relied on.
pub(crate) struct RenewSnapshot;

impl<D: Kind, V: Send + 'static> Message for Rebuild<D, V> {
    type Result = ();
}

impl Message for RenewSnapshot {
    type Result = ();
}

impl<D: Kind, V: Send + 'static> Handler<Rebuild<D, V>> for Shell<D> {
    type Result = ();

    fn handle(&mut self, asked: Rebuild<D, V>, context: &mut Context<Self>) {
        let Rebuild { draft, reached, view, reply } = asked;
        self.drain();
        // Lists all that is due now: what is due after the exchange and not listed was never begun here.
        self.settle(context);
        if self.left {
            return;
        }
        let (shard, id, to) = (Rc::clone(&self.shard), self.id, self.shard.head());
        let read = async move {
            shard.watermark.reached(to).await;
            let caught_up = shard.handle.history().run(move |history| {
                let replayed = catch_up::<D>(id, history, (reached, to), draft)?;
                let kept = view(&replayed.state);
                Ok((replayed, kept))
            });
            caught_up.await
        };
        let exchanged = read.into_actor(self).map(|read, shell, context| {
            let replaced = read.map(|(replayed, kept)| shell.exchange(replayed, kept, context));
            drop(reply.send(replaced));
        });
        exchanged.wait(context);
    }
}

impl<D: Kind> Handler<RenewSnapshot> for Shell<D> {
    type Result = ();

    fn handle(&mut self, _: RenewSnapshot, context: &mut Context<Self>) {
        self.snapshots.renew();
        self.drain();
        self.settle(context);
    }
}

impl<D: Kind> Shell<D> {
    /// Takes the state from the records, then goes on as after waking up.
    fn exchange<V>(
        &mut self,
        replayed: Replayed<D::State>,
        records: V,
        context: &mut Context<Self>,
    ) -> Replaced<D::State, V> {
        let had = mem::replace(&mut self.state, replayed.state);
        let had_revision = mem::replace(&mut self.revision, replayed.revision);
        self.last = replayed.last;
        self.shard.sequencer.borrow_mut().replayed(D::stream(self.id), replayed.revision);
        if self.decide_interrupted(context) {
            self.settle(context);
        }
        Replaced { had, had_revision, records, revision: replayed.revision }
    }
}
