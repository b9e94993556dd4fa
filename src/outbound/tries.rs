//! The last tries of each workspace's outbound webhook: request, response and error.

use std::collections::BTreeMap;
use std::time::Duration;

use events::notes::Space;
use events::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answered, Request, Response};
use crate::recent::{self, BODY_BYTES_MAX, Recent, RequestView, Row, mask};

/// Rough size of a try without its texts, in bytes.
const FRAME_BYTES: usize = 256;

/// Response headers that help to explain an error.
const TELLING: [&str; 3] = ["content-type", "location", "retry-after"];

/// The tries of all workspaces. Clones share them.
pub type Tries = Recent<Try>;

/// Returns the id of the try with this number.
pub(super) fn id(number: u64) -> String {
    format!("try_{number}")
}

/// One try and its result.
#[derive(Debug)]
pub struct Try {
    at: Timestamp,
    delivery_id: String,
    /// Masked.
    url: String,
    is_test: bool,
    headers: Vec<(String, String)>,
    body: Box<[u8]>,
    body_cut: bool,
    /// Its body is masked only when it is shown.
    response: Option<ResponseView>,
    error: Option<String>,
    duration: Duration,
}

impl Try {
    /// A try that began at `at`. Only the first 16 KiB of a long body are kept.
    pub fn new(at: Timestamp, delivery_id: String, request: &Request, answered: Answered) -> Self {
        let body = request.body.get(..BODY_BYTES_MAX).unwrap_or(&request.body);
        Self {
            at,
            delivery_id,
            url: mask::url(&request.url),
            is_test: false,
            headers: request.headers.clone(),
            body: body.into(),
            body_cut: body.len() < request.body.len(),
            response: answered.response.map(ResponseView::from),
            error: answered.fault.map(|fault| format!("{}: {fault}", fault.code())),
            duration: answered.duration,
        }
    }

    /// The same try without anything that was sent or received.
    #[must_use]
    pub fn without_texts(mut self) -> Self {
        self.drop_texts();
        self
    }

    /// The same try, marked as a test.
    #[must_use]
    pub fn as_test(self) -> Self {
        Self { is_test: true, ..self }
    }
}

/// A try as the API shows it and as it is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TryView {
    /// `try_` and its number.
    pub id: String,
    /// When it began: RFC 3339, UTC.
    pub at: String,
    /// The delivery: the same at each of its tries, and the request's `webhook-id`.
    pub delivery_id: String,
    /// Where to; of a query only that there was one. `tidings:listen`: to a program that listened.
    #[serde(default)]
    pub url: String,
    /// Whether it was a test that somebody asked for.
    #[serde(default, skip_serializing_if = "recent::is_false")]
    pub test: bool,
    /// What was sent.
    pub request: RequestView,
    /// What came back; null where nothing readable came.
    pub response: Option<ResponseView>,
    /// Why it failed: a stable code, a colon, words; null for a success.
    pub error: Option<String>,
    /// From the look-up of the receiver's name to the end of its answer.
    pub duration_ms: u64,
}

/// What a receiver answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResponseView {
    /// The HTTP status.
    pub status: u16,
    /// Those of `Content-Type`, `Location` and `Retry-After` that came.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Bytes that are not UTF-8 are shown as U+FFFD.
    pub body: String,
    /// Whether the body went on.
    #[serde(default, skip_serializing_if = "recent::is_false")]
    pub body_cut: bool,
}

impl Row for Try {
    type View = TryView;

    const NOTES: Space = Space::Tries;
    const NEWEST: Space = Space::NewestTry;

    fn at(&self) -> Timestamp {
        self.at
    }

    fn view(&self, number: u64) -> TryView {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        TryView {
            id: id(number),
            at: self.at.to_string(),
            delivery_id: self.delivery_id.clone(),
            url: self.url.clone(),
            test: self.is_test,
            request: RequestView::new(headers, &self.body, self.body_cut),
            response: self.response.as_ref().map(ResponseView::masked),
            error: self.error.clone(),
            duration_ms: u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX),
        }
    }

    fn bytes(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let answer = self.response.as_ref().map_or(0, ResponseView::bytes);
        FRAME_BYTES + self.url.len() + headers + self.body.len() + answer
    }

    fn is_aside(&self) -> bool {
        self.is_test
    }

    fn was_aside(view: &TryView) -> bool {
        view.test
    }

    fn drop_texts(&mut self) {
        (self.url, self.headers, self.body, self.body_cut) = (String::new(), Vec::new(), Box::default(), true);
        if let Some(response) = &mut self.response {
            response.body_cut = response.body_cut || !response.body.is_empty();
            (response.headers, response.body) = (BTreeMap::new(), String::new());
        }
    }

    fn drop_bodies(&mut self) {
        self.body_cut = self.body_cut || !self.body.is_empty();
        self.body = Box::default();
        if let Some(response) = &mut self.response {
            response.body_cut = response.body_cut || !response.body.is_empty();
            response.body = String::new();
        }
    }
}

impl ResponseView {
    fn masked(&self) -> Self {
        let headers = self.headers.iter().map(|(name, value)| {
            let value = if name == "location" { mask::url(value) } else { mask::text(value, false) };
            (name.clone(), value)
        });
        Self { headers: headers.collect(), body: mask::text(&self.body, self.body_cut), ..*self }
    }

    fn bytes(&self) -> usize {
        self.body.len() + self.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
    }
}

impl From<Response> for ResponseView {
    fn from(response: Response) -> Self {
        let telling = response.headers.into_iter().filter(|(name, _)| TELLING.contains(&name.as_str()));
        Self { status: response.status, headers: telling.collect(), body: response.body, body_cut: response.body_cut }
    }
}

#[cfg(test)]
mod tests;
