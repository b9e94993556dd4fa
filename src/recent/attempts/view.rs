//! The form in which the owner sees an attempt: readable, without secrets.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::recent::{RequestView, mask};

/// An attempt as the API shows it and as it is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttemptView {
    /// `att_` and its number.
    pub id: String,
    /// RFC 3339, UTC.
    pub at: String,
    /// The HTTP status of our answer.
    pub status: u16,
    /// What came.
    pub request: RequestView,
    /// What was answered.
    #[schema(value_type = Object)]
    pub answer: Value,
    /// What was odd but no reason to refuse.
    pub warnings: Vec<String>,
    /// The message that it became.
    pub message_id: Option<String>,
}

pub(super) fn id(number: u64) -> String {
    format!("att_{number}")
}

/// Masks all texts in a response: responses quote what was sent.
pub(super) fn masked(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(mask::text(&text, false)),
        Value::Array(values) => values.into_iter().map(masked).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, masked(value))).collect(),
        other => other,
    }
}
