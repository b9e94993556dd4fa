//! A workspace's accounts: connected numbers.

use actix_web::{HttpResponse, web};
use actors::workspace::{Account, AccountCommand, Answer, Command, State};
use events::ids::AccountId;
use events::who::Who;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::Call;
use super::error::Refused;
use super::openapi::{Email, Line, Phone, Reason};
use super::{body, fields, page};

/// Longest name of a transport, in bytes.
const TRANSPORT_BYTES_MAX: usize = 64;

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
pub(super) async fn connect(mut call: Call) -> Result<HttpResponse, Refused> {
    let ConnectBody { phone, full_name, email, transport } = call.body().await?;
    fields::line("full_name", &full_name)?;
    fields::email("email", &email)?;
    body::bounded("transport", &transport, TRANSPORT_BYTES_MAX)?;
    let unknown = Refused::invalid("transport", format!("There is no transport {transport:?} here"));
    let connect = call.gateway.connection(phone, full_name, email, transport, call.by).ok_or(unknown)?;
    match call.ask(Command::Connect(connect)).await? {
        Answer::Connected(account) => Ok(HttpResponse::Created().json(one(&call, account).await?)),
        other => Err(Refused::unexpected(&other)),
    }
}

/// All accounts, the newest first.
pub(super) async fn list(call: Call) -> Result<HttpResponse, Refused> {
    let query = call.page()?;
    Ok(page::answer(page::within(call.look(AccountView::all).await?, query), query))
}

/// One account.
pub(super) async fn show(call: Call, id: web::Path<String>) -> Result<HttpResponse, Refused> {
    Ok(HttpResponse::Ok().json(one(&call, own(&call, &id)?).await?))
}

/// Holds an account's queue.
pub(super) async fn pause(call: Call, id: web::Path<String>) -> Result<HttpResponse, Refused> {
    carry_out(call, &id, |by, reason| AccountCommand::Pause { by, reason }).await
}

/// Lets an account's queue go on, whether it was paused or blocked.
pub(super) async fn resume(call: Call, id: web::Path<String>) -> Result<HttpResponse, Refused> {
    carry_out(call, &id, |by, reason| AccountCommand::Resume { by, reason }).await
}

/// Ends an account's connection: its queue is held for 24 hours, then failed and refunded.
pub(super) async fn disconnect(call: Call, id: web::Path<String>) -> Result<HttpResponse, Refused> {
    carry_out(call, &id, |by, reason| AccountCommand::Disconnect { by, reason }).await
}

async fn carry_out(
    mut call: Call,
    id: &str,
    command: impl FnOnce(Who, String) -> AccountCommand,
) -> Result<HttpResponse, Refused> {
    let ReasonBody { reason } = call.body_if_any().await?;
    fields::reason(&reason)?;
    let account = own(&call, id)?;
    call.ask(Command::Account(account, command(call.by, reason))).await?;
    Ok(HttpResponse::Ok().json(one(&call, account).await?))
}

/// An id that can only be of the caller's workspace.
fn own(call: &Call, id: &str) -> Result<AccountId, Refused> {
    let account = id.parse::<AccountId>().ok().filter(|account| account.workspace() == call.workspace);
    account.ok_or_else(not_found)
}

async fn one(call: &Call, account: AccountId) -> Result<AccountView, Refused> {
    let view = move |state: &State| state.accounts.get(&account).map(|found| AccountView::of(account, found));
    call.look(view).await?.ok_or_else(not_found)
}

fn not_found() -> Refused {
    Refused::not_found("account_not_found", "WhatsApp account not found")
}
