//! The owners' mail server: it refuses, hangs, or takes a letter and loses the answer. It survives every crash.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use events::record::Position;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tidings::notices::mail::{Fault, Mail, Mailer, Reply};

use super::disk::Disk;
use super::fate::Fate;

const PATIENCE: Duration = Duration::from_secs(30);

/// The mail server. Clones share it.
#[derive(Clone)]
pub struct MailServer {
    taken: Arc<Mutex<Vec<Taken>>>,
    /// The ids of letters that came and got no positive answer yet.
    unanswered: Arc<Mutex<BTreeSet<String>>>,
    /// The number of answers that will still be lost.
    losing: Arc<AtomicU64>,
    fate: Fate,
    disk: Disk,
}

/// A letter that it accepted.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The part of the Message-ID before the `@`.
    pub id: String,
    /// The life of the gateway that sent it.
    pub life: u64,
    /// True if the positive answer arrived.
    pub answered: bool,
    /// The last durable position when the letter came.
    pub durable: Position,
}

impl MailServer {
    pub fn new(fate: Fate, disk: Disk) -> Self {
        let (taken, unanswered, losing) = (Arc::default(), Arc::default(), Arc::default());
        Self { taken, unanswered, losing, fate, disk }
    }

    fn taken_mut(&self) -> MutexGuard<'_, Vec<Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `see` with all letters so far.
    pub fn look<T>(&self, see: impl FnOnce(&[Taken]) -> T) -> T {
        see(&self.taken_mut())
    }

    /// Loses this many of the next answers.
    pub fn lose(&self, answers: u64) {
        self.losing.store(answers, Ordering::Relaxed);
    }

    /// True if a letter came that will come again: it got no positive answer.
    pub fn is_awaiting(&self) -> bool {
        !self.unanswered_mut().is_empty()
    }

    fn unanswered_mut(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take(&self, mail: &Mail) -> Result<(), Fault> {
        self.unanswered_mut().insert(mail.id.clone());
        self.fate.port(100).await;
        if self.fate.fault("a mail server refuses", 15) {
            return Err(Fault::Later(Reply { status: 451, enhanced: None }));
        }
        if self.fate.fault("a mail server hangs", 10) {
            tokio::time::sleep(PATIENCE).await;
            return Err(Fault::TimedOut);
        }
        let place = {
            let mut taken = self.taken_mut();
            let (life, durable) = (self.fate.life(), self.disk.synced_to());
            taken.push(Taken { id: mail.id.clone(), life, answered: false, durable });
            taken.len() - 1
        };
        self.fate.port(100).await;
        let loses = self.losing.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if loses.is_ok() || self.fate.fault("a mail server's yes is lost", 15) {
            return Err(Fault::Unreachable);
        }
        self.taken_mut()[place].answered = true;
        self.unanswered_mut().remove(&mail.id);
        Ok(())
    }
}

impl Mailer for MailServer {
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), Fault>> {
        self.take(mail).boxed()
    }
}
