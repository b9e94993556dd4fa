//! A workspace's chats, and what was said in them.

use actix_web::{HttpRequest, HttpResponse, web};
use actors::workspace::{ChangeChat, ChatLookedUp, Command, Workspace};
use events::chat::Responsible;
use events::event::Event;
use events::ids::{ChatId, StreamId, WorkspaceId};
use events::index::{ChatEntry, Lookup, Series};
use events::log::ReadError;
use events::reading;
use events::record::Position;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::call::Call;
use super::caller::Caller;
use super::error::Refused;
use super::fields;
use super::messages::{self, Phones, Told};
use super::openapi::{Email, Line};
use super::page::{self, PageQuery, Query};
use crate::gateway::Gateway;

/// Positions read at once: a chat has several events for each message.
const CHUNK: usize = 512;

/// A chat as the API shows it.
#[derive(Serialize, ToSchema)]
pub(super) struct ChatView {
    chat_id: String,
    name: String,
    phone: String,
    jid: String,
    is_group: bool,
    account: String,
    responsible_name: String,
    responsible_email: String,
}

impl ChatView {
    /// Sees all sequenced commits: whoever shows it must wait until they are durable.
    fn find(gateway: &Gateway, chat: ChatId, phones: &Phones) -> Result<Option<Self>, ReadError> {
        let index = gateway.shard.index();
        let Some(entry) = index.chat(chat)? else { return Ok(None) };
        let responsible: Option<Option<Responsible>> = index.find(&Lookup::Responsible(chat))?;
        Ok(Some(Self::of(chat, &entry, responsible.flatten().as_ref(), phones)))
    }

    fn of(chat: ChatId, entry: &ChatEntry, responsible: Option<&Responsible>, phones: &Phones) -> Self {
        let account = phones.iter().find(|(account, _)| *account == entry.account);
        let phone = entry.phone.as_ref().map_or("", |phone| phone.reveal());
        let to = entry.to.reveal();
        let jid = match phone.strip_prefix('+') {
            Some(digits) => format!("{digits}@s.whatsapp.net"),
            None if to.contains('@') => to.to_owned(),
            None => String::new(),
        };
        Self {
            chat_id: chat.to_string(),
            name: entry.name.reveal().to_owned(),
            phone: phone.to_owned(),
            jid,
            is_group: entry.is_group,
            account: account.map(|(_, phone)| phone.clone()).unwrap_or_default(),
            responsible_name: responsible.map(|person| person.full_name.reveal().to_owned()).unwrap_or_default(),
            responsible_email: responsible.map(|person| person.email.reveal().to_owned()).unwrap_or_default(),
        }
    }
}

/// All chats, the newest first.
pub(super) async fn list(
    gateway: web::Data<Gateway>,
    Caller { workspace, .. }: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let query = Query::of(&request)?.page()?;
    let phones = messages::phones(&gateway, workspace).await?;
    let count = gateway.shard.look::<Workspace, _>(workspace, |state| state.chats).await?.value;
    let mut rows = Vec::new();
    for chat in wanted(workspace, count, query) {
        rows.extend(ChatView::find(&gateway, chat, &phones)?.map(|view| (chat.number(), view)));
    }
    gateway.shard.watermark().settled().await;
    Ok(page::answer(rows, query))
}

/// The ids of a page's chats and of one more: they are numbered without a gap.
fn wanted(workspace: WorkspaceId, count: u64, query: PageQuery) -> Vec<ChatId> {
    let ids = (1..=count).filter_map(|nth| ChatId::nth(workspace, nth));
    if let Some(before) = query.before {
        let mut nearest: Vec<_> = ids.filter(|id| id.number() > before).take(query.limit + 1).collect();
        nearest.reverse();
        nearest
    } else {
        let older = |id: &ChatId| query.after.is_none_or(|after| id.number() < after);
        ids.rev().filter(older).take(query.limit + 1).collect()
    }
}

/// One chat.
pub(super) async fn show(
    gateway: web::Data<Gateway>,
    Caller { workspace, .. }: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Refused> {
    let chat = find(&gateway, workspace, &id)?;
    Ok(HttpResponse::Ok().json(view(&gateway, chat).await?))
}

async fn view(gateway: &Gateway, chat: ChatId) -> Result<ChatView, Refused> {
    let phones = messages::phones(gateway, chat.workspace()).await?;
    let view = ChatView::find(gateway, chat, &phones)?.ok_or_else(not_found)?;
    gateway.shard.watermark().settled().await;
    Ok(view)
}

fn not_found() -> Refused {
    Refused::not_found("chat_not_found", "Chat not found")
}

/// A chat of the caller's workspace that is durably known.
pub(super) fn find(gateway: &Gateway, workspace: WorkspaceId, id: &str) -> Result<ChatId, Refused> {
    let chat: ChatId = id.parse().map_err(|_| not_found())?;
    let durable = gateway.shard.watermark().durable();
    let entry: Option<ChatEntry> = gateway.shard.index().find_durable(&Lookup::Chat(chat), durable)?;
    entry.filter(|_| chat.workspace() == workspace).map(|_| chat).ok_or_else(not_found)
}

/// What to change of a chat.
#[derive(Deserialize, ToSchema)]
#[expect(clippy::option_option, reason = "absent, nobody, somebody")]
pub(super) struct ChatBody {
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
pub(super) async fn change(mut call: Call, id: web::Path<String>) -> Result<HttpResponse, Refused> {
    let ChatBody { name, responsible_email } = call.body().await?;
    name.as_deref().map(|name| fields::line("name", name)).transpose()?;
    let responsible = responsible_email.map(|email| email.filter(|email| !email.trim().is_empty()));
    let chat = find(&call.gateway, call.workspace, &id)?;
    let change = ChangeChat { chat, name, responsible, by: call.by, looked_up: ChatLookedUp::default() };
    call.ask(Command::ChangeChat(change)).await?;
    Ok(HttpResponse::Ok().json(view(&call.gateway, chat).await?))
}

/// What was said in a chat, the newest first.
pub(super) async fn messages(
    gateway: web::Data<Gateway>,
    Caller { workspace, .. }: Caller,
    id: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let query = Query::of(&request)?.page()?;
    let phones = messages::phones(&gateway, workspace).await?;
    let chat = find(&gateway, workspace, &id)?;
    let to = gateway.shard.watermark().durable();
    let told = gateway.read(move |gateway| said(gateway, chat, to, query)).await?;
    let rows = told.into_iter().map(|(place, told)| (place, told.view(&phones))).collect();
    Ok(page::answer(rows, query))
}

/// A page of messages and one more, each with the position at which it was queued.
fn said(gateway: &Gateway, chat: ChatId, head: Position, query: PageQuery) -> Result<Vec<(Position, Told)>, ReadError> {
    let mut queued = Vec::new();
    let mut to = query.after.map_or(head, |after| after.saturating_sub(1).min(head));
    let newest_limit = if query.before.is_some() { usize::MAX } else { query.limit + 1 };
    while queued.len() < newest_limit {
        let positions = gateway.shard.index().latest(Series::Stream(StreamId::Chat(chat)), to, CHUNK)?;
        let Some(oldest) = positions.last().copied() else { break };
        let ascending: Vec<_> = positions.into_iter().rev().filter(|p| query.before.is_none_or(|b| *p > b)).collect();
        let mut found = Vec::new();
        reading::visit(gateway.shard.log().as_ref(), &ascending, |position, _, event| match event {
            Event::MessageQueued(e) => found.push((position, e.message)),
            Event::MessageReceived(e) => found.push((position, e.message)),
            _ => {}
        })?;
        queued.extend(found.into_iter().rev());
        if oldest <= query.before.unwrap_or(1) {
            break;
        }
        to = oldest.saturating_sub(1);
    }
    let skipped = if query.before.is_some() { queued.len().saturating_sub(query.limit + 1) } else { 0 };
    let page = queued.into_iter().skip(skipped).take(query.limit + 1);
    page.filter_map(|(position, message)| {
        messages::tell(gateway, message, head).map(|told| told.map(|told| (position, told))).transpose()
    })
    .collect()
}
