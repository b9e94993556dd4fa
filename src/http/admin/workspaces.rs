//! The operator's workspaces: lists and creates them, and grants credits.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::gateway::Gateway;
use crate::http::body;
use crate::http::caller::{Operator, RequestId};
use crate::http::page::Query;
use crate::service::refusal::Refusal;
use crate::service::schema::{Email, Language, Line};
use crate::service::workspaces::{self, Created, Wanted};

/// A workspace to create.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct CreateBody {
    #[schema(value_type = Line)]
    name: String,
    owner: OwnerBody,
    #[serde(default, deserialize_with = "body::whole")]
    #[schema(maximum = 9_007_199_254_740_991_u64)]
    credits: u64,
}

/// Its owner.
#[derive(Deserialize, ToSchema)]
struct OwnerBody {
    #[schema(value_type = Line)]
    full_name: String,
    #[schema(value_type = Email)]
    email: String,
    #[serde(default = "english")]
    #[schema(value_type = Language)]
    language: String,
}

/// Credits to grant.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct GrantBody {
    #[serde(deserialize_with = "body::whole")]
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    amount: u64,
    #[schema(value_type = Line)]
    reason: String,
}

fn english() -> String {
    "en".to_owned()
}

pub(in crate::http) async fn create(
    gateway: web::Data<Gateway>,
    _: Operator,
    id: RequestId,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let CreateBody { name, owner, credits } = body::typed(&body::read(payload, gateway.limits).await?)?;
    let OwnerBody { full_name, email, language } = owner;
    let wanted = Wanted { name, owner_name: full_name, owner_email: email, language, credits };
    let Created { workspace, api_key, inbound_url } = workspaces::create(&gateway, wanted, id.0).await?;
    let created = json!({"workspace_id": workspace.number(), "api_key": api_key, "inbound_url": inbound_url});
    Ok(HttpResponse::Created().json(created))
}

/// Lists all workspaces, the newest first.
pub(in crate::http) async fn list(
    gateway: web::Data<Gateway>,
    _: Operator,
    query: Query,
) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(workspaces::list(&gateway, query.page()?).await?))
}

pub(in crate::http) async fn show(
    gateway: web::Data<Gateway>,
    _: Operator,
    workspace: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(workspaces::show(&gateway, &workspace).await?))
}

pub(in crate::http) async fn grant(
    gateway: web::Data<Gateway>,
    _: Operator,
    id: RequestId,
    workspace: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let GrantBody { amount, reason } = body::typed(&body::read(payload, gateway.limits).await?)?;
    let balance = workspaces::grant(&gateway, &workspace, amount, reason, id.0).await?;
    Ok(HttpResponse::Ok().json(json!({"balance": balance})))
}
