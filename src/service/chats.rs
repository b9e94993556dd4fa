//! A workspace's chats, and their messages.

use actors::workspace::{ChangeChat, ChatLookups, Command};
use events::chat::Responsible;
use events::ids::{ChatId, StreamId};
use events::index::{ChatEntry, ErasedEntry, IndexKey};
use events::log::ReadError;
use events::personal::Personal;
use serde::Serialize;
use utoipa::ToSchema;

use super::fields;
use super::messages::{self, MessageView, Phones};
use super::page::{Page, Paged};
use super::refusal::Refusal;
use super::schema::Moment;
use super::scope::Scope;
use crate::gateway::Gateway;

/// A chat as the API shows it.
#[derive(Serialize, ToSchema)]
pub struct ChatView {
    chat_id: String,
    name: String,
    phone: String,
    jid: String,
    is_group: bool,
    account: String,
    responsible_name: String,
    responsible_email: String,
    /// When somebody asked to erase it; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Moment>)]
    erased_at: Option<String>,
}

impl ChatView {
    /// Reads the index, which includes commits that are not durable yet: wait until they are before showing the
    /// result.
    fn find(gateway: &Gateway, chat: ChatId, phones: &Phones) -> Result<Option<Self>, ReadError> {
        let index = gateway.shard.index();
        let Some(entry) = index.chat(chat)? else {
            return Ok(index.erased(chat)?.map(|entry| Self::erased(chat, &entry, phones)));
        };
        let responsible: Option<Option<Responsible>> = index.find(&IndexKey::Responsible(chat))?;
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
            erased_at: None,
        }
    }

    fn erased(chat: ChatId, entry: &ErasedEntry, phones: &Phones) -> Self {
        let account = phones.iter().find(|(account, _)| *account == entry.account);
        let [name, phone, jid] = [(); 3].map(|()| Personal::ERASED.to_owned());
        Self {
            chat_id: chat.to_string(),
            name,
            phone,
            jid,
            is_group: entry.is_group,
            account: account.map(|(_, phone)| phone.clone()).unwrap_or_default(),
            responsible_name: String::new(),
            responsible_email: String::new(),
            erased_at: Some(entry.at.to_string()),
        }
    }
}

/// Lists all chats, the newest first.
pub async fn list(scope: Scope<'_>, page: Page) -> Result<Paged<ChatView>, Refusal> {
    let phones = messages::phones(scope).await?;
    let count = scope.look(|state| state.chats).await?;
    let nth = |nth: u64| ChatId::nth(scope.workspace, nth);
    let first = nth(1).map_or(1, ChatId::number);
    let last = nth(count).map_or(0, ChatId::number);
    let mut rows = Vec::new();
    for number in page.numbers(first, last) {
        let Some(chat) = nth(number.saturating_sub(first).saturating_add(1)) else { continue };
        rows.extend(ChatView::find(scope.gateway, chat, &phones)?.map(|view| (number, view)));
    }
    scope.gateway.shard.watermark().settled().await;
    Ok(Paged::cut(rows, page))
}

pub async fn show(scope: Scope<'_>, id: &str) -> Result<ChatView, Refusal> {
    view(scope, find(scope, id)?).await
}

async fn view(scope: Scope<'_>, chat: ChatId) -> Result<ChatView, Refusal> {
    let phones = messages::phones(scope).await?;
    let view = ChatView::find(scope.gateway, chat, &phones)?.ok_or_else(not_found)?;
    scope.gateway.shard.watermark().settled().await;
    Ok(view)
}

pub(super) fn not_found() -> Refusal {
    Refusal::new("chat_not_found", "Chat not found")
}

/// Finds a chat of this workspace, erased or not; it must be durable.
pub fn find(scope: Scope<'_>, id: &str) -> Result<ChatId, Refusal> {
    let chat: ChatId = id.parse().map_err(|_| not_found())?;
    if chat.workspace() != scope.workspace {
        return Err(not_found());
    }
    let (index, durable) = (scope.gateway.shard.index(), scope.gateway.shard.watermark().durable());
    let is_known = index.find_durable::<ChatEntry>(&IndexKey::Chat(chat), durable)?.is_some()
        || index.find_durable::<ErasedEntry>(&IndexKey::Erased(chat), durable)?.is_some();
    if is_known { Ok(chat) } else { Err(not_found()) }
}

/// Changes of a chat.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub name: Option<String>,
    /// The e-mail address of the responsible teammate; blank for nobody.
    pub responsible_email: Option<Option<String>>,
}

/// Renames a chat, or makes a teammate responsible for it.
pub async fn change(scope: Scope<'_>, id: &str, change: Change) -> Result<ChatView, Refusal> {
    let Change { name, responsible_email } = change;
    name.as_deref().map(|name| fields::line("name", name)).transpose()?;
    let responsible = responsible_email.map(|email| email.filter(|email| !email.trim().is_empty()));
    let chat = find(scope, id)?;
    let change = ChangeChat { chat, name, responsible, by: scope.by, looked_up: ChatLookups::default() };
    scope.ask(Command::ChangeChat(change)).await?;
    view(scope, chat).await
}

/// Lists the messages of a chat, the newest first.
pub async fn messages(scope: Scope<'_>, id: &str, page: Page) -> Result<Paged<MessageView>, Refusal> {
    let phones = messages::phones(scope).await?;
    let chat = find(scope, id)?;
    let to = scope.gateway.shard.watermark().durable();
    let of = [StreamId::Chat(chat)];
    let said =
        scope.gateway.shard.history().run(move |history| messages::page_of_messages(history, &of, to, page)).await?;
    Ok(Paged::cut(said.into_iter().map(|(place, said)| (place, said.view(&phones))).collect(), page))
}
