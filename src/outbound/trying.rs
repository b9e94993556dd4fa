//! One try from end to end: posted, kept among the last tries, told in the words of the rules.

use std::sync::Arc;

use actors::webhook::Outcome;
use events::ids::WorkspaceId;
use events::time::Timestamp;

use super::{Answered, Fault, Poster, Request, Tries, Try};

/// Code of a try that has neither an answer nor a reason: ours to mend.
pub(super) const UNEXPLAINED: &str = "internal";

/// What posts, and the last tries of all workspaces. Clones share them.
#[derive(Clone)]
pub struct Trying {
    poster: Arc<dyn Poster>,
    tries: Tries,
}

impl Trying {
    /// Tries by this poster, and keeps them there.
    pub fn new(poster: Arc<dyn Poster>, tries: Tries) -> Self {
        Self { poster, tries }
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
