//! How far the log is sequenced, and how far it is durable. Shared by all threads.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::ids::Position;

/// The two heads of a log. Clones share them.
#[derive(Clone)]
pub struct Watermark(Arc<Heads>);

struct Heads {
    sequenced: AtomicU64,
    durable: AtomicU64,
    /// Wakes in the order of waiting, unlike tokio's watch: the same seed must tell the same story.
    risen: Notify,
}

impl Watermark {
    /// Both heads at the same place.
    pub fn at(position: Position) -> Self {
        let heads = Heads { sequenced: position.into(), durable: position.into(), risen: Notify::new() };
        Self(Arc::new(heads))
    }

    /// Position of the last event that has a place, durable or not.
    pub fn sequenced(&self) -> Position {
        self.0.sequenced.load(Ordering::Acquire)
    }

    /// Position of the last event that would survive a power cut.
    pub fn durable(&self) -> Position {
        self.0.durable.load(Ordering::Acquire)
    }

    /// Waits until everything that is sequenced now is durable, and says how far that reaches.
    pub async fn settled(&self) -> Position {
        self.reached(self.sequenced()).await
    }

    /// Waits until `position` is durable, and says how far the log is durable by then.
    pub async fn reached(&self, position: Position) -> Position {
        loop {
            let mut risen = pin!(self.0.risen.notified());
            risen.as_mut().enable();
            let durable = self.durable();
            if durable >= position {
                return durable;
            }
            risen.await;
        }
    }

    pub(crate) fn sequence(&self, position: Position) {
        self.0.sequenced.store(position, Ordering::Release);
    }

    pub(crate) fn raise(&self, position: Position) {
        self.0.durable.store(position, Ordering::Release);
        self.0.risen.notify_waiters();
    }
}
