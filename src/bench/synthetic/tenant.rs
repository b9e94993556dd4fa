//! A tenant of a written log: who it is, and how to get in.

use events::event::Event;
use events::ids::{AccountId, ChatId, WebhookId, WorkspaceId};
use events::webhook::{Aggregation, DisabledBecause, WebhookConfigured, WebhookDisabled};
use events::who::Who;
use events::workspace::{AccountConnected, CreditsGranted, InboundUrlGenerated, KeyCreated, WorkspaceCreated};

use super::{GenerateError, LogGenerator};
use crate::secrets::digest;

const CREDITS: u64 = 1_000_000_000;
/// Numbers that belong to nobody: +1202555 and four digits.
const PHONES: u64 = 10_000;
const BY: Who = Who::Operator;

/// A workspace with accounts, each with chats of its own.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Which.
    pub workspace: WorkspaceId,
    /// Accounts: at least 1.
    pub accounts: u64,
    /// Chats of all its accounts together, at least 1.
    pub chats: u64,
    /// Where reports go.
    pub reports: Option<String>,
    /// Bounds of the gap between two messages, in milliseconds.
    pub gap_ms: (u32, u32),
}

impl Tenant {
    /// The tenant after so many others, whose messages are reported nowhere.
    pub const fn nth(before: u64, accounts: u64, chats: u64) -> Self {
        Self { workspace: WorkspaceId::nth(before), accounts, chats, reports: None, gap_ms: (1_500, 2_500) }
    }

    /// Its key for the API.
    pub fn api_key(&self) -> String {
        format!("wsk_{:0>42}", self.workspace.ordinal())
    }

    /// The path of its secret URL.
    pub fn inbound_path(&self) -> String {
        format!("/in/{}", self.token())
    }

    fn token(&self) -> String {
        format!("in_{:0>26}", self.workspace.ordinal())
    }

    /// The number of an account, from 0: unique among the first 10,000 accounts of tenants of the same size.
    pub fn phone(&self, account: u64) -> String {
        format!("+1202555{:04}", (self.workspace.ordinal() * self.accounts + account) % PHONES)
    }

    /// An account, from 0.
    pub fn account(&self, nth: u64) -> Option<AccountId> {
        AccountId::nth(self.workspace, nth % self.accounts.max(1) + 1)
    }

    /// A chat, from 0.
    pub fn chat(&self, nth: u64) -> Option<ChatId> {
        ChatId::nth(self.workspace, nth % self.chats.max(1) + 1)
    }

    /// Its webhook.
    pub const fn webhook(&self) -> WebhookId {
        WebhookId::of(self.workspace)
    }

    /// Makes it, with its accounts connected.
    pub fn make(&self, generator: &mut LogGenerator) -> Result<(), GenerateError> {
        generator.commit(self.workspace, self.beginnings(generator))?;
        if let Some(url) = &self.reports {
            let (workspace, webhook) = (self.workspace, self.webhook());
            let (url, aggregation, by) = (Some(url.as_str().into()), Aggregation::None, BY);
            generator.commit(workspace, vec![WebhookConfigured { workspace, webhook, url, aggregation, by }.into()])?;
        }
        for nth in 0..self.accounts {
            let connected = self.connected(nth).into_iter().collect();
            generator.commit(self.workspace, connected)?;
        }
        Ok(())
    }

    /// Switches its webhook off, so that reports are owed.
    pub fn switch_off(&self, generator: &mut LogGenerator) -> Result<(), GenerateError> {
        let event = WebhookDisabled {
            webhook: self.webhook(),
            because: DisabledBecause::Owner,
            errors: 0,
            by: BY,
            reason: "measured".to_owned(),
            at: generator.now(),
        };
        generator.commit(self.workspace, vec![event.into()])
    }

    fn beginnings(&self, generator: &LogGenerator) -> Vec<Event> {
        let (workspace, by) = (self.workspace, BY);
        let created = WorkspaceCreated {
            workspace,
            name: "Acme".into(),
            owner_name: "Ada Owner".into(),
            owner_email: "ada@acme.example".into(),
            language: "en".to_owned(),
        };
        let key_hash = digest(&self.api_key());
        let name = "measures".to_owned();
        let key = KeyCreated { workspace, key: 1, key_hash, name, at: generator.now(), by };
        let token_hash = digest(&self.token());
        let url = InboundUrlGenerated { workspace, token_hash, replaces: None, by };
        let granted = CreditsGranted { workspace, amount: CREDITS, reason: "measures".to_owned(), by };
        vec![created.into(), key.into(), url.into(), granted.into()]
    }

    fn connected(&self, nth: u64) -> Option<Event> {
        let connected = AccountConnected {
            workspace: self.workspace,
            account: self.account(nth)?,
            phone: self.phone(nth).into(),
            full_name: "Acme Sales".into(),
            email: "sales@acme.example".into(),
            transport: "simulator".to_owned(),
            own_message_id: true,
            gap_ms_min: self.gap_ms.0,
            gap_ms_max: self.gap_ms.1,
            by: BY,
        };
        Some(connected.into())
    }
}
