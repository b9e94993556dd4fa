//! The demo's running report: prints each event as it becomes durable and each request that was refused.

use std::time::Duration;

use events::account::DeferReason;
use events::event::Event;
use events::ids::{MessageId, WorkspaceId};
use events::log::ReadError;
use events::record::{Position, Record};
use events::tail::Piece;
use events::time::Timestamp;
use serde_json::Value;

use super::activity_line::{ActivityLine, INDENT, Kind};
use super::report_lines;
use super::screen::{fitted, width};
use crate::gateway::Gateway;
use crate::telemetry;

/// Interval between polls for new refusals.
const LOOK: Duration = Duration::from_millis(300);

/// Prints one line for each event that becomes durable after `from`.
pub(super) async fn events(gateway: Gateway, from: Position, colour: bool) {
    let mut follower = gateway.shard.tail().follow(None, from);
    loop {
        follower.ready().await;
        let told = follower.next().await.and_then(|piece| lines(&gateway, &piece, colour));
        match told {
            Ok(lines) => telemetry::show(&fitted(&lines, width(), INDENT)),
            Err(error) => {
                tracing::warn!(%error, "what happened cannot be told");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// Prints one line for each request to the workspace's secret URL that is refused from now on. Refusals cause no
/// event, so they are polled.
pub(super) async fn refusals(gateway: Gateway, workspace: WorkspaceId, colour: bool) {
    let mut told = newest(&gateway, workspace, None, colour);
    loop {
        tokio::time::sleep(LOOK).await;
        told = newest(&gateway, workspace, told, colour);
    }
}

/// Prints the refusals after number `told`, or none if `told` is `None`. Returns the newest attempt's number.
fn newest(gateway: &Gateway, workspace: WorkspaceId, told: Option<u64>, colour: bool) -> Option<u64> {
    let attempts = gateway.attempts.list(gateway.shard.log().as_ref(), workspace).unwrap_or_default();
    let newest = attempts.first().map(|(number, _)| *number);
    let Some(told) = told else { return newest.or(Some(0)) };
    for (_, attempt) in attempts.iter().rev().filter(|(number, view)| *number > told && view.status >= 400) {
        let said = |name| attempt.answer.get(name).and_then(Value::as_str);
        let hint = attempt.answer.get("error").and_then(|error| error.get("hint")).and_then(Value::as_str);
        let note = hint.or(said("message")).unwrap_or_default();
        let at = attempt.at.parse().unwrap_or_else(|_| Timestamp::default());
        let (kind, status) = (Kind::In, Some(attempt.status));
        let line = ActivityLine { at, kind, status, phone: "", text: None, note };
        let line = format!("{}\n", line.render(colour).trim_end());
        telemetry::show(&fitted(&line, width(), INDENT));
    }
    newest.or(Some(told))
}

fn lines(gateway: &Gateway, piece: &Piece, colour: bool) -> Result<String, ReadError> {
    piece.events().map(|(_, record, event)| line(gateway, record, event, colour)).collect()
}

fn line(gateway: &Gateway, record: &Record, event: &Event, colour: bool) -> Result<String, ReadError> {
    let Some((kind, text, note)) = told(record, event) else {
        return Ok(report_lines::line(gateway, record, event, colour)?.unwrap_or_default());
    };
    let status = matches!(kind, Kind::In).then_some(200);
    let phone = match event {
        Event::MessageReceived(e) => e.sender.reveal().to_owned(),
        _ => event.message().map(|message| recipient(gateway, message)).transpose()?.unwrap_or_default(),
    };
    let line = ActivityLine { at: record.recorded_at, kind, status, phone: &phone, text, note: &note };
    Ok(format!("{}\n", line.render(colour).trim_end()))
}

/// Returns the kind, text and note to print for an event; `None` if it gets no line of its own here.
fn told<'a>(record: &Record, event: &'a Event) -> Option<(Kind, Option<&'a str>, String)> {
    let account = |what: &str, reason: &str| {
        let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        Some((Kind::Account, None, format!("{what}{because}")))
    };
    match event {
        Event::MessageQueued(e) => {
            let text = Some(e.text.reveal()).filter(|text| !text.is_empty());
            let file = e.file.as_ref().map(|file| format!(" with {}", file.name.reveal())).unwrap_or_default();
            Some((Kind::In, text, format!("queued{file}, -{}", credits(e.cost))))
        }
        Event::MessageReceived(e) => {
            let file = e.file.as_ref().map(|file| file.name.reveal().to_owned()).unwrap_or_default();
            let note = if e.from_me { "typed on the phone".to_owned() } else { file };
            Some((Kind::Received, Some(e.text.reveal()), note))
        }
        Event::MessageSent(e) => Some((Kind::Sent, None, e.message.to_string())),
        Event::MessageDelivered(_) => Some((Kind::Delivered, None, String::new())),
        Event::MessageRead(_) => Some((Kind::Read, None, String::new())),
        Event::SendDeferred(e) => Some((Kind::Deferred, None, format!("{}, tried again", why(e.reason)))),
        Event::FetchFailed(e) if e.again_at.is_some() => {
            Some((Kind::Deferred, None, format!("{}, the file is fetched again", e.code)))
        }
        Event::SendUncertain(e) => Some((Kind::Uncertain, None, format!("{} waits to be settled", e.message))),
        Event::MessageFailed(e) => Some((Kind::Failed, None, format!("{}: {}", e.code, refund(record)))),
        Event::AccountConnected(_) => account("connected", ""),
        Event::AccountDisconnected(e) => account("disconnected, its queue waits", &e.reason),
        Event::AccountPaused(e) => account("paused", &e.reason),
        Event::AccountResumed(e) => account("resumed", &e.reason),
        Event::AccountBlocked(e) => account("its queue stops", &e.reason),
        Event::AccountUnblocked(_) => account("may send again", ""),
        _ => None,
    }
}

fn credits(amount: u64) -> String {
    if amount == 1 { "1 credit".to_owned() } else { format!("{amount} credits") }
}

fn refund(record: &Record) -> String {
    let refunds = record.events.iter().filter_map(|event| match event {
        Event::CreditRefunded(e) => Some(e.amount),
        _ => None,
    });
    match refunds.sum() {
        0 => "nothing is given back".to_owned(),
        1 => "1 credit is back".to_owned(),
        amount => format!("{amount} credits are back"),
    }
}

const fn why(reason: DeferReason) -> &'static str {
    match reason {
        DeferReason::ServerError => "WhatsApp's server failed",
        DeferReason::OutcomeUnknown => "no answer came",
        DeferReason::NotConnected => "no connection",
        DeferReason::PairRateLimited | DeferReason::AccountRateLimited => "too fast for WhatsApp",
        DeferReason::AccountStopped => "the account was stopped",
        DeferReason::Interrupted => "the process ended meanwhile",
        DeferReason::FileGone => "its file is fetched once more",
    }
}

fn recipient(gateway: &Gateway, message: MessageId) -> Result<String, ReadError> {
    let first = gateway.shard.history().first(message)?;
    Ok(if let Some(Event::MessageQueued(e)) = first { e.to.reveal().to_owned() } else { String::new() })
}
