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

impl RecordedPoster {
    /// Posts with `poster`, or to `listeners`, and records in `tries`.
    pub fn new(poster: Arc<dyn HttpPoster>, listeners: Listeners, tries: Tries) -> Self {
        Self { poster, listeners, tries, turns: TestTurns::default() }
    }

    pub const fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// Posts once. Returns the number of the recorded try and its outcome; `None` if this gateway lacked the means,
    /// so that nothing was tried.
    pub async fn post(
        &self,
        webhook: WebhookId,
        delivery: String,
        at: Timestamp,
        mut request: Request,
    ) -> Option<(u64, Outcome)> {
        let answered = self.answered(webhook, &mut request).await;
        if answered.fault == Some(Fault::Ours) {
            return None;
        }
        let outcome = outcome(&answered);
        let number = self.tries.push(webhook.workspace(), Try::new(at, delivery, &request, answered));
        Some((number, outcome))
    }

    /// Posts a test report. It is recorded next to the real tries and displaces none of them. `None` if this gateway
    /// lacked the means.
    pub async fn test(
        &self,
        turn: TestTurn,
        webhook: WebhookId,
        delivery: String,
        at: Timestamp,
        mut request: Request,
    ) -> Option<u64> {
        let answered = self.answered(webhook, &mut request).await;
        drop(turn);
        if answered.fault == Some(Fault::Ours) {
            return None;
        }
        Some(self.tries.push(webhook.workspace(), Try::new(at, delivery, &request, answered).as_test()))
    }

    /// Posts to the receiver, unless a program listens in its place. A report that such a program has not answered
    /// when it leaves goes to the receiver in the same try. Writes into the request who received it.
    async fn answered(&self, webhook: WebhookId, request: &mut Request) -> Answered {
        let workspace = webhook.workspace();
        let whom = if webhook.is_of_listeners() { Answering::Any } else { Answering::Instead };
        if let Some(answered) = self.listeners.ask(workspace, whom, request).await {
            LISTENER.clone_into(&mut request.url);
            return answered;
        }
        if webhook.is_of_listeners() {
            return Answered { response: None, fault: Some(Fault::ListenerGone), duration: Duration::ZERO };
        }
        self.listeners.copy(workspace, request);
        self.poster.post(request.clone()).await
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
