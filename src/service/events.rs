//! The event log: rows of events.

use std::borrow::Cow;

use events::event::Event;
use events::record::{Cause, Idempotency, Position, Record};
use events::webhook::WebhookConfigured;
use events::who::Who;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::exact::exact;
use super::refusal::Refusal;
use crate::recent::mask;

/// Who made an event happen, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
struct CauseRow {
    /// The request's id as a decimal number, which may exceed 2^53; `0`: no request. The header `X-Request-Id` has it in
    /// hexadecimal digits.
    #[schema(pattern = "^[0-9]{1,20}$", example = "0")]
    command: String,
    /// Such as `operator`, `key/3`, `inbound`, `transport` or `system`.
    #[schema(value_type = String)]
    by: Who,
    /// Position of the event that it followed from.
    #[schema(value_type = Option<u64>)]
    because: Option<Position>,
    /// The client's own key and the body that it came with, as digests.
    #[schema(value_type = Option<IdempotencyRow>)]
    idempotency: Option<Idempotency>,
}

/// A client's own key.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used")]
struct IdempotencyRow {
    /// A digest of the key as the client sent it.
    key: String,
    /// A digest of the request's body.
    body: String,
}

impl CauseRow {
    fn of(cause: &Cause) -> Self {
        let idempotency = cause.idempotency().cloned();
        Self { command: cause.command.to_string(), by: cause.by, because: cause.because(), idempotency }
    }
}

/// An event as the API and the command line show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventRow {
    #[schema(value_type = u64)]
    pub(crate) position: Position,
    pub(crate) recorded_at: String,
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub(crate) name: Cow<'static, str>,
    version: u8,
    pub(crate) streams: Vec<String>,
    workspace: u64,
    cause: CauseRow,
    data: Value,
}

impl EventRow {
    /// Builds the row of an event in a record.
    pub fn of(position: Position, record: &Record, event: &Event) -> Self {
        Self {
            position,
            recorded_at: record.recorded_at.to_string(),
            name: event.name().into(),
            version: event.type_number().1,
            streams: event.streams().into_iter().flatten().map(|stream| stream.to_string()).collect(),
            workspace: record.workspace.number(),
            cause: CauseRow::of(&record.cause),
            data: shown(event),
        }
    }

    /// Builds the row as the event's workspace may see it, without digests of secrets.
    pub fn for_workspace(position: Position, record: &Record, event: &Event) -> Self {
        let mut row = Self::of(position, record, event);
        if let Some(data) = row.data.as_object_mut() {
            data.retain(|name, _| !event.digest_fields().contains(&name.as_str()));
        }
        row
    }
}

/// Returns an event's data. Removes user and password from a receiver's URL, which earlier versions accepted.
fn shown(event: &Event) -> Value {
    let mut data = exact(serde_json::to_value(event).unwrap_or_default());
    if let (Event::WebhookConfigured(WebhookConfigured { url: Some(url), .. }), Some(told)) =
        (event, data.get_mut("url"))
    {
        *told = mask::credentials(url.reveal()).into();
    }
    data
}

/// Checks that an event type exists, and returns its name.
pub fn known_type(name: &str) -> Result<String, Refusal> {
    if Event::NAMES.contains(&name) {
        return Ok(name.to_owned());
    }
    Err(Refusal::invalid("type", format!("There is no event type {name:?}")).hinting(Event::NAMES.join(", ")))
}

#[cfg(test)]
mod tests {
    use events::ids::WorkspaceId;
    use events::personal::Digest;
    use events::time::Timestamp;
    use events::workspace::InboundUrlGenerated;

    use super::*;

    #[test]
    fn digests_of_secrets_are_not_shown_to_a_workspace() {
        let digest = Digest::of(b"secret");
        let (workspace, by) = (WorkspaceId::nth(0), Who::Key(1));
        let fact = InboundUrlGenerated { workspace, token_hash: digest, replaces: Some(digest), by };
        let cause = Cause::outside(Who::System);
        let record =
            Record { first: 7, recorded_at: Timestamp::from_ms(0), workspace, cause, events: vec![fact.into()] };
        let shown = EventRow::of(7, &record, &record.events[0]);
        let text = serde_json::to_string(&shown).unwrap();
        assert!(text.contains(&digest.to_string()), "{text}");
        let text = serde_json::to_string(&EventRow::for_workspace(7, &record, &record.events[0])).unwrap();
        assert!(!text.contains(&digest.to_string()) && text.contains("\"workspace\":1001"), "{text}");
    }
}
