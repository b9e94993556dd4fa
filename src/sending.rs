//! Hands messages to the transports, and brings their receipts to the actors.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actors::account::{Account, Command, Effect, Outcome};
use actors::chat::{self, Chat, Receipt};
use actors::port::Port;
use actors::shard::{Reading, ShardHandle};
use dashmap::DashMap;
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId, StreamId};
use events::index::{Index, Series};
use events::log::{Log, ReadError};
use events::reading;
use events::record::{Cause, Position};
use futures_util::future::LocalBoxFuture;
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc::Receiver;

use crate::transports::{Outgoing, Status, StatusUpdate, Transport, Update};

/// Receipts handled at once.
const RECEIPTS_AT_ONCE: usize = 64;

/// Transports by the name that accounts give.
pub type Transports = BTreeMap<String, Arc<dyn Transport>>;

/// The port that sends.
pub struct Sending {
    /// Where the texts are.
    pub log: Arc<dyn Log>,
    /// Where their places are; known once the shard has been launched.
    pub index: Arc<std::sync::OnceLock<Arc<Index>>>,
    /// What sends.
    pub transports: Arc<Transports>,
    /// Where the log is read.
    pub reading: Reading,
    /// An outcome that takes longer, in real time, is unknown.
    pub handover_timeout: Duration,
    /// Accounts that were looked up before.
    pub lines: Arc<DashMap<AccountId, Line>>,
}

/// What an account sends with.
#[derive(Clone)]
pub struct Line {
    phone: String,
    transport: String,
}

impl Port<Account> for Sending {
    fn perform(&self, effect: Effect) -> LocalBoxFuture<'static, Command> {
        let (account, message, try_number) = match effect {
            Effect::Send { account, message, try_number } => (account, message, try_number),
            Effect::Fetch { message, .. } => {
                let result = Err("file_unreachable".to_owned());
                return Box::pin(async move { Command::Fetched { message, result } });
            }
        };
        let wanted = Wanted {
            log: Arc::clone(&self.log),
            index: self.index.get().cloned(),
            lines: Arc::clone(&self.lines),
            account,
            message,
        };
        let (transports, reading, limit) = (Arc::clone(&self.transports), self.reading, self.handover_timeout);
        Box::pin(async move {
            let outcome = match wanted.read(reading).await {
                Some((line, outgoing)) => match transports.get(&line.transport) {
                    Some(transport) => {
                        tokio::time::timeout(limit, transport.send(outgoing)).await.unwrap_or(Outcome::Unknown)
                    }
                    None => Outcome::NotConnected,
                },
                None => Outcome::NotConnected,
            };
            Command::Tried { message, try_number, outcome }
        })
    }
}

/// A message to read from the log.
struct Wanted {
    log: Arc<dyn Log>,
    index: Option<Arc<Index>>,
    lines: Arc<DashMap<AccountId, Line>>,
    account: AccountId,
    message: MessageId,
}

impl Wanted {
    async fn read(self, reading: Reading) -> Option<(Line, Outgoing)> {
        let (account, message) = (self.account, self.message);
        match reading.read(move || self.now()).await {
            Ok(Some(found)) => return Some(found),
            Ok(None) => tracing::error!(account_id = %account, %message, "a queued message is not in the log"),
            Err(error) => tracing::error!(account_id = %account, %message, %error, "a queued message cannot be read"),
        }
        None
    }

    fn now(self) -> Result<Option<(Line, Outgoing)>, ReadError> {
        let Some(index) = &self.index else { return Ok(None) };
        let Some(line) = self.line(index)? else { return Ok(None) };
        let queued = queued(self.log.as_ref(), index, self.message)?;
        Ok(queued.map(|Queued { to, text, .. }| {
            let outgoing = Outgoing { id: self.message, from: line.phone.clone(), to, text, file: None };
            (line, outgoing)
        }))
    }

    /// The account's number and transport: its first event says.
    fn line(&self, index: &Index) -> Result<Option<Line>, ReadError> {
        if let Some(line) = self.lines.get(&self.account) {
            return Ok(Some(line.clone()));
        }
        let series = Series::Stream(StreamId::Account(self.account));
        let first = index.positions(series, 1, Position::MAX, 1)?;
        let mut line = None;
        reading::visit(self.log.as_ref(), &first, |_, _, event| {
            if let Event::AccountConnected(e) = event {
                line = Some(Line { phone: e.phone.reveal().to_owned(), transport: e.transport.clone() });
            }
        })?;
        if let Some(line) = &line {
            self.lines.insert(self.account, line.clone());
        }
        Ok(line)
    }
}

/// What the log says of a queued message.
struct Queued {
    account: AccountId,
    chat: ChatId,
    to: String,
    text: String,
}

fn queued(log: &dyn Log, index: &Index, message: MessageId) -> Result<Option<Queued>, ReadError> {
    let first = index.positions(Series::Message(message), 1, Position::MAX, 1)?;
    let mut found = None;
    reading::visit(log, &first, |_, _, event| {
        if let Event::MessageQueued(e) = event {
            let (to, text) = (e.to.reveal().to_owned(), e.text.reveal().to_owned());
            found = Some(Queued { account: e.account, chat: e.chat, to, text });
        }
    })?;
    Ok(found)
}

/// Brings receipts to the actors until no more can come.
pub async fn receive(updates: Receiver<Update>, shard: ShardHandle, reading: Reading) {
    let updates = stream::unfold(updates, |mut updates| async { Some((updates.recv().await?, updates)) });
    let handle = |update| async {
        match update {
            Update::Status(update) => receipt(update, &shard, reading).await,
            Update::Message(_) | Update::Connection(_) => tracing::debug!("an update that is no receipt is left out"),
        }
    };
    updates.for_each_concurrent(RECEIPTS_AT_ONCE, handle).await;
}

async fn receipt(update: StatusUpdate, shard: &ShardHandle, reading: Reading) {
    let (log, index) = (Arc::clone(shard.log()), Arc::clone(shard.index()));
    let found = match reading.read(move || queued(log.as_ref(), &index, update.id)).await {
        Ok(Some(found)) => found,
        Ok(None) => return,
        Err(error) => {
            tracing::error!(message = %update.id, %error, "a receipt's message cannot be read");
            return;
        }
    };
    let cause = || Cause { by: "transport".to_owned(), ..Cause::system() };
    let seen = Command::Seen { message: update.id };
    let settled = shard.report::<Account>(found.account, seen, cause()).await.is_ok();
    let receipt = match update.status {
        Status::Delivered => Receipt::Delivered,
        Status::Read => Receipt::Read,
    };
    let command = chat::Command::Receipt { message: update.id, receipt };
    let noted = shard.report::<Chat>(found.chat, command, cause()).await.is_ok();
    if !(settled && noted) {
        tracing::warn!(message = %update.id, "a receipt was not recorded");
    }
}
