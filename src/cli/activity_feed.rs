//! The demo's running report: prints each event as it becomes durable and each request that was refused.

use std::time::Duration;

use actors::workspace::{State, Workspace};
use events::account::DeferReason;
use events::event::Event;
use events::ids::{AccountId, StreamId, WorkspaceId};
use events::index::IndexKey;
use events::log::ReadError;
use events::record::{Position, Record};
use events::tail::Piece;
use events::time::Timestamp;
use events::who::Who;
use serde_json::Value;

use super::activity_line::{ActivityEntry, ActivityLine, INDENT, Kind};
use super::report_lines::{self, because};
use super::screen::{fitted, width};
use crate::gateway::Gateway;
use crate::recent::attempts::AttemptView;
use crate::service::wording::counted;
use crate::telemetry;

/// Interval between polls for new refusals.
const LOOK: Duration = Duration::from_millis(300);

/// Prints one line for each event that becomes durable after `from`.
pub(super) async fn events(gateway: Gateway, from: Position, colour: bool) {
    let mut follower = gateway.shard.tail().follow(None, from);
    loop {
        follower.ready().await;
        let told = match follower.next().await {
            Ok(piece) => lines(&gateway, &piece, colour).await,
            Err(error) => Err(error),
        };
        match told {
            Ok(lines) => telemetry::show(&fitted(&lines, width(), INDENT)),
            Err(error) => {
                tracing::warn!(%error, "what happened cannot be told");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// Prints one line for each request to a secret URL that is refused from now on, of any workspace. Refusals cause no
/// event, so they are polled.
pub(super) async fn refusals(gateway: Gateway, colour: bool) {
    let mut told = gateway.attempts.last_number();
    loop {
        tokio::time::sleep(LOOK).await;
        let mut lines = String::new();
        for (number, workspace, attempt) in gateway.attempts.since(told) {
            told = number;
            if attempt.status >= 400 {
                let names = LineNames::of(&gateway, workspace, None).await;
                lines += &refusal(&attempt, &names.workspace, colour);
            }
        }
        telemetry::show(&fitted(&lines, width(), INDENT));
    }
}

fn refusal(attempt: &AttemptView, workspace: &str, colour: bool) -> String {
    let said = |name| attempt.answer.get(name).and_then(Value::as_str);
    let hint = attempt.answer.get("error").and_then(|error| error.get("hint")).and_then(Value::as_str);
    let notes: Vec<&str> = said("message").into_iter().chain(hint).collect();
    let note = &notes.join(": ");
    let at = attempt.at.parse().unwrap_or_else(|_| Timestamp::default());
    let (kind, status) = (Kind::In, Some(attempt.status));
    let line = ActivityLine { at, kind, status, phone: "", account: "", workspace, text: None, note };
    format!("{}\n", line.render(colour).trim_end())
}

/// The names of a line's workspace, if there are several, and of its account, if it has one.
#[derive(Default)]
struct LineNames {
    workspace: String,
    account: String,
}

impl LineNames {
    /// Looks the names up. A line without names is better than none, if that fails.
    async fn of(gateway: &Gateway, workspace: WorkspaceId, account: Option<AccountId>) -> Self {
        let workspaces: Option<u64> = gateway.shard.index().find(&IndexKey::Workspaces).unwrap_or_default();
        let is_only = workspaces.is_some_and(|workspaces| workspaces <= 1);
        let names = move |state: &State| Self {
            workspace: if is_only { String::new() } else { state.name.reveal().to_owned() },
            account: account
                .and_then(|id| state.accounts.get(&id))
                .map(|account| account.phone.reveal().to_owned())
                .unwrap_or_default(),
        };
        gateway.shard.inspect::<Workspace, _>(workspace, names).await.map(|seen| seen.value).unwrap_or_default()
    }
}

async fn lines(gateway: &Gateway, piece: &Piece, colour: bool) -> Result<String, ReadError> {
    let mut lines = String::new();
    for (_, record, event) in piece.events() {
        lines += &line(gateway, record, event, colour).await?;
    }
    Ok(lines)
}

async fn line(gateway: &Gateway, record: &Record, event: &Event, colour: bool) -> Result<String, ReadError> {
    let told = match told(record, event) {
        Some(told) => told,
        None => match report_lines::told(gateway, record, event)? {
            Some(told) => told,
            None => return Ok(String::new()),
        },
    };
    let first = event.message().map(|message| gateway.shard.history().first(message)).transpose()?.flatten();
    let account = account(event, first.as_ref());
    let [Some(stream), ..] = event.streams() else { return Ok(String::new()) };
    let names = LineNames::of(gateway, stream.workspace(), account).await;
    let of_account = matches!(told.kind, Kind::Account);
    let phone = match told.phone {
        _ if of_account => names.account.clone(),
        Some(phone) => phone,
        None => first.as_ref().map(|first| phone(gateway, first)).transpose()?.unwrap_or_default(),
    };
    let line = ActivityLine {
        at: record.recorded_at,
        kind: told.kind,
        status: told.status,
        phone: &phone,
        account: if of_account { "" } else { &names.account },
        workspace: &names.workspace,
        text: told.text,
        note: &told.note,
    };
    Ok(format!("{}\n", line.render(colour).trim_end()))
}

/// Returns the account that an event concerns, by itself or through its message.
fn account(event: &Event, first: Option<&Event>) -> Option<AccountId> {
    let of_stream = event.streams().into_iter().flatten().find_map(|stream| match stream {
        StreamId::Account(id) => Some(id),
        _ => None,
    });
    of_stream.or(match first {
        Some(Event::MessageQueued(e)) => Some(e.account),
        Some(Event::MessageReceived(e)) => Some(e.account),
        _ => None,
    })
}

/// Returns the phone or JID at the other end of the message that an event is about.
fn phone(gateway: &Gateway, first: &Event) -> Result<String, ReadError> {
    let typed_to = |chat| -> Result<Option<String>, ReadError> {
        Ok(gateway.shard.index().chat(chat)?.map(|entry| entry.to.reveal().to_owned()))
    };
    Ok(match first {
        Event::MessageQueued(e) => e.to.reveal().to_owned(),
        Event::MessageReceived(e) if e.from_me => typed_to(e.chat)?.unwrap_or_default(),
        Event::MessageReceived(e) => e.sender.reveal().to_owned(),
        _ => String::new(),
    })
}

/// Returns what to print for an event; `None` if it gets no line of its own here.
fn told<'a>(record: &Record, event: &'a Event) -> Option<ActivityEntry<'a>> {
    Some(match event {
        Event::MessageQueued(e) => {
            let text = Some(e.text.reveal()).filter(|text| !text.is_empty());
            let file = e.file.as_ref().map(|file| format!(" with {}", file.name.reveal())).unwrap_or_default();
            let note = format!("queued{file}, -{}", counted(e.cost, "credit"));
            // Only to the secret URL is it answered so.
            let posted = (record.cause.by == Who::Inbound).then_some(200);
            ActivityEntry { text, status: posted, ..ActivityEntry::noting(Kind::In, note) }
        }
        Event::MessageReceived(e) => {
            let file = e.file.as_ref().map(|file| file.name.reveal().to_owned()).unwrap_or_default();
            let note = if e.from_me { "typed on the phone".to_owned() } else { file };
            ActivityEntry { text: Some(e.text.reveal()), ..ActivityEntry::noting(Kind::Received, note) }
        }
        Event::MessageSent(e) => ActivityEntry::noting(Kind::Sent, e.message.to_string()),
        Event::MessageDelivered(_) => ActivityEntry::noting(Kind::Delivered, ""),
        Event::MessageRead(_) => ActivityEntry::noting(Kind::Read, ""),
        Event::SendDeferred(e) => ActivityEntry::noting(Kind::Deferred, format!("{}, tried again", why(e.reason))),
        Event::FetchFailed(e) if e.again_at.is_some() => {
            ActivityEntry::noting(Kind::Deferred, format!("{}, the file is fetched again", e.code))
        }
        Event::SendUncertain(e) => ActivityEntry::noting(Kind::Uncertain, format!("{} waits to be settled", e.message)),
        Event::MessageFailed(e) => ActivityEntry::noting(Kind::Failed, format!("{}: {}", e.code, refund(record))),
        _ => return told_of_account(event).or_else(|| told_of_workspace(event)),
    })
}

fn told_of_account(event: &Event) -> Option<ActivityEntry<'static>> {
    Some(ActivityEntry::noting(
        Kind::Account,
        match event {
            Event::AccountConnected(_) => "connected".to_owned(),
            Event::AccountDisconnected(e) => because("disconnected, its queue waits", e.reason.reveal()),
            Event::AccountPaused(e) => because("paused", e.reason.reveal()),
            Event::AccountResumed(e) => because("resumed", e.reason.reveal()),
            Event::AccountBlocked(e) => because("its queue stops", &e.reason),
            Event::AccountUnblocked(_) => "may send again".to_owned(),
            _ => return None,
        },
    ))
}

fn told_of_workspace(event: &Event) -> Option<ActivityEntry<'static>> {
    Some(ActivityEntry::noting(
        Kind::Workspace,
        match event {
            Event::WorkspaceCreated(e) => format!("{} created", e.name.reveal()),
            Event::CreditsGranted(e) => because(&format!("+{}", counted(e.amount, "credit")), e.reason.reveal()),
            Event::InboundUrlGenerated(e) if e.replaces.is_some() => {
                "its secret URL is a new one; the old one is dead".to_owned()
            }
            Event::InboundDisabled(e) => because("its secret URL refuses everything", e.reason.reveal()),
            Event::InboundEnabled(e) => because("its secret URL takes messages again", e.reason.reveal()),
            Event::InboundStrictChanged(e) if e.strict => {
                "its secret URL is strict: it refuses what it warned of".to_owned()
            }
            Event::InboundStrictChanged(_) => "its secret URL is no longer strict".to_owned(),
            Event::KeyCreated(e) => format!("API key made: {}", e.name.reveal()),
            Event::KeyRevoked(e) => format!("API key {} revoked", e.key),
            Event::ChatErased(e) => because(&format!("chat {} is erased", e.chat), e.reason.reveal()),
            _ => return None,
        },
    ))
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
