//! The events of one message, from queueing it until its report has been delivered.

use events::account::{MessageQueued, MessageSent, Origin, SendStarted};
use events::chat::{ChatOpened, MessageDelivered, MessageRead};
use events::event::Event;
use events::ids::{AccountId, ChatId, DeliveryId, MessageId};
use events::time::Timestamp;
use events::webhook::{BUNDLE_BYTES, BundleAccount, BundleFlushed, BundleOpened, DeliveryStarted, DeliverySucceeded};
use events::workspace::CreditCharged;

use super::{GenerateError, LogGenerator, Tenant};

const STATUS: u16 = 200;

/// One message of a tenant.
struct MessageLife<'a> {
    tenant: &'a Tenant,
    account: AccountId,
    chat: ChatId,
    message: MessageId,
    phone: String,
    /// The message's number within its chat, from 1.
    window: u64,
    nth: u64,
    at: Timestamp,
}

impl Tenant {
    /// Writes all events of the tenant's `nth` message: ten if it is reported, six if not. The first message of a
    /// chat also opens the chat.
    pub fn live(&self, generator: &mut LogGenerator, nth: u64) -> Result<(), GenerateError> {
        let Some(life) = self.life(generator.now(), nth) else { return Ok(()) };
        let mut commits = vec![life.queued(), life.started(), life.sent()];
        let receipts = [life.delivered(), life.read()];
        if self.reports.is_some() {
            commits.push(life.gathered());
            commits.extend(receipts);
            commits.extend(life.reported());
        } else {
            commits.extend(receipts);
        }
        commits.into_iter().try_for_each(|events| generator.commit(self.workspace, events))
    }

    /// Only queues the tenant's `nth` message.
    pub fn queue(&self, generator: &mut LogGenerator, nth: u64) -> Result<(), GenerateError> {
        let Some(life) = self.life(generator.now(), nth) else { return Ok(()) };
        generator.commit(self.workspace, life.queued())
    }

    /// Writes the events of the tenant's `nth` message until its report is owed.
    pub fn owe(&self, generator: &mut LogGenerator, nth: u64) -> Result<(), GenerateError> {
        let Some(life) = self.life(generator.now(), nth) else { return Ok(()) };
        let [flushed, ..] = life.reported();
        let commits = [life.queued(), life.started(), life.sent(), life.gathered(), flushed];
        commits.into_iter().try_for_each(|events| generator.commit(self.workspace, events))
    }

    /// Returns the events that queue the tenant's `nth` message.
    pub fn queued(&self, at: Timestamp, nth: u64) -> Vec<Event> {
        self.life(at, nth).map(|life| life.queued()).unwrap_or_default()
    }

    /// Returns the id of the tenant's `nth` message: ids ascend with time, like those of the gateway.
    pub const fn message(&self, nth: u64) -> MessageId {
        MessageId::from_bits(nth << 23 | self.workspace.ordinal())
    }

    fn life(&self, at: Timestamp, nth: u64) -> Option<MessageLife<'_>> {
        let (chat, window) = (nth % self.chats.max(1), nth / self.chats.max(1) + 1);
        Some(MessageLife {
            tenant: self,
            account: self.account(chat)?,
            chat: self.chat(chat)?,
            message: self.message(nth),
            phone: format!("+1202555{chat:04}"),
            window,
            nth,
            at,
        })
    }
}

impl MessageLife<'_> {
    fn queued(&self) -> Vec<Event> {
        let queued = MessageQueued {
            message: self.message,
            workspace: self.tenant.workspace,
            account: self.account,
            chat: self.chat,
            to: self.phone.as_str().into(),
            text: format!("Your order {} has shipped", self.nth).into(),
            file: None,
            report_bytes: 64,
            cost: 1,
            origin: Origin::Inbound,
            at: self.at,
        };
        let charged = CreditCharged { workspace: self.tenant.workspace, message: self.message, amount: 1 };
        let opened = (self.window == 1).then(|| self.opened());
        opened.into_iter().chain([queued.into(), charged.into()]).collect()
    }

    fn opened(&self) -> Event {
        ChatOpened {
            workspace: self.tenant.workspace,
            account: self.account,
            chat: self.chat,
            peer: self.phone.as_str().into(),
            to: self.phone.as_str().into(),
            name: self.phone.as_str().into(),
            phone: Some(self.phone.as_str().into()),
            is_group: false,
        }
        .into()
    }

    fn started(&self) -> Vec<Event> {
        vec![SendStarted { message: self.message, account: self.account, try_number: 1 }.into()]
    }

    fn sent(&self) -> Vec<Event> {
        let owed = self.tenant.reports.as_ref().map(|_| self.tenant.webhook());
        let (message, account, chat) = (self.message, self.account, self.chat);
        vec![MessageSent { message, account, chat, try_number: 1, wire_id: None, at: self.at, owed }.into()]
    }

    fn delivered(&self) -> Vec<Event> {
        vec![MessageDelivered { message: self.message, chat: self.chat, at: self.at, owed: None }.into()]
    }

    fn read(&self) -> Vec<Event> {
        vec![MessageRead { message: self.message, chat: self.chat, at: self.at, owed: None }.into()]
    }

    fn gathered(&self) -> Vec<Event> {
        let (webhook, chat, window) = (self.tenant.webhook(), self.chat, self.window);
        let (message, at) = (self.message, self.at);
        vec![BundleOpened { webhook, chat, window, message, at, room_bytes: BUNDLE_BYTES, line_bytes: 0 }.into()]
    }

    fn reported(&self) -> [Vec<Event>; 3] {
        let (webhook, delivery, chat, at) = (self.tenant.webhook(), DeliveryId::of(self.message), self.chat, self.at);
        let flushed = BundleFlushed {
            workspace: self.tenant.workspace,
            webhook,
            chat,
            window: self.window,
            messages: vec![self.message],
            aggregated: false,
            account: BundleAccount {
                full_name: "Acme Sales".into(),
                email: "sales@acme.example".into(),
                phone: self.tenant.phone(0).into(),
            },
            chat_name: self.phone.as_str().into(),
            chat_phone: Some(self.phone.as_str().into()),
            is_group: false,
            is_new_chat: self.window == 1,
            responsible: None,
            at,
        };
        let started = DeliveryStarted { webhook, delivery, chat, try_number: 1, at };
        let succeeded = DeliverySucceeded { webhook, delivery, try_number: 1, status: STATUS, at };
        [vec![flushed.into()], vec![started.into()], vec![succeeded.into()]]
    }
}
