//! A message's history.

use actix_web::{HttpResponse, web};

use crate::http::call::Call;
use crate::service::page::LIMIT_MAX;
use crate::service::refusal::Refusal;
use crate::service::{proofs, timeline};

/// Lists everything that happened to a message, the oldest first.
pub(in crate::http) async fn show(call: Call, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let page = call.query()?.page_of(LIMIT_MAX)?;
    Ok(HttpResponse::Ok().json(timeline::show(call.scope(), &id, page).await?))
}

/// Proves all of it to somebody who does not trust this gateway.
pub(in crate::http) async fn proof(call: Call, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(proofs::message(call.scope(), &id).await?))
}
