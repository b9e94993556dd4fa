//! Recognises bodies that are not JSON in UTF-8, by their first bytes or by their headers.

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName};

const COMPRESSED: [&str; 7] = ["gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"];
/// The first bytes of compressed bodies.
const MAGIC: [(&[u8], &str); 7] = [
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x78\x9c", "deflate"),
    (b"\x78\xda", "deflate"),
    (b"\x78\x01", "deflate"),
    (b"PK\x03\x04", "zip"),
    (b"BZh", "bzip2"),
];
/// How many bytes to search for the headers of a form's first part.
const PART_BYTES_MAX: usize = 1_024;
/// Names of encodings are not longer than this.
const NAME_BYTES_MAX: usize = 40;
const INSTEAD: &str = "send a JSON object: {\"action\": \"send\", ...}";
const BY_FILE: &str = "put the body into a file and send that: curl --data @body.json";

/// Recognises bytes that are not text.
pub(super) fn of_bytes(body: &[u8]) -> Option<String> {
    let compressed = MAGIC.iter().find(|(magic, _)| body.starts_with(magic)).map(|(_, name)| *name);
    compressed.map(is_compressed).or_else(|| is_wide(body).then(|| "the body is UTF-16; send it as UTF-8".to_owned()))
}

/// Recognises a text that is not JSON. The text must have no leading blanks.
pub(super) fn of_text(text: &str) -> Option<String> {
    if let Some(cause) = of_bytes(text.as_bytes()) {
        return Some(cause);
    }
    let head = text.get(..text.floor_char_boundary(PART_BYTES_MAX)).unwrap_or(text);
    let lower = head.to_ascii_lowercase();
    let name = text.split_once('=').map_or("", |(name, _)| name);
    let in_name = |c: char| c.is_alphanumeric() || "_-+%.[]".contains(c);
    let cause = if text.starts_with('<') {
        "this looks like XML or HTML; send a JSON object".to_owned()
    } else if text.starts_with("--") && lower.contains("content-disposition:") {
        format!("a form was sent (multipart/form-data); {INSTEAD}")
    } else if lower.starts_with("%7b") || lower.starts_with("%22") {
        "the body is percent-encoded (%7B is {); send it as it is".to_owned()
    } else if text.starts_with("'{") || text.starts_with("'[") || text.starts_with("$'") || text.starts_with("@'") {
        format!("the shell's quotes (') became part of the body; {BY_FILE}")
    } else if is_php(text) {
        format!("this is an array as PHP prints it, not JSON (json_encode makes it); {INSTEAD}")
    } else if !name.is_empty() && name.chars().all(in_name) {
        format!("this looks like a form (action=send&...); {INSTEAD}")
    } else {
        return None;
    };
    Some(cause)
}

/// Recognises by its headers a body that has proved not to be JSON in UTF-8.
pub(super) fn of_headers(headers: &HeaderMap) -> Option<String> {
    let encoding = value(headers, &CONTENT_ENCODING);
    let encoding = encoding.split(',').map(str::trim).find(|word| COMPRESSED.contains(word)).map(is_compressed);
    let is_form = || value(headers, &CONTENT_TYPE).starts_with("multipart/");
    encoding.or_else(|| is_form().then(|| format!("a form was sent (multipart/form-data); {INSTEAD}")))
}

/// Returns the encoding that the headers name, unless it is UTF-8.
pub(super) fn charset(headers: &HeaderMap) -> Option<String> {
    let content_type = value(headers, &CONTENT_TYPE);
    let (_, after) = content_type.split_once("charset=")?;
    let name = after.split(';').next().unwrap_or_default().trim().trim_matches('"');
    let is_name = (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic());
    (is_name && !matches!(name, "utf-8" | "utf8" | "us-ascii")).then(|| name.to_owned())
}

fn is_compressed(name: &str) -> String {
    format!("the body is compressed ({name}); send it plain, without Content-Encoding")
}

/// True if it looks like UTF-16: with a byte order mark, or with exactly one zero among the first two bytes.
fn is_wide(body: &[u8]) -> bool {
    matches!(body, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, ..] | [1..=255, 0, ..])
}

/// True for the output of `print_r`, `var_export` and `serialize`.
fn is_php(text: &str) -> bool {
    let serialized = text.strip_prefix("a:").and_then(|rest| rest.split_once(":{"));
    let is_serialized =
        serialized.is_some_and(|(count, _)| !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit()));
    let printed = text.strip_prefix("Array").or_else(|| text.strip_prefix("array"));
    is_serialized || printed.is_some_and(|rest| rest.trim_start().starts_with('('))
}

/// Returns a header in lower case; empty if it is absent or not text.
fn value(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim().to_ascii_lowercase()
}
