//! A workspace of the soak with several accounts, and what it was promised.

use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::http::Client;
use crate::workspace::Workspace;
use crate::world::Receiver;

/// Never used up.
pub const CREDITS: u64 = 10_000_000;

/// One workspace.
pub struct Tenant {
    pub workspace: Workspace,
    pub nth: u64,
    pub accounts: Vec<String>,
    /// Where its reports go.
    pub hook: String,
    counts: Mutex<Counts>,
}

/// What happened to a workspace, as those saw it who asked.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// The messages that were accepted: id, cost, and whether they must fail.
    pub accepted: Vec<(String, u64, bool)>,
    pub refused: u64,
    pub dry_runs: u64,
    pub repeated: u64,
    pub heard: u64,
    pub switched: u64,
    pub streamed: u64,
    pub streams: u64,
    pub reports: u64,
    pub reports_refused: u64,
    pub reports_again: u64,
}

impl Tenant {
    /// Creates it, its accounts and its outbound webhook.
    pub fn create(client: &Client, receiver: &Receiver, nth: u64, accounts: u64) -> Result<Self> {
        let workspace = Workspace::create_as(&format!("+1202555910{nth}"), client, CREDITS)?;
        let accounts: Vec<String> = (0..accounts).map(|account| format!("+120255590{nth}{account}")).collect();
        for phone in &accounts {
            workspace.connect(client, phone)?;
        }
        let hook = format!("/hook/{nth}");
        let tenant = Self { workspace, nth, accounts, hook, counts: Mutex::default() };
        tenant.change(client, "PATCH", "/outbound", &json!({"url": receiver.url(&tenant.hook)}))?;
        Ok(tenant)
    }

    /// Notes something.
    pub fn count(&self, note: impl FnOnce(&mut Counts)) {
        note(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// All that was noted.
    pub fn counts(&self) -> Counts {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks for a change that must be accepted.
    pub fn change(&self, client: &Client, method: &str, path: &str, body: &Value) -> Result<Value> {
        let answer = self.workspace.ask(client, method, path, body)?;
        ensure!((200..300).contains(&answer.status), "{method} {path} was refused: {}", answer.abridged());
        Ok(answer.json())
    }

    /// Every switch as it was at first.
    pub fn turn_everything_on(&self, client: &Client) -> Result<()> {
        self.change(client, "PATCH", "/inbound", &json!({"enabled": true, "strict": false}))?;
        self.change(client, "PATCH", "/outbound", &json!({"enabled": true, "aggregation": "none"}))?;
        for id in self.account_ids(client)? {
            self.change(client, "POST", &format!("/accounts/{id}/resume"), &json!({"reason": "soak"}))?;
        }
        Ok(())
    }

    /// The ids of its accounts.
    pub fn account_ids(&self, client: &Client) -> Result<Vec<u64>> {
        let listed = self.change(client, "GET", "/accounts", &Value::Null)?;
        let rows = listed.get("data").and_then(Value::as_array).context("no accounts")?;
        rows.iter().map(|row| row.get("id").and_then(Value::as_u64).context("an account without an id")).collect()
    }

    /// What is gathered goes out now.
    pub fn flush(&self, client: &Client) -> Result<()> {
        self.change(client, "POST", "/outbound/flush", &json!({})).map(drop)
    }

    /// Reports that wait, and windows that are open.
    pub fn owed(&self, client: &Client) -> Result<u64> {
        let shown = self.change(client, "GET", "/outbound", &Value::Null)?;
        ensure!(shown.get("parked").and_then(Value::as_u64) == Some(0), "reports were put aside: {shown}");
        let number = |key: &str| shown.get(key).and_then(Value::as_u64).with_context(|| format!("no {key}: {shown}"));
        Ok(number("owed")? + number("open_windows")?)
    }
}

impl Counts {
    /// Adds another workspace's.
    pub fn add(&mut self, other: &Self) {
        self.accepted.extend(other.accepted.iter().cloned());
        self.refused += other.refused;
        self.dry_runs += other.dry_runs;
        self.repeated += other.repeated;
        self.heard += other.heard;
        self.switched += other.switched;
        self.streamed += other.streamed;
        self.streams += other.streams;
    }
}
