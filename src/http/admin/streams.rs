//! The state of an actor, now or as of any moment.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::gateway::Gateway;
use crate::http::caller::Operator;
use crate::http::page::Query;
use crate::service::refusal::Refusal;
use crate::service::states;

pub(in crate::http) async fn state(
    gateway: web::Data<Gateway>,
    _: Operator,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    let (kind, id) = path.into_inner();
    let query = Query::of(&request)?;
    Ok(HttpResponse::Ok().json(states::show(&gateway, &format!("{kind}/{id}"), query.text("at")).await?))
}
