//! Fetches the files of messages that are about to be sent, and keeps them until the messages have been sent.

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

/// Limit for all kept files together, in bytes. A dropped file is fetched again when its message is sent.
const KEPT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Files that one account fetches from one host at once, so that a slow host delays only the files from that host.
const AT_ONCE_PER_HOST: usize = 4;
/// Files that one workspace fetches at once, so that it leaves room for the others.
const AT_ONCE_PER_WORKSPACE: usize = 32;

/// File checks that one workspace runs at once.
const CHECKS_AT_ONCE: usize = 8;
/// Checks of one workspace, running and waiting; further ones are refused.
const CHECKS_MAX: usize = 32;
/// If this gateway lacks the means to request a file (`Fault::Ours`), it tries again after this pause, up to this
/// many times; then the account queues the fetch again.
const ASKED_AGAIN: Duration = Duration::from_secs(1);
const ASKED_MAX: u32 = 60;
/// Longest description of why a file is missing, in characters; the longest URLs fit.
const DETAIL_CHARS_MAX: usize = 9_000;

/// The workspace already has as many file checks as it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

/// Fetches files within the limits per host, per workspace and in all.
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
    /// Fetches with `files`, at most `at_once` files at a time.
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

    /// From now on no message waits for its file to be fetched again.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

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

    /// Tries until the file could be requested, with pauses in which others get their turns.
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

    /// Fetches a file as for a message, but keeps nothing. Many checks of one workspace delay neither other
    /// workspaces nor its own messages.
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

    /// The kept file, or else one fetched again; `None` if it would have to be fetched and the gateway is stopping.
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

    /// Drops a message's file, which is no longer needed.
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

/// Why a file is missing, in the type that the account actor takes.
pub(super) fn missing(fault: &Fault, prospect: Prospect) -> Missing {
    let detail = fault.to_string().chars().take(DETAIL_CHARS_MAX).collect();
    Missing { code: fault.code().to_owned(), detail, prospect }
}

/// Converts a fault's prospect. If the file was not even requested, another fetch may succeed.
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
