//! A receiver's response, as far as it is kept: the first part of the body, never decompressed.

use std::time::Duration;

use actors::runtime::clock::wall_now;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use tokio::time::{Instant, timeout_at};

use super::{BODY_BYTES_MAX, retry_after};

/// Headers that exceed this total are left out.
const HEADER_BYTES_MAX: usize = 8 << 10;
/// Longest wait for the body of a success: the next report of the chat has to wait as well.
const AFTER_SUCCESS: Duration = Duration::from_secs(2);

/// A receiver's response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, each with its value; bytes that are not UTF-8 become U+FFFD.
    pub headers: Vec<(String, String)>,
    /// The first 16 KiB; bytes that are not UTF-8 become U+FFFD.
    pub body: String,
    /// True if the body was longer, or broke off before its end.
    pub body_cut: bool,
    /// The wait that the receiver asks for, 8 hours at most.
    pub retry_after: Option<Duration>,
}

impl Response {
    /// A response that somebody tells us of, with as much of it as is kept of any.
    pub fn told(status: u16, headers: Vec<(String, String)>, body: &str) -> Self {
        let asked = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(RETRY_AFTER.as_str()));
        let retry_after = asked.and_then(|(_, asked)| retry_after::parse(asked, wall_now()));
        let kept = body.get(..body.floor_char_boundary(BODY_BYTES_MAX)).unwrap_or_default();
        let headers = headers.into_iter().map(|(name, value)| (name.to_lowercase(), value));
        let body_cut = kept.len() < body.len();
        Self { status, headers: bounded(headers).collect(), body: kept.to_owned(), body_cut, retry_after }
    }
}

/// Reads to the end of the body, the first 16 KiB or `until`, but a success for at most two seconds, and then hangs
/// up. The status alone decides whether the try succeeded; headers and body are kept only for people to read.
pub(super) async fn read(answer: reqwest::Response, until: Instant) -> Response {
    let status = answer.status().as_u16();
    let asked = answer.headers().get(RETRY_AFTER).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let headers = shown(answer.headers());
    let until = if answer.status().is_success() { until.min(Instant::now() + AFTER_SUCCESS) } else { until };
    let (bytes, is_cut) = body(answer, until).await;
    let (body, is_longer_as_text) = text(&bytes);
    let retry_after = asked.and_then(|asked| retry_after::parse(&asked, wall_now()));
    Response { status, headers, body, body_cut: is_cut || is_longer_as_text, retry_after }
}

/// The first bytes of the body, and true if it was longer or broke off.
async fn body(mut answer: reqwest::Response, until: Instant) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    loop {
        let piece = match timeout_at(until, answer.chunk()).await {
            Err(_) | Ok(Err(_)) => return (bytes, true),
            Ok(Ok(None)) => return (bytes, false),
            Ok(Ok(Some(piece))) => piece,
        };
        let room = BODY_BYTES_MAX.saturating_sub(bytes.len());
        bytes.extend_from_slice(piece.get(..room).unwrap_or(&piece));
        if piece.len() > room {
            return (bytes, true);
        }
    }
}

/// The bytes as text, and true if the text had to be cut, since U+FFFD takes more bytes than the byte that it
/// replaces.
fn text(bytes: &[u8]) -> (String, bool) {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    let is_long = text.len() > BODY_BYTES_MAX;
    text.truncate(text.floor_char_boundary(BODY_BYTES_MAX));
    (text, is_long)
}

fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    bounded(headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())))).collect()
}

/// Leaves out headers for which there is no room.
fn bounded(headers: impl Iterator<Item = (String, String)>) -> impl Iterator<Item = (String, String)> {
    let mut room = HEADER_BYTES_MAX;
    headers.filter(move |(name, value)| {
        let left = room.checked_sub(name.len() + value.len());
        room = left.unwrap_or(room);
        left.is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_never_longer_than_what_is_kept_of_it() {
        assert_eq!(text(b"ok"), ("ok".to_owned(), false));
        assert_eq!(text(&[b'a'; BODY_BYTES_MAX]), ("a".repeat(BODY_BYTES_MAX), false));
        let (shown, is_cut) = text(&[0xff; BODY_BYTES_MAX]);
        assert_eq!((shown, is_cut), ("\u{fffd}".repeat(BODY_BYTES_MAX / 3), true));
    }

    #[test]
    fn what_somebody_tells_us_of_is_kept_within_the_same_limits() {
        let headers = vec![("Retry-After".to_owned(), "7".to_owned()), ("x".to_owned(), "a".repeat(9_000))];
        let told = Response::told(503, headers, &"ä".repeat(BODY_BYTES_MAX));
        assert_eq!((told.status, told.retry_after), (503, Some(Duration::from_secs(7))));
        assert_eq!(told.headers, [("retry-after".to_owned(), "7".to_owned())]);
        assert!(told.body_cut && told.body.len() == BODY_BYTES_MAX);
    }

    #[test]
    fn headers_beyond_their_room_are_left_out() {
        let mut headers = HeaderMap::new();
        for value in ["a".repeat(8_000), "b".repeat(500), "c".repeat(100)] {
            headers.append("x-long", value.parse().unwrap());
        }
        let kept: Vec<usize> = shown(&headers).iter().map(|(_, value)| value.len()).collect();
        assert_eq!(kept, [8_000, 100]);
    }
}
