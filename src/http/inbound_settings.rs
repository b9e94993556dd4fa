//! The owner's switches of the inbound webhook: on, off, strict, a new URL.

use actix_web::HttpResponse;
use actors::workspace::{Command, SetInbound, State};
use events::personal::Digest;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::call::Call;
use super::error::Refused;
use super::fields;
use super::openapi::Reason;
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

async fn view(call: &Call) -> Result<InboundView, Refused> {
    let look = |state: &State| (state.token_hash, state.inbound_disabled, state.inbound_strict);
    let (token_hash, disabled, strict) = call.look(look).await?;
    let url = token_hash.map(|token_hash| call.gateway.inbound_url(&token_hash)).transpose()?.flatten();
    let url = url.ok_or_else(|| Refused::fault(&"the inbound token is not in its store"))?;
    Ok(InboundView { url, enabled: !disabled, strict })
}

/// The URL and its switches.
pub(super) async fn show(call: Call) -> Result<HttpResponse, Refused> {
    Ok(HttpResponse::Ok().json(view(&call).await?))
}

/// Turns the switches that are named.
pub(super) async fn change(mut call: Call) -> Result<HttpResponse, Refused> {
    let InboundBody { enabled, strict, reason } = call.body().await?;
    fields::reason(&reason)?;
    call.ask(Command::SetInbound(SetInbound { enabled, strict, by: call.by, reason })).await?;
    Ok(HttpResponse::Ok().json(view(&call).await?))
}

/// Makes a new URL; the one before it stops at once.
pub(super) async fn rotate(call: Call) -> Result<HttpResponse, Refused> {
    let before = call.look(|state| state.token_hash).await?;
    let token = call.gateway.chance.inbound_token();
    let token_hash = secrets::digest(&token);
    let keep = |name: &Digest, secret: &[u8]| {
        let kept = call.gateway.shard.log().keep_secret(&secrets::inbound_name(name), secret);
        kept.map_err(|error| Refused::fault(&error))
    };
    keep(&token_hash, token.as_bytes())?;
    call.ask(Command::ReplaceToken(token_hash, call.by)).await?;
    if let Some(before) = before {
        keep(&before, b"")?;
    }
    let url = format!("{}/in/{token}", call.gateway.base_url);
    Ok(HttpResponse::Ok().json(json!({"url": url})))
}
