//! A workspace's API keys: made, listed, revoked. A key is shown once; what is kept is its SHA-256.

use actix_web::{HttpRequest, HttpResponse, web};
use actors::workspace::{Answer, Command, CreateKey, Key, Rejection, State, Workspace};
use events::ids::WorkspaceId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, RequestId};
use super::error::Refused;
use super::openapi::{Line, Moment};
use super::page::{self, Query};
use super::{body, fields};
use crate::gateway::Gateway;
use crate::secrets;

/// A key as the API shows it.
#[derive(Serialize, ToSchema)]
pub(super) struct KeyView {
    id: u32,
    name: String,
    #[schema(value_type = Moment)]
    created_at: String,
}

/// A key as its maker sees it, once.
#[derive(Serialize, ToSchema)]
pub(super) struct NewKeyView {
    #[serde(flatten)]
    view: KeyView,
    #[schema(example = "wsk_7Kx2mQ9sT4vB8nE1rW6yZ37Kx2mQ9sT4vB8nE1rW6yZ3")]
    key: String,
}

/// A key to make.
#[derive(Deserialize, ToSchema)]
pub(super) struct CreateKeyBody {
    #[schema(value_type = Line)]
    name: String,
}

impl KeyView {
    fn of(id: u32, key: &Key) -> Self {
        Self { id, name: key.name.clone(), created_at: key.created_at.to_string() }
    }
}

fn not_found() -> Refused {
    Refused::from(Rejection::KeyNotFound)
}

/// All keys in force, the newest first.
pub(super) async fn list(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let query = Query::of(&request)?.page()?;
    let all = |state: &State| -> Vec<_> {
        state.keys.iter().rev().map(|(id, key)| (u64::from(*id), KeyView::of(*id, key))).collect()
    };
    let rows = gateway.shard.look::<Workspace, _>(workspace, all).await?.value;
    Ok(page::answer(page::within(rows, query), query))
}

/// Makes a key.
pub(super) async fn create(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    id: RequestId,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let body = body::read(payload, gateway.limits).await?;
    let CreateKeyBody { name } = body::typed(&body)?;
    fields::line("name", &name)?;
    let key = gateway.chance.workspace_key();
    let create = CreateKey { key_hash: secrets::digest(&key), name, by: "api".to_owned() };
    match gateway.shard.ask::<Workspace>(workspace, Command::CreateKey(create), Gateway::cause("api", id.0)).await? {
        Answer::Numbered(number) => {
            let view = move |state: &State| state.keys.get(&number).map(|key| KeyView::of(number, key));
            let view = gateway.shard.look::<Workspace, _>(workspace, view).await?.value.ok_or_else(not_found)?;
            Ok(HttpResponse::Created().json(NewKeyView { view, key }))
        }
        other => Err(Refused::fault(&format!("unexpected answer {other:?}"))),
    }
}

/// Revokes a key: it opens nothing any more.
pub(super) async fn revoke(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    id: RequestId,
    key: web::Path<String>,
) -> Result<HttpResponse, Refused> {
    carry_out(&gateway, workspace, id, &key).await
}

/// As [`revoke`], with the `id` behind the question mark or in the body.
pub(super) async fn revoke_named(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    id: RequestId,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let key = fields::named(&gateway, &request, payload, &["id"]).await?;
    carry_out(&gateway, workspace, id, &key).await
}

async fn carry_out(
    gateway: &Gateway,
    workspace: WorkspaceId,
    id: RequestId,
    key: &str,
) -> Result<HttpResponse, Refused> {
    let key: u32 = key.parse().map_err(|_| not_found())?;
    let view = move |state: &State| state.keys.get(&key).map(|found| KeyView::of(key, found));
    let view = gateway.shard.look::<Workspace, _>(workspace, view).await?.value.ok_or_else(not_found)?;
    let revoke = Command::RevokeKey(key, "api".to_owned());
    gateway.shard.ask::<Workspace>(workspace, revoke, Gateway::cause("api", id.0)).await?;
    Ok(HttpResponse::Ok().json(view))
}
