//! Exports of the log, and proofs about checkpoints.

use actix_web::{HttpRequest, HttpResponse, web};

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
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    let exporter = proofs::export(&gateway, wanted(&Query::of(&request)?)?).await?;
    Ok(lines::answer(proofs::pieces(&gateway, exporter)))
}

fn wanted(query: &Query) -> Result<Wanted, Refusal> {
    let of = Selected::one_of(query.text("stream"), query.text("message"), query.text("workspace"));
    let moment = |name| {
        let bad = |_| Refusal::invalid(name, format!("{name} must be a position or a time"));
        query.text(name).map(str::parse).transpose().map_err(bad)
    };
    Ok(Wanted {
        from: moment("from")?,
        to: moment("to")?,
        of: of.map_err(|bad| Refusal::invalid(bad.name, bad.to_string()))?,
        with_proofs: query.flag("proofs")?,
    })
}

/// Proves that an older checkpoint is the beginning of a newer one.
pub(in crate::http) async fn consistency(
    gateway: web::Data<Gateway>,
    _: Operator,
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    let query = Query::of(&request)?;
    Ok(HttpResponse::Ok().json(proofs::consistency(&gateway, query.number("from")?, query.number("to")?).await?))
}
