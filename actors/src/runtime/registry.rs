//! Finds awake actors by id from any thread, and says which events wake a sleeping one.

use std::hash::Hash;

use actix::Addr;
use dashmap::DashMap;
use events::account::{MessageSent, MessageSettled};
use events::chat::{MessageDelivered, MessageRead, MessageReceived};
use events::event::Event;
use events::ids::{ChatId, Position, StreamId};
use events::record::Cause;
use events::who::Who;
use futures_util::future::LocalBoxFuture;

use crate::account::{self, Account};
use crate::chat::{self, Chat};
use crate::decider::{Decider, Never};
use crate::runtime::shard::{Shard, ShardHandle};
use crate::runtime::shell::Shell;
use crate::webhook::{self, Webhook};
use crate::workspace::Workspace;

/// The addresses of all awake actors.
#[derive(Default)]
pub struct Registry {
    workspaces: Table<Workspace>,
    accounts: Table<Account>,
    chats: Table<Chat>,
    webhooks: Table<Webhook>,
}

/// The addresses of one kind of actor.
pub type Table<D> = DashMap<<D as Decider>::Id, Addr<Shell<D>>>;

/// A kind of actor that the registry knows.
pub trait Kind: Decider
where
    Self::Id: Hash,
{
    /// Returns this kind's part of the registry.
    fn table(registry: &Registry) -> &Table<Self>;

    /// Performs an effect that the event at position `because` made due, and returns its outcome.
    fn perform(shard: &Shard, effect: Self::Effect, because: Position) -> LocalBoxFuture<'static, Self::Command>;
}

impl Kind for Workspace {
    fn table(registry: &Registry) -> &Table<Self> {
        &registry.workspaces
    }

    fn perform(_: &Shard, effect: Never, _: Position) -> LocalBoxFuture<'static, Self::Command> {
        match effect {}
    }
}

impl Kind for Account {
    fn table(registry: &Registry) -> &Table<Self> {
        &registry.accounts
    }

    fn perform(shard: &Shard, effect: account::Effect, _: Position) -> LocalBoxFuture<'static, account::Command> {
        shard.ports.send.perform(effect)
    }
}

impl Kind for Chat {
    fn table(registry: &Registry) -> &Table<Self> {
        &registry.chats
    }

    fn perform(shard: &Shard, effect: chat::Effect, _: Position) -> LocalBoxFuture<'static, Self::Command> {
        shard.ports.forget.perform(effect)
    }
}

impl Kind for Webhook {
    fn table(registry: &Registry) -> &Table<Self> {
        &registry.webhooks
    }

    fn perform(shard: &Shard, effect: webhook::Effect, because: Position) -> LocalBoxFuture<'static, webhook::Command> {
        match effect {
            webhook::Effect::Close { chat, window, aggregated } => {
                let actors = shard.handle.clone();
                let close = chat::Command::Close { window, aggregated, looked_up: chat::ReportLookups::default() };
                Box::pin(async move { ask_to_close(&actors, chat, close, because).await })
            }
            webhook::Effect::Outside(outside) => shard.ports.post.perform(outside),
        }
    }
}

/// Asks a chat to close a window. The chat answers with its bundle, as an event of the webhook's stream.
async fn ask_to_close(actors: &ShardHandle, chat: ChatId, close: chat::Command, because: Position) -> webhook::Command {
    if let Err(error) = actors.report::<Chat>(chat, close, Cause::following(Who::System, because)).await {
        tracing::error!(chat_id = %chat, %error, "a window could not be closed");
    }
    webhook::Command::Asked
}

impl Registry {
    /// Returns how many actors of each kind are awake: workspaces, accounts, chats, webhooks.
    pub fn awake(&self) -> [usize; 4] {
        [self.workspaces.len(), self.accounts.len(), self.chats.len(), self.webhooks.len()]
    }

    /// Returns the streams of all awake actors, in no order.
    pub(crate) fn streams(&self) -> Vec<StreamId> {
        let mut streams = Vec::with_capacity(self.awake().iter().sum());
        streams.extend(self.workspaces.iter().map(|awake| StreamId::Workspace(*awake.key())));
        streams.extend(self.accounts.iter().map(|awake| StreamId::Account(*awake.key())));
        streams.extend(self.chats.iter().map(|awake| StreamId::Chat(*awake.key())));
        streams.extend(self.webhooks.iter().map(|awake| StreamId::Webhook(*awake.key())));
        streams
    }

    /// True if the actor of a stream is awake.
    pub fn is_awake(&self, stream: StreamId) -> bool {
        match stream {
            StreamId::Workspace(id) => self.workspaces.contains_key(&id),
            StreamId::Account(id) => self.accounts.contains_key(&id),
            StreamId::Chat(id) => self.chats.contains_key(&id),
            StreamId::Webhook(id) => self.webhooks.contains_key(&id),
            StreamId::Log => false,
        }
    }
}

/// True if the event can make something due in the actor of this stream, so that it must wake.
pub(crate) const fn wakes(event: &Event, stream: StreamId) -> bool {
    matches!(
        (event, stream),
        (
            Event::MessageQueued(_)
                | Event::SendStarted(_)
                | Event::SendDeferred(_)
                | Event::AccountConnected(_)
                | Event::AccountDisconnected(_)
                | Event::AccountResumed(_)
                | Event::AccountBlocked(_)
                | Event::AccountUnblocked(_)
                | Event::PacingChanged(_)
                | Event::ChatErased(_),
            StreamId::Account(_)
        ) | (
            Event::MessageSent(MessageSent { owed: Some(_), .. })
                | Event::MessageSettled(MessageSettled { owed: Some(_), .. })
                | Event::MessageDelivered(MessageDelivered { owed: Some(_), .. })
                | Event::MessageRead(MessageRead { owed: Some(_), .. })
                | Event::MessageReceived(MessageReceived { owed: Some(_), .. })
                | Event::BundleOpened(_)
                | Event::BundleFlushed(_)
                | Event::ChatErased(_),
            StreamId::Chat(_)
        ) | (_, StreamId::Webhook(_))
    )
}
