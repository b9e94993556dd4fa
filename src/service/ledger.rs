//! Credits: the balance, and every movement.

use std::fmt;
use std::ops::ControlFlow;
use std::str::FromStr;

use events::event::Event;
use events::history::{History, Of};
use events::ids::StreamId;
use events::log::ReadError;
use events::record::{Position, Record};
use events::who::Who;
use serde::Serialize;
use utoipa::ToSchema;

use super::page::Paged;
use super::refusal::Refusal;
use super::scope::Scope;
use actors::workspace::Workspace;

pub async fn balance(scope: Scope<'_>) -> Result<u64, Refusal> {
    scope.look(|state| state.balance).await
}

/// One movement.
#[derive(Serialize, ToSchema)]
pub struct LedgerRow {
    #[serde(skip)]
    position: Position,
    at: String,
    #[schema(value_type = Movement)]
    kind: &'static str,
    amount: i64,
    balance: i64,
    message_id: Option<String>,
    reason: Option<String>,
    #[schema(value_type = Option<String>)]
    by: Option<Who>,
}

/// What became of credits.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its description is used")]
enum Movement {
    Granted,
    Charged,
    Refunded,
}

impl LedgerRow {
    fn of(position: Position, record: &Record, event: &Event) -> Option<Self> {
        let (kind, amount, message, reason, by) = match event {
            Event::CreditsGranted(e) => ("granted", signed(e.amount), None, Some(e.reason.reveal()), Some(e.by)),
            Event::CreditCharged(e) => ("charged", -signed(e.amount), Some(e.message), None, None),
            Event::CreditRefunded(e) => ("refunded", signed(e.amount), Some(e.message), Some(e.reason.as_str()), None),
            _ => return None,
        };
        Some(Self {
            position,
            at: record.recorded_at.to_string(),
            kind,
            amount,
            balance: 0,
            message_id: message.map(|message| message.to_string()),
            reason: reason.map(str::to_owned),
            by,
        })
    }
}

fn signed(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

/// A place in the ledger: a row's position, and the balance before that row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    position: Position,
    balance: i64,
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (position, balance) = text.split_once('.').ok_or(())?;
        Ok(Self { position: position.parse().map_err(|_| ())?, balance: balance.parse().map_err(|_| ())? })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.position, self.balance)
    }
}

impl Cursor {
    fn at(row: &LedgerRow) -> Self {
        Self { position: row.position, balance: row.balance.saturating_sub(row.amount) }
    }
}

/// The part of the ledger that a caller wants.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The largest number of rows.
    pub limit: usize,
    /// Begin after this row.
    pub after: Option<Cursor>,
    /// End before this row.
    pub before: Option<Cursor>,
}

/// Lists every movement, the newest first; each row has the balance after it.
pub async fn list(scope: Scope<'_>, wanted: Wanted) -> Result<Paged<LedgerRow>, Refusal> {
    let Wanted { limit, after, before } = wanted;
    let of = Of::Stream(StreamId::Workspace(scope.workspace));
    let end = match (after, before) {
        (None, None) => newest(scope).await?,
        (None, Some(before)) => Cursor { position: Position::MAX, ..before },
        (Some(after), _) => Cursor { position: after.position.saturating_sub(1), ..after },
    };
    let end = Cursor { position: end.position.min(scope.gateway.shard.watermark().durable()), ..end };
    let rows = scope.gateway.shard.history().run(move |history| match before {
        Some(before) => newer_rows(history, of, before, end.position, limit + 1),
        None => older_rows(history, of, end, limit + 1),
    });
    let around = [after.is_some(), before.is_some()];
    Ok(Paged::cut_by(rows.await?, limit, around, |row| Cursor::at(row).to_string()))
}

/// Returns the end of the ledger, with the balance there.
async fn newest(scope: Scope<'_>) -> Result<Cursor, Refusal> {
    let seen = scope.gateway.shard.inspect::<Workspace, _>(scope.workspace, |state| state.balance).await?;
    Ok(Cursor { position: seen.as_of, balance: signed(seen.value) })
}

/// Returns the rows that follow the one at `before`, the newest first.
fn newer_rows(
    history: &History,
    of: Of,
    before: Cursor,
    to: Position,
    limit: usize,
) -> Result<Vec<LedgerRow>, ReadError> {
    let mut rows: Vec<LedgerRow> = Vec::new();
    // The row at `before` is read for its amount, but not returned.
    history.walk(of, before.position..=to, |position, record, event| {
        rows.extend(LedgerRow::of(position, record, event));
        if rows.len() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let mut balance = before.balance;
    for row in &mut rows {
        balance = balance.saturating_add(row.amount);
        row.balance = balance;
    }
    rows.retain(|row| row.position > before.position);
    rows.truncate(limit);
    rows.reverse();
    Ok(rows)
}

/// Returns the rows up to a place, the newest first.
fn older_rows(history: &History, of: Of, end: Cursor, limit: usize) -> Result<Vec<LedgerRow>, ReadError> {
    let (mut rows, mut balance) = (Vec::new(), end.balance);
    history.walk_back(of, 1..=end.position, |position, record, event| {
        if let Some(mut row) = LedgerRow::of(position, record, event) {
            row.balance = balance;
            balance = balance.saturating_sub(row.amount);
            rows.push(row);
        }
        if rows.len() == limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(rows)
}
