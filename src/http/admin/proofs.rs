//! Exports of the log, and proofs about checkpoints.

use actix_web::{HttpResponse, web};

use super::events::point;
use crate::audit::export::Selected;
use crate::gateway::Gateway;
use crate::http::admin::lines;
use crate::http::caller::Operator;
use crate::http::page::Query;
use crate::service::proofs::{self, Wanted};
use crate::service::refusal::Refusal;

/// Answers with a line for each event, as it is read from the log.
pub(in crate::http) async fn export(
    gateway: web::Data<Gateway>,
    _: Operator,
    query: Query,
) -> Result<HttpResponse, Refusal> {
    let exporter = proofs::export(&gateway, wanted(&query)?).await?;
    Ok(lines::answer(proofs::pieces(&gateway, exporter)))
}

fn wanted(query: &Query) -> Result<Wanted, Refusal> {
    let of = Selected::one_of(query.text("stream"), query.text("message"), query.text("workspace"));
    Ok(Wanted {
        from: point(query, "from")?,
        to: point(query, "to")?,
        of: of.map_err(|bad| Refusal::invalid(bad.name, bad.to_string()))?,
        with_proofs: query.flag("proofs")?,
    })
}

/// Proves that an older checkpoint is the beginning of a newer one.
pub(in crate::http) async fn consistency(
    gateway: web::Data<Gateway>,
    _: Operator,
    query: Query,
) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(proofs::consistency(&gateway, query.number("from")?, query.number("to")?).await?))
}
