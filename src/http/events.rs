//! The event log, for the operator.

use actix_web::{HttpRequest, HttpResponse, web};
use events::event::Event;
use events::ids::StreamId;
use events::index::{Index, Series};
use events::log::{Log, ReadError};
use events::reading;
use events::record::{Cause, Idempotency, Position, Record, decode};
use events::verify::verify as verify_log;
use events::webhook::WebhookConfigured;
use events::who::Who;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::caller::Operator;
use super::error::Refused;
use super::page::{self, Query};
use crate::gateway::Gateway;
use crate::recent::mask;

/// Positions of a stream read at once.
const CHUNK: usize = 512;

/// Who made an event happen, and why.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct CauseRow {
    /// The request's id; 0: no request.
    command: u64,
    /// Such as `operator`, `key/3`, `inbound`, `transport` or `system`.
    #[schema(value_type = String)]
    by: Who,
    /// Position of the event that it followed from.
    #[schema(value_type = Option<u64>)]
    because: Option<Position>,
    /// The client's own key, and the digest of the body that it came with.
    #[schema(value_type = Option<Object>)]
    idempotency: Option<Idempotency>,
}

impl CauseRow {
    fn of(cause: &Cause) -> Self {
        let idempotency = cause.idempotency().cloned();
        Self { command: cause.command, by: cause.by, because: cause.because(), idempotency }
    }
}

/// An event as the API and the command line show it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventRow {
    #[schema(value_type = u64)]
    position: Position,
    recorded_at: String,
    #[serde(rename = "type")]
    name: &'static str,
    version: u16,
    streams: Vec<String>,
    workspace: u64,
    cause: CauseRow,
    pub(super) data: Value,
}

impl EventRow {
    /// The event at a position of its record.
    pub fn of(position: Position, record: &Record, event: &Event) -> Self {
        Self {
            position,
            recorded_at: record.recorded_at.to_string(),
            name: event.name(),
            version: event.type_number().1,
            streams: event.streams().into_iter().flatten().map(|stream| stream.to_string()).collect(),
            workspace: record.workspace.number(),
            cause: CauseRow::of(&record.cause),
            data: shown(event),
        }
    }
}

/// What an event says; of a receiver's address neither user nor password, which earlier versions took.
fn shown(event: &Event) -> Value {
    let mut data = serde_json::to_value(event).unwrap_or_default();
    if let (Event::WebhookConfigured(WebhookConfigured { url: Some(url), .. }), Some(told)) =
        (event, data.get_mut("url"))
    {
        *told = mask::credentials(url.reveal()).into();
    }
    data
}

/// Which events are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// First position.
    pub from: Position,
    /// Last position.
    pub to: Position,
    /// Only of this stream.
    pub stream: Option<StreamId>,
    /// Only of this type.
    pub name: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// Events, the oldest first.
pub fn rows(log: &dyn Log, index: &Index, filter: &Filter) -> Result<Vec<EventRow>, ReadError> {
    match filter.stream {
        Some(stream) => rows_of_stream(log, index, stream, filter),
        None => rows_of_all(log, filter),
    }
}

/// The last events that pass, the newest first.
pub fn newest_rows(log: &dyn Log, index: &Index, filter: &Filter) -> Result<Vec<EventRow>, ReadError> {
    last_rows(log, index, filter).map(reversed)
}

fn reversed(mut rows: Vec<EventRow>) -> Vec<EventRow> {
    rows.reverse();
    rows
}

/// The last events that pass, the oldest first.
fn last_rows(log: &dyn Log, index: &Index, filter: &Filter) -> Result<Vec<EventRow>, ReadError> {
    let mut found = Vec::new();
    let (mut count, mut to) = (0, filter.to);
    while count < filter.limit && to >= filter.from.max(1) {
        let from = match filter.stream {
            None => to.saturating_sub(CHUNK as u64 - 1),
            Some(stream) => match index.latest(Series::Stream(stream), to, CHUNK)?.last() {
                Some(oldest) => *oldest,
                None => break,
            },
        };
        let from = from.max(filter.from).max(1);
        let part = rows(log, index, &Filter { from, to, name: filter.name.clone(), limit: usize::MAX, ..*filter })?;
        count += part.len();
        found.push(part);
        to = from - 1;
    }
    let mut rows: Vec<EventRow> = found.into_iter().rev().flatten().collect();
    rows.drain(..rows.len().saturating_sub(filter.limit));
    Ok(rows)
}

fn wanted(filter: &Filter, event: &Event) -> bool {
    filter.name.as_ref().is_none_or(|name| name == event.name())
}

fn rows_of_all(log: &dyn Log, filter: &Filter) -> Result<Vec<EventRow>, ReadError> {
    let mut rows = Vec::new();
    for stored in log.read(filter.from.max(1)) {
        let record = decode(&stored?)?;
        if record.first > filter.to || rows.len() >= filter.limit {
            break;
        }
        let within = |position: Position| (filter.from..=filter.to).contains(&position);
        let matching = record.positioned().filter(|(position, event)| within(*position) && wanted(filter, event));
        rows.extend(matching.map(|(position, event)| EventRow::of(position, &record, event)));
    }
    rows.truncate(filter.limit);
    Ok(rows)
}

fn rows_of_stream(log: &dyn Log, index: &Index, stream: StreamId, filter: &Filter) -> Result<Vec<EventRow>, ReadError> {
    let mut rows = Vec::new();
    let mut from = filter.from;
    while rows.len() < filter.limit {
        let positions = index.positions(Series::Stream(stream), from, filter.to, CHUNK)?;
        let Some(last) = positions.last() else { break };
        from = last.saturating_add(1);
        reading::visit(log, &positions, |position, record, event| {
            if wanted(filter, event) {
                rows.push(EventRow::of(position, record, event));
            }
        })?;
    }
    rows.truncate(filter.limit);
    Ok(rows)
}

/// Lists events, the oldest first unless the newest are wanted first; the cursor is the position.
pub(super) async fn list(
    gateway: web::Data<Gateway>,
    _: Operator,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let query = Query::of(&request)?;
    let stream = query.text("stream").map(str::parse).transpose();
    let stream = stream.map_err(|_| Refused::invalid("stream", "stream must be such as account/10010001"))?;
    let name = query.text("type").map(known_type).transpose()?;
    let newest_first = is_newest_first(&query)?;
    let page = query.page()?;
    let head = gateway.shard.watermark().settled().await;
    // Behind and before are meant in the list's own order.
    let [above, below] = if newest_first { [page.before, page.after] } else { [page.after, page.before] };
    let filter = Filter {
        from: query.number("from")?.unwrap_or(1).max(above.map_or(1, |above| above.saturating_add(1))),
        to: query.number("to")?.unwrap_or(head).min(head).min(below.map_or(head, |below| below.saturating_sub(1))),
        stream,
        name,
        limit: page.limit + 1,
    };
    let from_the_end = newest_first != page.before.is_some();
    let found = gateway.read(move |gateway| {
        let part = if from_the_end { last_rows } else { rows };
        let rows = part(gateway.shard.log().as_ref(), gateway.shard.index(), &filter)?;
        Ok(if newest_first { reversed(rows) } else { rows })
    });
    Ok(page::answer(found.await?.into_iter().map(|row| (row.position, row)).collect(), page))
}

fn is_newest_first(query: &Query) -> Result<bool, Refused> {
    match query.text("order") {
        None | Some("asc") => Ok(false),
        Some("desc") => Ok(true),
        Some(_) => Err(Refused::invalid("order", "order must be asc, the oldest first, or desc, the newest first")),
    }
}

/// One event.
pub(super) async fn show(
    gateway: web::Data<Gateway>,
    _: Operator,
    position: web::Path<String>,
) -> Result<HttpResponse, Refused> {
    let not_found = || Refused::not_found("event_not_found", "Event not found");
    let position: Position = position.parse().map_err(|_| not_found())?;
    let head = gateway.shard.watermark().settled().await;
    if !(1..=head).contains(&position) {
        return Err(not_found());
    }
    let filter = Filter { from: position, to: position, stream: None, name: None, limit: 1 };
    let found = gateway.read(move |gateway| rows(gateway.shard.log().as_ref(), gateway.shard.index(), &filter));
    Ok(HttpResponse::Ok().json(found.await?.pop().ok_or_else(not_found)?))
}

fn known_type(name: &str) -> Result<String, Refused> {
    if Event::NAMES.contains(&name) {
        return Ok(name.to_owned());
    }
    Err(Refused::invalid("type", format!("There is no event type {name:?}")).hinting(Event::NAMES.join(", ")))
}

/// Checks the chain from first to last.
pub(super) async fn verify(gateway: web::Data<Gateway>, _: Operator) -> Result<HttpResponse, Refused> {
    match gateway.read(|gateway| verify_log(gateway.shard.log().as_ref(), |_| {})).await {
        Ok(head) => Ok(HttpResponse::Ok().json(json!({"ok": true, "position": head.position, "hash": head.hash}))),
        Err(ReadError::Damaged { position, what }) => {
            Ok(HttpResponse::Ok().json(json!({"ok": false, "position": position, "what": what})))
        }
        Err(error) => Err(error.into()),
    }
}
