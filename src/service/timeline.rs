//! A message's history, event by event: first what happened to it, then how it was reported.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use events::event::Event;
use events::history::History;
use events::ids::MessageId;
use events::log::ReadError;
use events::record::{Position, Record};
use events::who::Who;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::exact::exact;
use super::page::{Page, Paged};
use super::refusal::Refusal;
use super::schema::Moment;
use super::scope::Scope;
use super::{message_story, messages};

/// One thing that happened to a message.
#[derive(Serialize, ToSchema)]
pub struct MomentView {
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
            data: exact(serde_json::to_value(event).unwrap_or_default()),
        }
    }
}

/// Lists everything that happened to a message, the oldest first.
pub async fn show(scope: Scope<'_>, id: &str, page: Page) -> Result<Paged<MomentView>, Refusal> {
    let message = messages::find(scope, id).await?.id;
    let to = scope.gateway.shard.watermark().durable();
    let story = scope.gateway.shard.history().run(move |history| story(history, message, to)).await?;
    Ok(page.of_oldest_first(story))
}

fn story(history: &History, message: MessageId, to: Position) -> Result<Vec<(Position, MomentView)>, ReadError> {
    let mut moments = BTreeMap::new();
    let keep = |position: Position, record: &Record, event: &Event| {
        moments.insert(position, MomentView::of(position, record, event));
        if moments.len() >= message_story::EVENTS_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    message_story::walk(history, message, to, keep)?;
    Ok(moments.into_iter().collect())
}
