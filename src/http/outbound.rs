//! The outbound webhook: settings and switches, and what its owner can do about deliveries.

mod url;

use std::time::Duration;

use actix_web::{HttpResponse, web};
use actors::runtime::clock::wall_now;
use actors::webhook::{Answer, Command, Configure, State, Webhook};
use events::ids::{ChatId, DeliveryId, WebhookId};
use events::personal::Digest;
use events::time::Timestamp;
use events::webhook::Aggregation;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::call::Call;
use super::error::Refused;
use super::fields;
use super::openapi::{Moment, Reason};
use crate::gateway::Gateway;
use crate::outbound::{Fault, KeyRing, KeysError, Request, TESTS_PER_MINUTE, body, rebuild, testing};
use crate::recent::mask;
use crate::secrets;

/// The outbound webhook as its owner sees it.
#[derive(Serialize, ToSchema)]
pub(super) struct OutboundView {
    /// Where reports go; null: nowhere, and what is said is not owed.
    #[schema(format = "uri", example = "https://crm.example/hooks/whatsapp")]
    url: Option<String>,
    enabled: bool,
    #[schema(value_type = String, example = "none")]
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

/// What becomes of the deliveries owed when the webhook is switched on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Backlog {
    /// They are sent.
    #[default]
    Send,
    /// They are given up.
    Discard,
}

/// The settings to change.
#[derive(Deserialize, ToSchema)]
pub(super) struct OutboundBody {
    /// Absolute, http or https; null or empty: nowhere. The first URL switches the webhook on, unless told otherwise.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, example = "https://crm.example/hooks/whatsapp")]
    #[expect(clippy::option_option, reason = "null says something else than silence")]
    url: Option<Option<String>>,
    enabled: Option<bool>,
    #[schema(value_type = Option<String>, example = "6h")]
    aggregation: Option<Aggregation>,
    /// Counts together with `"enabled": true`.
    #[serde(default)]
    backlog: Backlog,
    #[serde(default)]
    #[schema(value_type = Reason)]
    reason: String,
}

/// Keeps `null` apart from what is not there.
#[expect(clippy::option_option, reason = "the same")]
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What was parked at this moment or later is tried again.
#[derive(Deserialize, Default, ToSchema)]
pub(super) struct RecoverBody {
    #[schema(value_type = Option<Moment>)]
    since: Option<String>,
}

/// A number of windows or deliveries.
#[derive(Serialize, ToSchema)]
pub(super) struct FlushedView {
    /// Chats whose gathered messages go out now.
    flushed: u64,
}

/// How many deliveries are tried again.
#[derive(Serialize, ToSchema)]
pub(super) struct RecoveredView {
    recovered: u64,
}

/// What requests are signed with.
#[derive(Serialize, ToSchema)]
pub(super) struct SecretView {
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: String,
    /// Until then requests carry more than one signature: each key before signs for a day after it was replaced.
    #[schema(value_type = Option<Moment>)]
    previous_valid_until: Option<String>,
}

/// A delivery that is posted once more.
#[derive(Serialize, ToSchema)]
pub(super) struct ResentView {
    #[schema(example = "dlv_9FCC85FE99662E46")]
    delivery_id: String,
}

impl Call {
    fn webhook(&self) -> WebhookId {
        WebhookId::of(self.workspace)
    }

    /// A delivery of the caller's workspace, with its conversation.
    pub(super) async fn delivery(&self, id: &str) -> Result<(DeliveryId, ChatId), Refused> {
        let unknown = || Refused::not_found("delivery_not_found", "Delivery not found");
        let delivery: DeliveryId = id.parse().map_err(|_| unknown())?;
        let read = move |gateway: &Gateway| rebuild(gateway.shard.log().as_ref(), gateway.shard.index(), delivery);
        let found = self.gateway.read(read).await?;
        let (flushed, _) = found.filter(|(flushed, _)| flushed.workspace == self.workspace).ok_or_else(unknown)?;
        Ok((delivery, flushed.chat))
    }

    pub(super) async fn tell(&self, command: Command) -> Result<Answer, Refused> {
        Ok(self.gateway.shard.ask::<Webhook>(self.webhook(), command, self.cause()).await?)
    }

    async fn count(&self, command: Command) -> Result<u64, Refused> {
        match self.tell(command).await? {
            Answer::Count(count) => Ok(count),
            Answer::Done => Err(Refused::fault(&"a webhook did not say how many")),
        }
    }

    pub(super) async fn see<V: Send + 'static>(
        &self,
        view: impl Fn(&State) -> V + Clone + Send + 'static,
    ) -> Result<V, Refused> {
        Ok(self.gateway.shard.look::<Webhook, _>(self.webhook(), view).await?.value)
    }

    async fn shown(&self) -> Result<HttpResponse, Refused> {
        Ok(HttpResponse::Ok().json(self.see(OutboundView::of).await?))
    }

    fn keys(&self) -> Result<KeyRing, Refused> {
        let (log, chance) = (self.gateway.shard.log().as_ref(), &self.gateway.chance);
        KeyRing::kept_or_first(log, self.webhook(), chance).map_err(|error| Refused::fault(&error))
    }
}

/// The settings and how it goes.
pub(super) async fn show(call: Call) -> Result<HttpResponse, Refused> {
    call.shown().await
}

/// Changes what is named, all of it or nothing.
pub(super) async fn change(mut call: Call) -> Result<HttpResponse, Refused> {
    let OutboundBody { url, enabled, aggregation, backlog, reason } = call.body().await?;
    fields::reason(&reason)?;
    let gateway = &call.gateway;
    let url = url
        .map(|url| url.filter(|url| !url.trim().is_empty()).map(|url| url::checked(gateway, &url)).transpose())
        .transpose()?;
    if matches!(url, Some(Some(_))) {
        call.keys()?;
    }
    let discard = backlog == Backlog::Discard;
    let (webhook, by) = (call.webhook(), call.by);
    call.tell(Command::Configure(Configure { webhook, url, aggregation, enabled, discard, by, reason })).await?;
    call.shown().await
}

/// Closes all windows that are open now.
pub(super) async fn flush(call: Call) -> Result<HttpResponse, Refused> {
    let flushed = call.count(Command::Flush { by: call.by }).await?;
    Ok(HttpResponse::Ok().json(FlushedView { flushed }))
}

/// Tries again what was parked.
pub(super) async fn recover(mut call: Call) -> Result<HttpResponse, Refused> {
    let RecoverBody { since } = call.body_if_any().await?;
    let since = since.map(|since| since.parse::<Timestamp>()).transpose();
    let since = since.map_err(|_| Refused::invalid("since", "since must be a moment such as 2021-02-24T06:25:29Z"))?;
    let since = since.unwrap_or(Timestamp::from_ms(i64::MIN));
    let recovered = call.count(Command::Recover { since, by: call.by }).await?;
    Ok(HttpResponse::Ok().json(RecoveredView { recovered }))
}

/// Forgets the errors in a row, so that the next try is made at once.
pub(super) async fn reset_errors(call: Call) -> Result<HttpResponse, Refused> {
    call.tell(Command::ResetErrors { by: call.by }).await?;
    call.shown().await
}

/// The key in force.
pub(super) async fn secret(call: Call) -> Result<HttpResponse, Refused> {
    let keys = call.keys()?;
    Ok(HttpResponse::Ok().json(secret_view(&keys)))
}

/// Makes a new key; each one before it signs too until its day is over.
pub(super) async fn rotate_secret(call: Call) -> Result<HttpResponse, Refused> {
    let (log, chance) = (call.gateway.shard.log().as_ref(), &call.gateway.chance);
    let keys = KeyRing::rotate_kept(log, call.webhook(), chance, wall_now()).map_err(|error| match error {
        KeysError::TooMany(too_many) => Refused::from(too_many),
        error => Refused::fault(&error),
    })?;
    let Digest(key_hash) = secrets::digest(&keys.current().reveal());
    let (webhook, by) = (call.webhook(), call.by);
    call.tell(Command::KeyRotated { webhook, key_hash: Digest(key_hash), by }).await?;
    Ok(HttpResponse::Ok().json(secret_view(&keys)))
}

fn secret_view(keys: &KeyRing) -> SecretView {
    let until = keys.overlaps_until(wall_now());
    SecretView { secret: keys.current().reveal(), previous_valid_until: until.map(|until| until.to_string()) }
}

/// Posts a delivery once more, outside all counts.
pub(super) async fn resend(call: Call, path: web::Path<String>) -> Result<HttpResponse, Refused> {
    let (delivery, chat) = call.delivery(&path).await?;
    call.tell(Command::Resend { delivery, chat, by: call.by }).await?;
    Ok(HttpResponse::Accepted().json(ResentView { delivery_id: delivery.to_string() }))
}

/// Posts a report that nobody is owed, outside all counts; answers with the try.
pub(super) async fn test(call: Call) -> Result<HttpResponse, Refused> {
    let url = call.see(|state| state.url.clone()).await?.ok_or(actors::webhook::Rejection::NoUrl)?;
    let turn = call.gateway.trying.turn(call.workspace).map_err(too_many_tests)?;
    let account = call.look(|state| state.accounts.values().next().cloned()).await?;
    let at = call.gateway.shard.clock().now();
    let message = call.gateway.chance.message_id(at);
    let delivery = DeliveryId::of(message).to_string();
    let bundle = testing::bundle(call.workspace, account.as_ref(), message, at);
    let bundle = bundle.ok_or_else(|| Refused::fault(&"no id for the chat of a test"))?;
    let body = body::json(&bundle, &call.gateway.base_url).map_err(|error| Refused::fault(&error))?;
    let request = Request::signed(url.reveal().to_owned(), &delivery, wall_now(), body, &call.keys()?);
    let number = call.gateway.trying.test(turn, call.workspace, delivery, at, request).await;
    let number = number.ok_or_else(|| Refused::unavailable(Fault::Ours.to_string()))?;
    let workspace = call.workspace;
    let tries = call.gateway.read(move |gateway| gateway.tries.list(gateway.shard.log().as_ref(), workspace)).await?;
    let kept = tries.into_iter().find(|(kept, _)| *kept == number).map(|(_, view)| view);
    Ok(HttpResponse::Ok().json(kept.ok_or_else(|| Refused::fault(&"a try was not kept"))?))
}

fn too_many_tests(wait: Duration) -> Refused {
    let seconds = wait.as_millis().div_ceil(1_000).max(1);
    Refused::too_many_requests(u32::try_from(seconds).unwrap_or(u32::MAX))
        .hinting(format!("Tests are posted one at a time, {TESTS_PER_MINUTE} a minute"))
}
