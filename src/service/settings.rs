//! The workspace's settings: its name, owner and pacing.

use actors::account::pacing::Gap;
use actors::workspace::{ChangeOwner, Command, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fields;
use super::refusal::Refusal;
use super::scope::Scope;
use crate::config::Pacing;

/// A workspace as the API shows it.
#[derive(Serialize, ToSchema)]
pub struct WorkspaceView {
    workspace_id: u64,
    name: String,
    owner: OwnerView,
    pacing: PacingView,
}

/// An owner as the API shows them.
#[derive(Serialize, ToSchema)]
pub struct OwnerView {
    full_name: String,
    email: String,
    language: String,
}

/// A gap as the API shows and takes it, in milliseconds.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct PacingView {
    #[schema(maximum = 600_000, example = 1500)]
    pub(crate) gap_ms_min: u32,
    #[schema(maximum = 600_000, example = 2500)]
    pub(crate) gap_ms_max: u32,
}

impl OwnerView {
    pub(super) fn of(state: &State) -> Self {
        let owner = &state.owner;
        Self {
            full_name: owner.full_name.reveal().to_owned(),
            email: owner.email.reveal().to_owned(),
            language: owner.language.clone(),
        }
    }
}

/// Changes of a workspace.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub name: Option<String>,
    pub owner_name: Option<String>,
    /// The owner's e-mail address.
    pub owner_email: Option<String>,
    /// The owner's language, as a language tag.
    pub language: Option<String>,
    /// The gap between two messages of an account.
    pub pacing: Option<Gap>,
}

async fn view(scope: Scope<'_>) -> Result<WorkspaceView, Refusal> {
    let (workspace, Pacing { gap_ms_min, gap_ms_max }) = (scope.workspace, scope.gateway.pacing);
    let usual = Gap { min_ms: gap_ms_min, max_ms: gap_ms_max };
    let view = move |state: &State| {
        let gap = state.gap.unwrap_or(usual);
        WorkspaceView {
            workspace_id: workspace.number(),
            name: state.name.reveal().to_owned(),
            owner: OwnerView::of(state),
            pacing: PacingView { gap_ms_min: gap.min_ms, gap_ms_max: gap.max_ms },
        }
    };
    scope.look(view).await
}

/// Returns the settings.
pub async fn show(scope: Scope<'_>) -> Result<WorkspaceView, Refusal> {
    view(scope).await
}

/// Changes the settings that are given. A changed gap applies to all accounts at once.
pub async fn change(scope: Scope<'_>, change: Change) -> Result<WorkspaceView, Refusal> {
    let Change { name, owner_name, owner_email, language, pacing } = change;
    name.as_deref().map(|name| fields::line("name", name)).transpose()?;
    owner_name.as_deref().map(|name| fields::line("full_name", name)).transpose()?;
    owner_email.as_deref().map(|email| fields::email("email", email)).transpose()?;
    language.as_deref().map(fields::language).transpose()?;
    let by = scope.by;
    if let Some(gap) = pacing {
        scope.ask(Command::ChangePacing(gap, by)).await?;
    }
    scope.ask(Command::ChangeOwner(ChangeOwner { name, owner_name, owner_email, language, by })).await?;
    view(scope).await
}
