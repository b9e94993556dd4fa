//! Deliveries of the outbound webhook that are owed or parked, and single ones that are given up.

use actix_web::{HttpResponse, web};
use actors::webhook::{Command, Discard, Owed, Parked, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::Call;
use super::error::Refused;
use super::fields;
use super::openapi::{Moment, Reason};
use super::page::{self, PageQuery};

/// Whether a delivery waits for its turn or for somebody's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DeliveryState {
    /// It waits for its turn, or is being tried.
    Owed,
    /// It failed again and again, and waits to be recovered, resent or discarded.
    Parked,
}

/// A delivery that has not arrived.
#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryView {
    #[schema(example = "dlv_9FCC85FE99662E46")]
    delivery_id: String,
    #[schema(example = "10010001")]
    chat_id: String,
    state: DeliveryState,
    /// Failures of its own; after 11 it is parked. An answer 429 does not count.
    failures: u32,
    /// Whether it is being tried now.
    under_way: bool,
    /// It waits at least until then by the count of its own failures; null where it does not.
    #[schema(value_type = Option<Moment>)]
    not_before: Option<String>,
    #[schema(value_type = Option<Moment>)]
    parked_at: Option<String>,
}

impl DeliveryView {
    fn owed(state: &State, owed: Owed) -> (u64, Self) {
        let view = Self {
            delivery_id: owed.delivery.to_string(),
            chat_id: owed.chat.to_string(),
            state: DeliveryState::Owed,
            failures: state.failures_of(owed.delivery),
            under_way: state.in_flight.get(&owed.chat).is_some_and(|t| t.owed.delivery == owed.delivery),
            not_before: state.owed.wait(owed.delivery).map(|until| until.to_string()),
            parked_at: None,
        };
        (owed.place, view)
    }

    fn parked(state: &State, parked: &Parked) -> (u64, Self) {
        let owed = parked.owed;
        let view = Self {
            delivery_id: owed.delivery.to_string(),
            chat_id: owed.chat.to_string(),
            state: DeliveryState::Parked,
            failures: parked.failures,
            under_way: state.by_hand.contains_key(&owed.delivery),
            not_before: None,
            parked_at: Some(parked.at.to_string()),
        };
        (owed.place, view)
    }
}

/// Why a delivery is given up.
#[derive(Deserialize, Default, ToSchema)]
pub(super) struct DiscardBody {
    #[serde(default)]
    #[schema(value_type = Reason)]
    reason: String,
}

/// A delivery that was given up.
#[derive(Serialize, ToSchema)]
pub(super) struct DiscardedView {
    #[schema(example = "dlv_9FCC85FE99662E46")]
    delivery_id: String,
}

/// What is owed or parked, the newest first.
pub(super) async fn list(call: Call) -> Result<HttpResponse, Refused> {
    let wanted = match call.parameter("state")?.as_deref() {
        None => None,
        Some("owed") => Some(DeliveryState::Owed),
        Some("parked") => Some(DeliveryState::Parked),
        Some(_) => return Err(Refused::invalid("state", "state must be owed or parked")),
    };
    let query = call.page()?;
    let rows = call.see(move |state| rows(state, wanted, query)).await?;
    Ok(page::answer(rows, query))
}

/// The rows of a page and one more. Of what is owed, which may be very much, no more are looked at.
fn rows(state: &State, wanted: Option<DeliveryState>, query: PageQuery) -> Vec<(u64, DeliveryView)> {
    let mut rows = Vec::new();
    let most = query.limit.saturating_add(1);
    if wanted != Some(DeliveryState::Parked) {
        let owed: Vec<Owed> = match query.before {
            Some(before) => state.owed.between(Some(before), None).take(most).collect(),
            None => state.owed.between(None, query.after).rev().take(most).collect(),
        };
        rows.extend(owed.into_iter().map(|owed| DeliveryView::owed(state, owed)));
    }
    if wanted != Some(DeliveryState::Owed) {
        let all = state.parked.values().map(|parked| DeliveryView::parked(state, parked)).collect();
        rows.extend(page::within(all, query));
    }
    rows.sort_unstable_by_key(|(place, _)| std::cmp::Reverse(*place));
    match query.before {
        Some(_) => rows.drain(..rows.len().saturating_sub(most)).for_each(drop),
        None => rows.truncate(most),
    }
    rows
}

/// Gives up one delivery that is owed or parked.
pub(super) async fn discard(mut call: Call, path: web::Path<String>) -> Result<HttpResponse, Refused> {
    let DiscardBody { reason } = call.body_if_any().await?;
    fields::reason(&reason)?;
    let (delivery, chat) = call.delivery(&path).await?;
    call.tell(Command::Discard(Discard { delivery, chat, by: call.by, reason })).await?;
    Ok(HttpResponse::Ok().json(DiscardedView { delivery_id: delivery.to_string() }))
}
