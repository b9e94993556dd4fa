//! One try from end to end: posted, kept among the last tries, told in the words of the rules.

use std::sync::Arc;
use std::time::Duration;

use actors::webhook::Outcome;
use events::ids::WorkspaceId;
use events::time::Timestamp;
use tokio::time::Instant;

use super::{Answered, Fault, HttpPoster, Request, TestTurn, TestTurns, Tries, Try};
use crate::net::guard::Barred;

/// Code of a try that has neither an answer nor a reason: ours to mend.
pub(super) const UNEXPLAINED: &str = "internal";

/// What posts, and the last tries of all workspaces. Clones share them.
#[derive(Clone)]
pub struct RecordedPoster {
    poster: Arc<dyn HttpPoster>,
    tries: Tries,
    /// Of tests.
    turns: TestTurns,
}

impl RecordedPoster {
    /// Tries by this poster, and keeps them there.
    pub fn new(poster: Arc<dyn HttpPoster>, tries: Tries) -> Self {
        Self { poster, tries, turns: TestTurns::default() }
    }

    /// Posts once. Says what came of it, and the number under which it is kept; `None` where this gateway lacked the
    /// means, so that nothing was tried.
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

    /// Posts a report that nobody is owed. It is kept beside the real ones, in the place of none of them; `None` where
    /// this gateway lacked the means.
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

    /// Whether a URL could ever be posted to, as far as that is known without asking anybody.
    pub fn foresee(&self, url: &str) -> Result<(), Barred> {
        self.poster.foresee(url)
    }
}

/// What a try comes to, as rules see it.
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
