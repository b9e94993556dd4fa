//! A message's story, event by event.

use actix_web::{HttpResponse, web};
use events::event::Event;
use events::index::Series;
use events::reading;
use events::record::{Position, Record};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::caller::Caller;
use super::error::Refused;
use super::messages::{self, EVENTS_MAX};
use super::openapi::Moment;
use crate::gateway::Gateway;

/// One thing that happened to a message.
#[derive(Serialize, ToSchema)]
pub(super) struct MomentView {
    #[schema(value_type = u64)]
    position: Position,
    #[schema(value_type = Moment)]
    at: String,
    #[serde(rename = "type")]
    name: &'static str,
    by: String,
    data: Value,
}

impl MomentView {
    fn of(position: Position, record: &Record, event: &Event) -> Self {
        Self {
            position,
            at: record.recorded_at.to_string(),
            name: event.name(),
            by: record.cause.by.clone(),
            data: serde_json::to_value(event).unwrap_or_default(),
        }
    }
}

/// All that happened to a message, the oldest first.
pub(super) async fn show(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Refused> {
    let message = messages::find(&gateway, workspace, &id).await?.id;
    let to = gateway.shard.watermark().durable();
    let moments = gateway.read(move |gateway| {
        let positions = gateway.shard.index().positions(Series::Message(message), 1, to, EVENTS_MAX)?;
        let mut moments = Vec::new();
        reading::visit(gateway.shard.log().as_ref(), &positions, |position, record, event| {
            moments.push(MomentView::of(position, record, event));
        })?;
        Ok(moments)
    });
    let page = json!({"next": null, "prev": null});
    Ok(HttpResponse::Ok().json(json!({"data": moments.await?, "page": page})))
}
