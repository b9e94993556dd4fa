//! The outbound webhook: its settings, and its owner's commands.

use actix_web::{HttpResponse, web};
use events::webhook::Aggregation;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::service::outbound::{self, Backlog, Change};
use crate::service::refusal::Refusal;
use crate::service::schema::{AggregationName, Moment, Reason};

/// The settings to change.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct OutboundBody {
    /// Absolute, http or https; null or empty: nowhere. The first URL switches the webhook on, unless told otherwise.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, example = "https://crm.example/hooks/whatsapp")]
    #[expect(clippy::option_option, reason = "null says something else than silence")]
    url: Option<Option<String>>,
    enabled: Option<bool>,
    #[schema(value_type = Option<AggregationName>, example = "6h")]
    aggregation: Option<Aggregation>,
    /// Counts together with `"enabled": true`.
    #[serde(default)]
    backlog: Backlog,
    #[serde(default)]
    #[schema(value_type = Reason)]
    reason: String,
}

/// Distinguishes `null` from an absent field.
#[expect(clippy::option_option, reason = "the same")]
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What was parked at this moment or later is tried again.
#[derive(Deserialize, Default, ToSchema)]
pub(in crate::http) struct RecoverBody {
    #[schema(value_type = Option<Moment>)]
    since: Option<String>,
}

/// Returns the settings and the current condition.
pub(in crate::http) async fn show(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(outbound::show(call.scope()).await?))
}

/// Changes the fields that the body names, all of them or none.
pub(in crate::http) async fn change(mut call: Call) -> Result<HttpResponse, Refusal> {
    let OutboundBody { url, enabled, aggregation, backlog, reason } = call.body().await?;
    let change = Change { url, enabled, aggregation, backlog, reason };
    Ok(HttpResponse::Ok().json(outbound::change(call.scope(), change).await?))
}

/// Closes all aggregation windows that are open now.
pub(in crate::http) async fn flush(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(outbound::flush(call.scope()).await?))
}

/// Retries the parked deliveries.
pub(in crate::http) async fn recover(mut call: Call) -> Result<HttpResponse, Refusal> {
    let RecoverBody { since } = call.body_if_any().await?;
    Ok(HttpResponse::Ok().json(outbound::recover(call.scope(), since.as_deref()).await?))
}

/// Resets the errors in a row, so that the next try is made at once.
pub(in crate::http) async fn reset_errors(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(outbound::reset_errors(call.scope()).await?))
}

/// Returns the signing key in force.
pub(in crate::http) async fn secret(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(outbound::secret(call.scope())?))
}

/// Creates a new key. Each earlier key also signs until a day after its replacement.
pub(in crate::http) async fn rotate_secret(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(outbound::rotate_secret(call.scope()).await?))
}

/// Posts a delivery once more; it does not count as owed or as an error.
pub(in crate::http) async fn resend(call: Call, delivery: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Accepted().json(outbound::resend(call.scope(), &delivery).await?))
}

/// Posts a test report, which does not count as owed or as an error. Responds with the try.
pub(in crate::http) async fn test(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(outbound::test(call.scope()).await?))
}
