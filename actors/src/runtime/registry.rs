//! Who is awake: finds an actor by its id from any thread, and says which events wake a sleeping one.

use std::hash::Hash;
use std::rc::Rc;

use actix::Addr;
use dashmap::DashMap;
use events::account::{MessageSent, MessageSettled};
use events::chat::{MessageDelivered, MessageRead, MessageReceived};
use events::event::Event;
use events::ids::StreamId;

use crate::account::Account;
use crate::chat::Chat;
use crate::decider::Decider;
use crate::runtime::port::{NoPort, Port, Ports};
use crate::runtime::shell::Shell;
use crate::webhook::Webhook;
use crate::workspace::Workspace;

/// Addresses of all awake actors.
#[derive(Default)]
pub struct Registry {
    workspaces: Table<Workspace>,
    accounts: Table<Account>,
    chats: Table<Chat>,
    webhooks: Table<Webhook>,
}

/// Addresses of one kind.
pub type Table<D> = DashMap<<D as Decider>::Id, Addr<Shell<D>>>;

/// A kind of actor that the registry knows.
pub trait Kind: Decider
where
    Self::Id: Hash,
{
    /// Its part of the registry.
    fn table(registry: &Registry) -> &Table<Self>;

    /// Where its effects go.
    fn port(ports: &Ports) -> Rc<dyn Port<Self>>;
}

impl Kind for Workspace {
    fn table(registry: &Registry) -> &Table<Self> {
        &registry.workspaces
    }

    fn port(_: &Ports) -> Rc<dyn Port<Self>> {
        Rc::new(NoPort)
    }
}

impl Kind for Account {
    fn table(registry: &Registry) -> &Table<Self> {
        &registry.accounts
    }

    fn port(ports: &Ports) -> Rc<dyn Port<Self>> {
        Rc::clone(&ports.send)
    }
}

impl Kind for Chat {
    fn table(registry: &Registry) -> &Table<Self> {
        &registry.chats
    }

    fn port(_: &Ports) -> Rc<dyn Port<Self>> {
        Rc::new(NoPort)
    }
}

impl Kind for Webhook {
    fn table(registry: &Registry) -> &Table<Self> {
        &registry.webhooks
    }

    fn port(ports: &Ports) -> Rc<dyn Port<Self>> {
        Rc::clone(&ports.post)
    }
}

impl Registry {
    /// How many actors of each kind are awake: workspaces, accounts, chats, webhooks.
    pub fn awake(&self) -> [usize; 4] {
        [self.workspaces.len(), self.accounts.len(), self.chats.len(), self.webhooks.len()]
    }
}

/// Whether the event can make something due in the actor of this stream, so that a sleeping one must wake.
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
                | Event::PacingChanged(_),
            StreamId::Account(_)
        ) | (
            Event::MessageSent(MessageSent { owed: Some(_), .. })
                | Event::MessageSettled(MessageSettled { owed: Some(_), .. })
                | Event::MessageDelivered(MessageDelivered { owed: Some(_), .. })
                | Event::MessageRead(MessageRead { owed: Some(_), .. })
                | Event::MessageReceived(MessageReceived { owed: Some(_), .. })
                | Event::BundleOpened(_)
                | Event::BundleFlushed(_),
            StreamId::Chat(_)
        ) | (_, StreamId::Webhook(_))
    )
}
