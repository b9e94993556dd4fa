//! Messages and their progress, folded from their events.

use std::cmp::Reverse;
use std::ops::{ControlFlow, RangeInclusive};

use actors::account::{Account, Command};
use actors::workspace::State;
use events::account::{FetchFailed, MessageQueued, SettledAs};
use events::chat::MessageReceived;
use events::event::Event;
use events::history::{History, Of};
use events::ids::{AccountId, ChatId, MessageId, StreamId, WorkspaceId};
use events::log::ReadError;
use events::record::{Position, Record};
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{Page, Paged};
use super::refusal::Refusal;
use super::schema::FailureCode;
use super::scope::Scope;
use super::{fields, ownership};
use crate::codes;

/// How far a message got; later ones are further, but for failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MessageState {
    Queued,
    Sending,
    Uncertain,
    Sent,
    Failed,
    Delivered,
    Read,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
struct FailureView {
    #[schema(value_type = FailureCode)]
    code: String,
    message: String,
    /// What is known besides, such as the status of a file's server and what to do about it.
    detail: Option<String>,
}

/// A message, folded from its events.
#[derive(Debug, Clone)]
pub(super) struct Folded {
    pub(super) id: MessageId,
    pub(super) workspace: WorkspaceId,
    pub(super) account: AccountId,
    pub(super) chat: ChatId,
    direction: &'static str,
    text: String,
    file: Option<FileView>,
    queued_at: String,
    state: MessageState,
    pub(super) sent_at: Option<String>,
    failure: Option<FailureView>,
    /// The last failed fetch of its file.
    not_fetched: Option<FetchFailed>,
}

/// A message's file as the API shows it; size and type are known once it was fetched or received.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct FileView {
    name: String,
    size: Option<u64>,
    #[serde(rename = "type")]
    mime: Option<String>,
}

/// A message as the API shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageView {
    message_id: String,
    chat_id: String,
    account: String,
    direction: &'static str,
    state: MessageState,
    text: String,
    file: Option<FileView>,
    queued_at: String,
    sent_at: Option<String>,
    failure: Option<FailureView>,
}

impl Folded {
    fn fold(folded: Option<Self>, record: &Record, event: &Event) -> Option<Self> {
        match event {
            Event::MessageQueued(e) => return Some(Self::queued(e, record)),
            Event::MessageReceived(e) => return Some(Self::received(e)),
            _ => {}
        }
        let mut folded = folded?;
        folded.apply(event);
        Some(folded)
    }

    fn queued(e: &MessageQueued, record: &Record) -> Self {
        let file = e.file.as_ref();
        Self {
            id: e.message,
            workspace: e.workspace,
            account: e.account,
            chat: e.chat,
            direction: "sent",
            text: e.text.reveal().to_owned(),
            file: file.map(|file| FileView { name: file.name.reveal().to_owned(), size: None, mime: None }),
            queued_at: record.recorded_at.to_string(),
            state: MessageState::Queued,
            sent_at: None,
            failure: None,
            not_fetched: None,
        }
    }

    /// A message from others counts as delivered to us; one typed on the phone counts as sent.
    fn received(e: &MessageReceived) -> Self {
        let (direction, state) =
            if e.from_me { ("sent", MessageState::Sent) } else { ("received", MessageState::Delivered) };
        let file = e.file.as_ref().map(|file| FileView {
            name: file.name.reveal().to_owned(),
            size: Some(file.size),
            mime: Some(file.mime.clone()),
        });
        Self {
            id: e.message,
            workspace: e.workspace,
            account: e.account,
            chat: e.chat,
            direction,
            text: e.text.reveal().to_owned(),
            file,
            queued_at: e.at.to_string(),
            state,
            sent_at: Some(e.at.to_string()),
            failure: None,
            not_fetched: None,
        }
    }

    fn apply(&mut self, event: &Event) {
        let received = matches!(self.state, MessageState::Delivered | MessageState::Read);
        match event {
            Event::FileFetched(e) => {
                if let Some(file) = &mut self.file {
                    file.size = Some(e.size);
                    file.mime = Some(e.mime.clone());
                }
            }
            Event::FetchFailed(e) => self.not_fetched = Some(e.clone()),
            Event::SendStarted(_) | Event::MessageAccepted(_) if !received => self.state = MessageState::Sending,
            Event::SendDeferred(_) if !received => self.state = MessageState::Queued,
            Event::SendUncertain(_) if !received => self.state = MessageState::Uncertain,
            Event::MessageSent(e) => self.sent(e.at.to_string(), received),
            Event::MessageFailed(e) => self.failed(&e.code, received),
            Event::MessageSettled(e) => match e.settled_as {
                SettledAs::Sent => self.sent(e.at.to_string(), received),
                SettledAs::Failed => self.failed("settled_as_failed", received),
            },
            Event::MessageDelivered(_) if self.state != MessageState::Read => self.state = MessageState::Delivered,
            Event::MessageRead(_) => self.state = MessageState::Read,
            _ => {}
        }
    }

    fn sent(&mut self, at: String, received: bool) {
        self.sent_at = Some(at);
        if !received {
            self.state = MessageState::Sent;
        }
    }

    fn failed(&mut self, code: &str, received: bool) {
        let known = self.not_fetched.take().filter(|failed| failed.again_at.is_none() && failed.code == code);
        let detail = known.map(|failed| failed.detail.reveal().to_owned());
        self.failure = Some(FailureView { code: code.to_owned(), message: explain(code).to_owned(), detail });
        if !received {
            self.state = MessageState::Failed;
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.state == MessageState::Failed
    }

    pub(super) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    pub(super) fn view(self, phones: &Phones) -> MessageView {
        let phone = phones.iter().find(|(account, _)| *account == self.account);
        MessageView {
            message_id: self.id.to_string(),
            chat_id: self.chat.to_string(),
            account: phone.map(|(_, phone)| phone.clone()).unwrap_or_default(),
            direction: self.direction,
            state: self.state,
            text: self.text,
            file: self.file,
            queued_at: self.queued_at,
            sent_at: self.sent_at,
            failure: self.failure,
        }
    }
}

/// The phone numbers of a workspace's accounts.
pub(super) type Phones = Vec<(AccountId, String)>;

/// Returns the phone numbers of a workspace's accounts, as of now and durable.
pub(super) async fn phones(scope: Scope<'_>) -> Result<Phones, Refusal> {
    let phones = |state: &State| {
        state.accounts.iter().map(|(id, account)| (*id, account.phone.reveal().to_owned())).collect::<Phones>()
    };
    scope.look(phones).await
}

/// Folds a message's events up to `to`; `None` if there are none.
pub(super) fn fold(history: &History, message: MessageId, to: Position) -> Result<Option<Folded>, ReadError> {
    let mut folded = None;
    history.walk(Of::Message(message), 1..=to, |_, record, event| {
        folded = Folded::fold(folded.take(), record, event);
        ControlFlow::Continue(())
    })?;
    Ok(folded)
}

/// Reads a page of messages plus one, the newest first, each with the position of its first event, which is in one of
/// these streams.
pub(super) fn page_of_messages(
    history: &History,
    streams: &[StreamId],
    head: Position,
    page: Page,
) -> Result<Vec<(Position, Folded)>, ReadError> {
    let most = page.limit.saturating_add(1);
    let from = page.before.map_or(1, |before| before.saturating_add(1));
    let mut range = from..=page.after.map_or(head, |after| after.saturating_sub(1).min(head));
    let mut first: Vec<(Position, MessageId)> = Vec::new();
    for stream in streams {
        first.extend(first_events(history, *stream, range.clone(), page)?);
        first.sort_unstable_by_key(|(position, _)| Reverse(*position));
        match page.before {
            Some(_) => drop(first.drain(..first.len().saturating_sub(most))),
            None => first.truncate(most),
        }
        // What lies farther from the cursor than all of a full page need not be read.
        if first.len() == most {
            let (newest, oldest) = (first.first().map(|(at, _)| *at), first.last().map(|(at, _)| *at));
            range = match page.before {
                Some(_) => *range.start()..=newest.unwrap_or(head),
                None => oldest.unwrap_or(1)..=*range.end(),
            };
        }
    }
    let told = first.into_iter().filter_map(|(position, message)| {
        fold(history, message, head).map(|told| told.map(|told| (position, told))).transpose()
    });
    told.collect()
}

/// Finds messages by their first events in a range of a stream: those nearest to the page's cursor, one more than the page
/// holds.
fn first_events(
    history: &History,
    stream: StreamId,
    range: RangeInclusive<Position>,
    page: Page,
) -> Result<Vec<(Position, MessageId)>, ReadError> {
    let mut begun = Vec::new();
    let each = |position: Position, _: &Record, event: &Event| {
        match event {
            Event::MessageQueued(e) => begun.push((position, e.message)),
            Event::MessageReceived(e) => begun.push((position, e.message)),
            _ => {}
        }
        if begun.len() > page.limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    match page.before {
        Some(_) => history.walk(Of::Stream(stream), range, each)?,
        None => history.walk_back(Of::Stream(stream), range, each)?,
    }
    Ok(begun)
}

/// Lists the messages that the workspace's accounts were given to send, the newest first.
pub async fn list(scope: Scope<'_>, page: Page) -> Result<Paged<MessageView>, Refusal> {
    let phones = phones(scope).await?;
    let to = scope.gateway.shard.watermark().durable();
    let accounts: Vec<StreamId> = phones.iter().map(|(account, _)| StreamId::Account(*account)).collect();
    let sent = scope.gateway.shard.history().run(move |history| page_of_messages(history, &accounts, to, page)).await?;
    Ok(Paged::cut(sent.into_iter().map(|(place, sent)| (place, sent.view(&phones))).collect(), page))
}

/// Finds a message of the workspace.
pub(super) async fn find(scope: Scope<'_>, id: &str) -> Result<Folded, Refusal> {
    let not_found = || Refusal::new("message_not_found", "Message not found");
    let message: MessageId = id.parse().map_err(|_| not_found())?;
    let to = scope.gateway.shard.watermark().settled().await;
    let workspace = scope.workspace;
    let folded = scope.gateway.shard.history().run(move |history| {
        if ownership::is_of(workspace, history, message, to)? { fold(history, message, to) } else { Ok(None) }
    });
    folded.await?.ok_or_else(not_found)
}

pub async fn show(scope: Scope<'_>, id: &str) -> Result<MessageView, Refusal> {
    let phones = phones(scope).await?;
    Ok(find(scope, id).await?.view(&phones))
}

/// Settles an uncertain message as sent or failed, as the caller decides.
pub async fn settle(scope: Scope<'_>, id: &str, settled_as: SettledAs, reason: String) -> Result<MessageView, Refusal> {
    fields::reason(&reason)?;
    let found = find(scope, id).await?;
    let command = Command::Settle { message: found.id, settled_as, by: scope.by, reason, reporting: None };
    scope.gateway.shard.execute::<Account>(found.account, command, scope.cause()).await?;
    show(scope, id).await
}

fn explain(code: &str) -> &'static str {
    codes::find(code).map_or("It could not be sent", |code| code.message)
}
