//! Programs that listen on the gateway's machine (`tidings listen`): they get reports as they are posted, and some of them
//! answer in place of the receiver.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use events::ids::WorkspaceId;
use events::time::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout_at};

use super::{Answered, Fault, Request, Response};
use crate::config::{Outbound, Success};

/// The receiver of a try that a listener answered.
pub const LISTENER: &str = "tidings:listen";
/// Reports that may wait for a listener to read them, and the bytes of their bodies; copies beyond are lost to it.
const REPORTS_AHEAD: usize = 256;
const BYTES_AHEAD: usize = 8 << 20;

/// The listeners of all workspaces. Clones share them.
#[derive(Clone)]
pub struct Listeners(Arc<Shared>);

struct Shared {
    open: Mutex<BTreeMap<WorkspaceId, Vec<OpenListener>>>,
    numbers: AtomicU64,
    /// Changes whenever a listener leaves, or no longer receives in place of the URL.
    left: watch::Sender<()>,
    deadline: Duration,
    success: Success,
}

/// A listener, as those who post see it.
struct OpenListener {
    number: u64,
    /// Since when it receives in place of the URL, if it does.
    instead_since: Option<Timestamp>,
    to: mpsc::Sender<Handed>,
    /// Bytes that wait to be read.
    waiting: Arc<AtomicUsize>,
    /// The reports that it has not answered yet.
    asked: BTreeMap<u64, oneshot::Sender<Response>>,
    /// Copies that it was too slow for.
    missed: u64,
}

/// A report handed to a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// Its number, by which it is answered; `None` for a copy.
    pub number: Option<u64>,
    pub request: Arc<Request>,
}

/// Which listeners may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answering {
    /// Any, because there is no other receiver.
    Any,
    /// Those who receive in place of the webhook's URL, and did so when the report was made: what was owed before is the
    /// URL's.
    Instead { made_at: Timestamp },
}

/// The answer to a report, and the number of the listener that gave it.
pub struct ListenerAnswer {
    pub answered: Answered,
    listener: u64,
}

/// Why no listener answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    NobodyListens,
    /// Some had the report, and left or did not answer in time.
    AllHaveLeft,
}

/// One listening program. It leaves when this is dropped.
pub struct Listener {
    listeners: Listeners,
    workspace: WorkspaceId,
    number: u64,
    handed: mpsc::Receiver<Handed>,
    waiting: Arc<AtomicUsize>,
}

impl Answering {
    fn includes(self, listener: &OpenListener) -> bool {
        match self {
            Self::Any => true,
            Self::Instead { made_at } => listener.instead_since.is_some_and(|since| since <= made_at),
        }
    }
}

impl Listeners {
    /// Listeners that have as long to answer as any receiver, and whose answers mean the same.
    pub fn new(config: &Outbound) -> Self {
        let (deadline, success) = (Duration::from_secs(config.timeout_s), config.success);
        let (left, _) = watch::channel(());
        Self(Arc::new(Shared { open: Mutex::default(), numbers: AtomicU64::new(1), left, deadline, success }))
    }

    /// Begins to listen, beside the webhook's URL or, from this time on, in its place.
    pub fn open(&self, workspace: WorkspaceId, instead_since: Option<Timestamp>) -> Listener {
        let (to, handed) = mpsc::channel(REPORTS_AHEAD);
        let (number, waiting) = (self.number(), Arc::<AtomicUsize>::default());
        let asked = BTreeMap::new();
        let listener = OpenListener { number, instead_since, to, waiting: Arc::clone(&waiting), asked, missed: 0 };
        self.all(|open| open.entry(workspace).or_default().push(listener));
        Listener { listeners: self.clone(), workspace, number, handed, waiting }
    }

    /// Hands a report to the listener that has been there longest, and waits for its answer; if it leaves before, the next
    /// one is asked. One that does not answer in time no longer receives in place of the URL.
    pub async fn ask(
        &self,
        workspace: WorkspaceId,
        whom: Answering,
        request: &Arc<Request>,
    ) -> Result<ListenerAnswer, Unanswered> {
        let begun = Instant::now();
        let until = begun + self.0.deadline;
        let mut unanswered = Unanswered::NobodyListens;
        loop {
            let number = self.number();
            let (answered, answer) = oneshot::channel();
            let asked = self.of(workspace, |open| {
                let listener = open.iter_mut().find(|listener| whom.includes(listener))?;
                listener.asked.insert(number, answered);
                listener.waiting.fetch_add(request.body.len(), Ordering::Relaxed);
                Some((listener.number, listener.to.clone()))
            });
            let (listener, to) = asked.ok_or(unanswered)?;
            unanswered = Unanswered::AllHaveLeft;
            let handed = Handed { number: Some(number), request: Arc::clone(request) };
            let given = async {
                to.send(handed).await.ok()?;
                answer.await.ok()
            };
            let (response, fault) = match timeout_at(until, given).await {
                Ok(Some(response)) => {
                    let fault = Fault::of_status(response.status, self.0.success);
                    (Some(response), fault)
                }
                // It has left.
                Ok(None) => continue,
                Err(_) if whom != Answering::Any => {
                    self.give_way(workspace, listener);
                    return Err(unanswered);
                }
                Err(_) => (None, Some(Fault::Timeout(self.0.deadline))),
            };
            self.forget(workspace, number);
            let answered = Answered { response, fault, duration: begun.elapsed() };
            return Ok(ListenerAnswer { answered, listener });
        }
    }

    /// Hands a copy of a report to every listener but the one that answered it. Waits for nothing.
    pub fn copy(&self, workspace: WorkspaceId, request: &Arc<Request>, answer: Option<&ListenerAnswer>) {
        let answering = answer.map(|answer| answer.listener);
        self.of(workspace, |open| {
            for listener in open.iter_mut().filter(|listener| Some(listener.number) != answering) {
                listener.take_copy(request);
            }
            Some(())
        });
    }

    /// Passes on a listener's answer to a report; false if nobody waits for it.
    pub fn answer(&self, workspace: WorkspaceId, number: u64, response: Response) -> bool {
        let asked = self.forget(workspace, number);
        asked.is_some_and(|asked| asked.send(response).is_ok())
    }

    /// Returns once a workspace has no listener, or none that receives in place of the URL.
    pub async fn gone(&self, workspace: WorkspaceId, instead: bool) {
        let mut left = self.0.left.subscribe();
        let is_there = |listener: &OpenListener| !instead || listener.instead_since.is_some();
        while self.of(workspace, |open| open.iter().any(is_there).then_some(())).is_some() {
            // The sender lives as long as `self`.
            let _ = left.changed().await;
        }
    }

    fn give_way(&self, workspace: WorkspaceId, number: u64) {
        self.of(workspace, |open| {
            open.iter_mut().find(|listener| listener.number == number)?.instead_since = None;
            Some(())
        });
        self.0.left.send_replace(());
    }

    fn forget(&self, workspace: WorkspaceId, number: u64) -> Option<oneshot::Sender<Response>> {
        self.of(workspace, |open| open.iter_mut().find_map(|listener| listener.asked.remove(&number)))
    }

    fn number(&self) -> u64 {
        self.0.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn of<T>(&self, workspace: WorkspaceId, look: impl FnOnce(&mut Vec<OpenListener>) -> Option<T>) -> Option<T> {
        self.all(|open| open.get_mut(&workspace).and_then(look))
    }

    fn all<T>(&self, look: impl FnOnce(&mut BTreeMap<WorkspaceId, Vec<OpenListener>>) -> T) -> T {
        look(&mut self.0.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl OpenListener {
    fn take_copy(&mut self, request: &Arc<Request>) {
        let bytes = request.body.len();
        let has_room = self.waiting.load(Ordering::Relaxed).saturating_add(bytes) <= BYTES_AHEAD;
        let copy = Handed { number: None, request: Arc::clone(request) };
        if has_room && self.to.try_send(copy).is_ok() {
            self.waiting.fetch_add(bytes, Ordering::Relaxed);
        } else {
            self.missed = self.missed.saturating_add(1);
        }
    }
}

impl Listener {
    /// Waits for reports, and adds as many as there are to `handed`, up to 64. Cancelling it loses nothing.
    pub async fn next(&mut self, handed: &mut Vec<Handed>) {
        const AT_ONCE: usize = 64;
        let before = handed.len();
        self.handed.recv_many(handed, AT_ONCE).await;
        let bytes = handed.iter().skip(before).map(|handed| handed.request.body.len()).sum();
        // A copy is counted after it was sent, so it may be taken before.
        let _ = self
            .waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| Some(waiting.saturating_sub(bytes)));
    }

    /// Returns how many copies it was too slow for.
    pub fn missed(&self) -> u64 {
        self.see(|_, own| own.missed).unwrap_or_default()
    }

    /// True while it receives in place of the URL.
    pub fn is_instead(&self) -> bool {
        self.see(|_, own| own.instead_since.is_some()).unwrap_or_default()
    }

    /// True if it would be asked first of those who may answer.
    pub fn is_first(&self, instead: bool) -> bool {
        self.first(instead) == Some(self.number)
    }

    /// True if another one would be asked first.
    pub fn is_behind(&self, instead: bool) -> bool {
        self.first(instead).is_some_and(|first| first != self.number)
    }

    /// Returns the number of the listener that would be asked first.
    fn first(&self, instead: bool) -> Option<u64> {
        let may_answer = |listener: &&OpenListener| !instead || listener.instead_since.is_some();
        self.see(|open, _| open.iter().find(may_answer).map(|listener| listener.number)).flatten()
    }

    fn see<T>(&self, look: impl FnOnce(&[OpenListener], &OpenListener) -> T) -> Option<T> {
        self.listeners.of(self.workspace, |open| {
            let own = open.iter().find(|listener| listener.number == self.number)?;
            Some(look(open, own))
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.listeners.all(|open| {
            let mut others = open.remove(&self.workspace).unwrap_or_default();
            others.retain(|listener| listener.number != self.number);
            if !others.is_empty() {
                open.insert(self.workspace, others);
            }
        });
        self.listeners.0.left.send_replace(());
    }
}

#[cfg(test)]
mod tests;
