//! The owner's settings of the inbound webhook: enabled, strict, a new URL.

use actors::workspace::{Command, SetInbound, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::fields;
use super::refusal::Refusal;
use super::scope::Scope;
use crate::secrets;

/// The inbound webhook as its owner sees it.
#[derive(Serialize, ToSchema)]
pub struct InboundView {
    #[schema(format = "uri", example = "https://gw.example/in/in_7Kx2mQ9sT4vB8nE1rW6yZ3")]
    url: String,
    enabled: bool,
    strict: bool,
}

/// Returns the URL and the switches.
pub async fn show(scope: Scope<'_>) -> Result<InboundView, Refusal> {
    let look = |state: &State| (state.token_hash, state.inbound_disabled, state.inbound_strict);
    let (token_hash, disabled, strict) = scope.look(look).await?;
    let url = token_hash.map(|token_hash| scope.gateway.inbound_url(&token_hash)).transpose()?.flatten();
    let url = url.ok_or_else(|| Refusal::fault(&"the inbound token is not in its store"))?;
    Ok(InboundView { url, enabled: !disabled, strict })
}

/// The switches to change.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// True if the webhook is to accept messages.
    pub enabled: Option<bool>,
    /// True if it is to accept documented fields only.
    pub strict: Option<bool>,
    /// The reason for the change.
    pub reason: String,
}

/// Changes the switches that are given.
pub async fn change(scope: Scope<'_>, change: Change) -> Result<InboundView, Refusal> {
    let Change { enabled, strict, reason } = change;
    fields::reason(&reason)?;
    scope.ask(Command::SetInbound(SetInbound { enabled, strict, by: scope.by, reason })).await?;
    show(scope).await
}

/// Creates a new URL; the previous one stops working at once.
pub async fn rotate(scope: Scope<'_>) -> Result<String, Refusal> {
    let before = scope.look(|state| state.token_hash).await?;
    let token = scope.gateway.entropy.inbound_token(scope.workspace);
    let token_hash = secrets::digest(&token);
    let kept_in = scope.gateway.secrets.as_ref();
    let kept = kept_in.keep(&secrets::inbound_name(&token_hash), token.as_bytes());
    kept.map_err(|error| Refusal::fault(&error))?;
    scope.ask(Command::ReplaceToken(token_hash, scope.by)).await?;
    if let Some(before) = before {
        let removed = kept_in.remove(&secrets::inbound_name(&before));
        removed.map_err(|error| Refusal::fault(&error))?;
    }
    Ok(format!("{}/in/{token}", scope.gateway.base_url))
}
