//! A workspace's accounts: connected numbers.

use actix_web::{HttpRequest, HttpResponse, web};
use actors::workspace::{Account, AccountCommand, Answer, Command, State, Workspace};
use events::ids::{AccountId, WorkspaceId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, RequestId};
use super::error::Refused;
use super::openapi::{Email, Line, Phone, Reason};
use super::page::{self, Query};
use super::{body, fields};
use crate::gateway::Gateway;

/// A number to connect.
#[derive(Deserialize, ToSchema)]
pub(super) struct ConnectBody {
    #[schema(value_type = Phone)]
    phone: String,
    #[schema(value_type = Line)]
    full_name: String,
    #[schema(value_type = Email)]
    email: String,
    #[serde(default = "simulator")]
    #[schema(default = "simulator", pattern = "^simulator$")]
    transport: String,
}

/// Why an account is to be held, let go or ended.
#[derive(Deserialize, Default, ToSchema)]
pub(super) struct ReasonBody {
    #[serde(default)]
    #[schema(value_type = Reason)]
    reason: String,
}

fn simulator() -> String {
    "simulator".to_owned()
}

/// An account as the API shows it.
#[derive(Serialize, ToSchema)]
pub(super) struct AccountView {
    id: u64,
    phone: String,
    full_name: String,
    email: String,
    transport: String,
    #[schema(value_type = StandingView)]
    state: actors::workspace::Standing,
}

/// Whether an account may send, and if not, why not.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its description is used")]
enum StandingView {
    Connected,
    Paused,
    Blocked,
    Disconnected,
}

impl AccountView {
    fn of(id: AccountId, account: &Account) -> Self {
        Self {
            id: id.number(),
            phone: account.phone.reveal().to_owned(),
            full_name: account.full_name.reveal().to_owned(),
            email: account.email.reveal().to_owned(),
            transport: account.transport.clone(),
            state: account.standing(),
        }
    }

    fn all(state: &State) -> Vec<(u64, Self)> {
        let newest_first = state.accounts.iter().rev();
        newest_first.map(|(id, account)| (id.number(), Self::of(*id, account))).collect()
    }
}

/// Connects a number.
pub(super) async fn connect(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    id: RequestId,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let body = body::read(payload, gateway.limits).await?;
    let ConnectBody { phone, full_name, email, transport } = body::typed(&body)?;
    fields::line("full_name", &full_name)?;
    fields::email("email", &email)?;
    let unknown = Refused::invalid("transport", format!("There is no transport {transport:?} here"));
    let connect = gateway.connection(phone, full_name, email, transport, "api").ok_or(unknown)?;
    let cause = Gateway::cause("api", id.0);
    match gateway.shard.ask::<Workspace>(workspace, Command::Connect(connect), cause).await? {
        Answer::Connected(account) => Ok(HttpResponse::Created().json(one(&gateway, account).await?)),
        other => Err(Refused::fault(&format!("unexpected answer {other:?}"))),
    }
}

/// One account.
pub(super) async fn show(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Refused> {
    Ok(HttpResponse::Ok().json(one(&gateway, own(workspace, &id)?).await?))
}

/// An id that can only be of the caller's workspace.
fn own(workspace: WorkspaceId, id: &str) -> Result<AccountId, Refused> {
    let account = id.parse::<AccountId>().ok().filter(|account| account.workspace() == workspace);
    account.ok_or_else(not_found)
}

/// Holds an account's queue.
pub(super) async fn pause(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    request: RequestId,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let (by, reason) = ("api".to_owned(), reason(&gateway, payload).await?);
    carry_out(&gateway, own(workspace, &id)?, AccountCommand::Pause { by, reason }, request).await
}

/// Lets an account's queue go on, whether it was paused or blocked.
pub(super) async fn resume(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    request: RequestId,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let (by, reason) = ("api".to_owned(), reason(&gateway, payload).await?);
    carry_out(&gateway, own(workspace, &id)?, AccountCommand::Resume { by, reason }, request).await
}

/// Ends an account's connection: its queue is held for 24 hours, then failed and refunded.
pub(super) async fn disconnect(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    request: RequestId,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let (by, reason) = ("api".to_owned(), reason(&gateway, payload).await?);
    carry_out(&gateway, own(workspace, &id)?, AccountCommand::Disconnect { by, reason }, request).await
}

/// Why: a body may say, and may be left out.
async fn reason(gateway: &Gateway, payload: web::Payload) -> Result<String, Refused> {
    let body = body::read(payload, gateway.limits).await?;
    let ReasonBody { reason } = if body.is_empty() { ReasonBody::default() } else { body::typed(&body)? };
    fields::reason(&reason)?;
    Ok(reason)
}

async fn carry_out(
    gateway: &Gateway,
    account: AccountId,
    command: AccountCommand,
    request: RequestId,
) -> Result<HttpResponse, Refused> {
    let command = Command::Account(account, command);
    gateway.shard.ask::<Workspace>(account.workspace(), command, Gateway::cause("api", request.0)).await?;
    Ok(HttpResponse::Ok().json(one(gateway, account).await?))
}

/// All accounts, the newest first.
pub(super) async fn list(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let query = Query::of(&request)?.page()?;
    let rows = gateway.shard.look::<Workspace, _>(workspace, AccountView::all).await?.value;
    Ok(page::answer(page::within(rows, query), query))
}

async fn one(gateway: &Gateway, account: AccountId) -> Result<AccountView, Refused> {
    let view = move |state: &State| state.accounts.get(&account).map(|found| AccountView::of(account, found));
    gateway.shard.look::<Workspace, _>(account.workspace(), view).await?.value.ok_or_else(not_found)
}

fn not_found() -> Refused {
    Refused::not_found("account_not_found", "WhatsApp account not found")
}
