//! A workspace as its owner sees it: particulars, pacing.

use actix_web::{HttpResponse, web};
use actors::account::pacing::Gap;
use actors::workspace::{ChangeOwner, Command, State, Workspace};
use events::ids::WorkspaceId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, RequestId};
use super::error::Refused;
use super::openapi::{Email, Language, Line};
use super::{body, fields};
use crate::config::Pacing;
use crate::gateway::Gateway;

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

async fn view(gateway: &Gateway, workspace: WorkspaceId) -> Result<WorkspaceView, Refused> {
    let Pacing { gap_ms_min, gap_ms_max } = gateway.pacing;
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
    Ok(gateway.shard.look::<Workspace, _>(workspace, view).await?.value)
}

/// The caller's workspace.
pub(super) async fn show(gateway: web::Data<Gateway>, Caller(workspace): Caller) -> Result<HttpResponse, Refused> {
    Ok(HttpResponse::Ok().json(view(&gateway, workspace).await?))
}

/// Changes what is named; a changed gap is that of all accounts at once.
pub(super) async fn change(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    id: RequestId,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let body = body::read(payload, gateway.limits).await?;
    let WorkspaceBody { name, owner, pacing } = body::typed(&body)?;
    let OwnerChangeBody { full_name, email, language } = owner.unwrap_or_default();
    name.as_deref().map(|name| fields::line("name", name)).transpose()?;
    full_name.as_deref().map(|name| fields::line("full_name", name)).transpose()?;
    email.as_deref().map(|email| fields::email("email", email)).transpose()?;
    language.as_deref().map(fields::language).transpose()?;
    let by = "api".to_owned();
    let mut commands = Vec::new();
    if let Some(PacingView { gap_ms_min, gap_ms_max }) = pacing {
        let gap = Gap { min_ms: gap_ms_min, max_ms: gap_ms_max };
        commands.push(Command::ChangePacing(gap, by.clone()));
    }
    let change = ChangeOwner { name, owner_name: full_name, owner_email: email, language, by };
    commands.push(Command::ChangeOwner(change));
    for command in commands {
        gateway.shard.ask::<Workspace>(workspace, command, Gateway::cause("api", id.0)).await?;
    }
    Ok(HttpResponse::Ok().json(view(&gateway, workspace).await?))
}
