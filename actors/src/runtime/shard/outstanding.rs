//! Wakes, at a start, the actors that have something outstanding: those of the agenda and those that something has happened
//! to since. If that may be very many, because the agenda is missing or old, it is made again in the background.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use events::codec::{Opening, decode};
use events::ids::StreamId;
use events::log::{Log, ReadError};
use events::record::Position;
use tokio::time::Instant;

use super::keeper::READ_AGAIN;
use super::{Shard, woken};
use crate::runtime::agenda::{Page, Streams};
use crate::runtime::shell::Passivate;
use crate::runtime::vital;

/// The most events behind the agenda that a start reads before it is ready; about a second of work.
const EVENTS_MAX: u64 = 500_000;
/// The most actors that a start wakes because of these events.
const ACTORS_MAX: usize = 10_000;
/// Interval between two words on how far a search has come.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// How far a search has come.
struct Progress {
    searched: u64,
    outstanding: u64,
    told: Instant,
}

impl Shard {
    /// Wakes the actors of the agenda, and those that something has happened to since. If these are too many, begins to
    /// search all streams; if an earlier search was interrupted, goes on with it.
    pub(super) fn wake_outstanding(self: &Rc<Self>, noted: Vec<StreamId>) -> Result<(), ReadError> {
        let covered = self.agenda.borrow().covered().position;
        let since = changed_since(self.handle.log.as_ref(), covered)?;
        if since.is_none() {
            self.agenda.borrow_mut().cover(Streams::None);
            self.touched.notify_one();
        }
        for stream in noted.into_iter().chain(since.into_iter().flatten()) {
            self.wake(stream);
        }
        if self.agenda.borrow().streams() != Streams::All {
            actix::spawn(vital::task(Rc::clone(self).search()));
        }
        Ok(())
    }

    /// Searches the streams that the agenda does not cover yet. Each state is folded once, beside the actors: only those
    /// that have something outstanding wake. What happens to an actor meanwhile wakes it as usual.
    async fn search(self: Rc<Self>) {
        tracing::info!(
            "the list of what is outstanding is missing or old: searching all streams, while the gateway works"
        );
        let mut progress = Progress { searched: 0, outstanding: 0, told: Instant::now() };
        while self.agenda.borrow().streams() != Streams::All {
            if self.is_stopping() {
                return;
            }
            let (after, to) = (self.agenda.borrow().streams().last(), self.watermark.durable());
            match self.handle.history.run(move |history| Page::read(history, after, to)).await {
                Ok(page) => {
                    progress.count(&page);
                    self.take(page);
                    tokio::task::yield_now().await;
                }
                Err(error) => {
                    tracing::warn!(%error, "the streams cannot be listed; trying again");
                    tokio::time::sleep(READ_AGAIN).await;
                }
            }
        }
        let Progress { searched, outstanding, .. } = progress;
        tracing::info!(streams = searched, outstanding, "all streams are searched");
    }

    /// Wakes the actors of a page, all in one turn: a checkpoint covers the page with them or not at all. Those that have
    /// nothing outstanding any more once they are awake go back to sleep.
    fn take(self: &Rc<Self>, page: Page) {
        for stream in page.outstanding {
            if self.handle.is_awake(stream) {
                continue;
            }
            self.wake(stream);
            if let Some(awake) = self.awake.borrow().get(&stream) {
                awake.rest.do_send(Passivate);
            }
        }
        self.agenda.borrow_mut().cover(page.covered);
        self.touched.notify_one();
    }
}

impl Progress {
    fn count(&mut self, page: &Page) {
        self.searched = self.searched.saturating_add(page.count as u64);
        self.outstanding = self.outstanding.saturating_add(page.outstanding.len() as u64);
        if self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            tracing::info!(streams = self.searched, outstanding = self.outstanding, "searching all streams");
        }
    }
}

/// Returns the actors that the events behind a position may have given something to do; `None` if there are too many.
fn changed_since(log: &dyn Log, position: Position) -> Result<Option<BTreeSet<StreamId>>, ReadError> {
    if log.head().position.saturating_sub(position) > EVENTS_MAX {
        return Ok(None);
    }
    let mut changed = BTreeSet::new();
    for stored in log.read(position.saturating_add(1)) {
        changed.extend(woken(&decode(&stored?, Opening::Shut)?));
        if changed.len() > ACTORS_MAX {
            return Ok(None);
        }
    }
    Ok(Some(changed))
}
