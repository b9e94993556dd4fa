//! The owner's switches of the inbound webhook: on, off, strict, a new URL.

use actix_web::{HttpResponse, web};
use actors::workspace::{Command, SetInbound, State, Workspace};
use events::ids::WorkspaceId;
use events::personal::Digest;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::caller::{Caller, RequestId};
use super::error::Refused;
use super::openapi::Reason;
use super::{body, fields};
use crate::gateway::Gateway;
use crate::secrets;

/// The inbound webhook as its owner sees it.
#[derive(Serialize, ToSchema)]
pub(super) struct InboundView {
    #[schema(format = "uri", example = "https://gw.example/in/in_7Kx2mQ9sT4vB8nE1rW6yZ3")]
    url: String,
    enabled: bool,
    strict: bool,
}

/// The switches to turn.
#[derive(Deserialize, ToSchema)]
pub(super) struct InboundBody {
    enabled: Option<bool>,
    strict: Option<bool>,
    #[serde(default)]
    #[schema(value_type = Reason)]
    reason: String,
}

async fn view(gateway: &Gateway, workspace: WorkspaceId) -> Result<InboundView, Refused> {
    let look = |state: &State| (state.token_hash, state.inbound_disabled, state.inbound_strict);
    let (token_hash, disabled, strict) = gateway.shard.look::<Workspace, _>(workspace, look).await?.value;
    Ok(InboundView { url: url(gateway, token_hash.as_ref())?, enabled: !disabled, strict })
}

fn url(gateway: &Gateway, token_hash: Option<&Digest>) -> Result<String, Refused> {
    let url = token_hash.map(|token_hash| gateway.inbound_url(token_hash)).transpose()?.flatten();
    url.ok_or_else(|| Refused::fault(&"the inbound token is not in its store"))
}

/// The URL and its switches.
pub(super) async fn show(gateway: web::Data<Gateway>, Caller(workspace): Caller) -> Result<HttpResponse, Refused> {
    Ok(HttpResponse::Ok().json(view(&gateway, workspace).await?))
}

/// Turns the switches that are named.
pub(super) async fn change(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    id: RequestId,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let body = body::read(payload, gateway.limits).await?;
    let InboundBody { enabled, strict, reason } = body::typed(&body)?;
    fields::reason(&reason)?;
    let set = Command::SetInbound(SetInbound { enabled, strict, by: "api".to_owned(), reason });
    gateway.shard.ask::<Workspace>(workspace, set, Gateway::cause("api", id.0)).await?;
    Ok(HttpResponse::Ok().json(view(&gateway, workspace).await?))
}

/// Makes a new URL; the one before it stops at once.
pub(super) async fn rotate(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    id: RequestId,
) -> Result<HttpResponse, Refused> {
    let before = gateway.shard.look::<Workspace, _>(workspace, |state| state.token_hash).await?.value;
    let token = gateway.chance.inbound_token();
    let token_hash = secrets::digest(&token);
    let keep = |name: &Digest, secret: &[u8]| {
        let kept = gateway.shard.log().keep_secret(&secrets::inbound_name(name), secret);
        kept.map_err(|error| Refused::fault(&error))
    };
    keep(&token_hash, token.as_bytes())?;
    let replace = Command::ReplaceToken(token_hash, "api".to_owned());
    gateway.shard.ask::<Workspace>(workspace, replace, Gateway::cause("api", id.0)).await?;
    if let Some(before) = before {
        keep(&before, b"")?;
    }
    Ok(HttpResponse::Ok().json(json!({"url": format!("{}/in/{token}", gateway.base_url)})))
}
