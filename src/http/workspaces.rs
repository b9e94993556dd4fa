//! The operator's workspaces: created, given credits.

use actix_web::{HttpRequest, HttpResponse, web};
use actors::runtime::shard::AskError;
use actors::workspace::{Answer, Command, Create, Grant, Rejection, State, Workspace};
use events::ids::WorkspaceId;
use events::index::Lookup;
use events::record::Cause;
use events::who::Who;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::caller::{Operator, RequestId};
use super::error::Refused;
use super::openapi::{Email, Language, Line};
use super::page::{self, PageQuery, Query};
use super::workspace::OwnerView;
use super::{body, fields};
use crate::gateway::Gateway;
use crate::secrets;

/// Two workspaces that are created at once may want one number; then the next is tried.
const ATTEMPTS: u32 = 16;

/// A workspace to create.
#[derive(Deserialize, ToSchema)]
pub(super) struct CreateBody {
    #[schema(value_type = Line)]
    name: String,
    owner: OwnerBody,
    #[serde(default, deserialize_with = "body::whole")]
    #[schema(maximum = 9_007_199_254_740_991_u64)]
    credits: u64,
}

/// Its owner.
#[derive(Deserialize, ToSchema)]
struct OwnerBody {
    #[schema(value_type = Line)]
    full_name: String,
    #[schema(value_type = Email)]
    email: String,
    #[serde(default = "english")]
    #[schema(value_type = Language)]
    language: String,
}

/// Credits to grant.
#[derive(Deserialize, ToSchema)]
pub(super) struct GrantBody {
    #[serde(deserialize_with = "body::whole")]
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    amount: u64,
    #[schema(value_type = Line)]
    reason: String,
}

fn english() -> String {
    "en".to_owned()
}

/// A new workspace with its keys.
pub struct Created {
    /// Its number.
    pub workspace: WorkspaceId,
    /// Its first API key, shown only now.
    pub api_key: String,
    /// Its secret URL.
    pub inbound_url: String,
}

/// What a new workspace is to be.
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// The owner's full name.
    pub owner_name: String,
    /// The owner's address.
    pub owner_email: String,
    /// The owner's language.
    pub language: String,
    /// Credits to begin with.
    pub credits: u64,
}

/// Makes a workspace with a key and a secret URL.
pub async fn make(gateway: &Gateway, wanted: Wanted, command: u64) -> Result<Created, Refused> {
    let (api_key, token) = (gateway.chance.workspace_key(), gateway.chance.inbound_token());
    let token_hash = secrets::digest(&token);
    let kept = gateway.shard.log().keep_secret(&secrets::inbound_name(&token_hash), token.as_bytes());
    kept.map_err(|error| Refused::fault(&error))?;
    for _ in 0..ATTEMPTS {
        let before: Option<u64> = gateway.shard.index().find(&Lookup::Workspaces)?;
        let workspace = WorkspaceId::nth(before.unwrap_or(0));
        let create = Create {
            workspace,
            name: wanted.name.clone(),
            owner_name: wanted.owner_name.clone(),
            owner_email: wanted.owner_email.clone(),
            language: wanted.language.clone(),
            credits: wanted.credits,
            key_hash: secrets::digest(&api_key),
            token_hash,
        };
        let cause = Cause::request(Who::Operator, command, None);
        match gateway.shard.ask::<Workspace>(workspace, Command::Create(create), cause).await {
            Err(AskError::Rejected(Rejection::WorkspaceExists)) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => {
                let inbound_url = format!("{}/in/{token}", gateway.base_url);
                return Ok(Created { workspace, api_key, inbound_url });
            }
        }
    }
    Err(Refused::overloaded())
}

/// Creates a workspace.
pub(super) async fn create(
    gateway: web::Data<Gateway>,
    _: Operator,
    id: RequestId,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let body = body::read(payload, gateway.limits).await?;
    let CreateBody { name, owner, credits } = body::typed(&body)?;
    fields::line("name", &name)?;
    fields::line("full_name", &owner.full_name)?;
    fields::email("email", &owner.email)?;
    fields::language(&owner.language)?;
    let OwnerBody { full_name, email, language } = owner;
    let wanted = Wanted { name, owner_name: full_name, owner_email: email, language, credits };
    let Created { workspace, api_key, inbound_url } = make(&gateway, wanted, id.0).await?;
    let created = json!({"workspace_id": workspace.number(), "api_key": api_key, "inbound_url": inbound_url});
    Ok(HttpResponse::Created().json(created))
}

/// A workspace as the operator sees it.
#[derive(Serialize, ToSchema)]
pub(super) struct WorkspaceRow {
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

/// All workspaces, the newest first.
pub(super) async fn list(
    gateway: web::Data<Gateway>,
    _: Operator,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let query = Query::of(&request)?.page()?;
    let count: Option<u64> = gateway.shard.index().find(&Lookup::Workspaces)?;
    let mut rows = Vec::new();
    for workspace in wanted(count.unwrap_or(0), query) {
        let row = move |state: &State| WorkspaceRow::of(workspace, state);
        rows.push((workspace.number(), gateway.shard.look::<Workspace, _>(workspace, row).await?.value));
    }
    Ok(page::answer(rows, query))
}

/// The ids of a page's workspaces and of one more: they are numbered without a gap.
fn wanted(count: u64, query: PageQuery) -> Vec<WorkspaceId> {
    let ids = (0..count).map(WorkspaceId::nth);
    if let Some(before) = query.before {
        let mut nearest: Vec<_> = ids.filter(|id| id.number() > before).take(query.limit + 1).collect();
        nearest.reverse();
        nearest
    } else {
        let older = |id: &WorkspaceId| query.after.is_none_or(|after| id.number() < after);
        ids.rev().filter(older).take(query.limit + 1).collect()
    }
}

/// One workspace.
pub(super) async fn show(
    gateway: web::Data<Gateway>,
    _: Operator,
    workspace: web::Path<String>,
) -> Result<HttpResponse, Refused> {
    let not_found = || Refused::from(Rejection::UnknownWorkspace);
    let workspace: WorkspaceId = workspace.parse().map_err(|_| not_found())?;
    let count: Option<u64> = gateway.shard.index().find(&Lookup::Workspaces)?;
    if workspace < WorkspaceId::nth(0) || workspace.ordinal() >= count.unwrap_or(0) {
        return Err(not_found());
    }
    let row = move |state: &State| WorkspaceRow::of(workspace, state);
    Ok(HttpResponse::Ok().json(gateway.shard.look::<Workspace, _>(workspace, row).await?.value))
}

/// Grants credits.
pub(super) async fn grant(
    gateway: web::Data<Gateway>,
    _: Operator,
    id: RequestId,
    workspace: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let body = body::read(payload, gateway.limits).await?;
    let GrantBody { amount, reason } = body::typed(&body)?;
    fields::line("reason", &reason)?;
    let workspace: WorkspaceId = workspace.parse().map_err(|_| Refused::from(Rejection::UnknownWorkspace))?;
    let grant = Command::Grant(Grant { amount, reason, by: Who::Operator });
    match gateway.shard.ask::<Workspace>(workspace, grant, Cause::request(Who::Operator, id.0, None)).await? {
        Answer::Balance(balance) => Ok(HttpResponse::Ok().json(json!({"balance": balance}))),
        other => Err(Refused::unexpected(&other)),
    }
}
