//! Verifications of the log of a running gateway, one at a time: who asks for the same as the one under way joins it, and it
//! ends as soon as nobody waits for it any more.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use events::history::ReadMode;
use events::ids::Position;
use tokio::sync::{Semaphore, watch};

use super::checkpoint_files::CheckpointFiles;
use super::verification::{Sound, Unsound};

/// What a verification compares the log with: notes, and the key that signed them unless it is one that the log names.
pub type Asked = (Vec<String>, Option<String>);

/// What becomes of a verification, for all that wait for it.
pub type Outcome = Arc<Result<Sound, Unsound>>;

/// Another verification is under way, which was asked for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

/// The verifications of one gateway. Clones are the same.
#[derive(Clone)]
pub struct Verifications {
    files: CheckpointFiles,
    latest: Arc<Mutex<Weak<Shared>>>,
    /// A verification that nobody waits for takes a moment to end; the next one begins after that.
    turn: Arc<Semaphore>,
}

/// A caller's part in a verification, which goes on as long as anybody has one.
pub struct Verification(Arc<Shared>);

struct Shared {
    asked: Asked,
    done: AtomicU64,
    all: Position,
    outcome: watch::Sender<Option<Outcome>>,
}

impl Verification {
    /// Returns the position of the last event that was verified, and of the log's last when it began.
    pub fn progress(&self) -> (Position, Position) {
        (self.0.done.load(Ordering::Relaxed), self.0.all)
    }

    /// Waits for the outcome.
    pub async fn outcome(&self) -> Outcome {
        let mut told = self.0.outcome.subscribe();
        loop {
            let outcome = told.borrow_and_update().clone();
            match outcome {
                Some(outcome) => return outcome,
                None if told.changed().await.is_err() => return Arc::new(Err(Unsound::Cancelled)),
                None => {}
            }
        }
    }
}

impl Verifications {
    /// Nothing is under way yet. The files are the checkpoints that the gateway keeps.
    pub fn none(files: CheckpointFiles) -> Self {
        Self { files, latest: Arc::default(), turn: Arc::new(Semaphore::new(1)) }
    }

    pub const fn files(&self) -> &CheckpointFiles {
        &self.files
    }

    /// Joins the verification under way if it was asked for the same. If there is none, starts `work` where `read` says, on
    /// a log that ends at `all`; what the work tells of its progress is answered with a break once nobody waits for it.
    pub fn join_or_start<W>(&self, asked: Asked, all: Position, read: ReadMode, work: W) -> Result<Verification, Busy>
    where
        W: FnOnce(&mut dyn FnMut(Position) -> ControlFlow<()>) -> Result<Sound, Unsound> + Send + 'static,
    {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = latest.upgrade().filter(|shared| shared.outcome.borrow().is_none()) {
            return if shared.asked == asked { Ok(Verification(shared)) } else { Err(Busy) };
        }
        let shared = Arc::new(Shared { asked, done: AtomicU64::new(0), all, outcome: watch::Sender::new(None) });
        let waiting = Arc::downgrade(&shared);
        latest.clone_from(&waiting);
        let turn = Arc::clone(&self.turn);
        tokio::spawn(async move {
            let _turn = turn.acquire().await;
            let told = Weak::clone(&waiting);
            let ended = read.read(move || Ok(work(&mut |position| tell(&told, position)))).await;
            if let Some(shared) = waiting.upgrade() {
                shared.outcome.send_replace(Some(Arc::new(ended.unwrap_or_else(|error| Err(error.into())))));
            }
        });
        Ok(Verification(shared))
    }
}

/// Tells those who wait how far it has come; breaks if there is nobody.
fn tell(waiting: &Weak<Shared>, position: Position) -> ControlFlow<()> {
    let Some(shared) = waiting.upgrade() else { return ControlFlow::Break(()) };
    shared.done.store(position, Ordering::Relaxed);
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests;
