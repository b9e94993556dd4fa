//! Credits: the balance, and every movement.

use actix_web::HttpResponse;
use serde_json::json;

use crate::http::call::Call;
use crate::http::page::Query;
use crate::service::ledger::{self, Cursor, Wanted};
use crate::service::refusal::Refusal;

pub(in crate::http) async fn balance(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(json!({"balance": ledger::balance(call.scope()).await?})))
}

/// Lists every movement, the newest first; each row has the balance after it.
pub(in crate::http) async fn ledger(call: Call) -> Result<HttpResponse, Refusal> {
    let query = call.query()?;
    let limit = query.limit()?;
    let wanted = Wanted { limit, after: cursor(&query, "after")?, before: cursor(&query, "before")? };
    Ok(HttpResponse::Ok().json(ledger::list(call.scope(), wanted).await?))
}

fn cursor(query: &Query, name: &'static str) -> Result<Option<Cursor>, Refusal> {
    let cursor = query.text(name).map(str::parse).transpose();
    cursor.map_err(|()| Refusal::invalid(name, format!("{name} must be a cursor of this list")))
}
