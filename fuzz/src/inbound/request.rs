//! Decodes a request from bytes: two that choose, a line for each text that they ask for, and the body.

use std::fmt;

use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};

/// Methods, chosen by the lowest three bits of the first byte.
const METHODS: [Method; 8] =
    [Method::POST, Method::POST, Method::POST, Method::POST, Method::GET, Method::HEAD, Method::PUT, Method::DELETE];
/// Milliseconds that pass after the answer, chosen by the highest two bits of the first byte.
const PAUSES_MS: [u64; 4] = [0, 0, 300, 10_000];
/// Values of `Dry-Run`, chosen by the lowest two bits of the second byte.
const DRY_RUNS: [Option<&str>; 4] = [None, Some("true"), Some("false"), Some(LINE)];
/// Values of `Idempotency-Key`, chosen by the next two bits.
const KEYS: [Option<&str>; 4] = [None, Some("order-17"), Some("order-18"), Some(LINE)];
/// Values of `Accept`, chosen by the next bit.
const ACCEPTS: [Option<&str>; 2] = [None, Some("text/html,*/*")];
/// Values of `X-Forwarded-For`, chosen by the next bit.
const FORWARDED: [Option<&str>; 2] = [None, Some(LINE)];
/// Stands for the next line of the input.
const LINE: &str = "\n";

/// The kind of URL that a request is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Url {
    /// A working webhook.
    Open,
    /// A strict one, which accepts documented fields only.
    Strict,
    /// A disabled one.
    Disabled,
    /// One of a workspace with hardly any credits.
    Poor,
    /// One of a workspace without an account.
    Empty,
    /// A URL that was never issued, though it looks like one.
    Wrong,
    /// A path given by the next line.
    Odd,
}

/// URLs, chosen by the middle three bits of the first byte.
const URLS: [Url; 8] = [Url::Open, Url::Open, Url::Strict, Url::Disabled, Url::Poor, Url::Empty, Url::Wrong, Url::Odd];

pub struct Request<'a> {
    pub method: Method,
    pub url: Url,
    /// The end of the path of an odd URL.
    pub odd: &'a [u8],
    /// Headers that an HTTP parser would have accepted.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: &'a [u8],
    /// Virtual time that passes after the answer.
    pub pause_ms: u64,
}

impl<'a> Request<'a> {
    /// Decodes a request; `None` if there are too few bytes.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&[first, second], mut rest) = bytes.split_first_chunk()?;
        let method = METHODS.get(usize::from(first & 7)).cloned()?;
        let url = URLS.get(usize::from(first >> 3 & 7)).copied()?;
        let pause_ms = PAUSES_MS.get(usize::from(first >> 6)).copied()?;
        let odd = if url == Url::Odd { line(&mut rest) } else { &[] };
        let choice = |shift: u8, mask: u8| usize::from(second >> shift & mask);
        let chosen = [
            ("dry-run", DRY_RUNS.get(choice(0, 3))),
            ("idempotency-key", KEYS.get(choice(2, 3))),
            ("accept", ACCEPTS.get(choice(4, 1))),
            ("x-forwarded-for", FORWARDED.get(choice(5, 1))),
        ];
        let mut headers = Vec::new();
        for (name, value) in chosen {
            let value = match value.copied().flatten() {
                Some(LINE) => HeaderValue::from_bytes(line(&mut rest)).ok(),
                Some(value) => Some(HeaderValue::from_static(value)),
                None => None,
            };
            headers.extend(value.map(|value| (HeaderName::from_static(name), value)));
        }
        // The highest two bits say how many more headers follow.
        for _ in 0..choice(6, 3) {
            headers.extend(header(line(&mut rest)));
        }
        Some(Self { method, url, odd, headers, body: rest, pause_ms })
    }

    /// True for a dry run; if the header is repeated, the first one counts.
    pub fn is_dry(&self) -> bool {
        self.header("dry-run").is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case(b"true"))
    }

    /// Returns the client's idempotency key.
    pub fn key(&self) -> Option<&[u8]> {
        self.header("idempotency-key").map(<[u8]>::trim_ascii)
    }

    fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_bytes())
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, url, odd, headers, body, .. } = self;
        let [odd, body] = [odd, body].map(|bytes| bytes.escape_ascii());
        write!(f, "{method} {url:?} {odd} {headers:?} {body}")
    }
}

/// Parses a name, a colon and a value.
fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_at(line.iter().position(|byte| *byte == b':')?);
    let value = HeaderValue::from_bytes(value.get(1..)?.trim_ascii()).ok()?;
    Some((HeaderName::from_bytes(name).ok()?, value))
}

/// Takes the bytes before the next line feed.
fn line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let bytes = *rest;
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (line, after) = bytes.split_at(end);
    *rest = after.get(1..).unwrap_or_default();
    line
}
