//! Takes e-mails: stores each in the workspace's outbox first, then hands it to the mail server if there is one.

use std::collections::BTreeSet;
use std::sync::{Arc, MutexGuard, PoisonError};

use actors::runtime::shard::ShardHandle;
use events::history::History;
use events::ids::WorkspaceId;
use events::log::ReadError;
use tokio::sync::Mutex;

use super::{Fault, Mail, MailState, MailView, Mailer, message, outbox};
use crate::metrics::Mails;

/// Takes e-mails. Retrying after a fault is up to the caller.
pub struct MailQueue {
    mailer: Option<Arc<dyn Mailer>>,
    mails: Mails,
    /// Held while a slot is chosen, so that two e-mails do not get the same one.
    choosing: Mutex<()>,
    /// Ids of e-mails that were handed over, but could not be marked as such in the outbox.
    unrecorded: std::sync::Mutex<BTreeSet<String>>,
}

impl MailQueue {
    /// Hands e-mails to `mailer`; without one, only stores them.
    pub fn new(mailer: Option<Arc<dyn Mailer>>, mails: Mails) -> Self {
        Self { mailer, mails, choosing: Mutex::default(), unrecorded: std::sync::Mutex::default() }
    }

    /// Stores an e-mail durably, then hands it over, unless it is known to have been handed over already.
    pub async fn deliver(&self, shard: &ShardHandle, workspace: WorkspaceId, mail: &Mail) -> Result<(), Fault> {
        let delivered = self.try_deliver(shard, workspace, mail).await;
        let result = delivered.as_ref().map_or_else(Fault::code, |result| *result);
        self.mails.count(result);
        delivered.map(drop)
    }

    /// The last 100 e-mails with their numbers, the newest first. Reads from disk.
    pub fn list(&self, history: &History, workspace: WorkspaceId) -> Result<Vec<(u64, MailView)>, ReadError> {
        let kept = outbox::read(history, workspace)?.into_iter();
        let mut rows: Vec<_> = kept.filter_map(|stored| Some((stored.held.number, stored.value?))).collect();
        rows.sort_unstable_by_key(|(number, _)| std::cmp::Reverse(*number));
        Ok(rows)
    }

    /// Returns the result that the metrics count.
    async fn try_deliver(
        &self,
        shard: &ShardHandle,
        workspace: WorkspaceId,
        mail: &Mail,
    ) -> Result<&'static str, Fault> {
        if !message::is_id(&mail.id) {
            return Err(Fault::Unfit);
        }
        let state = if self.unrecorded().contains(&mail.id) { MailState::HandedOver } else { MailState::Kept };
        if self.keep(shard, workspace, mail, state, None).await? == MailState::HandedOver {
            self.unrecorded().remove(&mail.id);
            return Ok(Mails::HANDED_OVER);
        }
        let Some(mailer) = &self.mailer else { return Ok(Mails::KEPT) };
        let sent = mailer.send(mail).await;
        let state = if sent.is_ok() { MailState::HandedOver } else { MailState::Failing };
        let kept = self.keep(shard, workspace, mail, state, sent.as_ref().err()).await;
        if let Err(error) = kept {
            tracing::warn!(workspace_id = %workspace, %error, "what became of an e-mail cannot be kept");
            if sent.is_ok() {
                self.unrecorded().insert(mail.id.clone());
            }
        }
        sent.map(|()| Mails::HANDED_OVER)
    }

    fn unrecorded(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.unrecorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores the e-mail durably in this state, and returns its state. A stored e-mail stays unchanged if it was
    /// handed over already, or if the new state is only `Kept`.
    async fn keep(
        &self,
        shard: &ShardHandle,
        workspace: WorkspaceId,
        mail: &Mail,
        state: MailState,
        error: Option<&Fault>,
    ) -> Result<MailState, Fault> {
        let _alone = self.choosing.lock().await;
        let read = shard.history().run(move |history| outbox::read(history, workspace));
        let kept = read.await.map_err(|error| {
            tracing::warn!(workspace_id = %workspace, %error, "the outbox cannot be read");
            Fault::NotKept
        })?;
        let known = kept.iter().filter_map(|stored| stored.value.as_ref()).find(|view| view.id == mail.id);
        if let Some(known) = known.filter(|view| view.state == MailState::HandedOver || state == MailState::Kept) {
            return Ok(known.state);
        }
        let view = MailView::new(mail, state, shard.clock().now().to_string(), error.map(ToString::to_string));
        let notes = outbox::notes(shard.history().vault(), workspace, &kept, &view)?;
        if shard.note(notes).await { Ok(state) } else { Err(Fault::NotKept) }
    }
}
