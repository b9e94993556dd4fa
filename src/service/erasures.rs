//! Erases everything that is known of a chat's contact, and lists who erased what.

use std::ops::ControlFlow;
use std::time::Duration;

use actors::account::Account;
use actors::chat::{Chat, Command, Erasure, State};
use actors::webhook::Webhook;
use events::chat::ChatErased;
use events::event::Event;
use events::history::{History, Of};
use events::ids::{ChatId, Position, WebhookId};
use events::log::ReadError;
use events::who::Who;
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{Page, Paged};
use super::refusal::Refusal;
use super::schema::Moment;
use super::scope::Scope;
use super::{chats, fields};
use crate::gateway::Gateway;

/// The longest that a request waits until the key is destroyed.
const WAIT: Duration = Duration::from_secs(10);
/// Pause between two looks at how far it has come.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// How far the erasure of a chat has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErasureView {
    chat_id: String,
    state: ErasureState,
    /// When somebody asked for it.
    #[schema(value_type = Option<Moment>)]
    erased_at: Option<String>,
}

/// The stage of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErasureState {
    /// It takes no more messages; its key is about to be destroyed.
    Erasing,
    /// Nothing of it can be read any more.
    Erased,
}

impl ErasureView {
    /// True if nothing can be read any more.
    pub fn is_done(&self) -> bool {
        self.state == ErasureState::Erased
    }

    fn of(chat: ChatId, erasure: Erasure) -> Self {
        let (state, at) = match erasure {
            Erasure::Begun { at } => (ErasureState::Erasing, at),
            Erasure::Done { at } => (ErasureState::Erased, at),
        };
        Self { chat_id: chat.to_string(), state, erased_at: Some(at.to_string()) }
    }
}

/// What the erasure of a chat would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErasureVerdict {
    dry_run: bool,
    chat_id: String,
    /// Queued messages that would fail.
    queued: u64,
    /// Credits that would be refunded.
    refunded: u64,
    /// Messages that may have been sent or not, and have to be settled.
    uncertain: u64,
    /// Reports that would be dropped; of a window that is still open, its messages. One that is under way may arrive.
    reports: u64,
}

/// Erases a chat. Waits until its key is destroyed, but not for ever.
pub async fn erase(scope: Scope<'_>, id: &str, reason: String) -> Result<ErasureView, Refusal> {
    fields::reason(&reason)?;
    let chat = chats::find(scope, id)?;
    let shard = &scope.gateway.shard;
    shard.execute::<Chat>(chat, Command::Erase { by: scope.by, reason }, scope.cause()).await?;
    let look = async || Ok::<_, Refusal>(shard.inspect::<Chat, _>(chat, State::erasure).await?.value);
    let done = async {
        loop {
            match look().await? {
                Some(Erasure::Begun { .. }) => tokio::time::sleep(LOOK_AGAIN).await,
                other => return Ok::<_, Refusal>(other),
            }
        }
    };
    let erasure = match tokio::time::timeout(WAIT, done).await {
        Ok(erasure) => erasure?,
        Err(_) => look().await?,
    };
    erasure.map(|erasure| ErasureView::of(chat, erasure)).ok_or_else(|| Refusal::unexpected(&erasure))
}

/// Returns what the erasure of a chat would do now.
pub async fn foresee(scope: Scope<'_>, id: &str, reason: &str) -> Result<ErasureVerdict, Refusal> {
    fields::reason(reason)?;
    let chat = chats::find(scope, id)?;
    let shard = &scope.gateway.shard;
    let mut verdict =
        ErasureVerdict { dry_run: true, chat_id: chat.to_string(), queued: 0, refunded: 0, uncertain: 0, reports: 0 };
    let Some(entry) = shard.index().chat(chat)? else { return Ok(verdict) };
    let foreseen = shard.inspect::<Account, _>(entry.account, move |state| state.foresee_erasure(chat)).await?.value;
    (verdict.queued, verdict.refunded, verdict.uncertain) = (foreseen.failed, foreseen.refunded, foreseen.uncertain);
    for webhook in [WebhookId::of(scope.workspace), WebhookId::of_listeners(scope.workspace)] {
        let owed = shard.inspect::<Webhook, _>(webhook, move |state| state.owed_of(chat)).await?.value;
        verdict.reports = verdict.reports.saturating_add(owed);
    }
    let gathered = shard.inspect::<Chat, _>(chat, State::owed).await?.value;
    verdict.reports = verdict.reports.saturating_add(gathered);
    Ok(verdict)
}

/// Returns the scope of the operator in the workspace of a chat.
pub fn of_operator<'a>(gateway: &'a Gateway, id: &str, command: u64) -> Result<Scope<'a>, Refusal> {
    let chat: ChatId = id.parse().map_err(|_| chats::not_found())?;
    Ok(Scope { gateway, workspace: chat.workspace(), by: Who::Operator, command })
}

/// An erasure, as the operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErasureRow {
    #[schema(value_type = u64)]
    position: Position,
    /// When somebody asked for it.
    #[schema(value_type = Moment)]
    at: String,
    workspace_id: u64,
    chat_id: String,
    /// Who asked for it, such as `operator` or `key/3`.
    #[schema(value_type = String)]
    by: Who,
    reason: String,
}

impl ErasureRow {
    fn of(position: Position, erased: &ChatErased) -> Self {
        Self {
            position,
            at: erased.at.to_string(),
            workspace_id: erased.workspace.number(),
            chat_id: erased.chat.to_string(),
            by: erased.by,
            reason: erased.reason.reveal().to_owned(),
        }
    }
}

/// Lists the erasures of all workspaces, the newest first; places are positions.
pub async fn list(gateway: &Gateway, page: Page) -> Result<Paged<ErasureRow>, Refusal> {
    let head = gateway.shard.watermark().settled().await;
    let rows = gateway.shard.history().run(move |history| rows(history, page, head)).await?;
    Ok(Paged::cut(rows, page))
}

fn rows(history: &History, page: Page, head: Position) -> Result<Vec<(u64, ErasureRow)>, ReadError> {
    let from = page.before.map_or(1, |before| before.saturating_add(1));
    let to = page.after.map_or(head, |after| after.saturating_sub(1)).min(head);
    let most = page.limit.saturating_add(1);
    let mut rows = Vec::new();
    let each = |position: Position, _: &events::record::Record, event: &Event| {
        if let Event::ChatErased(erased) = event {
            rows.push((position, ErasureRow::of(position, erased)));
        }
        if rows.len() >= most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    // Those nearest to the cursor.
    if page.before.is_some() {
        history.walk(Of::Erasures, from..=to, each)?;
        rows.reverse();
    } else {
        history.walk_back(Of::Erasures, from..=to, each)?;
    }
    Ok(rows)
}
