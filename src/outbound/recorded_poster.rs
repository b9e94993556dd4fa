//! Performs one try: posts it, records it among the last tries, and returns the outcome that the rules need.

use std::sync::Arc;
use std::time::Duration;

use actors::webhook::Outcome;
use events::ids::{WebhookId, WorkspaceId};
use events::time::Timestamp;
use tokio::time::Instant;

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

/// A report to post once.
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

    /// Posts once. Returns the outcome, and whether a listener answered in place of the URL; `None` if this gateway lacked the
    /// means, so that nothing was tried.
    pub async fn post(&self, posting: ReportPost) -> Option<(Outcome, bool)> {
        let (webhook, made) = (posting.webhook, self.perform(posting).await?);
        let outcome = outcome(&made.answered);
        let by_listener = made.by_listener && !webhook.is_of_listeners();
        self.tries.push(webhook.workspace(), made.into_try());
        Some((outcome, by_listener))
    }

    /// Posts a test report. It is recorded next to the real tries and displaces none of them. Returns its number; `None` if
    /// this gateway lacked the means.
    pub async fn test(&self, turn: TestTurn, posting: ReportPost) -> Option<u64> {
        let (webhook, made) = (posting.webhook, self.perform(posting).await);
        drop(turn);
        Some(self.tries.push(webhook.workspace(), made?.into_try().as_test()))
    }

    /// Posts to the receiver, unless a program listens in its place. A report that such a program has not answered when it
    /// leaves, or in time, goes to the receiver in the same try. `None` if this gateway lacked the means.
    async fn perform(&self, posting: ReportPost) -> Option<Made> {
        let ReportPost { webhook, made_at, delivery, at, request } = posting;
        let (workspace, of_listeners) = (webhook.workspace(), webhook.is_of_listeners());
        let instead = made_at.map(|made_at| Answering::Instead { made_at });
        let whom = if of_listeners { Some(Answering::Any) } else { instead };
        let request = Arc::new(request);
        let answer = match whom {
            Some(whom) => self.listeners.ask(workspace, whom, &request).await,
            None => None,
        };
        let by_listener = answer.is_some();
        let answered = match &answer {
            Some(answer) => answer.answered.clone(),
            None if of_listeners => {
                Answered { response: None, fault: Some(Fault::ListenerGone), duration: Duration::ZERO }
            }
            None => self.poster.post((*request).clone()).await,
        };
        if answered.fault == Some(Fault::Ours) {
            return None;
        }
        self.listeners.copy(workspace, &request, answer.as_ref());
        let mut request = Arc::unwrap_or_clone(request);
        if by_listener {
            LISTENER.clone_into(&mut request.url);
        }
        Some(Made { delivery, at, request, answered, by_listener })
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
