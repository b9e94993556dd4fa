//! A workspace's accounts: its connected numbers.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::service::accounts::{self, Change, Connect};
use crate::service::refusal::Refusal;
use crate::service::schema::{Email, Line, Phone, Reason};

/// A number to connect.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct ConnectBody {
    #[schema(value_type = Phone)]
    phone: String,
    #[schema(value_type = Line)]
    full_name: String,
    #[schema(value_type = Email)]
    email: String,
    #[serde(default = "simulator")]
    #[schema(default = "simulator", pattern = "^simulator$")]
    transport: String,
}

/// Why an account is to be held, let go or ended.
#[derive(Deserialize, Default, ToSchema)]
pub(in crate::http) struct ReasonBody {
    #[serde(default)]
    #[schema(value_type = Reason)]
    pub(in crate::http) reason: String,
}

fn simulator() -> String {
    "simulator".to_owned()
}

pub(in crate::http) async fn connect(mut call: Call) -> Result<HttpResponse, Refusal> {
    let ConnectBody { phone, full_name, email, transport } = call.body().await?;
    let connect = Connect { phone, full_name, email, transport };
    Ok(HttpResponse::Created().json(accounts::connect(call.scope(), connect).await?))
}

/// Lists all accounts, the newest first.
pub(in crate::http) async fn list(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(accounts::list(call.scope(), call.page()?).await?))
}

pub(in crate::http) async fn show(call: Call, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(accounts::show(call.scope(), &id).await?))
}

/// Pauses an account: its queue is held.
pub(in crate::http) async fn pause(call: Call, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    change(call, &id, Change::Pause).await
}

/// Resumes an account's queue, after a pause or a block.
pub(in crate::http) async fn resume(call: Call, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    change(call, &id, Change::Resume).await
}

/// Disconnects an account. Its queue is held for 24 hours; then the messages fail and are refunded.
pub(in crate::http) async fn disconnect(call: Call, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    change(call, &id, Change::Disconnect).await
}

async fn change(mut call: Call, id: &str, change: Change) -> Result<HttpResponse, Refusal> {
    let ReasonBody { reason } = call.body_if_any().await?;
    Ok(HttpResponse::Ok().json(accounts::change(call.scope(), id, change, reason).await?))
}
