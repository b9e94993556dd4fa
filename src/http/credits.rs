//! Credits: what is left, and every movement.

use actix_web::{HttpRequest, HttpResponse, web};
use actors::workspace::Workspace;
use events::event::Event;
use events::ids::{StreamId, WorkspaceId};
use events::index::Series;
use events::log::ReadError;
use events::reading;
use events::record::{Position, Record};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::caller::Caller;
use super::error::Refused;
use super::page::Query;
use crate::gateway::Gateway;

/// Positions read at once: not every event of a workspace moves credits.
const CHUNK: usize = 256;

/// What is left.
pub(super) async fn balance(gateway: web::Data<Gateway>, Caller(workspace): Caller) -> Result<HttpResponse, Refused> {
    let seen = gateway.shard.look::<Workspace, _>(workspace, |state| state.balance).await?;
    Ok(HttpResponse::Ok().json(json!({"balance": seen.value})))
}

/// One movement.
#[derive(Serialize, ToSchema)]
pub(super) struct LedgerRow {
    #[serde(skip)]
    position: Position,
    at: String,
    kind: &'static str,
    amount: i64,
    balance: i64,
    message_id: Option<String>,
    reason: Option<String>,
    by: Option<String>,
}

impl LedgerRow {
    fn of(position: Position, record: &Record, event: &Event) -> Option<Self> {
        let (kind, amount, message, reason, by) = match event {
            Event::CreditsGranted(e) => ("granted", signed(e.amount), None, Some(&e.reason), Some(&e.by)),
            Event::CreditCharged(e) => ("charged", -signed(e.amount), Some(e.message), None, None),
            Event::CreditRefunded(e) => ("refunded", signed(e.amount), Some(e.message), Some(&e.reason), None),
            _ => return None,
        };
        Some(Self {
            position,
            at: record.recorded_at.to_string(),
            kind,
            amount,
            balance: 0,
            message_id: message.map(|message| message.to_string()),
            reason: reason.cloned(),
            by: by.cloned(),
        })
    }
}

fn signed(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

/// Where a page ends: the last row's position, and the balance before it.
#[derive(Clone, Copy)]
struct Cursor {
    position: Position,
    balance: i64,
}

impl Cursor {
    fn parse(text: &str) -> Result<Self, Refused> {
        let parts = text.split_once('.').and_then(|(position, balance)| {
            Some(Self { position: position.parse().ok()?, balance: balance.parse().ok()? })
        });
        parts.ok_or_else(|| Refused::invalid("after", "after must be a cursor of this list"))
    }

    /// Behind the newest row.
    fn below(row: &LedgerRow) -> String {
        format!("{}.{}", row.position, row.balance.saturating_sub(row.amount))
    }
}

/// Every movement, the newest first; each row with the balance that it led to.
pub(super) async fn ledger(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let query = Query::of(&request)?;
    let limit = query.limit()?;
    let start = if let Some(cursor) = query.text("after") {
        let cursor = Cursor::parse(cursor)?;
        Cursor { position: cursor.position.saturating_sub(1), ..cursor }
    } else {
        let seen = gateway.shard.look::<Workspace, _>(workspace, |state| state.balance).await?;
        Cursor { position: seen.as_of, balance: signed(seen.value) }
    };
    let start = Cursor { position: start.position.min(gateway.shard.watermark().durable()), ..start };
    let mut rows = gateway.read(move |gateway| rows(gateway, workspace, start, limit + 1)).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(Cursor::below);
    Ok(HttpResponse::Ok().json(json!({"data": rows, "page": {"next": next, "prev": null}})))
}

fn rows(gateway: &Gateway, workspace: WorkspaceId, start: Cursor, limit: usize) -> Result<Vec<LedgerRow>, ReadError> {
    let series = Series::Stream(StreamId::Workspace(workspace));
    let mut rows: Vec<LedgerRow> = Vec::new();
    let mut to = start.position;
    while rows.len() < limit {
        let mut positions = gateway.shard.index().latest(series, to, CHUNK)?;
        let Some(oldest) = positions.last().copied() else { break };
        positions.reverse();
        let mut found = Vec::new();
        reading::visit(gateway.shard.log().as_ref(), &positions, |position, record, event| {
            found.extend(LedgerRow::of(position, record, event));
        })?;
        rows.extend(found.into_iter().rev());
        match oldest.checked_sub(1) {
            Some(before) => to = before,
            None => break,
        }
    }
    rows.truncate(limit);
    let mut balance = start.balance;
    for row in &mut rows {
        row.balance = balance;
        balance = balance.saturating_sub(row.amount);
    }
    Ok(rows)
}
