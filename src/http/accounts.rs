//! A workspace's accounts: connected numbers.

use actix_web::{HttpRequest, HttpResponse, web};
use actors::workspace::{Account, Answer, Command, State, Workspace};
use events::ids::AccountId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body;
use super::caller::{Caller, RequestId};
use super::error::Refused;
use super::page::{self, Query};
use crate::gateway::Gateway;

const TEXT_CHARS_MAX: usize = 1_000;

/// A number to connect.
#[derive(Deserialize, ToSchema)]
pub(super) struct ConnectBody {
    #[schema(pattern = r"^\+?[1-9][0-9]{6,14}$", example = "+12025550100")]
    phone: String,
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    full_name: String,
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    email: String,
    #[serde(default = "simulator")]
    #[schema(default = "simulator", pattern = "^simulator$")]
    transport: String,
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
    #[schema(value_type = String)]
    state: actors::workspace::Standing,
}

impl AccountView {
    fn of(id: AccountId, account: &Account) -> Self {
        Self {
            id: id.number(),
            phone: account.phone.reveal().to_owned(),
            full_name: account.full_name.reveal().to_owned(),
            email: account.email.reveal().to_owned(),
            transport: account.transport.clone(),
            state: account.standing,
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
    body::bounded("full_name", &full_name, TEXT_CHARS_MAX)?;
    body::bounded("email", &email, TEXT_CHARS_MAX)?;
    let unknown = Refused::invalid("transport", format!("There is no transport {transport:?} here"));
    let connect = gateway.connection(phone, full_name, email, transport).ok_or(unknown)?;
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
    let account = id.parse::<AccountId>().ok().filter(|account| account.workspace() == workspace);
    Ok(HttpResponse::Ok().json(one(&gateway, account.ok_or_else(not_found)?).await?))
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
