//! A workspace's API keys: made, listed, revoked.

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

/// All keys in force, the newest first.
pub(in crate::http) async fn list(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(keys::list(call.scope(), call.page()?).await?))
}

/// Makes a key.
pub(in crate::http) async fn create(mut call: Call) -> Result<HttpResponse, Refusal> {
    let CreateKeyBody { name } = call.body().await?;
    Ok(HttpResponse::Created().json(keys::create(call.scope(), name).await?))
}

/// Revokes a key: it opens nothing any more.
pub(in crate::http) async fn revoke(call: Call, key: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(keys::revoke(call.scope(), &key).await?))
}

/// As [`revoke`], with the `id` behind the question mark or in the body.
pub(in crate::http) async fn revoke_named(mut call: Call) -> Result<HttpResponse, Refusal> {
    let key = call.named(&["id"]).await?;
    Ok(HttpResponse::Ok().json(keys::revoke(call.scope(), &key).await?))
}
