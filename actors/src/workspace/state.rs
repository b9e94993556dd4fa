//! The state of a workspace, folded from its events.

use std::collections::BTreeMap;

use events::event::Event;
use events::ids::{AccountId, WorkspaceId};
use events::personal::{Digest, Personal};
use events::time::Timestamp;
use events::who::Who;
use events::workspace::AccountConnected;
use serde::{Deserialize, Serialize};

use crate::account::pacing::Gap;

/// Credits, accounts, the inbound webhook, keys, settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Its id; `None` before it is created.
    pub workspace: Option<WorkspaceId>,
    pub name: Personal,
    pub owner: Owner,
    /// Credits left: grants - charges + refunds.
    pub balance: u64,
    /// SHA-256 of the present inbound token.
    pub token_hash: Option<Digest>,
    /// True if the inbound webhook refuses all messages.
    pub inbound_disabled: bool,
    /// True if the inbound webhook refuses unknown fields, phone numbers that are not E.164, and broken text.
    pub inbound_strict: bool,
    /// Numbers that are or were connected.
    pub accounts: BTreeMap<AccountId, Account>,
    /// Number of connections so far; a connection that the transport restores is not a new one.
    pub connections: u64,
    /// The gap that the workspace has set for its accounts, present and future.
    pub gap: Option<Gap>,
    /// Number of chats opened so far.
    pub chats: u64,
    /// API keys that have not been revoked.
    pub keys: BTreeMap<u32, Key>,
    /// Number of keys created so far.
    pub keys_created: u32,
    /// The people who answer chats.
    pub teammates: BTreeMap<u32, Owner>,
    /// Number of teammates added so far.
    pub teammates_added: u32,
}

/// A person: the owner, or a teammate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub full_name: Personal,
    pub email: Personal,
    /// A BCP 47 tag; empty for teammates.
    pub language: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// SHA-256 of the key.
    pub hash: Digest,
    /// Its purpose.
    pub name: Personal,
    pub created_at: Timestamp,
}

/// A number that is or was connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts; which of them shows is Standing's to say")]
pub struct Account {
    /// E.164.
    pub phone: Personal,
    /// The person who answers on it.
    pub full_name: Personal,
    /// That person's e-mail address.
    pub email: Personal,
    /// The transport that carries its messages.
    pub transport: String,
    /// True if the transport uses our message ids.
    pub own_message_id: bool,
    pub gap: Gap,
    /// Its last connection's number among those of the workspace; a connection that the transport restores keeps its
    /// number.
    pub connection: u64,
    /// True while it has no connection.
    pub disconnected: bool,
    /// True if the transport may restore the connection by itself.
    pub returns: bool,
    /// True while somebody holds its queue.
    pub paused: bool,
    /// True while `WhatsApp` does not let it send.
    pub blocked: bool,
}

/// The state of an account: it may send, or the first reason why it may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It may send.
    Connected,
    /// Somebody holds its queue.
    Paused,
    /// `WhatsApp` does not let it send.
    Blocked,
    /// It has no connection.
    Disconnected,
}

impl Account {
    pub const fn standing(&self) -> Standing {
        match (self.disconnected, self.blocked, self.paused) {
            (true, ..) => Standing::Disconnected,
            (_, true, _) => Standing::Blocked,
            (_, _, true) => Standing::Paused,
            _ => Standing::Connected,
        }
    }
}

impl State {
    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::WorkspaceCreated(e) => {
                self.workspace = Some(e.workspace);
                self.name = e.name.clone();
                self.owner = person(&e.owner_name, &e.owner_email, &e.language);
            }
            Event::OwnerChanged(e) => {
                self.name = e.name.clone();
                self.owner = person(&e.owner_name, &e.owner_email, &e.language);
            }
            Event::InboundUrlGenerated(e) => self.token_hash = Some(e.token_hash),
            Event::InboundEnabled(_) => self.inbound_disabled = false,
            Event::InboundDisabled(_) => self.inbound_disabled = true,
            Event::InboundStrictChanged(e) => self.inbound_strict = e.strict,
            Event::CreditsGranted(e) => self.balance = self.balance.saturating_add(e.amount),
            Event::CreditCharged(e) => self.balance = self.balance.saturating_sub(e.amount),
            Event::CreditRefunded(e) => self.balance = self.balance.saturating_add(e.amount),
            Event::ChatOpened(_) => self.chats = self.chats.saturating_add(1),
            Event::KeyCreated(e) => {
                self.keys_created = self.keys_created.max(e.key);
                self.keys.insert(e.key, Key { hash: e.key_hash, name: e.name.clone(), created_at: e.at });
            }
            Event::KeyRevoked(e) => drop(self.keys.remove(&e.key)),
            Event::TeammateAdded(e) => {
                self.teammates_added = self.teammates_added.max(e.teammate);
                self.teammates.insert(e.teammate, person(&e.full_name, &e.email, ""));
            }
            Event::TeammateRemoved(e) => drop(self.teammates.remove(&e.teammate)),
            _ => self.apply_to_account(event),
        }
    }

    fn apply_to_account(&mut self, event: &Event) {
        match event {
            Event::AccountConnected(e) => self.connected(e),
            Event::AccountDisconnected(e) => self.account(e.account, |account| {
                account.disconnected = true;
                account.returns = e.by == Who::Transport;
            }),
            Event::AccountPaused(e) => self.account(e.account, |account| account.paused = true),
            Event::AccountResumed(e) => self.account(e.account, |account| {
                account.paused = false;
                account.blocked = false;
            }),
            Event::AccountBlocked(e) => self.account(e.account, |account| account.blocked = true),
            Event::AccountUnblocked(e) => self.account(e.account, |account| account.blocked = false),
            Event::PacingChanged(e) => {
                let gap = Gap { min_ms: e.gap_ms_min, max_ms: e.gap_ms_max };
                self.gap = Some(gap);
                self.accounts.values_mut().for_each(|account| account.gap = gap);
            }
            _ => {}
        }
    }

    fn connected(&mut self, event: &AccountConnected) {
        let before = self.accounts.get(&event.account);
        let connection = match before {
            Some(before) if event.by == Who::Transport => before.connection,
            _ => self.connections.saturating_add(1),
        };
        self.connections = self.connections.max(connection);
        let account = Account {
            phone: event.phone.clone(),
            full_name: event.full_name.clone(),
            email: event.email.clone(),
            transport: event.transport.clone(),
            own_message_id: event.own_message_id,
            gap: Gap { min_ms: event.gap_ms_min, max_ms: event.gap_ms_max },
            connection,
            disconnected: false,
            returns: false,
            paused: before.is_some_and(|account| account.paused),
            blocked: before.is_some_and(|account| account.blocked),
        };
        self.accounts.insert(event.account, account);
    }

    fn account(&mut self, account: AccountId, change: impl FnOnce(&mut Account)) {
        if let Some(account) = self.accounts.get_mut(&account) {
            change(account);
        }
    }

    /// Returns the account of a number in any spelling, or of a person's JID.
    pub fn account_of(&self, phone: &str) -> Option<AccountId> {
        let wanted = crate::peer::person_phone(phone)?;
        self.accounts.iter().find(|(_, account)| account.phone.reveal() == wanted).map(|(id, _)| *id)
    }

    pub fn standing(&self, account: AccountId) -> Option<Standing> {
        self.accounts.get(&account).map(Account::standing)
    }

    /// Returns the teammate with this e-mail address, ignoring case.
    pub fn teammate(&self, email: &str) -> Option<(u32, &Owner)> {
        let wanted = email.trim().to_lowercase();
        let mut teammates = self.teammates.iter();
        teammates.find(|(_, teammate)| teammate.email.reveal().to_lowercase() == wanted).map(|(id, mate)| (*id, mate))
    }
}

fn person(full_name: &Personal, email: &Personal, language: &str) -> Owner {
    Owner { full_name: full_name.clone(), email: email.clone(), language: language.to_owned() }
}
