//! What the gateway logs, for the operator.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::gateway::Gateway;
use crate::http::body;
use crate::http::caller::Operator;
use crate::service::log_level;
use crate::service::refusal::Refusal;
use crate::service::schema::Line;

/// What to log, and for how long.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct LogLevelBody {
    /// `off`, `error`, `warn`, `info`, `debug`, `trace`, or a list such as `info,actors=debug`.
    #[schema(value_type = Line, example = "debug")]
    level: String,
    /// After so many minutes the usual filter counts again.
    #[serde(default, deserialize_with = "given")]
    #[schema(minimum = 1, maximum = 60, default = 15)]
    minutes: Option<u64>,
}

fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<u64>, D::Error> {
    body::whole(value).map(Some)
}

pub(in crate::http) async fn show(gateway: web::Data<Gateway>, _: Operator) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(log_level::show(&gateway)))
}

/// Logs by another filter for some minutes.
pub(in crate::http) async fn change(
    gateway: web::Data<Gateway>,
    _: Operator,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let LogLevelBody { level, minutes } = body::typed(&body::read(payload, gateway.limits).await?)?;
    Ok(HttpResponse::Ok().json(log_level::change(&gateway, &level, minutes)?))
}
