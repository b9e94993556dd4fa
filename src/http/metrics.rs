//! The figures that monitoring collects.

use actix_web::http::header::ACCEPT;
use actix_web::{HttpRequest, HttpResponse, web};

use super::error::Refused;
use crate::gateway::Gateway;
use crate::metrics::Format;

/// All figures, in the format of the `Accept` header.
pub(super) async fn show(gateway: web::Data<Gateway>, request: HttpRequest) -> Result<HttpResponse, Refused> {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let format = Format::wished(accept);
    let text = gateway.metrics.text(format).map_err(|error| Refused::fault(&error))?;
    Ok(HttpResponse::Ok().content_type(format.content_type()).body(text))
}
