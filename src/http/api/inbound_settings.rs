//! The owner's settings of the inbound webhook: enabled, strict, a new URL.

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

/// Returns the URL and the switches.
pub(in crate::http) async fn show(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(inbound::show(call.scope()).await?))
}

/// Changes the switches that the body names.
pub(in crate::http) async fn change(mut call: Call) -> Result<HttpResponse, Refusal> {
    let InboundBody { enabled, strict, reason } = call.body().await?;
    let change = Change { enabled, strict, reason };
    Ok(HttpResponse::Ok().json(inbound::change(call.scope(), change).await?))
}

/// Creates a new URL; the previous one stops working at once.
pub(in crate::http) async fn rotate(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(json!({"url": inbound::rotate(call.scope()).await?})))
}
