//! One thing that happened to a message.

use events::record::{Position, Record};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::recent::attempts::AttemptView;
use crate::service::schema::Moment;

/// One thing that happened to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// When it was recorded.
    #[schema(value_type = Moment)]
    pub(super) at: String,
    /// The event that says so; null for what is no event.
    #[schema(value_type = Option<u64>)]
    pub(super) position: Option<Position>,
    pub(super) kind: StepKind,
    /// In plain words.
    pub(super) text: String,
    /// The attempt or try that is kept of it, such as `att_17`.
    pub(super) id: Option<String>,
    /// The HTTP status that was answered.
    pub(super) status: Option<u16>,
}

/// The kind of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// A request to the inbound webhook.
    Attempt,
    Queued,
    QueuedByApi,
    Received,
    Charged,
    FileFetched,
    FileFailed,
    /// It waited for its turn.
    Paced,
    /// Something happened to the account while it waited.
    Account,
    SendStarted,
    Deferred,
    Uncertain,
    Accepted,
    Sent,
    Failed,
    Settled,
    Delivered,
    Read,
    Refunded,
    ReportDue,
    Bundled,
    ReportStarted,
    ReportFailed,
    ReportDelivered,
    ReportParked,
    ReportResent,
    ReportDiscarded,
    /// A try that no event tells of.
    ReportTry,
    /// The outbound webhook was switched on or off while the report was owed.
    Webhook,
    ChatErased,
}

impl Step {
    pub(super) fn of(position: Position, record: &Record, kind: StepKind, text: String) -> Self {
        let (at, position) = (record.recorded_at.to_string(), Some(position));
        Self { at, position, kind, text, id: None, status: None }
    }

    /// The request to the inbound webhook that became the message.
    pub(super) fn attempt(attempt: &AttemptView) -> Self {
        let warned = match attempt.warnings.as_slice() {
            [] => String::new(),
            warnings => format!("; warned: {}", warnings.join("; ")),
        };
        Self {
            at: attempt.at.clone(),
            position: None,
            kind: StepKind::Attempt,
            text: format!("Came as a request to the inbound webhook, answered with {}{warned}", attempt.status),
            id: Some(attempt.id.clone()),
            status: Some(attempt.status),
        }
    }

    /// True if the message began with a request to the inbound webhook.
    pub(super) fn came_by_webhook(&self) -> bool {
        self.kind == StepKind::Queued
    }
}
