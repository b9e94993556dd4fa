//! Passes the receipts, messages and connection changes that transports report on to the actors.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;
use std::time::Duration;

use actors::account::outcome::Permanent;
use actors::account::{self, Account};
use actors::chat::{self, Chat, Receipt};
use actors::peer::Peer;
use actors::runtime::shard::{CommandError, ShardHandle};
use actors::runtime::vital;
use actors::workspace::{AccountCommand, Command, Receive, ReceiveLookups as LookedUp, Rejection, Workspace};
use events::chat::{MessageKind, ReceivedFile};
use events::event::Event;
use events::history::{History, Of};
use events::ids::{AccountId, MessageId};
use events::log::ReadError;
use events::record::Cause;
use events::who::Who;
use tokio::sync::mpsc;

use crate::files::{NAMELESS, base_name};
use crate::whatsapp::sending::{SentCache, queued};
use crate::whatsapp::transports::{Connection, IncomingMessage, Status, StatusUpdate, Update};
use crate::whatsapp::wire_ids::WireIds;

/// Number of lanes that handle updates in parallel. All updates of one account go to the same lane, which keeps their
/// order.
const LANES: usize = 64;
/// Updates that can wait in one lane.
const LANE_ROOM: usize = 64;
/// Limit of tries for an update that a fault of ours keeps from being recorded, with a pause after each try.
const TRIES_MAX: u32 = 10;
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// At most this many accounts get an update of a number that nobody holds now.
const ACCOUNTS_MAX: usize = 64;

/// Passes updates on. Clones share all that they know.
#[derive(Clone)]
pub struct Receiver {
    /// The handle to the actors.
    pub shard: ShardHandle,
    /// Remembers the account and chat of recent messages.
    pub sent_cache: SentCache,
    /// Reads the ids that transports bring back.
    pub wire_ids: WireIds,
}

impl Receiver {
    /// Passes updates to the actors until the channel closes. Must be called on a tokio runtime with an actix system.
    pub async fn receive(self, mut updates: mpsc::Receiver<Update>) {
        let lanes: Vec<mpsc::Sender<Update>> = (0..LANES).map(|_| lane(self.clone())).collect();
        while let Some(update) = updates.recv().await {
            if let Some(lane) = lanes.get(place(account_phone(&update))) {
                let _ = lane.send(update).await;
            }
        }
    }

    async fn pass_on(&self, update: &Update) -> Result<(), String> {
        match update {
            Update::Status(update) => self.receipt(update).await,
            Update::Message(heard) => self.message(heard).await,
            Update::Connection(connection) => connected(connection, &self.shard).await,
        }
    }

    /// Passes on the status of a message; one of no message that was ever queued is passed over.
    async fn receipt(&self, update: &StatusUpdate) -> Result<(), String> {
        let Some(id) = self.wire_ids.message_of(&update.wire_id) else { return Ok(()) };
        let mut whose = self.sent_cache.whose(id);
        if whose.is_none() {
            let found = self.shard.history().run(move |history| queued(history, id)).await;
            whose = found.map_err(|error| error.to_string())?.map(|found| (found.account, found.chat));
        }
        let Some((account, chat)) = whose else { return Ok(()) };
        let receipt = match update.status {
            Status::Sent => None,
            Status::Delivered => Some(Receipt::Delivered),
            Status::Read => Some(Receipt::Read),
            Status::Failed(why) => return self.failed(account, id, why).await,
        };
        let seen = account::Command::Seen { message: id, reporting: None };
        taken(self.shard.report::<Account>(account, seen, cause()).await)?;
        let Some(receipt) = receipt else { return Ok(()) };
        let command = chat::Command::Receipt { message: id, receipt, reporting: None };
        taken(self.shard.report::<Chat>(chat, command, cause()).await)
    }

    async fn failed(&self, account: AccountId, message: MessageId, why: Permanent) -> Result<(), String> {
        let has_arrived = self.shard.history().run(move |history| has_arrived(history, message)).await;
        let has_arrived = has_arrived.map_err(|error| error.to_string())?;
        let failed = account::Command::FailedLater { message, code: why.code().to_owned(), has_arrived };
        taken(self.shard.report::<Account>(account, failed, cause()).await)
    }

    async fn message(&self, heard: &IncomingMessage) -> Result<(), String> {
        let is_jid = heard.chat.contains('@');
        let peer = if is_jid { Peer::from_jid(&heard.chat) } else { Some(Peer::from_phone(&heard.chat)) };
        let Some(peer) = peer else {
            tracing::warn!("a message of a conversation that is no person and no group is left out");
            return Ok(());
        };
        for account in accounts(&self.shard, &heard.account_phone)? {
            let receive = Command::Receive(Box::new(self.received(account, peer.clone(), heard)));
            match self.shard.report::<Workspace>(account.workspace(), receive, cause()).await {
                Err(CommandError::Rejected(Rejection::NoRoom(_))) => {
                    return Err("no seed for a new chat yet".to_owned());
                }
                told => taken(told)?,
            }
        }
        Ok(())
    }

    fn received(&self, account: AccountId, peer: Peer, heard: &IncomingMessage) -> Receive {
        Receive {
            account,
            wire_id: heard.wire_id.clone(),
            wire_digest: self.wire_ids.digest(&heard.wire_id),
            own: self.wire_ids.message_of(&heard.wire_id).filter(|_| heard.from_me),
            peer,
            also: heard.also.as_deref().and_then(Peer::read),
            from_me: heard.from_me,
            kind: kind(heard),
            sender: heard.sender.clone(),
            sender_name: heard.sender_name.clone(),
            chat_name: heard.chat_name.clone(),
            text: heard.text.clone(),
            file: heard.file.as_ref().map(|file| ReceivedFile {
                name: base_name(&file.name).unwrap_or_else(|| NAMELESS.to_owned()).into(),
                size: file.size,
                mime: file.mime.clone(),
                reference: None,
            }),
            at: heard.at,
            looked_up: LookedUp::default(),
        }
    }
}

fn account_phone(update: &Update) -> &str {
    match update {
        Update::Status(update) => &update.account_phone,
        Update::Message(heard) => &heard.account_phone,
        Update::Connection(connection) => &connection.account_phone,
    }
}

fn place(phone: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    phone.hash(&mut hasher);
    usize::try_from(hasher.finish() % LANES as u64).unwrap_or(0)
}

fn lane(receiver: Receiver) -> mpsc::Sender<Update> {
    let (sender, mut updates) = mpsc::channel(LANE_ROOM);
    actix::spawn(vital::task(async move {
        while let Some(update) = updates.recv().await {
            for _ in 0..TRIES_MAX {
                match receiver.pass_on(&update).await {
                    Ok(()) => break,
                    Err(error) => tracing::error!(error, "transport update not recorded; will retry"),
                }
                tokio::time::sleep(TRY_AGAIN).await;
            }
        }
    }));
    sender
}

/// `Ok` if the update was recorded or never can be; `Err` only for a fault of ours, which is worth another try.
fn taken<T, R: fmt::Debug>(told: Result<T, CommandError<R>>) -> Result<(), String> {
    match told {
        Err(CommandError::Fault(fault)) => Err(fault),
        Err(error) => {
            tracing::warn!(%error, "what a transport reported was not recorded");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

fn cause() -> Cause {
    Cause::outside(Who::Transport)
}

/// What the message is, as far as its file's media type tells.
fn kind(heard: &IncomingMessage) -> MessageKind {
    let Some(file) = &heard.file else { return MessageKind::Text };
    match file.mime.split('/').next() {
        Some("image") => MessageKind::Image,
        Some("video") => MessageKind::Video,
        Some("audio") => MessageKind::Audio,
        _ => MessageKind::Document,
    }
}

/// True if a status told before that the recipient has the message.
fn has_arrived(history: &History, message: MessageId) -> Result<bool, ReadError> {
    let mut has_arrived = false;
    history.shut().walk(Of::Message(message), 1..=history.head().position, |_, _, event| match event {
        Event::MessageDelivered(_) | Event::MessageRead(_) => {
            has_arrived = true;
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    })?;
    Ok(has_arrived)
}

async fn connected(update: &Connection, shard: &ShardHandle) -> Result<(), String> {
    for account in accounts(shard, &update.account_phone)? {
        let command = Command::Account(account, AccountCommand::Connection { connected: update.connected });
        taken(shard.report::<Workspace>(account.workspace(), command, cause()).await)?;
    }
    Ok(())
}

/// The accounts that get an update of this number: those that hold it now, else those that once had it.
fn accounts(shard: &ShardHandle, phone: &str) -> Result<Vec<AccountId>, String> {
    let holders = shard.index().holders(phone).map_err(|error| error.to_string())?;
    if holders.is_empty() {
        return shard.index().accounts_of(phone, ACCOUNTS_MAX).map_err(|error| error.to_string());
    }
    Ok(holders.into_iter().map(|(account, _)| account).collect())
}
