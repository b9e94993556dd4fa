//! A workspace's API keys: made, listed, revoked. A key is shown once; what is kept is its SHA-256.

use actix_web::{HttpResponse, web};
use actors::workspace::{Answer, Command, CreateKey, Key, Rejection, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::Call;
use super::error::Refused;
use super::openapi::{Line, Moment};
use super::{fields, page};
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
pub(super) async fn list(call: Call) -> Result<HttpResponse, Refused> {
    let query = call.page()?;
    let all = |state: &State| -> Vec<_> {
        state.keys.iter().rev().map(|(id, key)| (u64::from(*id), KeyView::of(*id, key))).collect()
    };
    Ok(page::answer(page::within(call.look(all).await?, query), query))
}

/// Makes a key.
pub(super) async fn create(mut call: Call) -> Result<HttpResponse, Refused> {
    let CreateKeyBody { name } = call.body().await?;
    fields::line("name", &name)?;
    let key = call.gateway.chance.workspace_key();
    let create = CreateKey { key_hash: secrets::digest(&key), name, by: call.by };
    match call.ask(Command::CreateKey(create)).await? {
        Answer::Numbered(number) => {
            let view = find(&call, number).await?;
            Ok(HttpResponse::Created().json(NewKeyView { view, key }))
        }
        other => Err(Refused::unexpected(&other)),
    }
}

async fn find(call: &Call, key: u32) -> Result<KeyView, Refused> {
    let view = move |state: &State| state.keys.get(&key).map(|found| KeyView::of(key, found));
    call.look(view).await?.ok_or_else(not_found)
}

/// Revokes a key: it opens nothing any more.
pub(super) async fn revoke(call: Call, key: web::Path<String>) -> Result<HttpResponse, Refused> {
    carry_out(&call, &key).await
}

/// As [`revoke`], with the `id` behind the question mark or in the body.
pub(super) async fn revoke_named(mut call: Call) -> Result<HttpResponse, Refused> {
    let key = call.named(&["id"]).await?;
    carry_out(&call, &key).await
}

async fn carry_out(call: &Call, key: &str) -> Result<HttpResponse, Refused> {
    let key: u32 = key.parse().map_err(|_| not_found())?;
    let view = find(call, key).await?;
    call.ask(Command::RevokeKey(key, call.by)).await?;
    Ok(HttpResponse::Ok().json(view))
}
