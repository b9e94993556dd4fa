//! A workspace of the soak with several accounts, and the counts of its traffic.

use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::http::Client;
use crate::workspace::Workspace;
use crate::world::Receiver;

/// More credits than a soak uses.
pub const CREDITS: u64 = 10_000_000;

pub struct Tenant {
    pub workspace: Workspace,
    pub nth: u64,
    pub accounts: Vec<String>,
    /// The path of its reports.
    pub hook: String,
    counts: Mutex<Counts>,
}

/// The traffic of a workspace, as its clients saw it.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// The accepted messages: id, cost, and true if the message must fail.
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
    /// Creates the workspace, its accounts and its outbound webhook.
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

    /// Updates the counts.
    pub fn count(&self, note: impl FnOnce(&mut Counts)) {
        note(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns all counts.
    pub fn counts(&self) -> Counts {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a request that must be accepted.
    pub fn change(&self, client: &Client, method: &str, path: &str, body: &Value) -> Result<Value> {
        let answer = self.workspace.ask(client, method, path, body)?;
        ensure!((200..300).contains(&answer.status), "{method} {path} was refused: {}", answer.abridged());
        Ok(answer.json())
    }

    /// Sets every switch back to its first value.
    pub fn turn_everything_on(&self, client: &Client) -> Result<()> {
        self.change(client, "PATCH", "/inbound", &json!({"enabled": true, "strict": false}))?;
        self.change(client, "PATCH", "/outbound", &json!({"enabled": true, "aggregation": "none"}))?;
        for id in self.account_ids(client)? {
            self.change(client, "POST", &format!("/accounts/{id}/resume"), &json!({"reason": "soak"}))?;
        }
        Ok(())
    }

    pub fn account_ids(&self, client: &Client) -> Result<Vec<u64>> {
        let listed = self.change(client, "GET", "/accounts", &Value::Null)?;
        let rows = listed.get("data").and_then(Value::as_array).context("no accounts")?;
        rows.iter().map(|row| row.get("id").and_then(Value::as_u64).context("an account without an id")).collect()
    }

    /// Sends everything that is aggregated now.
    pub fn flush(&self, client: &Client) -> Result<()> {
        self.change(client, "POST", "/outbound/flush", &json!({})).map(drop)
    }

    /// Returns the number of reports that are owed and of windows that are open.
    pub fn owed(&self, client: &Client) -> Result<u64> {
        let shown = self.change(client, "GET", "/outbound", &Value::Null)?;
        ensure!(shown.get("parked").and_then(Value::as_u64) == Some(0), "reports were put aside: {shown}");
        let number = |key: &str| shown.get(key).and_then(Value::as_u64).with_context(|| format!("no {key}: {shown}"));
        Ok(number("owed")? + number("open_windows")?)
    }
}

impl Counts {
    /// Adds the counts of another workspace.
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
