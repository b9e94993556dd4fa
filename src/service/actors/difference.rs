//! A place where an actor had something else than its records say, shown without secrets and not too long.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::recent::mask;
use crate::service::exact::exact;
use crate::service::json_diff::Change;

/// A longer value is not shown, only its length.
const VALUE_BYTES_MAX: usize = 1_000;

/// The part of an actor in which something differed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Its state in memory.
    Memory,
    /// Its snapshot, from which it would have woken.
    Snapshot,
}

/// A place where an actor had something else than its records say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    part: Part,
    /// A JSON pointer (RFC 6901) into the state, such as `/balance`; `revision` for the number of events.
    path: String,
    /// What the actor had; `null` if nothing.
    had: Value,
    /// What the records say; `null` if nothing.
    records: Value,
}

impl Difference {
    /// Shows a change from what the actor had to what the records say.
    pub(super) fn of(part: Part, change: Change) -> Self {
        let Change { path, before, after } = change;
        let shown = |value: Option<Value>| value.map_or(Value::Null, |value| shown(&path, value));
        let (had, records) = (shown(before), shown(after));
        Self { part, path, had, records }
    }
}

/// Returns a value without secrets and no longer than is useful.
fn shown(path: &str, value: Value) -> Value {
    match exact(value) {
        Value::String(url) if path == "/url" => mask::credentials(&url).into(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
        other => {
            let bytes = other.to_string().len();
            if bytes > VALUE_BYTES_MAX { format!("{bytes} bytes of JSON").into() } else { other }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_shows_no_password_and_no_endless_value() {
        let had = Some(json!("https://ada:pass@crm.example/"));
        let difference = Difference::of(Part::Memory, Change { path: "/url".to_owned(), before: had, after: None });
        assert_eq!((difference.had, difference.records), (json!("https://***@crm.example/"), Value::Null));
        let records = Some(json!("x".repeat(2_000)));
        let difference =
            Difference::of(Part::Memory, Change { path: "/name".to_owned(), before: None, after: records });
        assert_eq!(difference.records, json!("2002 bytes of JSON"));
    }
}
