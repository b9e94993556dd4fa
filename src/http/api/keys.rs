//! A workspace's API keys: creates, lists and revokes them.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::service::keys;
use crate::service::refusal::Refusal;
use crate::service::schema::Line;

/// A key to make.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct CreateKeyBody {
    #[schema(value_type = Line)]
    name: String,
}

/// Lists the keys that are not revoked, the newest first.
pub(in crate::http) async fn list(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(keys::list(call.scope(), call.page()?).await?))
}

pub(in crate::http) async fn create(mut call: Call) -> Result<HttpResponse, Refusal> {
    let CreateKeyBody { name } = call.body().await?;
    Ok(HttpResponse::Created().json(keys::create(call.scope(), name).await?))
}

/// Revokes a key: it is refused from now on.
pub(in crate::http) async fn revoke(call: Call, key: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(keys::revoke(call.scope(), &key).await?))
}

/// Like [`revoke`], but with the `id` in the query string or in the body.
pub(in crate::http) async fn revoke_named(mut call: Call) -> Result<HttpResponse, Refusal> {
    let key = call.named(&["id"]).await?;
    Ok(HttpResponse::Ok().json(keys::revoke(call.scope(), &key).await?))
}
