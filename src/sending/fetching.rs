//! Fetches the files of messages that are about to leave, and keeps them until they have left.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actors::account::{Command, Fetched};
use dashmap::DashMap;
use events::ids::{AccountId, MessageId, WorkspaceId};

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
    kept: DashMap<MessageId, Attachment>,
    kept_bytes: AtomicU64,
    hosts: Turns<(AccountId, String)>,
    workspaces: Turns<WorkspaceId>,
}

impl Fetching {
    /// With what gets files.
    pub fn new(files: Arc<dyn Files>) -> Self {
        let (hosts, workspaces) = (Turns::of(AT_ONCE_PER_HOST), Turns::of(AT_ONCE_PER_WORKSPACE));
        Self { files, kept: DashMap::new(), kept_bytes: AtomicU64::new(0), hosts, workspaces }
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
            self.keep(message, attachment);
            fetched
        });
        Command::Fetched { message, result: result.map_err(|fault| fault.code().to_owned()) }
    }

    /// The file that was fetched, or fetched again where it was not kept.
    pub(super) async fn take(&self, message: MessageId, file: &QueuedFile) -> Result<Attachment, Fault> {
        if let Some(kept) = self.kept.get(&message) {
            return Ok(kept.clone());
        }
        self.get(file).await
    }

    /// The message needs its file no more.
    pub(super) fn forget(&self, message: MessageId) {
        if let Some((_, attachment)) = self.kept.remove(&message) {
            self.kept_bytes.fetch_sub(attachment.bytes.len() as u64, Ordering::Relaxed);
        }
    }

    async fn get(&self, file: &QueuedFile) -> Result<Attachment, Fault> {
        let fetched = self.files.fetch(&file.url, &file.name).await?;
        Ok(Attachment { name: file.name.clone(), mime: fetched.mime.to_owned(), bytes: fetched.bytes })
    }

    fn keep(&self, message: MessageId, attachment: Attachment) {
        let size = attachment.bytes.len() as u64;
        while self.kept_bytes.load(Ordering::Relaxed).saturating_add(size) > KEPT_BYTES_MAX {
            let Some(other) = self.kept.iter().next().map(|kept| *kept.key()) else { break };
            self.forget(other);
        }
        self.kept_bytes.fetch_add(size, Ordering::Relaxed);
        if let Some(before) = self.kept.insert(message, attachment) {
            self.kept_bytes.fetch_sub(before.bytes.len() as u64, Ordering::Relaxed);
        }
    }
}
