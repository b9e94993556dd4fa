//! A workspace's teammates: the people who may be responsible for chats.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::service::refusal::Refusal;
use crate::service::schema::{Email, Line};
use crate::service::teammates;

/// A teammate to add.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct TeammateBody {
    #[schema(value_type = Line)]
    full_name: String,
    #[schema(value_type = Email)]
    email: String,
}

/// Lists all teammates, the newest first.
pub(in crate::http) async fn list(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(teammates::list(call.scope(), call.page()?).await?))
}

pub(in crate::http) async fn add(mut call: Call) -> Result<HttpResponse, Refusal> {
    let TeammateBody { full_name, email } = call.body().await?;
    Ok(HttpResponse::Created().json(teammates::add(call.scope(), full_name, email).await?))
}

/// Removes a teammate, by id or e-mail address.
pub(in crate::http) async fn remove(call: Call, teammate: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(teammates::remove(call.scope(), teammate.into_inner()).await?))
}

/// Like [`remove`], but with the `id` or `email` in the query string or in the body.
pub(in crate::http) async fn remove_named(mut call: Call) -> Result<HttpResponse, Refusal> {
    let wanted = call.named(&["id", "email"]).await?;
    Ok(HttpResponse::Ok().json(teammates::remove(call.scope(), wanted).await?))
}
