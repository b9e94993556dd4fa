//! Listens to a workspace's reports on the gateway's machine: hands them out as they are posted, and takes answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actors::runtime::clock::wall_now;
use actors::webhook::{Command, State, Webhook};
use events::ids::{WebhookId, WorkspaceId};
use events::personal::Digest;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use utoipa::ToSchema;

use super::refusal::Refusal;
use super::schema::Moment;
use super::scope::Scope;
use crate::gateway::Gateway;
use crate::outbound::{Answering, Handed, Listener, Response};
use crate::recent::mask;

/// An open listener.
pub struct Listening {
    gateway: Arc<Gateway>,
    workspace: WorkspaceId,
    key: Digest,
    instead: bool,
    listener: Listener,
    told: Option<ListenerView>,
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
    /// The webhook's URL, which is not changed by listening; null: none is set.
    #[schema(format = "uri", example = "https://crm.example/hooks/whatsapp")]
    pub url: Option<String>,
    /// Reports that it was too slow for; they are no loss for the receiver.
    pub missed: u64,
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
    let workspace = scope.workspace;
    let listener = gateway.poster.listeners().open(workspace, instead);
    let webhook = WebhookId::of_listeners(workspace);
    let command = Command::Listen { webhook, by: scope.by };
    gateway.shard.execute::<Webhook>(webhook, command, scope.cause()).await?;
    Ok(Listening { gateway, workspace, key, instead, listener, told: None })
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
        let handed = timeout(wait, self.listener.next()).await.ok().flatten();
        let (workspace, key) = (self.workspace, self.key);
        let valid = self.gateway.read(move |gateway| gateway.api_key(key)).await?;
        if valid.is_none_or(|found| found.workspace != workspace) {
            return Ok(None);
        }
        let standing = self.standing().await?;
        let changed = (self.told.as_ref() != Some(&standing)).then(|| News::Standing(standing.clone()));
        self.told = Some(standing);
        Ok(Some(changed.into_iter().chain(handed.map(|handed| News::Report(report(handed)))).collect()))
    }

    async fn standing(&self) -> Result<ListenerView, Refusal> {
        let see = async |webhook| {
            let look = |state: &State| (state.url.as_ref().map(|url| url.reveal().to_owned()), state.is_open());
            Ok::<_, Refusal>(self.gateway.shard.inspect::<Webhook, _>(webhook, look).await?.value)
        };
        let (url, is_open) = see(WebhookId::of(self.workspace)).await?;
        let receives = if url.is_some() {
            let is_receiver = self.instead && self.listener.is_first(Answering::Instead);
            receives(is_open, is_receiver)
        } else {
            let (_, is_open) = see(WebhookId::of_listeners(self.workspace)).await?;
            receives(is_open, self.listener.is_first(Answering::Any))
        };
        Ok(ListenerView { receives, url: url.as_deref().map(mask::credentials), missed: self.listener.missed() })
    }
}

const fn receives(is_open: bool, is_receiver: bool) -> Receives {
    match (is_open, is_receiver) {
        (false, _) => Receives::Nothing,
        (true, true) => Receives::Reports,
        (true, false) => Receives::Copies,
    }
}

fn report(handed: Handed) -> ReportView {
    let Handed { number, counts, request } = handed;
    ReportView {
        number,
        counts,
        at: wall_now().to_string(),
        headers: request.headers.into_iter().collect(),
        body: String::from_utf8_lossy(&request.body).into_owned(),
    }
}
