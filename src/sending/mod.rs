//! Hands messages to the transports, with their files.

mod fetching;
mod kept;
mod queued;
mod turns;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actors::account::{Account, Command, Effect, Outcome};
use actors::port::Port;
use actors::shard::Reading;
use dashmap::DashMap;
use events::event::Event;
use events::ids::{AccountId, MessageId, StreamId};
use events::index::{Index, Series};
use events::log::{Log, ReadError};
use events::reading;
use events::record::Position;
use futures_util::future::LocalBoxFuture;

pub use fetching::Fetching;
pub(crate) use queued::queued;

use self::queued::Queued;
use crate::files::Fault;
use crate::transports::{Outgoing, Transport};

/// Transports by the name that accounts give.
pub type Transports = BTreeMap<String, Arc<dyn Transport>>;

/// The port that sends. Clones share what they keep.
#[derive(Clone)]
pub struct Sending {
    /// Where the texts are.
    pub log: Arc<dyn Log>,
    /// Where their places are; known once the shard has been launched.
    pub index: Arc<OnceLock<Arc<Index>>>,
    /// What sends.
    pub transports: Arc<Transports>,
    /// What gets files.
    pub fetching: Arc<Fetching>,
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
        let sending = self.clone();
        Box::pin(async move {
            match effect {
                Effect::Fetch { account, message } => sending.fetch(account, message).await,
                Effect::Send { account, message, try_number } => sending.send(account, message, try_number).await,
            }
        })
    }
}

impl Sending {
    async fn fetch(&self, account: AccountId, message: MessageId) -> Command {
        match self.read(account, message).await {
            Some((_, Queued { file: Some(file), .. })) => self.fetching.fetch(account, message, file).await,
            _ => Command::Fetched { message, result: Err(Fault::Unreachable.code().to_owned()) },
        }
    }

    async fn send(&self, account: AccountId, message: MessageId, try_number: u32) -> Command {
        let tried = |outcome| Command::Tried { message, try_number, outcome };
        let Some((line, queued)) = self.read(account, message).await else { return tried(Outcome::NotConnected) };
        let Some(transport) = self.transports.get(&line.transport) else { return tried(Outcome::NotConnected) };
        let file = match &queued.file {
            None => None,
            Some(file) => match self.fetching.take(message, file).await {
                Some(Ok(attachment)) => Some(attachment),
                None => return tried(Outcome::NotConnected),
                Some(Err(fault)) => return Command::NoFile { message, try_number, code: fault.code().to_owned() },
            },
        };
        let outgoing = Outgoing { id: message, from: line.phone, to: queued.to, text: queued.text, file };
        let sent = tokio::time::timeout(self.handover_timeout, transport.send(outgoing)).await;
        let outcome = sent.unwrap_or(Outcome::Unknown);
        if matches!(outcome, Outcome::Sent | Outcome::Failed(_)) {
            self.fetching.forget(message);
        }
        tried(outcome)
    }

    async fn read(&self, account: AccountId, message: MessageId) -> Option<(Line, Queued)> {
        let sending = self.clone();
        match self.reading.read(move || sending.read_now(account, message)).await {
            Ok(Some(found)) => return Some(found),
            Ok(None) => {
                tracing::error!(account_id = %account, message_id = %message, "a queued message is not in the log");
            }
            Err(error) => {
                tracing::error!(account_id = %account, message_id = %message, %error, "a queued message cannot be read");
            }
        }
        None
    }

    fn read_now(&self, account: AccountId, message: MessageId) -> Result<Option<(Line, Queued)>, ReadError> {
        let Some(index) = self.index.get() else { return Ok(None) };
        let Some(line) = self.line(index, account)? else { return Ok(None) };
        Ok(queued(self.log.as_ref(), index, message)?.map(|queued| (line, queued)))
    }

    /// The account's number and transport: its first event says.
    fn line(&self, index: &Index, account: AccountId) -> Result<Option<Line>, ReadError> {
        if let Some(line) = self.lines.get(&account) {
            return Ok(Some(line.clone()));
        }
        let series = Series::Stream(StreamId::Account(account));
        let first = index.positions(series, 1, Position::MAX, 1)?;
        let mut line = None;
        reading::visit(self.log.as_ref(), &first, |_, _, event| {
            if let Event::AccountConnected(e) = event {
                line = Some(Line { phone: e.phone.reveal().to_owned(), transport: e.transport.clone() });
            }
        })?;
        if let Some(line) = &line {
            self.lines.insert(account, line.clone());
        }
        Ok(line)
    }
}
