//! A workspace's accounts: its connected numbers.

use actors::workspace::{Account, AccountCommand, Answer, Command, State};
use events::ids::AccountId;
use serde::Serialize;
use utoipa::ToSchema;

use super::fields;
use super::page::{Page, Paged};
use super::refusal::Refusal;
use super::scope::Scope;

/// Longest name of a transport, in bytes.
const TRANSPORT_BYTES_MAX: usize = 64;

/// An account as the API shows it.
#[derive(Serialize, ToSchema)]
pub struct AccountView {
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

/// A number to connect.
#[derive(Debug, Clone)]
pub struct Connect {
    /// The number, in international format.
    pub phone: String,
    /// The name that reports show as the account's owner.
    pub full_name: String,
    /// The owner's e-mail address.
    pub email: String,
    /// The name of the transport that connects it to WhatsApp.
    pub transport: String,
}

/// A change of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Holds its queue.
    Pause,
    /// Resumes its queue, after a pause or a block.
    Resume,
    /// Disconnects it: its queue is held for 24 hours; then the messages fail and are refunded.
    Disconnect,
}

/// Lists all accounts, the newest first.
pub async fn list(scope: Scope<'_>, page: Page) -> Result<Paged<AccountView>, Refusal> {
    Ok(page.of_newest_first(scope.look(AccountView::all).await?))
}

pub async fn show(scope: Scope<'_>, id: &str) -> Result<AccountView, Refusal> {
    view(scope, own(scope, id)?).await
}

pub async fn connect(scope: Scope<'_>, wanted: Connect) -> Result<AccountView, Refusal> {
    let Connect { phone, full_name, email, transport } = wanted;
    fields::line("full_name", &full_name)?;
    fields::email("email", &email)?;
    fields::bounded("transport", &transport, TRANSPORT_BYTES_MAX)?;
    let unknown = Refusal::invalid("transport", format!("There is no transport {transport:?} here"));
    let connect = scope.gateway.connection(phone, full_name, email, transport, scope.by).ok_or(unknown)?;
    match scope.ask(Command::Connect(connect)).await? {
        Answer::Connected(account) => view(scope, account).await,
        other => Err(Refusal::unexpected(&other)),
    }
}

/// Pauses, resumes or disconnects an account.
pub async fn change(scope: Scope<'_>, id: &str, change: Change, reason: String) -> Result<AccountView, Refusal> {
    fields::reason(&reason)?;
    let (account, by) = (own(scope, id)?, scope.by);
    let command = match change {
        Change::Pause => AccountCommand::Pause { by, reason },
        Change::Resume => AccountCommand::Resume { by, reason },
        Change::Disconnect => AccountCommand::Disconnect { by, reason },
    };
    scope.ask(Command::Account(account, command)).await?;
    view(scope, account).await
}

/// Parses an account id, which must belong to this workspace.
fn own(scope: Scope<'_>, id: &str) -> Result<AccountId, Refusal> {
    let account = id.parse::<AccountId>().ok().filter(|account| account.workspace() == scope.workspace);
    account.ok_or_else(not_found)
}

async fn view(scope: Scope<'_>, account: AccountId) -> Result<AccountView, Refusal> {
    let view = move |state: &State| state.accounts.get(&account).map(|found| AccountView::of(account, found));
    scope.look(view).await?.ok_or_else(not_found)
}

fn not_found() -> Refusal {
    Refusal::new("account_not_found", "WhatsApp account not found")
}
