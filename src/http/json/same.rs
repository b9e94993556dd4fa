//! Equality of bodies: two bodies are the same if their fields are equal, whatever their order, blanks and escapes.

use serde_json::value::RawValue;

use super::lossy::Lossy;
use super::mistake::DEPTH_MAX;
use super::{BYTE_ORDER_MARK, Object};

/// Returns one canonical form for all equal bodies; the body itself if it is not JSON.
pub(in crate::http) fn one_spelling(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let text = std::str::from_utf8(body).ok().map(|text| text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text));
    match text.map(|text| spell(text.trim_ascii(), DEPTH_MAX, &mut out)) {
        Some(Some(())) => out,
        _ => body.to_owned(),
    }
}

/// Writes the canonical form of a value, up to `levels` deep. Strings and numbers begin with their length, so that
/// none can be mistaken for something else.
fn spell(value: &str, levels: usize, out: &mut Vec<u8>) -> Option<()> {
    let levels = levels.checked_sub(1)?;
    match value.as_bytes().first()? {
        b'"' => {
            let string: Lossy = serde_json::from_str(value).ok()?;
            piece(b'"', &string.text, out);
        }
        b'{' => {
            let object: Object = serde_json::from_str(value).ok()?;
            out.push(b'{');
            for (name, value) in &object.fields {
                piece(b'"', name, out);
                spell(value.get(), levels, out)?;
            }
            out.push(b'}');
        }
        b'[' => {
            let list: Vec<&RawValue> = serde_json::from_str(value).ok()?;
            out.push(b'[');
            for value in list {
                spell(value.get(), levels, out)?;
            }
            out.push(b']');
        }
        _ => piece(b'=', value, out),
    }
    Some(())
}

fn piece(kind: u8, text: &str, out: &mut Vec<u8>) {
    out.push(kind);
    out.extend_from_slice(text.len().to_string().as_bytes());
    out.push(b':');
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_blanks_and_escapes_make_no_difference() {
        let body = r#"{"action":"send","text":"Jos\u00e9 \/","lead":{"a":1,"b":[1,{"d":2,"c":null}]}}"#;
        for same in [
            "\u{feff}{ \"text\" : \"José /\",\n\"action\":\"send\",\"lead\":{\"b\":[1, {\"c\":null,\"d\":2}],\"a\":1} }\n",
            r#"{"lead":{"b":[1,{"d":2,"c":null}],"a":1},"text":"x","\u0061ction":"send","text":"Jos\u00E9 /"}"#,
        ] {
            assert_eq!(one_spelling(same.as_bytes()), one_spelling(body.as_bytes()), "{same}");
        }
        for other in [
            r#"{"action":"send","text":"José /","lead":{"a":1,"b":[{"d":2,"c":null},1]}}"#,
            r#"{"action":"send","text":"José / ","lead":{"a":1,"b":[1,{"d":2,"c":null}]}}"#,
            r#"{"action":"send","text":"José /","lead":{"a":"1","b":[1,{"d":2,"c":null}]}}"#,
            r#"{"action":"send","text":"José /"}"#,
        ] {
            assert_ne!(one_spelling(other.as_bytes()), one_spelling(body.as_bytes()), "{other}");
        }
    }

    #[test]
    fn numbers_keep_their_digits_and_what_is_no_json_itself() {
        let number = |digits: &str| one_spelling(format!("{{\"phone\":{digits}}}").as_bytes());
        assert_ne!(number("99999999999999999999"), number("99999999999999999998"));
        assert_ne!(one_spelling(b"{\"a\":\"b\",\"c\":\"d\"}"), one_spelling(b"{\"a\":\"b\\\"1:c\"}"));
        for body in [&b""[..], b"{", b"\xff", b"hello"] {
            assert_eq!(one_spelling(body).is_empty(), body.is_empty());
        }
        for deep in ["[".repeat(100_000), format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))] {
            assert_eq!(one_spelling(deep.as_bytes()), deep.as_bytes());
        }
    }
}
