//! A workspace's chats, and their messages.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::http::body;
use crate::http::call::Call;
use crate::http::page::Query;
use crate::service::chats::{self, Change};
use crate::service::erasures;
use crate::service::refusal::Refusal;
use crate::service::schema::{Email, Line, Reason};
use crate::service::scope::Scope;

/// Lists all chats, the newest first.
pub(in crate::http) async fn list(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(chats::list(call.scope(), call.page()?).await?))
}

pub(in crate::http) async fn show(call: Call, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(chats::show(call.scope(), &id).await?))
}

/// What to change of a chat.
#[derive(Deserialize, ToSchema)]
#[expect(clippy::option_option, reason = "absent, nobody, somebody")]
pub(in crate::http) struct ChatBody {
    #[schema(value_type = Option<Line>)]
    name: Option<String>,
    /// Absent: as it is; `null` or empty: nobody.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Email>)]
    responsible_email: Option<Option<String>>,
}

#[expect(clippy::option_option, reason = "absent, nobody, somebody")]
fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(value).map(Some)
}

/// Renames a chat, or makes a teammate responsible for it.
pub(in crate::http) async fn change(mut call: Call, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let ChatBody { name, responsible_email } = call.body().await?;
    let change = Change { name, responsible_email };
    Ok(HttpResponse::Ok().json(chats::change(call.scope(), &id, change).await?))
}

/// Why a chat is to be erased. What cannot be undone takes no field that it does not know.
#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct EraseBody {
    #[serde(default)]
    #[schema(value_type = Reason)]
    pub(in crate::http) reason: String,
}

/// Erases everything that is known of a chat's contact.
pub(in crate::http) async fn erase(mut call: Call, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let (dry_run, query) = (call.is_dry_run()?, call.query()?);
    let bytes = call.bytes().await?;
    erased(call.scope(), &id, &query, &bytes, dry_run).await
}

/// Answers an erasure: 200 when it is done, 202 while it goes on.
pub(in crate::http) async fn erased(
    scope: Scope<'_>,
    id: &str,
    query: &Query,
    body: &[u8],
    dry_run: bool,
) -> Result<HttpResponse, Refusal> {
    chats::find(scope, id)?;
    query.must_be_empty("a rehearsal is asked for by the header Dry-Run: true")?;
    let EraseBody { reason } = if body.is_empty() { EraseBody::default() } else { body::typed(body)? };
    if dry_run {
        return Ok(HttpResponse::Ok().json(erasures::foresee(scope, id, &reason).await?));
    }
    let erased = erasures::erase(scope, id, reason).await?;
    let mut answer = if erased.is_done() { HttpResponse::Ok() } else { HttpResponse::Accepted() };
    Ok(answer.json(erased))
}

/// Lists the messages of a chat, the newest first.
pub(in crate::http) async fn messages(call: Call, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(chats::messages(call.scope(), &id, call.page()?).await?))
}
