//! A message's story, event by event.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use events::event::Event;
use events::ids::MessageId;
use events::index::Series;
use events::log::ReadError;
use events::reading;
use events::record::{Position, Record};
use events::who::Who;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::caller::Caller;
use super::error::Refused;
use super::messages::{self, EVENTS_MAX};
use super::openapi::Moment;
use super::page::{self, LIMIT_MAX, Query};
use crate::gateway::Gateway;
use crate::outbound::{owed_in, reported};

/// One thing that happened to a message.
#[derive(Serialize, ToSchema)]
pub(super) struct MomentView {
    #[schema(value_type = u64)]
    position: Position,
    #[schema(value_type = Moment)]
    at: String,
    #[serde(rename = "type")]
    name: &'static str,
    #[schema(value_type = String)]
    by: Who,
    data: Value,
}

impl MomentView {
    fn of(position: Position, record: &Record, event: &Event) -> Self {
        Self {
            position,
            at: record.recorded_at.to_string(),
            name: event.name(),
            by: record.cause.by,
            data: serde_json::to_value(event).unwrap_or_default(),
        }
    }
}

/// What happened to a message itself, then how it was reported; the oldest first.
fn moments(gateway: &Gateway, message: MessageId, to: Position) -> Result<Vec<(Position, MomentView)>, ReadError> {
    let (log, index) = (gateway.shard.log().as_ref(), gateway.shard.index());
    let positions = index.positions(Series::Message(message), 1, to, EVENTS_MAX)?;
    let mut moments = BTreeMap::new();
    let mut owed = None;
    reading::visit(log, &positions, |position, record, event| {
        owed = owed.or(owed_in(event).map(|chat| (chat, position)));
        moments.insert(position, MomentView::of(position, record, event));
    })?;
    if let Some((chat, from)) = owed {
        let positions = reported((log, index), (chat, message), (from, to), EVENTS_MAX)?;
        reading::visit(log, &positions, |position, record, event| {
            moments.insert(position, MomentView::of(position, record, event));
        })?;
    }
    Ok(moments.into_iter().collect())
}

/// All that happened to a message, the oldest first.
pub(super) async fn show(
    gateway: web::Data<Gateway>,
    Caller { workspace, .. }: Caller,
    id: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let query = Query::of(&request)?.page_of(LIMIT_MAX)?;
    let message = messages::find(&gateway, workspace, &id).await?.id;
    let to = gateway.shard.watermark().durable();
    let moments = gateway.read(move |gateway| moments(gateway, message, to));
    let rows = page::within_ascending(moments.await?, query);
    Ok(page::answer(rows, query))
}
