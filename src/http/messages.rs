//! Messages as the log tells them.

use actix_web::{HttpResponse, web};
use actors::account::{Account, Command};
use actors::workspace::{State, Workspace};
use events::account::SettledAs;
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId, WorkspaceId};
use events::index::Series;
use events::log::ReadError;
use events::reading;
use events::record::{Position, Record};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body;
use super::caller::{Caller, RequestId};
use super::error::Refused;
use crate::codes;
use crate::gateway::Gateway;

/// A message has few events: tries are bounded, deferrals are not.
const EVENTS_MAX: usize = 10_000;
const REASON_CHARS_MAX: usize = 1_000;

/// How far a message got; later ones are further, but for failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MessageState {
    Queued,
    Sending,
    Uncertain,
    Sent,
    Failed,
    Delivered,
    Read,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
struct FailureView {
    code: String,
    message: String,
}

/// A message, folded from its events.
#[derive(Debug, Clone)]
pub(super) struct Told {
    id: MessageId,
    pub(super) workspace: WorkspaceId,
    account: AccountId,
    chat: ChatId,
    text: String,
    queued_at: String,
    state: MessageState,
    sent_at: Option<String>,
    failure: Option<FailureView>,
}

/// A message as the API shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MessageView {
    message_id: String,
    chat_id: String,
    account: String,
    direction: &'static str,
    state: MessageState,
    text: String,
    #[schema(value_type = Option<Object>)]
    file: Option<()>,
    queued_at: String,
    sent_at: Option<String>,
    failure: Option<FailureView>,
}

impl Told {
    fn fold(told: Option<Self>, record: &Record, event: &Event) -> Option<Self> {
        if let Event::MessageQueued(e) = event {
            return Some(Self {
                id: e.message,
                workspace: e.workspace,
                account: e.account,
                chat: e.chat,
                text: e.text.reveal().to_owned(),
                queued_at: record.recorded_at.to_string(),
                state: MessageState::Queued,
                sent_at: None,
                failure: None,
            });
        }
        let mut told = told?;
        told.apply(event);
        Some(told)
    }

    fn apply(&mut self, event: &Event) {
        let received = matches!(self.state, MessageState::Delivered | MessageState::Read);
        match event {
            Event::SendStarted(_) if !received => self.state = MessageState::Sending,
            Event::SendDeferred(_) if !received => self.state = MessageState::Queued,
            Event::SendUncertain(_) if !received => self.state = MessageState::Uncertain,
            Event::MessageSent(e) => self.sent(e.at.to_string(), received),
            Event::MessageFailed(e) => self.failed(&e.code, received),
            Event::MessageSettled(e) => match e.settled_as {
                SettledAs::Sent => self.sent(e.at.to_string(), received),
                SettledAs::Failed => self.failed("settled_as_failed", received),
            },
            Event::MessageDelivered(_) if self.state != MessageState::Read => self.state = MessageState::Delivered,
            Event::MessageRead(_) => self.state = MessageState::Read,
            _ => {}
        }
    }

    fn sent(&mut self, at: String, received: bool) {
        self.sent_at = Some(at);
        if !received {
            self.state = MessageState::Sent;
        }
    }

    fn failed(&mut self, code: &str, received: bool) {
        self.failure = Some(FailureView { code: code.to_owned(), message: explain(code).to_owned() });
        if !received {
            self.state = MessageState::Failed;
        }
    }

    pub(super) fn view(self, phones: &Phones) -> MessageView {
        let phone = phones.iter().find(|(account, _)| *account == self.account);
        MessageView {
            message_id: self.id.to_string(),
            chat_id: self.chat.to_string(),
            account: phone.map(|(_, phone)| phone.clone()).unwrap_or_default(),
            direction: "sent",
            state: self.state,
            text: self.text,
            file: None,
            queued_at: self.queued_at,
            sent_at: self.sent_at,
            failure: self.failure,
        }
    }
}

fn explain(code: &str) -> &'static str {
    codes::find(code).map_or("It could not be sent", |code| code.message)
}

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

async fn find(gateway: &web::Data<Gateway>, workspace: WorkspaceId, id: &str) -> Result<Told, Refused> {
    let not_found = || Refused::not_found("message_not_found", "Message not found");
    let message: MessageId = id.parse().map_err(|_| not_found())?;
    let to = gateway.shard.watermark().settled().await;
    let told = gateway.read(move |gateway| tell(gateway, message, to)).await?;
    told.filter(|told| told.workspace == workspace).ok_or_else(not_found)
}

/// One message.
pub(super) async fn show(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Refused> {
    let phones = phones(&gateway, workspace).await?;
    Ok(HttpResponse::Ok().json(find(&gateway, workspace, &id).await?.view(&phones)))
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
pub(super) async fn settle(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    request: RequestId,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let body = body::read(payload, gateway.limits).await?;
    let SettleBody { r#as, reason } = body::typed(&body)?;
    if reason.chars().count() > REASON_CHARS_MAX {
        return Err(Refused::invalid("reason", format!("reason has more than {REASON_CHARS_MAX} characters")));
    }
    let told = find(&gateway, workspace, &id).await?;
    let settled_as = match r#as {
        As::Sent => SettledAs::Sent,
        As::Failed => SettledAs::Failed,
    };
    let command = Command::Settle { message: told.id, settled_as, by: "api".to_owned(), reason };
    gateway.shard.ask::<Account>(told.account, command, Gateway::cause("api", request.0)).await?;
    show(gateway, Caller(workspace), id).await
}
