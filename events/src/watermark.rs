//! How far the log is sequenced, and how far it is durable. Shared by all threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

use crate::record::Position;

/// The two heads of a log. Clones share them.
#[derive(Clone)]
pub struct Watermark {
    sequenced: Arc<AtomicU64>,
    durable: Arc<watch::Sender<Position>>,
}

impl Watermark {
    /// Both heads at the same place.
    pub fn at(position: Position) -> Self {
        Self { sequenced: Arc::new(AtomicU64::new(position)), durable: Arc::new(watch::Sender::new(position)) }
    }

    /// Position of the last event that has a place, durable or not.
    pub fn sequenced(&self) -> Position {
        self.sequenced.load(Ordering::Acquire)
    }

    /// Position of the last event that would survive a power cut.
    pub fn durable(&self) -> Position {
        *self.durable.borrow()
    }

    /// Waits until everything that is sequenced now is durable, and says how far that reaches. `None`: the writer is
    /// gone and it never will be.
    pub async fn settled(&self) -> Option<Position> {
        self.reached(self.sequenced()).await
    }

    /// Waits until `position` is durable.
    pub async fn reached(&self, position: Position) -> Option<Position> {
        let mut durable = self.durable.subscribe();
        durable.wait_for(|reached| *reached >= position).await.ok().map(|reached| *reached)
    }

    /// Sees every later rise of the durable head.
    pub fn subscribe(&self) -> watch::Receiver<Position> {
        self.durable.subscribe()
    }

    pub(crate) fn sequence(&self, position: Position) {
        self.sequenced.store(position, Ordering::Release);
    }

    pub(crate) fn raise(&self, position: Position) {
        self.durable.send_replace(position);
    }
}
