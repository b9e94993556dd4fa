//! The caller's workspace: its name, owner and pacing.

use actix_web::HttpResponse;
use actors::account::pacing::Gap;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::service::refusal::Refusal;
use crate::service::schema::{Email, Language, Line};
use crate::service::settings::{self, Change, PacingView};

/// What to change of a workspace.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct WorkspaceBody {
    #[schema(value_type = Option<Line>)]
    name: Option<String>,
    owner: Option<OwnerChangeBody>,
    pacing: Option<PacingView>,
}

/// What to change of its owner.
#[derive(Deserialize, Default, ToSchema)]
pub(in crate::http) struct OwnerChangeBody {
    #[schema(value_type = Option<Line>)]
    full_name: Option<String>,
    #[schema(value_type = Option<Email>)]
    email: Option<String>,
    #[schema(value_type = Option<Language>)]
    language: Option<String>,
}

pub(in crate::http) async fn show(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(settings::show(call.scope()).await?))
}

/// Changes the fields that the body names.
pub(in crate::http) async fn change(mut call: Call) -> Result<HttpResponse, Refusal> {
    let WorkspaceBody { name, owner, pacing } = call.body().await?;
    let OwnerChangeBody { full_name, email, language } = owner.unwrap_or_default();
    let pacing = pacing.map(|pacing| Gap { min_ms: pacing.gap_ms_min, max_ms: pacing.gap_ms_max });
    let change = Change { name, owner_name: full_name, owner_email: email, language, pacing };
    Ok(HttpResponse::Ok().json(settings::change(call.scope(), change).await?))
}
