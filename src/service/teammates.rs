//! A workspace's teammates: the people who may be responsible for chats.

use actors::workspace::{Answer, Command, Owner, Rejection, State, Teammate};
use serde::Serialize;
use utoipa::ToSchema;

use super::fields;
use super::page::{Page, Paged};
use super::refusal::Refusal;
use super::scope::Scope;

/// A teammate as the API shows them.
#[derive(Serialize, ToSchema)]
pub struct TeammateView {
    id: u32,
    full_name: String,
    email: String,
}

impl TeammateView {
    fn of(id: u32, teammate: &Owner) -> Self {
        let (full_name, email) = (teammate.full_name.reveal().to_owned(), teammate.email.reveal().to_owned());
        Self { id, full_name, email }
    }
}

/// Lists all teammates, the newest first.
pub async fn list(scope: Scope<'_>, page: Page) -> Result<Paged<TeammateView>, Refusal> {
    let all = |state: &State| -> Vec<_> {
        state.teammates.iter().rev().map(|(id, mate)| (u64::from(*id), TeammateView::of(*id, mate))).collect()
    };
    Ok(page.of_newest_first(scope.look(all).await?))
}

pub async fn add(scope: Scope<'_>, full_name: String, email: String) -> Result<TeammateView, Refusal> {
    fields::line("full_name", &full_name)?;
    fields::email("email", &email)?;
    let add = Teammate { full_name: full_name.clone(), email: email.clone() };
    match scope.ask(Command::AddTeammate(add, scope.by)).await? {
        Answer::Numbered(id) => Ok(TeammateView { id, full_name, email }),
        other => Err(Refusal::unexpected(&other)),
    }
}

/// Removes a teammate, by id or e-mail address.
pub async fn remove(scope: Scope<'_>, wanted: String) -> Result<TeammateView, Refusal> {
    let find = move |state: &State| match wanted.parse::<u32>() {
        Ok(id) => state.teammates.get(&id).map(|found| TeammateView::of(id, found)),
        Err(_) => state.teammate(&wanted).map(|(id, found)| TeammateView::of(id, found)),
    };
    let view = scope.look(find).await?.ok_or(Rejection::TeammateNotFound)?;
    scope.ask(Command::RemoveTeammate(view.id, scope.by)).await?;
    Ok(view)
}
