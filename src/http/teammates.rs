//! A workspace's teammates: who may be responsible for chats.

use actix_web::{HttpRequest, HttpResponse, web};
use actors::workspace::{Answer, Command, Owner, Rejection, State, Teammate, Workspace};
use events::ids::WorkspaceId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, RequestId};
use super::error::Refused;
use super::openapi::{Email, Line};
use super::page::{self, Query};
use super::{body, fields};
use crate::gateway::Gateway;

/// A teammate as the API shows them.
#[derive(Serialize, ToSchema)]
pub(super) struct TeammateView {
    id: u32,
    full_name: String,
    email: String,
}

/// A teammate to add.
#[derive(Deserialize, ToSchema)]
pub(super) struct TeammateBody {
    #[schema(value_type = Line)]
    full_name: String,
    #[schema(value_type = Email)]
    email: String,
}

impl TeammateView {
    fn of(id: u32, teammate: &Owner) -> Self {
        let (full_name, email) = (teammate.full_name.reveal().to_owned(), teammate.email.reveal().to_owned());
        Self { id, full_name, email }
    }
}

fn not_found() -> Refused {
    Refused::from(Rejection::TeammateNotFound)
}

/// All teammates, the newest first.
pub(super) async fn list(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let query = Query::of(&request)?.page()?;
    let all = |state: &State| -> Vec<_> {
        state.teammates.iter().rev().map(|(id, mate)| (u64::from(*id), TeammateView::of(*id, mate))).collect()
    };
    let rows = gateway.shard.look::<Workspace, _>(workspace, all).await?.value;
    Ok(page::answer(page::within(rows, query), query))
}

/// Adds a teammate.
pub(super) async fn add(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    id: RequestId,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let body = body::read(payload, gateway.limits).await?;
    let TeammateBody { full_name, email } = body::typed(&body)?;
    fields::line("full_name", &full_name)?;
    fields::email("email", &email)?;
    let add = Command::AddTeammate(Teammate { full_name: full_name.clone(), email: email.clone() }, "api".to_owned());
    match gateway.shard.ask::<Workspace>(workspace, add, Gateway::cause("api", id.0)).await? {
        Answer::Numbered(id) => Ok(HttpResponse::Created().json(TeammateView { id, full_name, email })),
        other => Err(Refused::fault(&format!("unexpected answer {other:?}"))),
    }
}

/// Removes a teammate, by id or address.
pub(super) async fn remove(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    id: RequestId,
    teammate: web::Path<String>,
) -> Result<HttpResponse, Refused> {
    carry_out(&gateway, workspace, id, teammate.into_inner()).await
}

/// As [`remove`], with the `id` or `email` behind the question mark or in the body.
pub(super) async fn remove_named(
    gateway: web::Data<Gateway>,
    Caller(workspace): Caller,
    id: RequestId,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refused> {
    let wanted = fields::named(&gateway, &request, payload, &["id", "email"]).await?;
    carry_out(&gateway, workspace, id, wanted).await
}

async fn carry_out(
    gateway: &Gateway,
    workspace: WorkspaceId,
    id: RequestId,
    wanted: String,
) -> Result<HttpResponse, Refused> {
    let find = move |state: &State| match wanted.parse::<u32>() {
        Ok(id) => state.teammates.get(&id).map(|found| TeammateView::of(id, found)),
        Err(_) => state.teammate(&wanted).map(|(id, found)| TeammateView::of(id, found)),
    };
    let view = gateway.shard.look::<Workspace, _>(workspace, find).await?.value.ok_or_else(not_found)?;
    let remove = Command::RemoveTeammate(view.id, "api".to_owned());
    gateway.shard.ask::<Workspace>(workspace, remove, Gateway::cause("api", id.0)).await?;
    Ok(HttpResponse::Ok().json(view))
}
