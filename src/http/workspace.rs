//! A workspace as its owner sees it: particulars, pacing.

use actix_web::HttpResponse;
use actors::account::pacing::Gap;
use actors::workspace::{ChangeOwner, Command, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::Call;
use super::error::Refused;
use super::fields;
use super::openapi::{Email, Language, Line};
use crate::config::Pacing;

/// A workspace as the API shows it.
#[derive(Serialize, ToSchema)]
pub(super) struct WorkspaceView {
    workspace_id: u64,
    name: String,
    owner: OwnerView,
    pacing: PacingView,
}

/// An owner as the API shows them.
#[derive(Serialize, ToSchema)]
pub(super) struct OwnerView {
    full_name: String,
    email: String,
    language: String,
}

/// A gap as the API shows and takes it, in milliseconds.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct PacingView {
    #[schema(maximum = 600_000, example = 1500)]
    gap_ms_min: u32,
    #[schema(maximum = 600_000, example = 2500)]
    gap_ms_max: u32,
}

/// What to change of a workspace.
#[derive(Deserialize, ToSchema)]
pub(super) struct WorkspaceBody {
    #[schema(value_type = Option<Line>)]
    name: Option<String>,
    owner: Option<OwnerChangeBody>,
    pacing: Option<PacingView>,
}

/// What to change of its owner.
#[derive(Deserialize, Default, ToSchema)]
pub(super) struct OwnerChangeBody {
    #[schema(value_type = Option<Line>)]
    full_name: Option<String>,
    #[schema(value_type = Option<Email>)]
    email: Option<String>,
    #[schema(value_type = Option<Language>)]
    language: Option<String>,
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

async fn view(call: &Call) -> Result<WorkspaceView, Refused> {
    let (workspace, Pacing { gap_ms_min, gap_ms_max }) = (call.workspace, call.gateway.pacing);
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
    call.look(view).await
}

/// The caller's workspace.
pub(super) async fn show(call: Call) -> Result<HttpResponse, Refused> {
    Ok(HttpResponse::Ok().json(view(&call).await?))
}

/// Changes what is named; a changed gap is that of all accounts at once.
pub(super) async fn change(mut call: Call) -> Result<HttpResponse, Refused> {
    let WorkspaceBody { name, owner, pacing } = call.body().await?;
    let OwnerChangeBody { full_name, email, language } = owner.unwrap_or_default();
    name.as_deref().map(|name| fields::line("name", name)).transpose()?;
    full_name.as_deref().map(|name| fields::line("full_name", name)).transpose()?;
    email.as_deref().map(|email| fields::email("email", email)).transpose()?;
    language.as_deref().map(fields::language).transpose()?;
    if let Some(PacingView { gap_ms_min, gap_ms_max }) = pacing {
        let gap = Gap { min_ms: gap_ms_min, max_ms: gap_ms_max };
        call.ask(Command::ChangePacing(gap, call.by)).await?;
    }
    let by = call.by;
    call.ask(Command::ChangeOwner(ChangeOwner { name, owner_name: full_name, owner_email: email, language, by }))
        .await?;
    Ok(HttpResponse::Ok().json(view(&call).await?))
}
