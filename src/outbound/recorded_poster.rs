//! Performs one try: posts it, records it among the last tries, and returns the outcome that the rules need.

use std::sync::Arc;
use std::time::Duration;

use actors::webhook::Outcome;
use events::ids::WorkspaceId;
use events::time::Timestamp;
use tokio::time::Instant;

use super::{Answered, Fault, HttpPoster, Request, TestTurn, TestTurns, Tries, Try};
use crate::net::guard::Barred;

/// Code of a try that has neither a response nor a reason, or no request: a fault of ours.
pub(super) const UNEXPLAINED: &str = "internal";

/// Posts and records the last tries of all workspaces. Clones share them.
#[derive(Clone)]
pub struct RecordedPoster {
    poster: Arc<dyn HttpPoster>,
    tries: Tries,
    /// Limits tests.
    turns: TestTurns,
}

impl RecordedPoster {
    /// Posts with `poster` and records in `tries`.
    pub fn new(poster: Arc<dyn HttpPoster>, tries: Tries) -> Self {
        Self { poster, tries, turns: TestTurns::default() }
    }

    /// Posts once. Returns the number of the recorded try and its outcome; `None` if this gateway lacked the means,
    /// so that nothing was tried.
    pub async fn post(
        &self,
        workspace: WorkspaceId,
        delivery: String,
        at: Timestamp,
        request: Request,
    ) -> Option<(u64, Outcome)> {
        let answered = self.poster.post(request.clone()).await;
        if answered.fault == Some(Fault::Ours) {
            return None;
        }
        let outcome = outcome(&answered);
        let number = self.tries.push(workspace, Try::new(at, delivery, &request, answered));
        Some((number, outcome))
    }

    /// Posts a test report. It is recorded next to the real tries and displaces none of them. `None` if this gateway
    /// lacked the means.
    pub async fn test(
        &self,
        turn: TestTurn,
        workspace: WorkspaceId,
        delivery: String,
        at: Timestamp,
        request: Request,
    ) -> Option<u64> {
        let answered = self.poster.post(request.clone()).await;
        drop(turn);
        if answered.fault == Some(Fault::Ours) {
            return None;
        }
        Some(self.tries.push(workspace, Try::new(at, delivery, &request, answered).as_test()))
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
