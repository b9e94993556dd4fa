//! What a workspace remembers.

use std::collections::BTreeMap;

use events::event::Event;
use events::ids::{AccountId, WorkspaceId};
use events::personal::{Digest, Personal};
use serde::Serialize;

/// Credits, accounts, the way in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct State {
    /// Its number; `None` before it is created.
    pub workspace: Option<WorkspaceId>,
    /// Its name.
    pub name: Personal,
    /// Credits left: grants - charges + refunds.
    pub balance: u64,
    /// SHA-256 of the inbound token in force.
    pub token_hash: Option<Digest>,
    /// Connected numbers, in the order of their connection.
    pub accounts: BTreeMap<AccountId, Account>,
    /// How many chats were opened.
    pub chats: u64,
}

/// A connected number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// E.164.
    pub phone: Personal,
    /// Who answers on it.
    pub full_name: Personal,
    /// That person's address.
    pub email: Personal,
    /// What carries its messages.
    pub transport: String,
    /// Whether it may send.
    pub standing: Standing,
}

/// Whether an account may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It may.
    Connected,
    /// `WhatsApp` does not let it.
    Blocked,
}

impl State {
    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::WorkspaceCreated(e) => {
                self.workspace = Some(e.workspace);
                self.name = e.name.clone();
            }
            Event::InboundUrlGenerated(e) => self.token_hash = Some(e.token_hash),
            Event::CreditsGranted(e) => self.balance = self.balance.saturating_add(e.amount),
            Event::CreditCharged(e) => self.balance = self.balance.saturating_sub(e.amount),
            Event::CreditRefunded(e) => self.balance = self.balance.saturating_add(e.amount),
            Event::AccountConnected(e) => {
                let account = Account {
                    phone: e.phone.clone(),
                    full_name: e.full_name.clone(),
                    email: e.email.clone(),
                    transport: e.transport.clone(),
                    standing: Standing::Connected,
                };
                self.accounts.insert(e.account, account);
            }
            Event::AccountBlocked(e) => self.stands(e.account, Standing::Blocked),
            Event::AccountUnblocked(e) => self.stands(e.account, Standing::Connected),
            Event::ChatOpened(_) => self.chats = self.chats.saturating_add(1),
            _ => {}
        }
    }

    fn stands(&mut self, account: AccountId, standing: Standing) {
        if let Some(account) = self.accounts.get_mut(&account) {
            account.standing = standing;
        }
    }

    /// The account of a number in any spelling.
    pub fn account_of(&self, phone: &str) -> Option<AccountId> {
        let wanted = crate::peer::e164(phone)?;
        self.accounts.iter().find(|(_, account)| account.phone.reveal() == wanted).map(|(id, _)| *id)
    }

    /// The account that sends when none is named: the most recently connected active one.
    pub fn default_account(&self) -> Option<AccountId> {
        let mut newest_first = self.accounts.iter().rev();
        newest_first.find(|(_, account)| account.standing == Standing::Connected).map(|(id, _)| *id)
    }
}
