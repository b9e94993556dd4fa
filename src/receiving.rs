//! Brings what transports report to the actors: receipts, messages, connections.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use actors::account::{self, Account};
use actors::chat::{self, Chat, Receipt};
use actors::peer::Peer;
use actors::shard::{Reading, ShardHandle};
use actors::workspace::{AccountCommand, Command, Heard as LookedUp, Receive, Workspace};
use events::chat::ReceivedFile;
use events::ids::{AccountId, MessageId};
use events::log::ReadError;
use events::personal::Digest;
use events::record::Cause;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::sending::queued;
use crate::transports::{Connection, Heard, Status, StatusUpdate, Update};

/// Updates are handled side by side in so many lanes; those of one account keep their order in one lane.
const LANES: usize = 64;
/// Updates that wait in a lane.
const LANE_ROOM: usize = 64;
/// Workspaces that may have connected one number.
const ACCOUNTS_MAX: usize = 64;

/// Brings updates to the actors until no more can come. Must be called on a tokio runtime with an actix system.
pub async fn receive(mut updates: Receiver<Update>, shard: ShardHandle, reading: Reading) {
    let lanes: Vec<Sender<Update>> = (0..LANES).map(|_| lane(shard.clone(), reading)).collect();
    while let Some(update) = updates.recv().await {
        if let Some(lane) = lanes.get(place(account_phone(&update))) {
            let _ = lane.send(update).await;
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

fn lane(shard: ShardHandle, reading: Reading) -> Sender<Update> {
    let (sender, mut updates) = channel(LANE_ROOM);
    actix::spawn(async move {
        while let Some(update) = updates.recv().await {
            match update {
                Update::Status(update) => receipt(update, &shard, reading).await,
                Update::Message(heard) => message(heard, &shard).await,
                Update::Connection(connection) => connected(connection, &shard).await,
            }
        }
    });
    sender
}

fn cause() -> Cause {
    Cause { by: "transport".to_owned(), ..Cause::system() }
}

async fn receipt(update: StatusUpdate, shard: &ShardHandle, reading: Reading) {
    let (log, index) = (Arc::clone(shard.log()), Arc::clone(shard.index()));
    let found = match reading.read(move || queued(log.as_ref(), &index, update.id)).await {
        Ok(Some(found)) => found,
        Ok(None) => return,
        Err(error) => {
            tracing::error!(message_id = %update.id, %error, "a receipt's message cannot be read");
            return;
        }
    };
    let seen = account::Command::Seen { message: update.id, reporting: None };
    let settled = shard.report::<Account>(found.account, seen, cause()).await.is_ok();
    let receipt = match update.status {
        Status::Delivered => Receipt::Delivered,
        Status::Read => Receipt::Read,
    };
    let command = chat::Command::Receipt { message: update.id, receipt, reporting: None };
    let noted = shard.report::<Chat>(found.chat, command, cause()).await.is_ok();
    if !(settled && noted) {
        tracing::warn!(message_id = %update.id, "a receipt was not recorded");
    }
}

async fn message(heard: Heard, shard: &ShardHandle) {
    let peer = if heard.chat.contains('@') { Peer::from_jid(&heard.chat) } else { Some(Peer::from_phone(&heard.chat)) };
    let Some(peer) = peer else {
        tracing::warn!("a message of a conversation that is no person and no group is left out");
        return;
    };
    for account in accounts(shard, &heard.account_phone) {
        let receive = Command::Receive(Box::new(received(account, peer.clone(), &heard)));
        if let Err(error) = shard.report::<Workspace>(account.workspace(), receive, cause()).await {
            tracing::warn!(account_id = %account, %error, "a received message was not recorded");
        }
    }
}

fn received(account: AccountId, peer: Peer, heard: &Heard) -> Receive {
    Receive {
        message: message_id(account, &peer, heard),
        account,
        peer,
        from_me: heard.from_me,
        sender: heard.sender.clone(),
        sender_name: heard.sender_name.clone(),
        chat_name: heard.chat_name.clone(),
        text: heard.text.clone(),
        file: heard.file.as_ref().map(|file| ReceivedFile {
            name: file.name.as_str().into(),
            size: file.size,
            mime: file.mime.clone(),
        }),
        at: heard.at,
        looked_up: LookedUp::default(),
    }
}

/// Derived from account, chat, sender and wire id, so that what comes twice has one id. An echo of what we sent has
/// that message's own.
fn message_id(account: AccountId, peer: &Peer, heard: &Heard) -> MessageId {
    if let (true, Ok(own)) = (heard.from_me, heard.wire_id.parse()) {
        return own;
    }
    let parts = [account.to_string(), peer.canonical.clone(), heard.sender.clone(), heard.wire_id.clone()];
    let Digest(hash) = Digest::of(parts.join("\n").as_bytes());
    MessageId::from_bits(hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes)))
}

async fn connected(update: Connection, shard: &ShardHandle) {
    for account in accounts(shard, &update.account_phone) {
        let command = Command::Account(account, AccountCommand::Connection { connected: update.connected });
        if let Err(error) = shard.report::<Workspace>(account.workspace(), command, cause()).await {
            tracing::warn!(account_id = %account, %error, "a change of connection was not recorded");
        }
    }
}

fn accounts(shard: &ShardHandle, phone: &str) -> Vec<AccountId> {
    let found = shard.index().accounts_of(phone, ACCOUNTS_MAX);
    found.unwrap_or_else(|error: ReadError| {
        tracing::error!(%error, "the accounts of a number cannot be read");
        Vec::new()
    })
}
