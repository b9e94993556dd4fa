//! A workspace's API keys: creates, lists and revokes them. A key is shown once; only its SHA-256 is stored.

use actors::workspace::{Answer, Command, CreateKey, Key, Rejection, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::fields;
use super::page::{Page, Paged};
use super::refusal::Refusal;
use super::schema::Moment;
use super::scope::Scope;
use crate::secrets;

/// A key as the API shows it.
#[derive(Serialize, ToSchema)]
pub struct KeyView {
    id: u32,
    name: String,
    #[schema(value_type = Moment)]
    created_at: String,
}

/// A key as its maker sees it, once.
#[derive(Serialize, ToSchema)]
pub struct NewKeyView {
    #[serde(flatten)]
    view: KeyView,
    #[schema(example = "wsk_7Kx2mQ9sT4vB8nE1rW6yZ37Kx2mQ9sT4vB8nE1rW6yZ3")]
    key: String,
}

impl KeyView {
    fn of(id: u32, key: &Key) -> Self {
        Self { id, name: key.name.reveal().to_owned(), created_at: key.created_at.to_string() }
    }
}

fn not_found() -> Refusal {
    Refusal::from(Rejection::KeyNotFound)
}

/// Lists the keys that are not revoked, the newest first.
pub async fn list(scope: Scope<'_>, page: Page) -> Result<Paged<KeyView>, Refusal> {
    let all = |state: &State| -> Vec<_> {
        state.keys.iter().rev().map(|(id, key)| (u64::from(*id), KeyView::of(*id, key))).collect()
    };
    Ok(page.of_newest_first(scope.look(all).await?))
}

pub async fn create(scope: Scope<'_>, name: String) -> Result<NewKeyView, Refusal> {
    fields::line("name", &name)?;
    let key = scope.gateway.entropy.workspace_key(scope.workspace);
    let create = CreateKey { key_hash: secrets::digest(&key), name, by: scope.by };
    match scope.ask(Command::CreateKey(create)).await? {
        Answer::Numbered(number) => Ok(NewKeyView { view: find(scope, number).await?, key }),
        other => Err(Refusal::unexpected(&other)),
    }
}

async fn find(scope: Scope<'_>, key: u32) -> Result<KeyView, Refusal> {
    let view = move |state: &State| state.keys.get(&key).map(|found| KeyView::of(key, found));
    scope.look(view).await?.ok_or_else(not_found)
}

/// Revokes a key: it is refused from now on.
pub async fn revoke(scope: Scope<'_>, key: &str) -> Result<KeyView, Refusal> {
    let key: u32 = key.parse().map_err(|_| not_found())?;
    let view = find(scope, key).await?;
    scope.ask(Command::RevokeKey(key, scope.by)).await?;
    Ok(view)
}
