//! The newest signed checkpoint, for everybody who asks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use events::checkpoint_key::VerifierKey;
use events::founding::LogId;
use events::ids::Position;
use tokio::sync::{mpsc, oneshot};

/// A checkpoint with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Number of events.
    pub size: Position,
    /// The signed note.
    pub note: Arc<str>,
}

/// Asks for a checkpoint of at least so many events.
pub(super) struct Ask {
    pub(super) at_least: Position,
    pub(super) answer: oneshot::Sender<Signed>,
}

/// The handle to the keeper of proofs. Clones reach the same keeper.
#[derive(Clone)]
pub struct Proofs {
    id: LogId,
    key: Arc<VerifierKey>,
    shared: Arc<Shared>,
    asks: mpsc::UnboundedSender<Ask>,
}

/// What the keeper tells.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Position of the last event that is in the tree.
    pub(super) position: AtomicU64,
    pub(super) newest: Mutex<Option<Signed>>,
}

/// The keeper of proofs has ended, and with it the gateway.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("no checkpoints are made any more")]
pub struct Ended;

impl Proofs {
    pub(super) fn new(id: LogId, key: VerifierKey) -> (Self, Arc<Shared>, mpsc::UnboundedReceiver<Ask>) {
        let (asks, asked) = mpsc::unbounded_channel();
        let shared: Arc<Shared> = Arc::default();
        (Self { id, key: Arc::new(key), shared: Arc::clone(&shared), asks }, shared, asked)
    }

    /// A handle without a keeper: nobody gets a checkpoint.
    pub fn of_nobody(id: LogId) -> Self {
        let (asks, _) = mpsc::unbounded_channel();
        Self { id, key: Arc::default(), shared: Arc::default(), asks }
    }

    pub const fn log_id(&self) -> LogId {
        self.id
    }

    /// Returns the key that verifies the checkpoints.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// Returns the position of the last event that is in the tree.
    pub fn position(&self) -> Position {
        self.shared.position.load(Ordering::Relaxed)
    }

    /// Returns the newest checkpoint, which is a few seconds old at most; the first one is waited for.
    pub async fn newest(&self) -> Result<Signed, Ended> {
        let newest = self.shared.newest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(newest) = newest { Ok(newest) } else { self.checkpoint(0).await }
    }

    /// Returns a checkpoint of at least so many events, all of which must be sequenced.
    pub async fn checkpoint(&self, at_least: Position) -> Result<Signed, Ended> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(Ask { at_least, answer }).map_err(|_| Ended)?;
        answered.await.map_err(|_| Ended)
    }
}
