//! A request as bytes: two that choose, a line for each chosen header, and the body.

use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};

/// Methods, as the lowest three bits of the first byte choose.
const METHODS: [Method; 8] =
    [Method::POST, Method::POST, Method::POST, Method::POST, Method::GET, Method::HEAD, Method::PUT, Method::DELETE];
/// Milliseconds that pass after the answer, as the highest two bits of the first byte choose.
const PAUSES_MS: [u64; 4] = [0, 0, 300, 10_000];
/// Headers, as the bits of the second byte choose; the eighth names itself.
const HEADERS: [&str; 7] =
    ["idempotency-key", "dry-run", "content-type", "x-forwarded-for", "accept", "content-encoding", "authorization"];

/// Whose URL it is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Door {
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

/// Doors, as the middle three bits of the first byte choose.
const DOORS: [Door; 8] =
    [Door::Open, Door::Open, Door::Strict, Door::Disabled, Door::Poor, Door::Empty, Door::Wrong, Door::Odd];

/// A request.
#[derive(Debug)]
pub struct Request<'a> {
    /// How it is sent.
    pub method: Method,
    /// Where it is sent.
    pub door: Door,
    /// The end of the path at an odd door.
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
        let door = DOORS.get(usize::from(first >> 3 & 7)).copied()?;
        let pause_ms = PAUSES_MS.get(usize::from(first >> 6)).copied()?;
        let odd = if door == Door::Odd { line(&mut rest) } else { &[] };
        let mut headers = Vec::new();
        for (bit, name) in HEADERS.into_iter().enumerate() {
            if second >> bit & 1 == 1 {
                headers.extend(HeaderValue::from_bytes(line(&mut rest)).map(|value| (name_of(name.as_bytes()), value)));
            }
        }
        if second >> HEADERS.len() & 1 == 1 {
            headers.extend(header(line(&mut rest)));
        }
        let headers = headers.into_iter().filter_map(|(name, value)| Some((name?, value))).collect();
        Some(Self { method, door, odd, headers, body: rest, pause_ms })
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

fn header(line: &[u8]) -> Option<(Option<HeaderName>, HeaderValue)> {
    let at = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at(at);
    Some((name_of(name), HeaderValue::from_bytes(value.get(1..)?.trim_ascii()).ok()?))
}

fn name_of(name: &[u8]) -> Option<HeaderName> {
    HeaderName::from_bytes(name).ok()
}

/// Takes what comes before the next line feed.
fn line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let bytes = *rest;
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (line, after) = bytes.split_at(end);
    *rest = after.get(1..).unwrap_or_default();
    line
}
