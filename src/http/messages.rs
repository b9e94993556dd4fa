//! Messages as the log tells them.

use actix_web::{HttpRequest, HttpResponse, web};
use actors::account::{Account, Command};
use actors::workspace::{State, Workspace};
use events::account::SettledAs;
use events::ids::{AccountId, MessageId, WorkspaceId};
use events::index::Series;
use events::log::ReadError;
use events::reading;
use events::record::Position;
use events::who::Who;
use serde::Deserialize;
use utoipa::ToSchema;

use super::call::Call;
use super::caller::{Caller, RequestId};
use super::error::Refused;
use super::submit::{self, Outcome, Sender};
pub(super) use super::told::{MessageView, Told};
use super::{body, chats, fields};
use crate::gateway::Gateway;

/// A message has few events: tries are bounded, deferrals are not.
pub(super) const EVENTS_MAX: usize = 10_000;

/// The numbers of a workspace's accounts.
pub(super) type Phones = Vec<(AccountId, String)>;

/// The numbers of a workspace's accounts, once all that is sequenced now is durable.
pub(super) async fn phones(gateway: &Gateway, workspace: WorkspaceId) -> Result<Phones, Refused> {
    let phones = |state: &State| {
        state.accounts.iter().map(|(id, account)| (*id, account.phone.reveal().to_owned())).collect::<Phones>()
    };
    Ok(gateway.shard.look::<Workspace, _>(workspace, phones).await?.value)
}

/// A message's story up to `to`, if it is known.
pub(super) fn tell(gateway: &Gateway, message: MessageId, to: Position) -> Result<Option<Told>, ReadError> {
    let positions = gateway.shard.index().positions(Series::Message(message), 1, to, EVENTS_MAX)?;
    let mut told = None;
    reading::visit(gateway.shard.log().as_ref(), &positions, |_, record, event| {
        told = Told::fold(told.take(), record, event);
    })?;
    Ok(told)
}

pub(super) async fn find(gateway: &web::Data<Gateway>, workspace: WorkspaceId, id: &str) -> Result<Told, Refused> {
    let not_found = || Refused::not_found("message_not_found", "Message not found");
    let message: MessageId = id.parse().map_err(|_| not_found())?;
    let to = gateway.shard.watermark().settled().await;
    let told = gateway.read(move |gateway| tell(gateway, message, to)).await?;
    told.filter(|told| told.workspace == workspace).ok_or_else(not_found)
}

/// One message.
pub(super) async fn show(
    gateway: web::Data<Gateway>,
    Caller { workspace, .. }: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Refused> {
    shown(&gateway, workspace, &id).await
}

async fn shown(gateway: &web::Data<Gateway>, workspace: WorkspaceId, id: &str) -> Result<HttpResponse, Refused> {
    let phones = phones(gateway, workspace).await?;
    Ok(HttpResponse::Ok().json(find(gateway, workspace, id).await?.view(&phones)))
}

/// Sends a message to whom the body says.
pub(super) async fn send(
    gateway: web::Data<Gateway>,
    Caller { workspace, key }: Caller,
    id: RequestId,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    submit(gateway, Sender { id, workspace, by: Who::Key(key), token_hash: None, chat: None }, request, payload).await
}

/// Sends a message to the chat that the path names.
pub(super) async fn send_to_chat(
    gateway: web::Data<Gateway>,
    Caller { workspace, key }: Caller,
    id: RequestId,
    chat: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let chat = chats::find(&gateway, workspace, &chat)?;
    submit(gateway, Sender { id, workspace, by: Who::Key(key), token_hash: None, chat: Some(chat) }, request, payload)
        .await
}

async fn submit(
    gateway: web::Data<Gateway>,
    sender: Sender,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let body = body::read(payload, gateway.limits).await?;
    match submit::submit(&gateway, sender, request.headers(), &body, &mut Vec::new()).await? {
        Outcome::Verdict(verdict) => Ok(submit::verdict(&verdict)),
        Outcome::Accepted(accepted) => {
            let mut answer = HttpResponse::Created();
            submit::dress(&mut answer, &gateway, &accepted);
            let phones = phones(&gateway, sender.workspace).await?;
            let told = find(&gateway, sender.workspace, &accepted.message.to_string()).await?;
            Ok(answer.json(told.view(&phones)))
        }
    }
}

/// Somebody's word on what became of a message.
#[derive(Deserialize, ToSchema)]
pub(super) struct SettleBody {
    r#as: As,
    #[serde(default)]
    #[schema(max_length = 1000)]
    reason: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum As {
    Sent,
    Failed,
}

/// Settles an uncertain message by somebody's word.
pub(super) async fn settle(mut call: Call, id: web::Path<String>) -> Result<HttpResponse, Refused> {
    let SettleBody { r#as, reason } = call.body().await?;
    fields::reason(&reason)?;
    let told = find(&call.gateway, call.workspace, &id).await?;
    let settled_as = match r#as {
        As::Sent => SettledAs::Sent,
        As::Failed => SettledAs::Failed,
    };
    let command = Command::Settle { message: told.id, settled_as, by: call.by, reason, reporting: None };
    call.gateway.shard.ask::<Account>(told.account, command, call.cause()).await?;
    shown(&call.gateway, call.workspace, &id).await
}
