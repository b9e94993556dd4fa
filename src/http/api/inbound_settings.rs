//! The owner's switches of the inbound webhook: on, off, strict, a new URL.

use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::service::inbound::{self, Change};
use crate::service::refusal::Refusal;
use crate::service::schema::Reason;

/// The switches to turn.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct InboundBody {
    enabled: Option<bool>,
    strict: Option<bool>,
    #[serde(default)]
    #[schema(value_type = Reason)]
    reason: String,
}

/// The URL and its switches.
pub(in crate::http) async fn show(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(inbound::show(call.scope()).await?))
}

/// Turns the switches that are named.
pub(in crate::http) async fn change(mut call: Call) -> Result<HttpResponse, Refusal> {
    let InboundBody { enabled, strict, reason } = call.body().await?;
    let change = Change { enabled, strict, reason };
    Ok(HttpResponse::Ok().json(inbound::change(call.scope(), change).await?))
}

/// Makes a new URL; the one before it stops at once.
pub(in crate::http) async fn rotate(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(json!({"url": inbound::rotate(call.scope()).await?})))
}
