//! One attempt: stored as raw bytes and headers, formatted only when it is shown or saved.

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use events::ids::MessageId;
use events::notes::Space;
use events::time::Timestamp;
use serde_json::{Value, json};

use super::view::{self, AttemptView};
use crate::recent::{BODY_BYTES_MAX, RequestView, Row, mask};

/// Most bytes of headers; further headers are left out.
const HEADER_BYTES_MAX: usize = 8 << 10;
/// Rough size of an attempt without its bytes.
const FRAME_BYTES: usize = 256;

/// One request to an inbound webhook and its outcome.
#[derive(Debug)]
pub struct Attempt {
    /// When the request was answered.
    pub at: Timestamp,
    /// The HTTP status of our response.
    pub status: StatusCode,
    /// Name, colon, space, value and line feed of each header.
    pub(super) headers: Vec<u8>,
    pub(super) body: Box<[u8]>,
    pub(super) body_cut: bool,
    /// The body of our response.
    pub answer: Answer,
    /// Oddities that were no reason to refuse the request.
    pub warnings: Vec<String>,
}

/// The body of our response.
#[derive(Debug)]
pub enum Answer {
    /// The message was accepted.
    Accepted(MessageId),
    /// Anything else.
    Other(Box<Value>),
}

impl Attempt {
    /// Stores a request with these headers and this body; cuts both if they are too long.
    pub fn new(at: Timestamp, headers: &HeaderMap, body: &[u8], status: StatusCode, answer: Answer) -> Self {
        let mut packed = Vec::with_capacity(512);
        for (name, value) in headers {
            let line = [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"];
            if packed.len() + line.iter().map(|part| part.len()).sum::<usize>() <= HEADER_BYTES_MAX {
                for part in line {
                    packed.extend_from_slice(part);
                }
            }
        }
        let kept = body.get(..BODY_BYTES_MAX).unwrap_or(body);
        let body_cut = kept.len() < body.len();
        Self { at, status, headers: packed, body: kept.into(), body_cut, answer, warnings: Vec::new() }
    }
}

impl Row for Attempt {
    type View = AttemptView;

    const NOTES: Space = Space::Attempts;
    const NEWEST: Space = Space::NewestAttempt;

    fn at(&self) -> Timestamp {
        self.at
    }

    fn view(&self, number: u64) -> AttemptView {
        self.shown(number)
    }

    fn bytes(&self) -> usize {
        FRAME_BYTES + self.headers.len() + self.body.len() + self.warnings.iter().map(String::len).sum::<usize>()
    }

    fn drop_bodies(&mut self) {
        self.body_cut = self.body_cut || !self.body.is_empty();
        self.body = Box::default();
    }

    fn drop_texts(&mut self) {
        self.drop_bodies();
        self.headers.clear();
        self.warnings.clear();
        if let Answer::Other(answer) = &mut self.answer {
            **answer = json!({"error": {"code": answer.pointer("/error/code")}});
        }
    }
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Accepted(message) => json!({"status": "success", "data": {"message_id": message.to_string()}}),
            Self::Other(answer) => (**answer).clone(),
        }
    }

    pub(super) fn message(&self) -> Option<MessageId> {
        match self {
            Self::Accepted(message) => Some(*message),
            Self::Other(_) => None,
        }
    }
}

impl Attempt {
    fn shown(&self, number: u64) -> AttemptView {
        let headers = String::from_utf8_lossy(&self.headers);
        let headers = headers.lines().filter_map(|line| line.split_once(": "));
        AttemptView {
            id: view::id(number),
            at: self.at.to_string(),
            status: self.status.as_u16(),
            request: RequestView::new(headers, &self.body, self.body_cut),
            answer: view::masked(self.answer.json()),
            warnings: self.warnings.iter().map(|warning| mask::text(warning, false)).collect(),
            message_id: self.answer.message().map(|message| message.to_string()),
        }
    }
}
