//! Performs one try: posts it, records it among the last tries, and returns the outcome that the rules need.

use std::sync::Arc;
use std::time::Duration;

use actors::webhook::Outcome;
use events::ids::{WebhookId, WorkspaceId};
use events::time::Timestamp;
use tokio::time::Instant;

use super::listeners::Unanswered;
use super::{Answered, Answering, Fault, HttpPoster, LISTENER, Listeners, Request, TestTurn, TestTurns, Tries, Try};
use crate::net::guard::Barred;

/// Code of a try that has neither a response nor a reason, or no request: a fault of ours.
pub(super) const UNEXPLAINED: &str = "internal";

/// Posts and records the last tries of all workspaces. Clones share them.
#[derive(Clone)]
pub struct RecordedPoster {
    poster: Arc<dyn HttpPoster>,
    /// Programs on this machine that get reports too, or answer in place of the receiver.
    listeners: Listeners,
    tries: Tries,
    /// Limits tests.
    turns: TestTurns,
}

/// What became of a report that was to be posted.
pub enum Posted {
    /// It was posted, with this outcome; true if a listener answered in place of the URL.
    Report(Outcome, bool),
    Nothing(Nothing),
}

/// Why nothing was posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nothing {
    /// This gateway lacked the means.
    LackedMeans,
    /// The listeners that had it in place of the URL have left, or did not answer in time.
    ListenersLeft,
}

/// A report to post once.
#[derive(Clone)]
pub struct ReportPost {
    pub webhook: WebhookId,
    /// When the report was made, so that only those answer in place of the URL who listened already; `None` if it goes to the
    /// URL whoever listens.
    pub made_at: Option<Timestamp>,
    pub delivery: String,
    /// When it is posted.
    pub at: Timestamp,
    pub request: Request,
}

/// A try that was made.
struct Made {
    delivery: String,
    at: Timestamp,
    request: Request,
    answered: Answered,
    by_listener: bool,
}

impl Made {
    fn into_try(self) -> Try {
        Try::new(self.at, self.delivery, &self.request, self.answered)
    }
}

impl RecordedPoster {
    /// Posts with `poster`, or to `listeners`, and records in `tries`.
    pub fn new(poster: Arc<dyn HttpPoster>, listeners: Listeners, tries: Tries) -> Self {
        Self { poster, listeners, tries, turns: TestTurns::default() }
    }

    pub const fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// Posts once. What is kept of a try says nothing if the report's chat is erased by then.
    pub async fn post(&self, posting: ReportPost, is_erased: impl Fn() -> bool) -> Posted {
        let webhook = posting.webhook;
        let made = match self.perform(posting).await {
            Ok(made) => made,
            Err(nothing) => return Posted::Nothing(nothing),
        };
        let outcome = outcome(&made.answered);
        let by_listener = made.by_listener && !webhook.is_of_listeners();
        self.keep(webhook.workspace(), made, is_erased);
        Posted::Report(outcome, by_listener)
    }

    fn keep(&self, workspace: WorkspaceId, made: Made, is_erased: impl Fn() -> bool) {
        if is_erased() {
            self.tries.push(workspace, made.into_try().without_texts());
            return;
        }
        let number = self.tries.push(workspace, made.into_try());
        // It may have been erased in between, after the rows that are about it were dropped.
        if is_erased() {
            let id = super::tries::id(number);
            self.tries.drop_from_memory(workspace, |row| row.id == id);
        }
    }

    /// Posts a test report. It is recorded next to the real tries and displaces none of them. Returns its number; `None` if
    /// this gateway lacked the means.
    pub async fn test(&self, turn: TestTurn, posting: ReportPost) -> Option<u64> {
        let workspace = posting.webhook.workspace();
        let made = match self.perform(posting.clone()).await {
            Err(Nothing::ListenersLeft) => self.perform(ReportPost { made_at: None, ..posting }).await,
            made => made,
        };
        drop(turn);
        Some(self.tries.push(workspace, made.ok()?.into_try().as_test()))
    }

    /// Posts to the receiver, unless a program listens in its place. What such a program has not answered when it leaves, or
    /// in time, is not posted: meanwhile there may be another receiver, or none.
    async fn perform(&self, posting: ReportPost) -> Result<Made, Nothing> {
        let ReportPost { webhook, made_at, delivery, at, request } = posting;
        let (workspace, of_listeners) = (webhook.workspace(), webhook.is_of_listeners());
        let instead = made_at.map(|made_at| Answering::Instead { made_at });
        let whom = if of_listeners { Some(Answering::Any) } else { instead };
        let request = Arc::new(request);
        let answer = match whom {
            Some(whom) => self.listeners.ask(workspace, whom, &request).await,
            None => Err(Unanswered::NobodyListens),
        };
        let by_listener = answer.is_ok();
        let answered = match &answer {
            Ok(answer) => answer.answered.clone(),
            Err(_) if of_listeners => {
                Answered { response: None, fault: Some(Fault::ListenerGone), duration: Duration::ZERO }
            }
            Err(Unanswered::AllHaveLeft) => return Err(Nothing::ListenersLeft),
            Err(Unanswered::NobodyListens) => self.poster.post((*request).clone()).await,
        };
        if answered.fault == Some(Fault::Ours) {
            return Err(Nothing::LackedMeans);
        }
        self.listeners.copy(workspace, &request, answer.as_ref().ok());
        let mut request = Arc::unwrap_or_clone(request);
        if by_listener {
            LISTENER.clone_into(&mut request.url);
        }
        Ok(Made { delivery, at, request, answered, by_listener })
    }

    /// A workspace's turn to post a test, or how long to wait for it.
    pub fn turn(&self, workspace: WorkspaceId) -> Result<TestTurn, Duration> {
        self.turns.take(workspace, Instant::now())
    }

    /// `Ok` if posting to a URL might ever succeed, as far as that is known without any network request.
    pub fn foresee(&self, url: &str) -> Result<(), Barred> {
        self.poster.foresee(url)
    }
}

/// The outcome of a try, as the rules take it.
fn outcome(answered: &Answered) -> Outcome {
    let status = answered.response.as_ref().map(|response| response.status);
    match (&answered.fault, status) {
        (None, Some(status)) => Outcome::Taken { status },
        (fault, status) => {
            let code = fault.as_ref().map_or(UNEXPLAINED, |fault| fault.code()).to_owned();
            let asked = answered.response.as_ref().and_then(|response| response.retry_after);
            let retry_after_ms = asked.map(|asked| u64::try_from(asked.as_millis()).unwrap_or(u64::MAX));
            Outcome::Failed { code, status, retry_after_ms }
        }
    }
}
