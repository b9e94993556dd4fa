//! The simulator's answers, as JSON.

use actors::account::outcome::{Acceptance, Outcome, Permanent, Scope, StopReason};
use serde::{Deserialize, Serialize};

use super::world::{Chaos, Received, ReceivedFile, Stats};
use crate::whatsapp::transports::MessageLookup;

/// The answer to `POST /sim/v1/send`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct OutcomeView(#[serde(with = "OutcomeShape")] pub(super) Outcome);

/// The answer to `GET /sim/v1/messages/{id}`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LookupView {
    #[serde(with = "LookupShape")]
    pub(super) lookup: MessageLookup,
}

/// One row of `GET /sim/v1/phones/{phone}/messages`.
#[derive(Debug, Serialize)]
pub(super) struct MessageView<'a> {
    message_id: String,
    wire_id: String,
    from: &'a str,
    text: &'a str,
    file: Option<FileView<'a>>,
    at: String,
}

#[derive(Debug, Serialize)]
struct FileView<'a> {
    name: &'a str,
    size: usize,
    /// Hexadecimal.
    sha256: String,
}

/// The body and the answer of `PUT /sim/v1/chaos`.
#[derive(Debug, Serialize)]
pub(super) struct ChaosView {
    error: f64,
    not_registered: f64,
    slow_ms: u64,
    uncertain: f64,
    accepted: f64,
    refused_later: f64,
    spelled: f64,
    hidden: f64,
}

/// The answer to `GET /sim/v1/stats`.
#[derive(Debug, Serialize)]
pub(super) struct StatsView {
    sends: u64,
    duplicates: u64,
}

/// A complete list, which has only one page.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ListView<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    page: PageView,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct PageView {
    next: Option<u64>,
    prev: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Outcome", tag = "outcome", content = "detail", rename_all = "snake_case")]
enum OutcomeShape {
    Sent,
    Accepted(Acceptance),
    Failed(#[serde(with = "PermanentShape")] Permanent),
    RateLimited {
        after_ms: u64,
        #[serde(with = "ScopeShape")]
        scope: Scope,
    },
    NotConnected,
    ServerError,
    Unknown,
    Stopped {
        #[serde(with = "StopReasonShape")]
        reason: StopReason,
        until_ms: Option<u64>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Permanent", rename_all = "snake_case")]
pub(super) enum PermanentShape {
    RecipientInvalid,
    #[serde(rename = "not_on_whatsapp")]
    NotOnWhatsApp,
    Refused,
    WindowClosed,
    ContentRejected,
    ChatErased,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Scope", rename_all = "snake_case")]
enum ScopeShape {
    Pair,
    Account,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "StopReason", rename_all = "snake_case")]
enum StopReasonShape {
    Blocked,
    Unauthorised,
    Misconfigured,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "MessageLookup", rename_all = "snake_case")]
enum LookupShape {
    Sent,
    NotSent,
    Unknown,
}

impl<T> ListView<T> {
    pub(super) fn of(rows: impl IntoIterator<Item = T>) -> Self {
        Self { data: rows.into_iter().collect(), page: PageView::default() }
    }
}

impl<'a> From<&'a Received> for MessageView<'a> {
    fn from(received: &'a Received) -> Self {
        let [message_id, wire_id] = [received.id.to_string(), received.wire_id.to_string()];
        let at = received.at.to_string();
        let file = received.file.as_deref().map(FileView::from);
        Self { message_id, wire_id, from: &received.from, text: &received.text, file, at }
    }
}

impl<'a> From<&'a ReceivedFile> for FileView<'a> {
    fn from(file: &'a ReceivedFile) -> Self {
        let sha256 = file.sha256.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let sha256 = sha256.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect();
        Self { name: &file.name, size: file.size, sha256 }
    }
}

impl From<Chaos> for ChaosView {
    fn from(chaos: Chaos) -> Self {
        Self {
            error: chaos.error.value(),
            not_registered: chaos.not_registered.value(),
            slow_ms: chaos.slow_ms,
            uncertain: chaos.uncertain.value(),
            accepted: chaos.accepted.value(),
            refused_later: chaos.refused_later.value(),
            spelled: chaos.spelled.value(),
            hidden: chaos.hidden.value(),
        }
    }
}

impl From<Stats> for StatsView {
    fn from(Stats { sends, duplicates }: Stats) -> Self {
        Self { sends, duplicates }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL_FAILURES: [Permanent; 5] = [
        Permanent::RecipientInvalid,
        Permanent::NotOnWhatsApp,
        Permanent::Refused,
        Permanent::WindowClosed,
        Permanent::ContentRejected,
    ];

    fn check(outcome: &Outcome, expected: &str) {
        let written = serde_json::to_string(&OutcomeView(outcome.clone())).expect("written");
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_str::<OutcomeView>(&written).expect("read").0, *outcome);
    }

    #[test]
    fn every_outcome_comes_back_as_it_went() {
        check(&Outcome::Sent, r#"{"outcome":"sent"}"#);
        let acceptance = Acceptance { wire_id: Some("wamid.1".into()), address: Some("+12025550101".to_owned()) };
        check(
            &Outcome::Accepted(acceptance),
            r#"{"outcome":"accepted","detail":{"wire_id":"wamid.1","address":"+12025550101"}}"#,
        );
        check(&Outcome::NotConnected, r#"{"outcome":"not_connected"}"#);
        check(&Outcome::ServerError, r#"{"outcome":"server_error"}"#);
        check(&Outcome::Unknown, r#"{"outcome":"unknown"}"#);
        check(
            &Outcome::RateLimited { after_ms: 7, scope: Scope::Pair },
            r#"{"outcome":"rate_limited","detail":{"after_ms":7,"scope":"pair"}}"#,
        );
        check(
            &Outcome::Stopped { reason: StopReason::Blocked, until_ms: None },
            r#"{"outcome":"stopped","detail":{"reason":"blocked","until_ms":null}}"#,
        );
    }

    #[test]
    fn every_failure_comes_back_as_it_went() {
        let names =
            ["recipient_invalid", "not_on_whatsapp", "refused", "window_closed", "content_rejected", "chat_erased"];
        for (failure, name) in ALL_FAILURES.into_iter().zip(names) {
            check(&Outcome::Failed(failure), &format!(r#"{{"outcome":"failed","detail":"{name}"}}"#));
        }
    }
}
