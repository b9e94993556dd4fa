//! The operator's workspaces: lists and creates them, and grants credits.

use actors::runtime::shard::CommandError;
use actors::workspace::{Answer, Command, Create, Grant, Rejection, State, Workspace};
use events::ids::WorkspaceId;
use events::index::IndexKey;
use events::record::Cause;
use events::who::Who;
use serde::Serialize;
use utoipa::ToSchema;

use super::fields;
use super::page::{Page, Paged};
use super::refusal::Refusal;
use super::settings::OwnerView;
use super::vault_room;
use crate::gateway::Gateway;
use crate::secrets;

/// How often to try the next number, if other workspaces are created at the same time and take it.
const ATTEMPTS: u32 = 16;

/// A new workspace with its secrets.
pub struct Created {
    pub workspace: WorkspaceId,
    pub api_key: String,
    pub inbound_url: String,
}

/// The particulars of a new workspace.
pub struct Wanted {
    pub name: String,
    pub owner_name: String,
    /// The owner's e-mail address.
    pub owner_email: String,
    /// The owner's language, as a language tag.
    pub language: String,
    /// Initial credits.
    pub credits: u64,
}

/// Creates a workspace with a key and a secret URL, as the operator.
pub async fn create(gateway: &Gateway, wanted: Wanted, command: u64) -> Result<Created, Refusal> {
    fields::line("name", &wanted.name)?;
    fields::line("full_name", &wanted.owner_name)?;
    fields::email("email", &wanted.owner_email)?;
    fields::language(&wanted.language)?;
    for _ in 0..ATTEMPTS {
        let before: Option<u64> = gateway.shard.index().find(&IndexKey::Workspaces)?;
        let workspace = WorkspaceId::nth(before.unwrap_or(0));
        let (api_key, token) = (gateway.entropy.workspace_key(workspace), gateway.entropy.inbound_token(workspace));
        let token_hash = secrets::digest(&token);
        let name = secrets::inbound_name(&token_hash);
        gateway.secrets.keep(&name, token.as_bytes()).map_err(|error| Refusal::fault(&error))?;
        let create = Create {
            workspace,
            name: wanted.name.clone(),
            owner_name: wanted.owner_name.clone(),
            owner_email: wanted.owner_email.clone(),
            language: wanted.language.clone(),
            credits: wanted.credits,
            key_hash: secrets::digest(&api_key),
            token_hash,
            room: None,
        };
        let cause = Cause::request(Who::Operator, command, None);
        match vault_room::patiently(&gateway.shard, workspace, Command::Create(create), cause).await {
            Err(CommandError::Rejected(Rejection::WorkspaceExists)) => {
                gateway.secrets.remove(&name).map_err(|error| Refusal::fault(&error))?;
            }
            Err(error) => return Err(error.into()),
            Ok(_) => {
                let inbound_url = format!("{}/in/{token}", gateway.base_url);
                return Ok(Created { workspace, api_key, inbound_url });
            }
        }
    }
    Err(Refusal::overloaded())
}

/// A workspace as the operator sees it.
#[derive(Serialize, ToSchema)]
pub struct WorkspaceRow {
    workspace_id: u64,
    name: String,
    owner: OwnerView,
    balance: u64,
    accounts: usize,
    inbound_enabled: bool,
}

impl WorkspaceRow {
    fn of(workspace: WorkspaceId, state: &State) -> Self {
        Self {
            workspace_id: workspace.number(),
            name: state.name.reveal().to_owned(),
            owner: OwnerView::of(state),
            balance: state.balance,
            accounts: state.accounts.len(),
            inbound_enabled: !state.inbound_disabled,
        }
    }
}

/// Lists all workspaces, the newest first.
pub async fn list(gateway: &Gateway, page: Page) -> Result<Paged<WorkspaceRow>, Refusal> {
    let first = WorkspaceId::nth(0).number();
    let end = WorkspaceId::nth(count(gateway)?).number();
    let mut rows = Vec::new();
    for number in page.numbers(first, end.saturating_sub(1)) {
        rows.push((number, view(gateway, WorkspaceId::nth(number.saturating_sub(first))).await?));
    }
    Ok(Paged::cut(rows, page))
}

/// Returns the number of workspaces: they are numbered without gaps.
fn count(gateway: &Gateway) -> Result<u64, Refusal> {
    let count: Option<u64> = gateway.shard.index().find(&IndexKey::Workspaces)?;
    Ok(count.unwrap_or(0))
}

async fn view(gateway: &Gateway, workspace: WorkspaceId) -> Result<WorkspaceRow, Refusal> {
    let row = move |state: &State| WorkspaceRow::of(workspace, state);
    Ok(gateway.shard.inspect::<Workspace, _>(workspace, row).await?.value)
}

pub async fn show(gateway: &Gateway, workspace: &str) -> Result<WorkspaceRow, Refusal> {
    let workspace: WorkspaceId = workspace.parse().map_err(|_| Rejection::UnknownWorkspace)?;
    if workspace < WorkspaceId::nth(0) || workspace.ordinal() >= count(gateway)? {
        return Err(Rejection::UnknownWorkspace.into());
    }
    view(gateway, workspace).await
}

/// Grants credits as the operator. Returns the new balance.
pub async fn grant(
    gateway: &Gateway,
    workspace: &str,
    amount: u64,
    reason: String,
    command: u64,
) -> Result<u64, Refusal> {
    fields::line("reason", &reason)?;
    let workspace: WorkspaceId = workspace.parse().map_err(|_| Rejection::UnknownWorkspace)?;
    let grant = Command::Grant(Grant { amount, reason, by: Who::Operator });
    match gateway.shard.execute::<Workspace>(workspace, grant, Cause::request(Who::Operator, command, None)).await? {
        Answer::Balance(balance) => Ok(balance),
        other => Err(Refusal::unexpected(&other)),
    }
}
