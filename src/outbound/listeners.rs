//! Programs that listen on the gateway's machine (`tidings listen`): they get reports as they are posted, and some of them
//! answer in place of the receiver.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use events::ids::WorkspaceId;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout_at};

use super::{Answered, Fault, Request, Response};
use crate::config::{Outbound, Success};

/// The receiver of a try that a listener answered.
pub const LISTENER: &str = "tidings:listen";
/// Reports that may wait for a listener to read them; copies beyond are lost to it.
const REPORTS_AHEAD: usize = 256;

/// The listeners of all workspaces. Clones share them.
#[derive(Clone)]
pub struct Listeners(Arc<Shared>);

struct Shared {
    open: Mutex<BTreeMap<WorkspaceId, Vec<OpenListener>>>,
    numbers: AtomicU64,
    /// Changes whenever a listener leaves.
    left: watch::Sender<()>,
    deadline: Duration,
    success: Success,
}

/// A listener, as those who post see it.
struct OpenListener {
    number: u64,
    instead: bool,
    to: mpsc::Sender<Handed>,
    /// The reports that it has not answered yet.
    asked: BTreeMap<u64, oneshot::Sender<Response>>,
    /// Copies that it was too slow for.
    missed: u64,
}

/// A report handed to a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// Its number, by which it is answered.
    pub number: u64,
    /// True if the listener's answer is the receiver's.
    pub counts: bool,
    pub request: Request,
}

/// Which listeners may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answering {
    /// Any, because there is no other receiver.
    Any,
    /// Those who want to be the receiver in place of the webhook's URL.
    Instead,
}

/// One listening program. It leaves when this is dropped.
pub struct Listener {
    listeners: Listeners,
    workspace: WorkspaceId,
    number: u64,
    handed: mpsc::Receiver<Handed>,
}

impl Listeners {
    /// Listeners that have as long to answer as any receiver, and whose answers mean the same.
    pub fn new(config: &Outbound) -> Self {
        let (deadline, success) = (Duration::from_secs(config.timeout_s), config.success);
        let (left, _) = watch::channel(());
        Self(Arc::new(Shared { open: Mutex::default(), numbers: AtomicU64::new(1), left, deadline, success }))
    }

    /// Begins to listen; `instead` of the webhook's URL, or beside it.
    pub fn open(&self, workspace: WorkspaceId, instead: bool) -> Listener {
        let (to, handed) = mpsc::channel(REPORTS_AHEAD);
        let number = self.number();
        let listener = OpenListener { number, instead, to, asked: BTreeMap::new(), missed: 0 };
        self.all(|open| open.entry(workspace).or_default().push(listener));
        Listener { listeners: self.clone(), workspace, number, handed }
    }

    /// Hands a report to the listener that has been there longest, and a copy to the others. Waits for its answer; if
    /// it leaves before, the next one is asked. `None` if there is none, or none any more.
    pub async fn ask(&self, workspace: WorkspaceId, whom: Answering, request: &Request) -> Option<Answered> {
        let begun = Instant::now();
        let until = begun + self.0.deadline;
        let mut copied = false;
        loop {
            let number = self.number();
            let (answered, answer) = oneshot::channel();
            let (listener, to) = self.of(workspace, |open| {
                let listener = open.iter_mut().find(|listener| whom == Answering::Any || listener.instead)?;
                listener.asked.insert(number, answered);
                Some((listener.number, listener.to.clone()))
            })?;
            if !std::mem::replace(&mut copied, true) {
                self.copy_but(workspace, request, Some(listener));
            }
            let handed = Handed { number, counts: true, request: request.clone() };
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
                Err(_) => (None, Some(Fault::Timeout(self.0.deadline))),
            };
            self.forget(workspace, number);
            return Some(Answered { response, fault, duration: begun.elapsed() });
        }
    }

    /// Hands a copy of a report to every listener. Waits for nothing.
    pub fn copy(&self, workspace: WorkspaceId, request: &Request) {
        self.copy_but(workspace, request, None);
    }

    /// Passes on a listener's answer to a report; false if nobody waits for it.
    pub fn answer(&self, workspace: WorkspaceId, number: u64, response: Response) -> bool {
        let asked = self.forget(workspace, number);
        asked.is_some_and(|asked| asked.send(response).is_ok())
    }

    /// Returns once a workspace has no listener.
    pub async fn gone(&self, workspace: WorkspaceId) {
        let mut left = self.0.left.subscribe();
        while self.of(workspace, |open| (!open.is_empty()).then_some(())).is_some() {
            // The sender lives as long as `self`.
            let _ = left.changed().await;
        }
    }

    fn copy_but(&self, workspace: WorkspaceId, request: &Request, asked: Option<u64>) {
        self.of(workspace, |open| {
            for listener in open.iter_mut().filter(|listener| Some(listener.number) != asked) {
                let copy = Handed { number: 0, counts: false, request: request.clone() };
                if listener.to.try_send(copy).is_err() {
                    listener.missed = listener.missed.saturating_add(1);
                }
            }
            Some(())
        });
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

impl Listener {
    /// Waits for the next report. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Option<Handed> {
        self.handed.recv().await
    }

    /// Returns how many copies it was too slow for.
    pub fn missed(&self) -> u64 {
        let missed = |open: &mut Vec<OpenListener>| {
            open.iter().find(|listener| listener.number == self.number).map(|listener| listener.missed)
        };
        self.listeners.of(self.workspace, missed).unwrap_or_default()
    }

    /// True if it would be asked first.
    pub fn is_first(&self, whom: Answering) -> bool {
        let first = |open: &mut Vec<OpenListener>| {
            open.iter().find(|listener| whom == Answering::Any || listener.instead).map(|listener| listener.number)
        };
        self.listeners.of(self.workspace, first) == Some(self.number)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.listeners.all(|open| {
            let mut own = open.remove(&self.workspace).unwrap_or_default();
            own.retain(|listener| listener.number != self.number);
            if !own.is_empty() {
                open.insert(self.workspace, own);
            }
        });
        self.listeners.0.left.send_replace(());
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::yield_now;

    use super::*;

    const WORKSPACE: WorkspaceId = WorkspaceId::nth(0);

    fn listeners() -> Listeners {
        Listeners(Arc::new(Shared {
            open: Mutex::default(),
            numbers: AtomicU64::new(1),
            left: watch::channel(()).0,
            deadline: Duration::from_secs(15),
            success: Success::Any2xx,
        }))
    }

    fn report(id: &str) -> Request {
        Request { url: LISTENER.to_owned(), headers: Vec::new(), body: id.as_bytes().to_vec() }
    }

    fn response(status: u16) -> Response {
        Response::told(status, Vec::new(), "")
    }

    /// Asks in a task of its own, and lets it get as far as it can.
    async fn asked(listeners: &Listeners, whom: Answering) -> tokio::task::JoinHandle<Option<Answered>> {
        let listeners = listeners.clone();
        let asking = tokio::spawn(async move { listeners.ask(WORKSPACE, whom, &report("a")).await });
        yield_now().await;
        asking
    }

    #[tokio::test(start_paused = true)]
    async fn where_nobody_listens_nobody_answers() {
        let listeners = listeners();
        assert_eq!(listeners.ask(WORKSPACE, Answering::Any, &report("a")).await, None);
        let _other = listeners.open(WorkspaceId::nth(1), true);
        let _beside = listeners.open(WORKSPACE, false);
        assert_eq!(listeners.ask(WORKSPACE, Answering::Instead, &report("a")).await, None);
        listeners.gone(WorkspaceId::nth(2)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_one_answers_and_the_others_get_copies() {
        let listeners = listeners();
        let (mut first, mut second) = (listeners.open(WORKSPACE, false), listeners.open(WORKSPACE, true));
        assert!(first.is_first(Answering::Any) && !second.is_first(Answering::Any));
        assert!(second.is_first(Answering::Instead) && !first.is_first(Answering::Instead));

        let asking = asked(&listeners, Answering::Any).await;
        let handed = first.next().await.unwrap();
        assert_eq!((handed.counts, &*handed.request.body), (true, &b"a"[..]));
        assert!(!second.next().await.unwrap().counts);
        assert!(!listeners.answer(WorkspaceId::nth(1), handed.number, response(200)), "of another workspace");
        assert!(!listeners.answer(WORKSPACE, 0, response(200)), "a copy");
        assert!(listeners.answer(WORKSPACE, handed.number, response(503)));
        assert!(!listeners.answer(WORKSPACE, handed.number, response(200)), "answered already");
        let answered = asking.await.unwrap().unwrap();
        assert_eq!((answered.fault, answered.response.unwrap().status), (Some(Fault::Status(503)), 503));

        let asking = asked(&listeners, Answering::Instead).await;
        let handed = second.next().await.unwrap();
        assert!(handed.counts && !first.next().await.unwrap().counts);
        listeners.answer(WORKSPACE, handed.number, response(204));
        assert_eq!(asking.await.unwrap().unwrap().fault, None);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_leaves_before_the_answer_is_followed_by_the_next_one() {
        let listeners = listeners();
        let (mut first, mut second) = (listeners.open(WORKSPACE, false), listeners.open(WORKSPACE, false));
        let asking = asked(&listeners, Answering::Any).await;
        let to_first = first.next().await.unwrap();
        drop(first);
        assert!(!second.next().await.unwrap().counts, "the copy");
        let to_second = second.next().await.unwrap();
        assert!(to_second.counts && !listeners.answer(WORKSPACE, to_first.number, response(500)));
        assert!(listeners.answer(WORKSPACE, to_second.number, response(200)));
        assert_eq!(asking.await.unwrap().unwrap().fault, None);

        let asking = asked(&listeners, Answering::Any).await;
        second.next().await.unwrap();
        drop(second);
        assert_eq!(asking.await.unwrap(), None);
        listeners.gone(WORKSPACE).await;
        assert!(listeners.all(|open| open.is_empty()));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_does_not_answer_in_time_has_failed() {
        let listeners = listeners();
        let mut slow = listeners.open(WORKSPACE, true);
        let answered = listeners.ask(WORKSPACE, Answering::Instead, &report("a")).await.unwrap();
        assert_eq!(answered.fault, Some(Fault::Timeout(Duration::from_secs(15))));
        let late = slow.next().await.unwrap();
        assert!(!listeners.answer(WORKSPACE, late.number, response(200)));
    }

    #[tokio::test(start_paused = true)]
    async fn copies_wait_for_nobody_and_what_is_missed_is_counted() {
        let listeners = listeners();
        let slow = listeners.open(WORKSPACE, false);
        for _ in 0..REPORTS_AHEAD + 3 {
            listeners.copy(WORKSPACE, &report("a"));
        }
        assert_eq!(slow.missed(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn that_all_have_gone_is_noticed_when_the_last_one_goes() {
        let listeners = listeners();
        let (first, second) = (listeners.open(WORKSPACE, false), listeners.open(WORKSPACE, false));
        let waiting = tokio::spawn({
            let listeners = listeners.clone();
            async move { listeners.gone(WORKSPACE).await }
        });
        for listener in [first, second] {
            yield_now().await;
            assert!(!waiting.is_finished());
            drop(listener);
        }
        waiting.await.unwrap();
    }
}
