//! Hands messages and their files to the transports.

mod attachment_cache;
mod fetching;
mod queued;
mod sent_cache;
mod shares;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actors::account::outcome::{Permanent, StopReason};
use actors::account::{Command, Effect, Outcome, Prospect, SpelledLookups};
use actors::runtime::port::Port;
use events::history::History;
use events::ids::{AccountId, MessageId, StreamId};
use events::index::{AccountEntry, IndexKey};
use events::log::ReadError;
use futures_util::future::LocalBoxFuture;

pub use fetching::{Fetching, TooMany};
pub(crate) use queued::queued;
pub use sent_cache::SentCache;

use self::fetching::{missing, prospect};
use self::queued::{Queued, QueuedFile};
use crate::files::Fault;
use crate::notices::Notices;
use crate::whatsapp::transports::{Attachment, Outgoing, Transport};
use crate::whatsapp::wire_ids::WireIds;

/// Transports by the name that accounts use for them.
pub type Transports = BTreeMap<String, Arc<dyn Transport>>;

/// Limit of tries to read a message from the log, with a pause after each: a read error is not the transport's fault.
const READS_MAX: u32 = 10;
const READ_AGAIN: Duration = Duration::from_secs(1);

/// A try waits this long for a file that must be fetched again; otherwise the file is fetched outside the tries.
const FETCHED_AGAIN_WITHIN: Duration = Duration::from_secs(5);

/// The port through which accounts send. Clones share their state.
#[derive(Clone)]
pub struct TransportPort {
    /// Reads the queued messages.
    pub history: History,
    pub transports: Arc<Transports>,
    /// Makes the ids that transports hand on.
    pub wire_ids: WireIds,
    pub fetching: Arc<Fetching>,
    /// Without an answer after this real time, the outcome is unknown.
    pub handover_timeout: Duration,
    /// Notifies owners.
    pub notices: Arc<Notices>,
    /// Remembers the account and chat of recent messages.
    pub sent_cache: SentCache,
}

impl Port<Effect, Command> for TransportPort {
    fn perform(&self, effect: Effect) -> LocalBoxFuture<'static, Command> {
        let sending = self.clone();
        Box::pin(async move {
            match effect {
                Effect::Fetch { account, message } => sending.fetch(account, message).await,
                Effect::Send { account, message, try_number } => sending.send(account, message, try_number).await,
                Effect::Notify { account, notice } => {
                    sending.notices.tell(StreamId::Account(account), notice).await;
                    Command::Notified { notice }
                }
            }
        })
    }
}

impl TransportPort {
    async fn fetch(&self, account: AccountId, message: MessageId) -> Command {
        match self.read(account, message).await {
            Some((_, Queued { file: Some(file), is_erased: false, .. })) => {
                self.fetching.fetch(account, message, file).await
            }
            _ => Command::Fetched { message, result: Err(missing(&Fault::Unreachable, Prospect::Final)) },
        }
    }

    async fn send(&self, account: AccountId, message: MessageId, try_number: u32) -> Command {
        let tried = |outcome| Command::Tried {
            message,
            try_number,
            outcome,
            reporting: None,
            spelled: SpelledLookups::default(),
        };
        let Some((line, queued)) = self.read(account, message).await else { return tried(Outcome::NotConnected) };
        if queued.is_erased {
            return tried(Outcome::Failed(Permanent::ChatErased));
        }
        let Some(from) = line.phone.readable() else {
            // Lost with the vault: the account must be connected again.
            return tried(Outcome::Stopped { reason: StopReason::Misconfigured, until_ms: None });
        };
        let Some(transport) = self.transports.get(&line.transport) else { return tried(Outcome::NotConnected) };
        let file = match &queued.file {
            None => None,
            Some(file) => match self.take(account, message, file).await {
                Some(Ok(attachment)) => Some(attachment),
                None => return tried(Outcome::NotConnected),
                Some(Err(fault)) => {
                    let missing = missing(&fault, prospect(&fault));
                    return Command::NoFile { message, try_number, missing };
                }
            },
        };
        self.sent_cache.sent(message, account, queued.chat);
        let outgoing = Outgoing {
            id: message,
            wire_id: self.wire_ids.wire_id(message),
            from: from.to_owned(),
            to: queued.to,
            text: queued.text,
            file,
        };
        let sent = tokio::time::timeout(self.handover_timeout, transport.send(outgoing)).await;
        let outcome = sent.unwrap_or(Outcome::Unknown);
        if matches!(outcome, Outcome::Sent | Outcome::Accepted(_) | Outcome::Failed(_)) {
            self.fetching.forget(message);
        }
        tried(outcome)
    }

    /// The file of a message that is being tried. Fetching it again may hold up the account only briefly.
    async fn take(
        &self,
        account: AccountId,
        message: MessageId,
        file: &QueuedFile,
    ) -> Option<Result<Attachment, Fault>> {
        let taken = self.fetching.take(account.workspace(), message, file);
        let late = || Some(Err(Fault::Timeout(FETCHED_AGAIN_WITHIN)));
        tokio::time::timeout(FETCHED_AGAIN_WITHIN, taken).await.unwrap_or_else(|_| late())
    }

    async fn read(&self, account: AccountId, message: MessageId) -> Option<(AccountEntry, Queued)> {
        for _ in 0..READS_MAX {
            match self.history.run(move |history| read_now(history, account, message)).await {
                Ok(Some(found)) => return Some(found),
                Ok(None) => {
                    tracing::error!(account_id = %account, message_id = %message, "a queued message is not in the log");
                    return None;
                }
                Err(error) => {
                    let (account_id, message_id) = (account, message);
                    tracing::error!(%account_id, %message_id, %error, "a queued message cannot be read");
                }
            }
            tokio::time::sleep(READ_AGAIN).await;
        }
        None
    }
}

/// Reads a message and the account that sends it.
fn read_now(
    history: &History,
    account: AccountId,
    message: MessageId,
) -> Result<Option<(AccountEntry, Queued)>, ReadError> {
    let Some(line) = history.index().find::<AccountEntry>(&IndexKey::Account(account))? else { return Ok(None) };
    Ok(queued(history, message)?.map(|queued| (line, queued)))
}
