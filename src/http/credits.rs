//! Credits: what is left, and every movement.

use actix_web::{HttpRequest, HttpResponse, web};
use actors::workspace::Workspace;
use events::event::Event;
use events::ids::{StreamId, WorkspaceId};
use events::index::Series;
use events::log::ReadError;
use events::reading;
use events::record::{Position, Record};
use events::who::Who;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::caller::Caller;
use super::error::Refused;
use super::page::{self, Query};
use crate::gateway::Gateway;

/// Positions read at once: not every event of a workspace moves credits.
const CHUNK: usize = 256;

/// What is left.
pub(super) async fn balance(
    gateway: web::Data<Gateway>,
    Caller { workspace, .. }: Caller,
) -> Result<HttpResponse, Refused> {
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
    #[schema(value_type = Option<String>)]
    by: Option<Who>,
}

impl LedgerRow {
    fn of(position: Position, record: &Record, event: &Event) -> Option<Self> {
        let (kind, amount, message, reason, by) = match event {
            Event::CreditsGranted(e) => ("granted", signed(e.amount), None, Some(&e.reason), Some(e.by)),
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
            by,
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
    fn parse(query: &Query, name: &'static str) -> Result<Option<Self>, Refused> {
        let Some(text) = query.text(name) else { return Ok(None) };
        let parts = text.split_once('.').and_then(|(position, balance)| {
            Some(Self { position: position.parse().ok()?, balance: balance.parse().ok()? })
        });
        parts.map(Some).ok_or_else(|| Refused::invalid(name, format!("{name} must be a cursor of this list")))
    }

    /// At a row: what lies behind it, and what before.
    fn at(row: &LedgerRow) -> String {
        format!("{}.{}", row.position, row.balance.saturating_sub(row.amount))
    }
}

/// Every movement, the newest first; each row with the balance that it led to.
pub(super) async fn ledger(
    gateway: web::Data<Gateway>,
    Caller { workspace, .. }: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let query = Query::of(&request)?;
    let limit = query.limit()?;
    let (after, before) = (Cursor::parse(&query, "after")?, Cursor::parse(&query, "before")?);
    let mut rows = match (before, after) {
        (Some(before), _) => gateway.read(move |gateway| newer_rows(gateway, workspace, before, limit + 1)).await?,
        (None, Some(after)) => {
            let position = after.position.saturating_sub(1).min(gateway.shard.watermark().durable());
            let start = Cursor { position, ..after };
            gateway.read(move |gateway| rows(gateway, workspace, start, limit + 1)).await?
        }
        (None, None) => {
            let seen = gateway.shard.look::<Workspace, _>(workspace, |state| state.balance).await?;
            let position = seen.as_of.min(gateway.shard.watermark().durable());
            let start = Cursor { position, balance: signed(seen.value) };
            gateway.read(move |gateway| rows(gateway, workspace, start, limit + 1)).await?
        }
    };
    let [prev, next] = page::cut(&mut rows, limit, [after.is_some(), before.is_some()], Cursor::at);
    Ok(HttpResponse::Ok().json(json!({"data": rows, "page": {"next": next, "prev": prev}})))
}

/// The rows that come next after the one at `before`; the newest first.
fn newer_rows(
    gateway: &Gateway,
    workspace: WorkspaceId,
    before: Cursor,
    limit: usize,
) -> Result<Vec<LedgerRow>, ReadError> {
    let series = Series::Stream(StreamId::Workspace(workspace));
    let durable = gateway.shard.watermark().durable();
    let mut rows: Vec<LedgerRow> = Vec::new();
    let mut from = before.position;
    // The row at `before` is read for its amount, and not shown.
    while rows.len() <= limit {
        let positions = gateway.shard.index().positions(series, from, durable, CHUNK)?;
        let Some(last) = positions.last() else { break };
        from = last.saturating_add(1);
        reading::visit(gateway.shard.log().as_ref(), &positions, |position, record, event| {
            rows.extend(LedgerRow::of(position, record, event));
        })?;
    }
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
