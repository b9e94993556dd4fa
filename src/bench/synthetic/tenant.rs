//! A tenant of a generated log: its ids, key and inbound URL.

use events::event::Event;
use events::ids::{AccountId, ChatId, WebhookId, WorkspaceId};
use events::webhook::{Aggregation, DisabledBecause, WebhookConfigured, WebhookDisabled};
use events::who::Who;
use events::workspace::{AccountConnected, CreditsGranted, InboundUrlGenerated, KeyCreated, WorkspaceCreated};

use super::{GenerateError, LogGenerator};
use crate::secrets::digest;

const CREDITS: u64 = 1_000_000_000;
/// Number of unassigned phone numbers: +1202555 and four digits.
const PHONES: u64 = 10_000;
const BY: Who = Who::Operator;

/// A workspace with accounts that each have chats.
#[derive(Debug, Clone)]
pub struct Tenant {
    pub workspace: WorkspaceId,
    /// Number of accounts, at least 1.
    pub accounts: u64,
    /// Number of chats of all accounts together, at least 1.
    pub chats: u64,
    /// The URL for reports, if any.
    pub reports: Option<String>,
    /// Bounds of the pacing gap, in milliseconds.
    pub gap_ms: (u32, u32),
}

impl Tenant {
    /// The tenant after this many others; it has no URL for reports.
    pub const fn nth(before: u64, accounts: u64, chats: u64) -> Self {
        Self { workspace: WorkspaceId::nth(before), accounts, chats, reports: None, gap_ms: (1_500, 2_500) }
    }

    /// Its API key.
    pub fn api_key(&self) -> String {
        format!("wsk_{:0>42}", self.workspace.ordinal())
    }

    /// The path of its inbound URL.
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

    pub const fn webhook(&self) -> WebhookId {
        WebhookId::of(self.workspace)
    }

    /// Creates the workspace, with its accounts connected.
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

    /// Switches its webhook off, so that reports stay owed.
    pub fn switch_off(&self, generator: &mut LogGenerator) -> Result<(), GenerateError> {
        let event = WebhookDisabled {
            webhook: self.webhook(),
            because: DisabledBecause::Owner,
            errors: 0,
            by: BY,
            reason: "measured".into(),
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
        let name = "measures".into();
        let key = KeyCreated { workspace, key: 1, key_hash, name, at: generator.now(), by };
        let token_hash = digest(&self.token());
        let url = InboundUrlGenerated { workspace, token_hash, replaces: None, by };
        let granted = CreditsGranted { workspace, amount: CREDITS, reason: "measures".into(), by };
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
            provider_account: None,
            callback: None,
            own_message_id: true,
            gap_ms_min: self.gap_ms.0,
            gap_ms_max: self.gap_ms.1,
            by: BY,
        };
        Some(connected.into())
    }
}
