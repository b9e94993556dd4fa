//! Deliveries of the outbound webhook that are owed or parked: lists them, and discards single ones.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::service::deliveries::{self, DeliveryState};
use crate::service::refusal::Refusal;
use crate::service::schema::Reason;

/// Why a delivery is given up.
#[derive(Deserialize, Default, ToSchema)]
pub(in crate::http) struct DiscardBody {
    #[serde(default)]
    #[schema(value_type = Reason)]
    reason: String,
}

/// Lists the deliveries that are owed or parked, the newest first.
pub(in crate::http) async fn list(call: Call) -> Result<HttpResponse, Refusal> {
    let query = call.query()?;
    let wanted = query.text("state").map(state).transpose()?;
    Ok(HttpResponse::Ok().json(deliveries::list(call.scope(), wanted, query.page()?).await?))
}

fn state(text: &str) -> Result<DeliveryState, Refusal> {
    match text {
        "owed" => Ok(DeliveryState::Owed),
        "parked" => Ok(DeliveryState::Parked),
        _ => Err(Refusal::invalid("state", "state must be owed or parked")),
    }
}

/// Discards one delivery that is owed or parked.
pub(in crate::http) async fn discard(mut call: Call, delivery: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let DiscardBody { reason } = call.body_if_any().await?;
    Ok(HttpResponse::Ok().json(deliveries::discard(call.scope(), &delivery, reason).await?))
}
