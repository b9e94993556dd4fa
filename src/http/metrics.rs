//! The metrics for monitoring.

use actix_web::http::header::ACCEPT;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::gateway::Gateway;
use crate::metrics::Format;
use crate::service::refusal::Refusal;

/// Returns all metrics, in the format of the `Accept` header.
pub(super) async fn show(gateway: web::Data<Gateway>, request: HttpRequest) -> Result<HttpResponse, Refusal> {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let format = Format::wished(accept);
    let text = gateway.metrics.text(format).map_err(|error| Refusal::fault(&error))?;
    Ok(HttpResponse::Ok().content_type(format.content_type()).body(text))
}
