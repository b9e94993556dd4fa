//! Fetches the files of messages that are about to leave, and keeps them until they have left.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actors::account::{Command, Fetched, Missing, Prospect};
use events::ids::{AccountId, MessageId, WorkspaceId};
use tokio::sync::watch;

use super::attachment_cache::AttachmentCache;
use super::queued::QueuedFile;
use super::shares::Shares;
use crate::files::{self, Fault, Files};
use crate::net::stream_limit::StreamLimit;
use crate::net::turns::Turns;
use crate::whatsapp::transports::Attachment;

/// Files that are kept take at most so many bytes; what had to give way is fetched again when its message leaves.
const KEPT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Files that one account fetches from one host at once: a slow host delays only what comes from there.
const AT_ONCE_PER_HOST: usize = 4;
/// Files that one workspace fetches at once, so that it leaves room for the others.
const AT_ONCE_PER_WORKSPACE: usize = 32;

/// Files that one workspace has checked at once.
const CHECKS_AT_ONCE: usize = 8;
/// Checks of one workspace, those that wait for their turn included; more are turned away.
const CHECKS_MAX: usize = 32;
/// What could not be asked for, because this gateway lacked the means, is asked for again after so long, so often; then
/// the account lists it anew.
const ASKED_AGAIN: Duration = Duration::from_secs(1);
const ASKED_MAX: u32 = 60;
/// Characters of what is told of a file that cannot be had; the longest addresses fit.
const DETAIL_CHARS_MAX: usize = 9_000;

/// A workspace has as many files checked as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

/// Files on their way.
pub struct Fetching {
    files: Arc<dyn Files>,
    kept: Mutex<AttachmentCache>,
    hosts: Turns<(AccountId, String)>,
    workspaces: Turns<WorkspaceId>,
    shares: Shares,
    checks: Turns<WorkspaceId>,
    checking: StreamLimit,
    stopping: watch::Sender<bool>,
}

impl Fetching {
    /// With what gets files, so many at once.
    pub fn new(files: Arc<dyn Files>, at_once: usize) -> Self {
        Self::keeping(files, at_once, KEPT_BYTES_MAX)
    }

    fn keeping(files: Arc<dyn Files>, at_once: usize, bytes_max: u64) -> Self {
        Self {
            files,
            kept: Mutex::new(AttachmentCache::up_to(bytes_max)),
            hosts: Turns::of(AT_ONCE_PER_HOST),
            workspaces: Turns::of(AT_ONCE_PER_WORKSPACE),
            shares: Shares::of(at_once),
            checks: Turns::of(CHECKS_AT_ONCE),
            checking: StreamLimit::new(CHECKS_MAX),
            stopping: watch::Sender::new(false),
        }
    }

    /// No message that is about to leave waits for its file any longer.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Fetches a message's file and keeps it.
    pub(super) async fn fetch(&self, account: AccountId, message: MessageId, file: QueuedFile) -> Command {
        let result = self.insist(account, &file).await.map(|attachment| {
            let fetched = Fetched { size: attachment.bytes.len() as u64, mime: attachment.mime.clone() };
            self.kept().put(message, attachment);
            fetched
        });
        match result {
            Err(Fault::Ours) => Command::NotFetched { message },
            result => Command::Fetched { message, result: result.map_err(|fault| missing(&fault, prospect(&fault))) },
        }
    }

    /// Asks for a file until it could be asked for, with breaks, in which others have their turns.
    async fn insist(&self, account: AccountId, file: &QueuedFile) -> Result<Attachment, Fault> {
        let host = reqwest::Url::parse(&file.url).ok().and_then(|url| url.host_str().map(ToOwned::to_owned));
        let host = host.unwrap_or_default();
        for _ in 0..ASKED_MAX {
            let result = {
                let _host = self.hosts.turn((account, host.clone())).await;
                let _workspace = self.workspaces.turn(account.workspace()).await;
                self.get(account.workspace(), file).await
            };
            if result != Err(Fault::Ours) {
                return result;
            }
            tokio::time::sleep(ASKED_AGAIN).await;
        }
        Err(Fault::Ours)
    }

    /// Fetches as for a message, and keeps nothing. Many checks of one workspace hold up neither another workspace nor
    /// its own messages.
    pub async fn check(
        &self,
        workspace: WorkspaceId,
        url: &str,
        name: &str,
    ) -> Result<Result<files::Fetched, Fault>, TooMany> {
        let _seat = self.checking.take(workspace).ok_or(TooMany)?;
        let _turn = self.checks.turn(workspace).await;
        let _share = self.shares.share(workspace).await;
        Ok(self.files.fetch(url, name).await)
    }

    /// The file that was fetched, or fetched again where it was not kept; `None` if it must be and the gateway stops.
    pub(super) async fn take(
        &self,
        workspace: WorkspaceId,
        message: MessageId,
        file: &QueuedFile,
    ) -> Option<Result<Attachment, Fault>> {
        let kept = self.kept().get(message);
        if let Some(kept) = kept {
            return Some(Ok(kept));
        }
        let mut stopping = self.stopping.subscribe();
        tokio::select! {
            biased;
            _ = stopping.wait_for(|stopping| *stopping) => None,
            again = self.get(workspace, file) => Some(again.inspect(|again| self.kept().put(message, again.clone()))),
        }
    }

    /// The message needs its file no more.
    pub(super) fn forget(&self, message: MessageId) {
        self.kept().remove(message);
    }

    fn kept(&self) -> MutexGuard<'_, AttachmentCache> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn get(&self, workspace: WorkspaceId, file: &QueuedFile) -> Result<Attachment, Fault> {
        let _share = self.shares.share(workspace).await;
        let fetched = self.files.fetch(&file.url, &file.name).await?;
        Ok(Attachment { name: file.name.clone(), mime: fetched.mime.to_owned(), bytes: fetched.bytes })
    }
}

/// Why a file cannot be had, in the words of the rules.
pub(super) fn missing(fault: &Fault, prospect: Prospect) -> Missing {
    let detail = fault.to_string().chars().take(DETAIL_CHARS_MAX).collect();
    Missing { code: fault.code().to_owned(), detail, prospect }
}

/// What comes of it. What was not asked for may come.
pub(super) fn prospect(fault: &Fault) -> Prospect {
    match fault.prospect() {
        files::Prospect::Final => Prospect::Final,
        files::Prospect::Untried => Prospect::Passing { retry_after_ms: 0 },
        files::Prospect::Passing(wait) => {
            let retry_after_ms = wait.map_or(0, |wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
            Prospect::Passing { retry_after_ms }
        }
    }
}

#[cfg(test)]
mod tests;
