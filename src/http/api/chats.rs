//! A workspace's chats, and their messages.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::service::chats::{self, Change};
use crate::service::refusal::Refusal;
use crate::service::schema::{Email, Line};

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

/// Lists the messages of a chat, the newest first.
pub(in crate::http) async fn messages(call: Call, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(chats::messages(call.scope(), &id, call.page()?).await?))
}
