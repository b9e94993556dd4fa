//! A request as bytes: two that choose, a line for each header that the second asks for, and the body.

use std::fmt;

use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};

/// Methods, as the lowest three bits of the first byte choose.
const METHODS: [Method; 8] =
    [Method::POST, Method::POST, Method::POST, Method::POST, Method::GET, Method::HEAD, Method::PUT, Method::DELETE];
/// Milliseconds that pass after the answer, as the highest two bits of the first byte choose.
const PAUSES_MS: [u64; 4] = [0, 0, 300, 10_000];
/// Values of `Dry-Run`, as the lowest two bits of the second byte choose; the third stands on a line of its own.
const DRY_RUNS: [Option<&str>; 4] = [None, Some("true"), Some("false"), Some(LINE)];
/// Values of `Idempotency-Key`, as the next two bits choose.
const KEYS: [Option<&str>; 4] = [None, Some("order-17"), Some("order-18"), Some(LINE)];
/// Values of `Accept`, as the next bit chooses.
const ACCEPTS: [Option<&str>; 2] = [None, Some("text/html,*/*")];
/// Values of `X-Forwarded-For`, as the next bit chooses.
const FORWARDED: [Option<&str>; 2] = [None, Some(LINE)];
/// What stands for the next line of the input.
const LINE: &str = "\n";

/// Whose URL it is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Url {
    /// A webhook in order.
    Open,
    /// One that takes the documented fields only.
    Strict,
    /// One that is disabled.
    Disabled,
    /// One of a workspace with hardly any credits.
    Poor,
    /// One of a workspace without an account.
    Empty,
    /// None, though it looks like one.
    Wrong,
    /// Whatever the next line says.
    Odd,
}

/// URLs, as the middle three bits of the first byte choose.
const URLS: [Url; 8] = [Url::Open, Url::Open, Url::Strict, Url::Disabled, Url::Poor, Url::Empty, Url::Wrong, Url::Odd];

/// A request.
pub struct Request<'a> {
    /// How it is sent.
    pub method: Method,
    /// Where it is sent.
    pub url: Url,
    /// The end of the path at an odd url.
    pub odd: &'a [u8],
    /// Headers that an HTTP parser would have let through.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// All of it at once.
    pub body: &'a [u8],
    /// How much virtual time passes after the answer.
    pub pause_ms: u64,
}

impl<'a> Request<'a> {
    /// Reads it; none if too little is there.
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
        // The highest two bits say how many more there are.
        for _ in 0..choice(6, 3) {
            headers.extend(header(line(&mut rest)));
        }
        Some(Self { method, url, odd, headers, body: rest, pause_ms })
    }

    /// Whether it wants nothing done: the first of several headers counts.
    pub fn is_dry(&self) -> bool {
        self.header("dry-run").is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case(b"true"))
    }

    /// The client's own key for it.
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

/// A name, a colon, a value.
fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_at(line.iter().position(|byte| *byte == b':')?);
    let value = HeaderValue::from_bytes(value.get(1..)?.trim_ascii()).ok()?;
    Some((HeaderName::from_bytes(name).ok()?, value))
}

/// Takes what comes before the next line feed.
fn line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let bytes = *rest;
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (line, after) = bytes.split_at(end);
    *rest = after.get(1..).unwrap_or_default();
    line
}
