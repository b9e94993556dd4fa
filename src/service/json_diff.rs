//! The differences between two JSON values, each with a JSON pointer (RFC 6901). Members of arrays are compared as a
//! sequence: what was taken out at the front does not change all that comes after it.

use serde_json::Value;

/// Longer arrays are compared member by member between their equal beginnings and ends.
const SEQUENCE_MAX: usize = 512;

/// One difference; a value that was not there on one side is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// In the value before for what is gone, in the value after for anything else.
    pub path: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// Lists the differences, in the order of the values' members.
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare(String::new(), before, after, &mut found);
    found
}

fn compare(path: String, before: &Value, after: &Value, found: &mut Vec<Change>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Object(old), Value::Object(new)) => {
            for (name, before) in old {
                let path = format!("{path}/{}", escaped(name));
                match new.get(name) {
                    Some(after) => compare(path, before, after, found),
                    None => found.push(Change { path, before: Some(before.clone()), after: None }),
                }
            }
            for (name, after) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
                let path = format!("{path}/{}", escaped(name));
                found.push(Change { path, before: None, after: Some(after.clone()) });
            }
        }
        (Value::Array(old), Value::Array(new)) => sequence(&path, old, new, found),
        _ => found.push(Change { path, before: Some(before.clone()), after: Some(after.clone()) }),
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn sequence(path: &str, old: &[Value], new: &[Value], found: &mut Vec<Change>) {
    let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let rest = |all: &[Value]| all.get(start..).unwrap_or_default().to_vec();
    let (mut old, mut new) = (rest(old), rest(new));
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    old.truncate(old.len() - end);
    new.truncate(new.len() - end);
    let kept = if old.len().max(new.len()) <= SEQUENCE_MAX { longest_common(&old, &new) } else { Vec::new() };
    let (mut from, mut to) = (0, 0);
    for (in_old, in_new) in kept.into_iter().chain([(old.len(), new.len())]) {
        let between = (old.get(from..in_old).unwrap_or_default(), new.get(to..in_new).unwrap_or_default());
        piece(path, between, (start + from, start + to), found);
        (from, to) = (in_old + 1, in_new + 1);
    }
}

/// Compares members that stand between the same neighbours.
fn piece(path: &str, (old, new): (&[Value], &[Value]), (from, to): (usize, usize), found: &mut Vec<Change>) {
    let both = old.len().min(new.len());
    for (nth, (before, after)) in old.iter().zip(new).enumerate() {
        compare(format!("{path}/{}", to + nth), before, after, found);
    }
    for (nth, before) in old.iter().enumerate().skip(both) {
        found.push(Change { path: format!("{path}/{}", from + nth), before: Some(before.clone()), after: None });
    }
    for (nth, after) in new.iter().enumerate().skip(both) {
        found.push(Change { path: format!("{path}/{}", to + nth), before: None, after: Some(after.clone()) });
    }
}

/// Returns the places of a longest sequence that both have in common.
fn longest_common(old: &[Value], new: &[Value]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    // The length of the longest common sequence behind each pair of places.
    let mut behind = vec![0_u32; (old.len() + 1) * width];
    let length = |behind: &[u32], o: usize, n: usize| behind.get(o * width + n).copied().unwrap_or(0);
    for (o, before) in old.iter().enumerate().rev() {
        for (n, after) in new.iter().enumerate().rev() {
            let longest = if before == after {
                length(&behind, o + 1, n + 1) + 1
            } else {
                length(&behind, o + 1, n).max(length(&behind, o, n + 1))
            };
            if let Some(place) = behind.get_mut(o * width + n) {
                *place = longest;
            }
        }
    }
    let (mut o, mut n, mut kept) = (0, 0, Vec::new());
    while let (Some(before), Some(after)) = (old.get(o), new.get(n)) {
        if before == after {
            kept.push((o, n));
            (o, n) = (o + 1, n + 1);
        } else if length(&behind, o + 1, n) >= length(&behind, o, n + 1) {
            o += 1;
        } else {
            n += 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(before: &Value, after: &Value, wanted: &[(&str, Value, Value)]) {
        let shown: Vec<_> = changes(before, after)
            .into_iter()
            .map(|Change { path, before, after }| {
                (path, before.unwrap_or(json!("none")), after.unwrap_or(json!("none")))
            })
            .collect();
        let wanted: Vec<_> =
            wanted.iter().map(|(path, before, after)| ((*path).to_owned(), before.clone(), after.clone())).collect();
        assert_eq!(shown, wanted);
    }

    #[test]
    fn equal_values_have_no_differences() {
        check(&json!({"a": [1, {"b": null}]}), &json!({"a": [1, {"b": null}]}), &[]);
    }

    #[test]
    fn members_of_objects_are_named_by_pointers() {
        check(
            &json!({"a": {"b/c": 1, "d~": 2, "gone": 3}, "same": true}),
            &json!({"a": {"b/c": 5, "d~": 2, "new": 4}, "same": true}),
            &[
                ("/a/b~1c", json!(1), json!(5)),
                ("/a/gone", json!(3), json!("none")),
                ("/a/new", json!("none"), json!(4)),
            ],
        );
        check(&json!(1), &json!([1]), &[("", json!(1), json!([1]))]);
        check(&json!({"a": null}), &json!({}), &[("/a", json!(null), json!("none"))]);
    }

    #[test]
    fn what_leaves_a_queue_and_joins_it_changes_nothing_else() {
        let none = json!("none");
        check(&json!([1, 2, 3, 4]), &json!([2, 3, 4]), &[("/0", json!(1), none.clone())]);
        check(&json!([1, 2]), &json!([1, 2, 3]), &[("/2", none.clone(), json!(3))]);
        let moved = [("/0", json!(1), none.clone()), ("/2", none.clone(), json!(4))];
        check(&json!([1, 2, 3]), &json!([2, 3, 4]), &moved);
        check(&json!([{"a": 1}, 7, 8]), &json!([{"a": 2}, 8]), &[("/0/a", json!(1), json!(2)), ("/1", json!(7), none)]);
    }

    #[test]
    fn long_arrays_are_compared_between_their_equal_ends() {
        let long = |first: usize| Value::from((first..first + 2_000).collect::<Vec<_>>());
        assert_eq!(changes(&long(0), &long(1)).len(), 2_000);
        let mut other = long(0);
        other[1_000] = json!("x");
        check(&long(0), &other, &[("/1000", json!(1_000), json!("x"))]);
    }
}
