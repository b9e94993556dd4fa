//! Deliveries of the outbound webhook that are owed or parked: lists them, and discards single ones.

use actors::webhook::{Command, Discard, Owed, Parked, State};
use events::ids::{ChatId, DeliveryId, WebhookId};
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{Page, Paged};
use super::refusal::Refusal;
use super::schema::Moment;
use super::scope::Scope;
use super::{fields, ownership};
use crate::outbound::rebuild;

/// Whether a delivery waits for its turn or for somebody's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It waits for its turn, or is being tried.
    Owed,
    /// It failed again and again, and waits to be recovered, resent or discarded.
    Parked,
}

/// A delivery that has not arrived.
#[derive(Serialize, ToSchema)]
pub struct DeliveryView {
    #[schema(example = "dlv_9FCC85FE99662E46")]
    delivery_id: String,
    #[schema(example = "100100000001")]
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

/// A delivery that was given up.
#[derive(Serialize, ToSchema)]
pub struct DiscardedView {
    #[schema(example = "dlv_9FCC85FE99662E46")]
    delivery_id: String,
}

/// Lists the deliveries that are owed or parked, the newest first.
pub async fn list(scope: Scope<'_>, wanted: Option<DeliveryState>, page: Page) -> Result<Paged<DeliveryView>, Refusal> {
    Ok(Paged::cut(scope.see(move |state| rows(state, wanted, page)).await?, page))
}

/// Returns the rows of a page plus one. Owed deliveries can be very many, so no more of them are read.
fn rows(state: &State, wanted: Option<DeliveryState>, page: Page) -> Vec<(u64, DeliveryView)> {
    let mut rows = Vec::new();
    let most = page.limit.saturating_add(1);
    if wanted != Some(DeliveryState::Parked) {
        let owed: Vec<Owed> = match page.before {
            Some(before) => state.owed.between(Some(before), page.after).take(most).collect(),
            None => state.owed.between(None, page.after).rev().take(most).collect(),
        };
        rows.extend(owed.into_iter().map(|owed| DeliveryView::owed(state, owed)));
    }
    if wanted != Some(DeliveryState::Owed) {
        let all = state.parked.values().map(|parked| DeliveryView::parked(state, parked)).collect();
        rows.extend(page.within(all));
    }
    rows.sort_unstable_by_key(|(place, _)| std::cmp::Reverse(*place));
    match page.before {
        Some(_) => rows.drain(..rows.len().saturating_sub(most)).for_each(drop),
        None => rows.truncate(most),
    }
    rows
}

/// A delivery, its chat, and the webhook for which it was made.
pub(super) struct Found {
    pub(super) delivery: DeliveryId,
    pub(super) chat: ChatId,
    pub(super) webhook: WebhookId,
}

/// Finds a delivery of the workspace.
pub(super) async fn find(scope: Scope<'_>, id: &str) -> Result<Found, Refusal> {
    let unknown = || Refusal::new("delivery_not_found", "Delivery not found");
    let delivery: DeliveryId = id.parse().map_err(|_| unknown())?;
    let workspace = scope.workspace;
    let found = scope.gateway.shard.history().run(move |history| {
        let is_own = ownership::is_of(workspace, history, delivery.first(), history.head().position)?;
        if is_own { rebuild(history, delivery) } else { Ok(None) }
    });
    let (flushed, _) = found.await?.ok_or_else(unknown)?;
    Ok(Found { delivery, chat: flushed.chat, webhook: flushed.webhook })
}

/// Discards one delivery that is owed or parked.
pub async fn discard(scope: Scope<'_>, id: &str, reason: String) -> Result<DiscardedView, Refusal> {
    fields::reason(&reason)?;
    let Found { delivery, chat, webhook } = find(scope, id).await?;
    scope.tell_one(webhook, Command::Discard(Discard { delivery, chat, by: scope.by, reason })).await?;
    Ok(DiscardedView { delivery_id: delivery.to_string() })
}
