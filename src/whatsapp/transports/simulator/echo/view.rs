//! JSON views of the echo's requests and settings.

use serde::Serialize;
use serde_json::{Map, Value};

use super::request::{Settings, StoredRequest};

/// One row of `GET /sim/v1/echo/{name}/requests`.
#[derive(Debug, Serialize)]
pub(super) struct RequestView<'a> {
    at: String,
    method: &'a str,
    query: &'a str,
    /// Names in lower case; the values of a repeated name are joined by commas.
    headers: Map<String, Value>,
    body: &'a str,
    body_bytes: usize,
    /// True if `body` is only the beginning.
    body_cut: bool,
    status: u16,
}

/// The body and the answer of `PUT /sim/v1/echo/{name}/settings`.
#[derive(Debug, Serialize)]
pub(super) struct SettingsView {
    status: u16,
    delay_ms: u64,
    retry_after: Option<u64>,
}

impl<'a> From<&'a StoredRequest> for RequestView<'a> {
    fn from(kept: &'a StoredRequest) -> Self {
        let request = &kept.request;
        let mut headers: Map<String, Value> = Map::new();
        for (name, value) in &request.headers {
            let joined = match headers.get(name).and_then(Value::as_str) {
                Some(before) => format!("{before}, {value}"),
                None => value.clone(),
            };
            headers.insert(name.clone(), Value::String(joined));
        }
        Self {
            at: kept.at.to_string(),
            method: &request.method,
            query: &request.query,
            headers,
            body: &request.body,
            body_bytes: request.body_bytes,
            body_cut: request.body_cut,
            status: kept.status,
        }
    }
}

impl From<Settings> for SettingsView {
    fn from(Settings { status, delay_ms, retry_after }: Settings) -> Self {
        Self { status: status.as_u16(), delay_ms, retry_after }
    }
}
