//! An attempt as its owner sees it: readable, without secrets.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::attempt::Attempt;
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
    pub answer: Value,
    /// What was odd but no reason to refuse.
    pub warnings: Vec<String>,
    /// The message that it became.
    pub message_id: Option<String>,
}

/// An attempt's id.
pub(super) fn id(number: u64) -> String {
    format!("att_{number}")
}

impl Attempt {
    pub(super) fn shown(&self, number: u64) -> AttemptView {
        let headers = String::from_utf8_lossy(&self.headers);
        let headers = headers.lines().filter_map(|line| line.split_once(": "));
        AttemptView {
            id: id(number),
            at: self.at.to_string(),
            status: self.status.as_u16(),
            request: RequestView::new(headers, &self.body, self.body_cut),
            answer: masked(self.answer.json()),
            warnings: self.warnings.iter().map(|warning| mask::text(warning, false)).collect(),
            message_id: self.answer.message().map(|message| message.to_string()),
        }
    }
}

/// All texts in an answer, masked: answers quote what was sent.
fn masked(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(mask::text(&text, false)),
        Value::Array(values) => values.into_iter().map(masked).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, masked(value))).collect(),
        other => other,
    }
}
