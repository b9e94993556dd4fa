//! The positions up to which the log is sequenced and durable. Shared by all threads.

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
    /// Wakes waiters in order, unlike tokio's watch, so that the same seed gives the same run.
    risen: Notify,
}

impl Watermark {
    /// Creates a watermark with both heads at the same position.
    pub fn at(position: Position) -> Self {
        let heads = Heads { sequenced: position.into(), durable: position.into(), risen: Notify::new() };
        Self(Arc::new(heads))
    }

    /// Returns the position of the last sequenced event, durable or not.
    pub fn sequenced(&self) -> Position {
        self.0.sequenced.load(Ordering::Acquire)
    }

    /// Returns the position of the last event that would survive a power cut.
    pub fn durable(&self) -> Position {
        self.0.durable.load(Ordering::Acquire)
    }

    /// Waits until everything that is sequenced now is durable; returns how far the log is durable then.
    pub async fn settled(&self) -> Position {
        self.reached(self.sequenced()).await
    }

    /// Waits until `position` is durable; returns how far the log is durable then.
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
