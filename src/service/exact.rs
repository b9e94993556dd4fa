//! Numbers that every JSON reader can hold: larger ones become texts, as many readers keep only 53 bits.

use events::ids::ID_MAX;
use serde_json::Value;

/// Turns every number above 2^53 - 1 within a value into a text of its digits.
pub(super) fn exact(mut value: Value) -> Value {
    make_exact(&mut value);
    value
}

fn make_exact(value: &mut Value) {
    match value {
        Value::Number(number) if number.as_u64().is_some_and(|number| number > ID_MAX) => {
            *value = number.to_string().into();
        }
        Value::Array(members) => members.iter_mut().for_each(make_exact),
        Value::Object(members) => members.values_mut().for_each(make_exact),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_that_a_reader_would_change_become_texts() {
        let value = json!({"bytes": u64::MAX, "rows": [ID_MAX, ID_MAX + 1, -5, 0.5, "7", null]});
        let wanted = json!({
            "bytes": "18446744073709551615",
            "rows": [9_007_199_254_740_991_u64, "9007199254740992", -5, 0.5, "7", null],
        });
        assert_eq!(exact(value), wanted);
    }
}
