//! What a receiver keeps of a request, and how it answers.

use actix_web::http::StatusCode;
use events::time::Timestamp;

const NAME_CHARS_MAX: usize = 100;
/// Of a longer body only this much is kept, in bytes.
pub(super) const BODY_KEPT_MAX: usize = 64 << 10;
/// Room that a request takes beside its texts, in bytes; roughly.
const REQUEST_BYTES: usize = 256;

/// A receiver's name: 1 to 100 letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(Box<str>);

impl Name {
    /// A name, or `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_name = (1..=NAME_CHARS_MAX).contains(&text.len()) && text.bytes().all(fits);
        is_name.then(|| Self(text.into()))
    }
}

/// A request as it came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// `POST`.
    pub method: String,
    /// What stood behind the question mark.
    pub query: String,
    /// Names in small letters, by their alphabet; a name that came twice stands there twice.
    pub headers: Vec<(String, String)>,
    /// The beginning of the body, at most 64 KiB; what is no UTF-8 is replaced.
    pub body: String,
    /// How long the whole body was.
    pub body_bytes: usize,
    /// Whether more came than is kept.
    pub body_cut: bool,
}

impl Request {
    /// The beginning of a body, and how long it is.
    pub(super) fn with_body(self, bytes: &[u8]) -> Self {
        let mut body = String::from_utf8_lossy(bytes).into_owned();
        let body_cut = body.len() > BODY_KEPT_MAX;
        body.truncate(body.floor_char_boundary(BODY_KEPT_MAX));
        body.shrink_to_fit();
        Self { body, body_bytes: bytes.len(), body_cut, ..self }
    }

    /// Room that it takes, in bytes; roughly.
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
    /// What came.
    pub request: Request,
    /// What its receiver was told to answer then.
    pub status: u16,
}

/// How a receiver answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// With which status: 200 to 599.
    pub status: StatusCode,
    /// After how many milliseconds of the simulator's time.
    pub delay_ms: u64,
    /// The header `Retry-After` of the answer, in seconds.
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
