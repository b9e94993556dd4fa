//! Messages: sends, shows and settles them.

use actix_web::{HttpRequest, HttpResponse, web};
use events::account::SettledAs;
use events::ids::ChatId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::http::submit::{self, FromPath};
use crate::service::refusal::Refusal;
use crate::service::submit::Outcome;
use crate::service::{chats, messages};

/// Lists what the workspace's accounts were given to send.
pub(in crate::http) async fn list(call: Call) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(messages::list(call.scope(), call.page()?).await?))
}

pub(in crate::http) async fn show(call: Call, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(messages::show(call.scope(), &id).await?))
}

/// Sends a message to the recipient that the body names.
pub(in crate::http) async fn send(call: Call, request: HttpRequest) -> Result<HttpResponse, Refusal> {
    submit(call, None, &request).await
}

/// Sends a message to the chat in the path.
pub(in crate::http) async fn send_to_chat(
    call: Call,
    chat: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    let chat = chats::find(call.scope(), &chat)?;
    submit(call, Some(chat), &request).await
}

async fn submit(mut call: Call, chat: Option<ChatId>, request: &HttpRequest) -> Result<HttpResponse, Refusal> {
    let body = call.bytes().await?;
    let from_path = FromPath { token_hash: None, chat };
    match submit::submit(call.scope(), from_path, request.headers(), &body, &mut Vec::new())?.await? {
        Outcome::Verdict(verdict) => Ok(submit::verdict(&verdict)),
        Outcome::Accepted(accepted) => {
            let mut answer = HttpResponse::Created();
            submit::dress(&mut answer, &call.gateway, &accepted);
            Ok(answer.json(messages::show(call.scope(), &accepted.message.to_string()).await?))
        }
    }
}

/// Somebody's word on what became of a message.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct SettleBody {
    r#as: As,
    #[serde(default)]
    #[schema(max_length = 1000)]
    reason: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum As {
    Sent,
    Failed,
}

/// Settles an uncertain message as sent or failed, as the caller decides.
pub(in crate::http) async fn settle(mut call: Call, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let SettleBody { r#as, reason } = call.body().await?;
    let settled_as = match r#as {
        As::Sent => SettledAs::Sent,
        As::Failed => SettledAs::Failed,
    };
    Ok(HttpResponse::Ok().json(messages::settle(call.scope(), &id, settled_as, reason).await?))
}
