//! Listens to a workspace's reports on the gateway's machine: hands them out as they are posted, and takes answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actors::runtime::clock::wall_now;
use actors::webhook::{Command, State, Webhook};
use events::ids::{WebhookId, WorkspaceId};
use events::personal::Digest;
use events::record::Cause;
use events::who::Who;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout};
use utoipa::ToSchema;

use super::refusal::Refusal;
use super::schema::Moment;
use super::scope::Scope;
use crate::gateway::Gateway;
use crate::outbound::{Handed, Listener, Response};
use crate::recent::mask;

/// How often it is looked up where a listener stands, and whether its key is valid.
const LOOK: Duration = Duration::from_millis(500);

/// An open listener.
pub struct Listening {
    gateway: Arc<Gateway>,
    workspace: WorkspaceId,
    by: Who,
    key: Digest,
    listener: Listener,
    told: Option<ListenerView>,
    /// When it was last looked up where the listener stands, and whether its key is valid.
    looked_up: Option<Instant>,
}

/// What there is for a listener.
#[derive(Debug)]
pub enum News {
    /// Its standing has changed, or it has just begun.
    Standing(ListenerView),
    Report(ReportView),
}

/// What a listener gets now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ListenerView {
    pub receives: Receives,
    /// Whether another listener answers.
    pub another: bool,
    /// The webhook's URL, which is not changed by listening; null: none is set.
    #[schema(format = "uri", example = "https://crm.example/hooks/whatsapp")]
    pub url: Option<String>,
    /// Reports that it was too slow for; they are no loss for the receiver.
    pub missed: u64,
    /// After an error nothing is reported before this.
    #[schema(value_type = Option<Moment>)]
    pub next_try_at: Option<String>,
}

/// The part that a listener has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Receives {
    /// It is the receiver: its answers count.
    Reports,
    /// It gets copies of what the receiver gets: its answers are not asked for.
    Copies,
    /// The webhook is switched off.
    Nothing,
}

/// A report as it is posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportView {
    /// To be answered by this number, if its answer counts; 0 for a copy.
    pub number: u64,
    /// Whether the receiver's answer is awaited from this listener.
    pub counts: bool,
    /// RFC 3339, UTC.
    #[schema(value_type = Moment)]
    pub at: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, byte for byte as it is signed: JSON.
    pub body: String,
}

/// A listener's answer in place of the receiver.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
pub struct AnswerBody {
    /// The HTTP status.
    #[schema(minimum = 200, maximum = 599)]
    pub status: u16,
    /// Such as `Retry-After`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What is kept of it is shown among the tries.
    #[serde(default)]
    pub body: String,
}

/// Begins to listen, as the owner of a key; `instead` of the webhook's URL, or beside it.
pub async fn open(scope: Scope<'_>, gateway: Arc<Gateway>, key: Digest, instead: bool) -> Result<Listening, Refusal> {
    scope.keys()?;
    let (workspace, by) = (scope.workspace, scope.by);
    let since = instead.then(|| gateway.shard.clock().now());
    let listener = gateway.poster.listeners().open(workspace, since);
    start(&gateway, workspace, instead, by, scope.cause()).await?;
    Ok(Listening { gateway, workspace, by, key, listener, told: None, looked_up: None })
}

/// Tells the rules that somebody listens. The listener must be open by then, so that nobody finds that all have gone.
async fn start(gateway: &Gateway, workspace: WorkspaceId, instead: bool, by: Who, cause: Cause) -> Result<(), Refusal> {
    let webhook = WebhookId::of_listeners(workspace);
    gateway.shard.execute::<Webhook>(webhook, Command::Listen { webhook, instead, by }, cause).await?;
    Ok(())
}

/// A report that was answered.
#[derive(Serialize, ToSchema)]
pub struct AnsweredView {
    number: u64,
}

/// Answers a report in place of the receiver.
pub fn answer(scope: Scope<'_>, number: &str, answer: AnswerBody) -> Result<AnsweredView, Refusal> {
    let AnswerBody { status, headers, body } = answer;
    if !(200..=599).contains(&status) {
        return Err(Refusal::invalid("status", "status must be 200 to 599"));
    }
    let response = Response::told(status, headers.into_iter().collect(), &body);
    let listeners = scope.gateway.poster.listeners();
    let awaited = number.parse().ok().filter(|number| listeners.answer(scope.workspace, *number, response));
    let not_found = || Refusal::new("report_not_found", "Nobody waits for an answer to this report");
    awaited.map(|number| AnsweredView { number }).ok_or_else(not_found)
}

impl Listening {
    /// Returns what there is within this time; `None` if the key is revoked.
    pub async fn next(&mut self, wait: Duration) -> Result<Option<Vec<News>>, Refusal> {
        // A new listener is told at once where it stands.
        let wait = if self.told.is_none() { Duration::ZERO } else { wait };
        let mut handed = Vec::new();
        let _ = timeout(wait, self.listener.next(&mut handed)).await;
        let mut news = Vec::new();
        let is_time = self.looked_up.is_none_or(|at| at.elapsed() >= LOOK);
        // Nothing more is told to a key that is revoked; what was meant for it goes to the next receiver.
        if (is_time || !handed.is_empty()) && !self.is_valid().await? {
            return Ok(None);
        }
        if is_time {
            self.looked_up = Some(Instant::now());
            self.insist().await?;
            let standing = self.standing().await?;
            if self.told.as_ref() != Some(&standing) {
                news.push(News::Standing(standing.clone()));
                self.told = Some(standing);
            }
        }
        news.extend(handed.into_iter().map(|handed| News::Report(report(&handed))));
        Ok(Some(news))
    }

    async fn is_valid(&self) -> Result<bool, Refusal> {
        let (workspace, key) = (self.workspace, self.key);
        let found = self.gateway.read(move |gateway| gateway.api_key(key)).await?;
        Ok(found.is_some_and(|found| found.workspace == workspace))
    }

    /// Tells the rules again that somebody listens, should they have heard that all of its kind have gone just as this
    /// listener came.
    async fn insist(&self) -> Result<(), Refusal> {
        let (listeners, instead) = (WebhookId::of_listeners(self.workspace), self.listener.is_instead());
        if self.see(listeners, move |state| state.listening.includes(instead)).await? {
            return Ok(());
        }
        let cause = Cause::request(self.by, self.gateway.entropy.command_id(), None);
        start(&self.gateway, self.workspace, instead, self.by, cause).await
    }

    async fn standing(&self) -> Result<ListenerView, Refusal> {
        let url = self.see(WebhookId::of(self.workspace), |state| state.url.clone()).await?;
        let webhook =
            if url.is_some() { WebhookId::of(self.workspace) } else { WebhookId::of_listeners(self.workspace) };
        let (is_open, not_before) = self.see(webhook, |state| (state.is_open(), state.not_before)).await?;
        let is_first = self.listener.is_first(url.is_some());
        Ok(ListenerView {
            receives: receives(is_open, is_first),
            another: self.listener.is_behind(url.is_some()),
            url: url.map(|url| mask::credentials(url.reveal())),
            missed: self.listener.missed(),
            next_try_at: not_before.filter(|_| is_open).map(|at| at.to_string()),
        })
    }

    async fn see<T: Send + 'static>(
        &self,
        webhook: WebhookId,
        look: impl Fn(&State) -> T + Clone + Send + 'static,
    ) -> Result<T, Refusal> {
        Ok(self.gateway.shard.inspect::<Webhook, _>(webhook, look).await?.value)
    }
}

const fn receives(is_open: bool, is_receiver: bool) -> Receives {
    match (is_open, is_receiver) {
        (false, _) => Receives::Nothing,
        (true, true) => Receives::Reports,
        (true, false) => Receives::Copies,
    }
}

fn report(handed: &Handed) -> ReportView {
    let Handed { number, request } = handed;
    ReportView {
        number: number.unwrap_or(0),
        counts: number.is_some(),
        at: wall_now().to_string(),
        headers: request.headers.iter().cloned().collect(),
        body: String::from_utf8_lossy(&request.body).into_owned(),
    }
}
