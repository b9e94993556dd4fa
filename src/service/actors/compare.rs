//! Compares two states as JSON, and names the places where they differ.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::recent::mask;

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
    pub(super) fn new(part: Part, path: String, had: Option<&Value>, records: Option<&Value>) -> Self {
        let shown = |value: Option<&Value>| value.map_or(Value::Null, |value| shown(&path, value));
        let (had, records) = (shown(had), shown(records));
        Self { part, path, had, records }
    }
}

/// Returns a value without secrets and no longer than is useful.
fn shown(path: &str, value: &Value) -> Value {
    match value {
        Value::String(url) if path == "/url" => mask::credentials(url).into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        other => {
            let bytes = other.to_string().len();
            if bytes > VALUE_BYTES_MAX { format!("{bytes} bytes of JSON").into() } else { other.clone() }
        }
    }
}

/// Calls `each` for every place where two values differ: the innermost ones.
pub(super) fn walk(
    path: &mut String,
    had: Option<&Value>,
    records: Option<&Value>,
    each: &mut impl FnMut(&str, Option<&Value>, Option<&Value>),
) {
    match (had, records) {
        (Some(Value::Object(had)), Some(Value::Object(records))) => {
            let only_in_records = records.keys().filter(|name| !had.contains_key(*name));
            for name in had.keys().chain(only_in_records) {
                within(path, name, had.get(name), records.get(name), each);
            }
        }
        (Some(Value::Array(had)), Some(Value::Array(records))) => {
            for at in 0..had.len().max(records.len()) {
                within(path, &at.to_string(), had.get(at), records.get(at), each);
            }
        }
        (had, records) if had != records => each(path, had, records),
        _ => {}
    }
}

fn within(
    path: &mut String,
    name: &str,
    had: Option<&Value>,
    records: Option<&Value>,
    each: &mut impl FnMut(&str, Option<&Value>, Option<&Value>),
) {
    let outside = path.len();
    path.push('/');
    path.push_str(&name.replace('~', "~0").replace('/', "~1"));
    walk(path, had, records, each);
    path.truncate(outside);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(had: &Value, records: &Value) -> Vec<String> {
        let mut found = Vec::new();
        walk(&mut String::new(), Some(had), Some(records), &mut |path, _, _| found.push(path.to_owned()));
        found
    }

    #[test]
    fn equal_states_differ_nowhere() {
        let state = json!({"a": [1, {"b": null}], "c": "x"});
        assert_eq!(paths(&state, &state), [""; 0]);
    }

    #[test]
    fn the_innermost_places_are_named_whatever_is_missing_on_either_side() {
        let had = json!({"balance": 500, "keys": {"1": "a", "2": "b"}, "queue": [1, 2, 3], "same": [{"x": 1}]});
        let records = json!({"balance": 5, "keys": {"2": "c", "3": "d"}, "queue": [1, 4], "same": [{"x": 1}]});
        let wanted = ["/balance", "/keys/1", "/keys/2", "/keys/3", "/queue/1", "/queue/2"];
        assert_eq!(paths(&had, &records), wanted);
    }

    #[test]
    fn another_kind_of_value_is_one_difference() {
        assert_eq!(paths(&json!({"a": {"b": 1}}), &json!({"a": [1]})), ["/a"]);
        assert_eq!(paths(&json!({"a": null}), &json!({"a": {}})), ["/a"]);
        assert_eq!(paths(&json!(1), &json!(2)), [""]);
    }

    #[test]
    fn a_path_is_a_json_pointer() {
        let [had, records] = [1, 2].map(|value| json!({"a/b": {"c~d": value}}));
        let found = paths(&had, &records);
        assert_eq!(found, ["/a~1b/c~0d"]);
        assert_eq!(had.pointer(&found[0]), Some(&json!(1)));
    }

    #[test]
    fn a_difference_shows_no_password_and_no_endless_value() {
        let (had, records) = (json!("https://ada:pass@crm.example/"), json!("x".repeat(2_000)));
        let difference = Difference::new(Part::Memory, "/url".to_owned(), Some(&had), None);
        assert_eq!((difference.had, difference.records), (json!("https://***@crm.example/"), Value::Null));
        let difference = Difference::new(Part::Memory, "/name".to_owned(), None, Some(&records));
        assert_eq!(difference.records, json!("2002 bytes of JSON"));
    }
}
