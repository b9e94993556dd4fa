//! A workspace's teammates: who may be responsible for chats.

use actix_web::{HttpResponse, web};
use actors::workspace::{Answer, Command, Owner, Rejection, State, Teammate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::Call;
use super::error::Refused;
use super::openapi::{Email, Line};
use super::{fields, page};

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

/// All teammates, the newest first.
pub(super) async fn list(call: Call) -> Result<HttpResponse, Refused> {
    let query = call.page()?;
    let all = |state: &State| -> Vec<_> {
        state.teammates.iter().rev().map(|(id, mate)| (u64::from(*id), TeammateView::of(*id, mate))).collect()
    };
    Ok(page::answer(page::within(call.look(all).await?, query), query))
}

/// Adds a teammate.
pub(super) async fn add(mut call: Call) -> Result<HttpResponse, Refused> {
    let TeammateBody { full_name, email } = call.body().await?;
    fields::line("full_name", &full_name)?;
    fields::email("email", &email)?;
    let add = Teammate { full_name: full_name.clone(), email: email.clone() };
    match call.ask(Command::AddTeammate(add, call.by)).await? {
        Answer::Numbered(id) => Ok(HttpResponse::Created().json(TeammateView { id, full_name, email })),
        other => Err(Refused::unexpected(&other)),
    }
}

/// Removes a teammate, by id or address.
pub(super) async fn remove(call: Call, teammate: web::Path<String>) -> Result<HttpResponse, Refused> {
    carry_out(&call, teammate.into_inner()).await
}

/// As [`remove`], with the `id` or `email` behind the question mark or in the body.
pub(super) async fn remove_named(mut call: Call) -> Result<HttpResponse, Refused> {
    let wanted = call.named(&["id", "email"]).await?;
    carry_out(&call, wanted).await
}

async fn carry_out(call: &Call, wanted: String) -> Result<HttpResponse, Refused> {
    let find = move |state: &State| match wanted.parse::<u32>() {
        Ok(id) => state.teammates.get(&id).map(|found| TeammateView::of(id, found)),
        Err(_) => state.teammate(&wanted).map(|(id, found)| TeammateView::of(id, found)),
    };
    let view = call.look(find).await?.ok_or_else(|| Refused::from(Rejection::TeammateNotFound))?;
    call.ask(Command::RemoveTeammate(view.id, call.by)).await?;
    Ok(HttpResponse::Ok().json(view))
}
