//! The last rows of one kind, such as attempts: a page of them, one, or all.

use events::history::History;
use events::ids::WorkspaceId;
use events::log::ReadError;

use crate::gateway::Gateway;
use crate::outbound::{Tries, Try, TryView};
use crate::recent::attempts::{Attempt, AttemptView, Attempts};
use crate::recent::{Recent, Row};

use super::page::{Page, Paged};
use super::refusal::Refusal;
use super::scope::Scope;

/// A kind of rows that its workspace may see.
pub trait Shown: Row + Sized {
    /// Returns the gateway's store of these rows.
    fn all_of(gateway: &Gateway) -> &Recent<Self>;
    /// Returns a row's id.
    fn id(view: &Self::View) -> &str;
    /// The refusal if no row has an id.
    fn not_found() -> Refusal;
}

impl Shown for Attempt {
    fn all_of(gateway: &Gateway) -> &Attempts {
        &gateway.attempts
    }

    fn id(view: &AttemptView) -> &str {
        &view.id
    }

    fn not_found() -> Refusal {
        Refusal::new("attempt_not_found", "Attempt not found: the last 100 are kept, and none about an erased chat")
    }
}

impl Shown for Try {
    fn all_of(gateway: &Gateway) -> &Tries {
        &gateway.tries
    }

    fn id(view: &TryView) -> &str {
        &view.id
    }

    fn not_found() -> Refusal {
        Refusal::new("try_not_found", "Try not found: the last 100 are kept, and none about an erased chat")
    }
}

/// Lists the last rows, the newest first.
pub async fn list<R: Shown>(scope: Scope<'_>, page: Page) -> Result<Paged<R::View>, Refusal> {
    Ok(page.of_newest_first(numbered::<R>(scope).await?))
}

pub async fn show<R: Shown>(scope: Scope<'_>, id: &str) -> Result<R::View, Refusal> {
    all::<R>(scope).await?.into_iter().find(|view| R::id(view) == id).ok_or_else(R::not_found)
}

/// Returns all of them, the newest first.
pub async fn all<R: Shown>(scope: Scope<'_>) -> Result<Vec<R::View>, Refusal> {
    Ok(numbered::<R>(scope).await?.into_iter().map(|(_, view)| view).collect())
}

/// Returns the last rows of a workspace, the newest first. May read the disk.
pub(super) fn kept<R: Shown>(
    gateway: &Gateway,
    history: &History,
    workspace: WorkspaceId,
) -> Result<Vec<R::View>, ReadError> {
    Ok(R::all_of(gateway).list(history, workspace)?.into_iter().map(|(_, view)| view).collect())
}

async fn numbered<R: Shown>(scope: Scope<'_>) -> Result<Vec<(u64, R::View)>, Refusal> {
    let workspace = scope.workspace;
    let listed = scope.gateway.read(move |gateway| R::all_of(gateway).list(gateway.shard.history(), workspace));
    Ok(listed.await?)
}
