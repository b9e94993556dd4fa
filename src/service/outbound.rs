//! The outbound webhook: its settings, and its owner's commands.

use std::time::Duration;

use actors::runtime::clock::wall_now;
use actors::webhook::{Answer, Command, Configure, Rejection, State, Webhook};
use events::ids::{DeliveryId, WebhookId};
use events::personal::Personal;
use events::time::Timestamp;
use events::webhook::Aggregation;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::deliveries::{self, Found};
use super::refusal::Refusal;
use super::schema::{AggregationName, Moment};
use super::scope::Scope;
use super::{fields, receiver_url};
use crate::outbound::{
    Fault, KeyRing, KeysError, LISTENER, ReportPost, Request, TESTS_PER_MINUTE, TryView, body, testing,
};
use crate::recent::mask;
use crate::secrets;

/// The outbound webhook as its owner sees it.
#[derive(Serialize, ToSchema)]
pub struct OutboundView {
    /// Where reports go; null: nowhere, and what is said is not owed.
    #[schema(format = "uri", example = "https://crm.example/hooks/whatsapp")]
    url: Option<String>,
    enabled: bool,
    #[schema(value_type = AggregationName)]
    aggregation: Aggregation,
    /// More than 10 switch it off.
    errors_in_a_row: u32,
    /// Deliveries that wait, those under way included.
    owed: u64,
    /// Chats whose messages are being gathered.
    open_windows: u64,
    /// Deliveries that failed again and again while others did not; they wait to be resent or recovered.
    parked: u64,
    /// After an error nothing is tried before this.
    #[schema(value_type = Option<Moment>)]
    next_try_at: Option<String>,
}

impl OutboundView {
    fn of(state: &State) -> Self {
        Self {
            url: state.url.as_ref().map(|url| mask::credentials(url.reveal())),
            enabled: state.enabled,
            aggregation: state.aggregation,
            errors_in_a_row: state.errors,
            owed: state.owed.len(),
            open_windows: state.windows(),
            parked: state.parked.len() as u64,
            next_try_at: state.not_before.filter(|_| state.enabled).map(|at| at.to_string()),
        }
    }
}

/// A number of windows or deliveries.
#[derive(Serialize, ToSchema)]
pub struct FlushedView {
    /// Chats whose gathered messages go out now.
    flushed: u64,
}

/// How many deliveries are tried again.
#[derive(Serialize, ToSchema)]
pub struct RecoveredView {
    recovered: u64,
}

/// What requests are signed with.
#[derive(Serialize, ToSchema)]
pub struct SecretView {
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: String,
    /// Until then requests carry more than one signature: each key before signs for a day after it was replaced.
    #[schema(value_type = Option<Moment>)]
    previous_valid_until: Option<String>,
}

/// A delivery that is posted once more.
#[derive(Serialize, ToSchema)]
pub struct ResentView {
    #[schema(example = "dlv_9FCC85FE99662E46")]
    delivery_id: String,
}

/// What becomes of the deliveries owed when the webhook is switched on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Backlog {
    /// They are sent.
    #[default]
    Send,
    /// They are given up.
    Discard,
}

#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The URL that receives reports; blank for none.
    pub url: Option<Option<String>>,
    /// True if reports are to be posted.
    pub enabled: Option<bool>,
    /// How long messages of a chat are gathered.
    pub aggregation: Option<Aggregation>,
    /// What to do with the deliveries that are owed.
    pub backlog: Backlog,
    /// The reason for the change.
    pub reason: String,
}

impl Scope<'_> {
    fn webhook(&self) -> WebhookId {
        WebhookId::of(self.workspace)
    }

    /// Sends the webhook a command.
    pub(super) async fn tell(&self, command: Command) -> Result<Answer, Refusal> {
        self.tell_one(self.webhook(), command).await
    }

    /// Sends a command to this webhook of the workspace: the one with the URL, or that of its listeners.
    pub(super) async fn tell_one(&self, webhook: WebhookId, command: Command) -> Result<Answer, Refusal> {
        Ok(self.gateway.shard.execute::<Webhook>(webhook, command, self.cause()).await?)
    }

    async fn count(&self, command: Command) -> Result<u64, Refusal> {
        match self.tell(command).await? {
            Answer::Count(count) => Ok(count),
            Answer::Done => Err(Refusal::unexpected(&Answer::Done)),
        }
    }

    /// Reads the webhook's state; what is returned is durable.
    pub(super) async fn see<V: Send + 'static>(
        &self,
        view: impl Fn(&State) -> V + Clone + Send + 'static,
    ) -> Result<V, Refusal> {
        Ok(self.gateway.shard.inspect::<Webhook, _>(self.webhook(), view).await?.value)
    }

    pub(super) fn keys(&self) -> Result<KeyRing, Refusal> {
        let (kept_in, entropy) = (self.gateway.secrets.as_ref(), &self.gateway.entropy);
        KeyRing::kept_or_first(kept_in, self.webhook(), entropy).map_err(|error| Refusal::fault(&error))
    }
}

/// Returns the settings and the current condition.
pub async fn show(scope: Scope<'_>) -> Result<OutboundView, Refusal> {
    scope.see(OutboundView::of).await
}

/// Changes the settings that are given, all of them or none.
pub async fn change(scope: Scope<'_>, change: Change) -> Result<OutboundView, Refusal> {
    let Change { url, enabled, aggregation, backlog, reason } = change;
    fields::reason(&reason)?;
    let given = |url: Option<String>| url.filter(|url| !url.trim().is_empty());
    let checked = |url: String| receiver_url::checked(scope.gateway, &url);
    let url = url.map(|url| given(url).map(checked).transpose()).transpose()?;
    if matches!(url, Some(Some(_))) {
        scope.keys()?;
    }
    let discard = backlog == Backlog::Discard;
    let (webhook, by) = (scope.webhook(), scope.by);
    scope.tell(Command::Configure(Configure { webhook, url, aggregation, enabled, discard, by, reason })).await?;
    show(scope).await
}

/// Closes all aggregation windows that are open now.
pub async fn flush(scope: Scope<'_>) -> Result<FlushedView, Refusal> {
    Ok(FlushedView { flushed: scope.count(Command::Flush { by: scope.by }).await? })
}

/// Retries the deliveries that were parked at this moment or later; all of them without `since`.
pub async fn recover(scope: Scope<'_>, since: Option<&str>) -> Result<RecoveredView, Refusal> {
    let since = since.map(str::parse::<Timestamp>).transpose();
    let since = since.map_err(|_| Refusal::invalid("since", "since must be a moment such as 2021-02-24T06:25:29Z"))?;
    let since = since.unwrap_or(Timestamp::from_ms(i64::MIN));
    Ok(RecoveredView { recovered: scope.count(Command::Recover { since, by: scope.by }).await? })
}

/// Resets the errors in a row, so that the next try is made at once.
pub async fn reset_errors(scope: Scope<'_>) -> Result<OutboundView, Refusal> {
    let by = scope.by;
    scope.tell(Command::ResetErrors { by }).await?;
    scope.tell_one(WebhookId::of_listeners(scope.workspace), Command::ResetErrors { by }).await?;
    show(scope).await
}

/// Returns the signing key in force.
pub fn secret(scope: Scope<'_>) -> Result<SecretView, Refusal> {
    Ok(secret_view(&scope.keys()?))
}

/// Creates a new key. Each earlier key also signs until a day after its replacement.
pub async fn rotate_secret(scope: Scope<'_>) -> Result<SecretView, Refusal> {
    let (kept_in, entropy) = (scope.gateway.secrets.as_ref(), &scope.gateway.entropy);
    let keys = KeyRing::rotate_kept(kept_in, scope.webhook(), entropy, wall_now()).map_err(|error| match error {
        KeysError::TooMany(too_many) => Refusal::from(too_many),
        error => Refusal::fault(&error),
    })?;
    let key_hash = secrets::digest(&keys.current().reveal());
    let (webhook, by) = (scope.webhook(), scope.by);
    scope.tell(Command::KeyRotated { webhook, key_hash, by }).await?;
    Ok(secret_view(&keys))
}

fn secret_view(keys: &KeyRing) -> SecretView {
    let until = keys.overlaps_until(wall_now());
    SecretView { secret: keys.current().reveal(), previous_valid_until: until.map(|until| until.to_string()) }
}

/// Posts a delivery once more, to where a report would go now; it does not count as owed or as an error.
pub async fn resend(scope: Scope<'_>, id: &str) -> Result<ResentView, Refusal> {
    let Found { delivery, chat, .. } = deliveries::find(scope, id).await?;
    let (webhook, _) = receiver(scope).await?;
    scope.tell_one(webhook, Command::Resend { delivery, chat, by: scope.by, erased: None }).await?;
    Ok(ResentView { delivery_id: delivery.to_string() })
}

/// Returns where a report would go now: to the URL, or, without one, to whoever listens.
async fn receiver(scope: Scope<'_>) -> Result<(WebhookId, Personal), Refusal> {
    if let Some(url) = scope.see(|state| state.url.clone()).await? {
        return Ok((scope.webhook(), url));
    }
    let listeners = WebhookId::of_listeners(scope.workspace);
    let is_open = scope.gateway.shard.inspect::<Webhook, _>(listeners, State::is_open).await?.value;
    if is_open { Ok((listeners, LISTENER.into())) } else { Err(Rejection::NoUrl.into()) }
}

/// Posts a test report, which does not count as owed or as an error. Returns the try.
pub async fn test(scope: Scope<'_>) -> Result<TryView, Refusal> {
    let (webhook, url) = receiver(scope).await?;
    let (gateway, workspace) = (scope.gateway, scope.workspace);
    let turn = gateway.poster.turn(workspace).map_err(too_many_tests)?;
    let account = scope.look(|state| state.accounts.values().next().cloned()).await?;
    let at = gateway.shard.clock().now();
    let message = gateway.entropy.message_id(at);
    let delivery = DeliveryId::of(message).to_string();
    let bundle = testing::bundle(workspace, account.as_ref(), message, at);
    let bundle = bundle.ok_or_else(|| Refusal::fault(&"no id for the chat of a test"))?;
    let body = body::json(&bundle, &gateway.base_url).map_err(|error| Refusal::fault(&error))?;
    let request = Request::signed(url.reveal().to_owned(), &delivery, wall_now(), body, &scope.keys()?);
    let number = gateway.poster.test(turn, ReportPost { webhook, made_at: Some(at), delivery, at, request }).await;
    let number = number.ok_or_else(|| Refusal::unavailable(Fault::Ours.to_string()))?;
    let tries = gateway.read(move |gateway| gateway.tries.list(gateway.shard.history(), workspace)).await?;
    let kept = tries.into_iter().find(|(kept, _)| *kept == number).map(|(_, view)| view);
    kept.ok_or_else(|| Refusal::fault(&"a try was not kept"))
}

fn too_many_tests(wait: Duration) -> Refusal {
    let seconds = wait.as_millis().div_ceil(1_000).max(1);
    Refusal::too_many_requests(u32::try_from(seconds).unwrap_or(u32::MAX))
        .hinting(format!("Tests are posted one at a time, {TESTS_PER_MINUTE} a minute"))
}
