//! The messages that shells receive.

use std::rc::Rc;
use std::sync::{Arc, Mutex};

use actix::Message;
use events::record::Cause;
use tokio::sync::oneshot;

use crate::runtime::registry::Kind;
use crate::runtime::shard::Shard;

/// A command for an actor.
pub(crate) struct Execute<D: Kind> {
    pub(crate) command: Slot<D>,
    pub(crate) cause: Cause,
    pub(crate) reply: oneshot::Sender<Reply<D>>,
}

/// Where a command waits. It is taken out when it is decided; if it is still there afterwards, the actor never saw it.
pub(crate) type Slot<D> = Arc<Mutex<Option<<D as crate::decider::Decider>::Command>>>;

/// The reply to a command.
pub(crate) type Reply<D> =
    Result<<D as crate::decider::Decider>::Answer, ExecuteError<<D as crate::decider::Decider>::Rejection>>;

/// Why a command was not carried out.
#[derive(Debug)]
pub(crate) enum ExecuteError<R> {
    /// A rule refused it.
    Rejected(R),
    /// An internal error.
    Fault(String),
}

/// Reads from the state; the answer waits until what it saw is durable.
pub(crate) struct Inspect<D: Kind>(pub(crate) Viewer<D>);

/// Gets the state once.
pub(crate) type Viewer<D> = Box<dyn FnOnce(&<D as crate::decider::Decider>::State, &Rc<Shard>) + Send>;

/// Sent when the inbox has something, or an effect may start.
#[derive(Clone, Copy)]
pub(crate) struct Wake;

/// Asks the actor to sleep if nothing is outstanding.
#[derive(Clone, Copy)]
pub(crate) struct Passivate;

impl<D: Kind> Message for Execute<D> {
    type Result = ();
}

impl<D: Kind> Message for Inspect<D> {
    type Result = ();
}

impl Message for Wake {
    type Result = ();
}

impl Message for Passivate {
    type Result = ();
}
