//! Fetches the files of messages that are about to leave, and keeps them until they have left.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actors::account::{Command, Fetched};
use events::ids::{AccountId, MessageId, WorkspaceId};
use tokio::sync::watch;

use super::kept::Kept;
use super::queued::QueuedFile;
use super::turns::Turns;
use crate::files::{Fault, Files};
use crate::transports::Attachment;

/// Files that are kept take at most so many bytes; what had to give way is fetched again when its message leaves.
const KEPT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Files that one account fetches from one host at once: a slow host delays only what comes from there.
const AT_ONCE_PER_HOST: usize = 4;
/// Files that one workspace fetches at once, so that it leaves room for the others.
const AT_ONCE_PER_WORKSPACE: usize = 32;

/// Files on their way.
pub struct Fetching {
    files: Arc<dyn Files>,
    kept: Mutex<Kept>,
    hosts: Turns<(AccountId, String)>,
    workspaces: Turns<WorkspaceId>,
    stopping: watch::Sender<bool>,
}

impl Fetching {
    /// With what gets files.
    pub fn new(files: Arc<dyn Files>) -> Self {
        Self::keeping(files, KEPT_BYTES_MAX)
    }

    fn keeping(files: Arc<dyn Files>, bytes_max: u64) -> Self {
        let (hosts, workspaces) = (Turns::of(AT_ONCE_PER_HOST), Turns::of(AT_ONCE_PER_WORKSPACE));
        let kept = Mutex::new(Kept::up_to(bytes_max));
        Self { files, kept, hosts, workspaces, stopping: watch::Sender::new(false) }
    }

    /// No message that is about to leave waits for its file any longer.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Fetches a message's file and keeps it.
    pub(super) async fn fetch(&self, account: AccountId, message: MessageId, file: QueuedFile) -> Command {
        let host = reqwest::Url::parse(&file.url).ok().and_then(|url| url.host_str().map(ToOwned::to_owned));
        let result = {
            let _host = self.hosts.turn((account, host.unwrap_or_default())).await;
            let _workspace = self.workspaces.turn(account.workspace()).await;
            self.get(&file).await
        };
        let result = result.map(|attachment| {
            let fetched = Fetched { size: attachment.bytes.len() as u64, mime: attachment.mime.clone() };
            self.kept().put(message, attachment);
            fetched
        });
        Command::Fetched { message, result: result.map_err(|fault| fault.code().to_owned()) }
    }

    /// The file that was fetched, or fetched again where it was not kept; `None` if it must be and the gateway stops.
    pub(super) async fn take(&self, message: MessageId, file: &QueuedFile) -> Option<Result<Attachment, Fault>> {
        let kept = self.kept().get(message);
        if let Some(kept) = kept {
            return Some(Ok(kept));
        }
        let mut stopping = self.stopping.subscribe();
        tokio::select! {
            biased;
            _ = stopping.wait_for(|stopping| *stopping) => None,
            again = self.get(file) => Some(again.inspect(|again| self.kept().put(message, again.clone()))),
        }
    }

    /// The message needs its file no more.
    pub(super) fn forget(&self, message: MessageId) {
        self.kept().remove(message);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn get(&self, file: &QueuedFile) -> Result<Attachment, Fault> {
        let fetched = self.files.fetch(&file.url, &file.name).await?;
        Ok(Attachment { name: file.name.clone(), mime: fetched.mime.to_owned(), bytes: fetched.bytes })
    }
}

#[cfg(test)]
mod tests;
