//! What can be seen of an awake actor without disturbing it: it applies nothing, starts nothing, and stays awake no
//! longer.

use actix::{Context, Handler, Message};
use events::codec;
use events::record::{Position, Revision};
use events::time::Timestamp;
use tokio::sync::oneshot;

use super::Shell;
use crate::runtime::registry::Kind;

/// A state whose last snapshot is longer is not encoded for a look: that would hold up the deciding thread too long.
const STATE_BYTES_MAX: u64 = 1 << 20;

/// How busy an awake actor is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gauge {
    /// Commits that it has not applied yet.
    pub inbox: usize,
    /// Effects that are due: in progress, or about to start.
    pub outstanding: usize,
    /// The effects in progress.
    pub in_flight: usize,
    /// Messages that wait in it.
    pub waiting: u64,
    /// When its timer next goes off.
    pub next_due: Option<Timestamp>,
}

/// An awake actor, as it is at one moment.
#[derive(Debug)]
pub struct Looked<E> {
    pub gauge: Gauge,
    /// Number of events in its state.
    pub revision: Revision,
    /// Position of the last of them.
    pub last: Position,
    /// Its state as the codec encodes it; `None` if it is too large to be encoded by the deciding thread.
    pub state: Option<Vec<u8>>,
    /// The effects in progress.
    pub in_flight: Vec<E>,
}

/// Asks for a look; the answer waits until what it shows is durable.
pub(crate) struct Look<D: Kind>(pub(crate) oneshot::Sender<Looked<D::Effect>>);

impl<D: Kind> Message for Look<D> {
    type Result = ();
}

impl<D: Kind> Handler<Look<D>> for Shell<D> {
    type Result = ();

    fn handle(&mut self, Look(reply): Look<D>, _: &mut Context<Self>) {
        if self.left {
            return;
        }
        let running = self.listed.iter().filter(|(_, listed)| listed.running);
        let looked = Looked {
            gauge: Gauge { inbox: self.inbox.borrow().len(), ..self.gauge.get() },
            revision: self.revision,
            last: self.last,
            state: self.encoded(),
            in_flight: running.map(|(effect, _)| effect.clone()).collect(),
        };
        self.shard.hold(Box::new(move || drop(reply.send(looked))));
    }
}

impl<D: Kind> Shell<D> {
    /// Measures how busy the actor is, while so many messages wait in it.
    pub(super) fn measure(&self, waiting: u64) -> Gauge {
        Gauge {
            inbox: 0,
            outstanding: self.listed.len(),
            in_flight: self.listed.values().filter(|listed| listed.running).count(),
            waiting,
            next_due: self.timer.map(|(at, _)| at),
        }
    }

    fn encoded(&self) -> Option<Vec<u8>> {
        if self.snapshots.bytes() > STATE_BYTES_MAX {
            return None;
        }
        codec::encode_state(&self.state).ok()
    }
}
