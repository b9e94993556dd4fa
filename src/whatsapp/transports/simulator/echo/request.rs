//! A request as a receiver keeps it, and the settings for its answer.

use actix_web::http::StatusCode;
use events::time::Timestamp;

const NAME_CHARS_MAX: usize = 100;
/// Longer bodies are cut to this many bytes.
pub(super) const BODY_KEPT_MAX: usize = 64 << 10;
/// Rough size of a request without its texts, in bytes.
const REQUEST_BYTES: usize = 256;

/// A receiver's name: 1 to 100 letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(Box<str>);

impl Name {
    /// `None` if the text is not a valid name.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_name = (1..=NAME_CHARS_MAX).contains(&text.len()) && text.bytes().all(fits);
        is_name.then(|| Self(text.into()))
    }
}

/// A request as it came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// The part of the URL after the question mark.
    pub query: String,
    /// Names in lower case and sorted; a repeated name appears once for each value.
    pub headers: Vec<(String, String)>,
    /// The beginning of the body, at most 64 KiB. Bytes that are not UTF-8 are replaced.
    pub body: String,
    /// Length of the whole body, in bytes.
    pub body_bytes: usize,
    /// True if the body was longer than what is kept.
    pub body_cut: bool,
}

impl Request {
    /// Adds the beginning of a body and its full length.
    pub(super) fn with_body(self, bytes: &[u8]) -> Self {
        let mut body = String::from_utf8_lossy(bytes).into_owned();
        let body_cut = body.len() > BODY_KEPT_MAX;
        body.truncate(body.floor_char_boundary(BODY_KEPT_MAX));
        body.shrink_to_fit();
        Self { body, body_bytes: bytes.len(), body_cut, ..self }
    }

    /// Rough size in memory, in bytes.
    pub(super) fn room(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len() + REQUEST_BYTES / 4);
        REQUEST_BYTES + self.method.len() + self.query.len() + self.body.len() + headers.sum::<usize>()
    }
}

/// A request that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRequest {
    /// When it came, by the simulator's clock.
    pub at: Timestamp,
    pub request: Request,
    /// The status that the receiver was configured to answer then.
    pub status: u16,
}

/// The settings for a receiver's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// From 200 to 599.
    pub status: StatusCode,
    /// Delay in milliseconds of the simulator's time.
    pub delay_ms: u64,
    /// The `Retry-After` header of the answer, in seconds.
    pub retry_after: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { status: StatusCode::OK, delay_ms: 0, retry_after: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_sign_that_an_address_would_change() {
        let longest = "n".repeat(NAME_CHARS_MAX);
        for name in ["a", "Demo-2_b", &longest] {
            assert!(Name::parse(name).is_some(), "{name}");
        }
        for text in ["", "a b", "a/b", "ä", "a.b", "%41", &format!("{longest}n")] {
            assert!(Name::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn of_a_long_body_whole_characters_are_kept() {
        let long = format!("a{}", "ä".repeat(BODY_KEPT_MAX));
        let kept = Request::default().with_body(long.as_bytes());
        assert_eq!((kept.body.len(), kept.body_bytes, kept.body_cut), (BODY_KEPT_MAX - 1, long.len(), true));
        assert!(long.starts_with(&kept.body));
        let kept = Request::default().with_body(&[b'a', 0xff]);
        assert_eq!((&*kept.body, kept.body_bytes, kept.body_cut), ("a\u{fffd}", 2, false));
    }
}
