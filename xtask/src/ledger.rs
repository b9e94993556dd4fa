//! Checks a workspace's whole ledger: every balance follows from the one before, and nothing is booked twice.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::http::Client;
use crate::workspace::Workspace;

/// One row; lists begin with the newest.
struct Row {
    kind: String,
    amount: i64,
    balance: i64,
    message_id: Option<String>,
}

/// The amounts booked, and the balance.
pub struct Moved {
    /// By kind and message.
    pub by_message: BTreeMap<(String, String), i64>,
    /// The current balance.
    pub balance: i64,
}

/// Reads and checks the whole ledger.
pub fn read(workspace: &Workspace, client: &Client) -> Result<Moved> {
    let mut moved = Moved { by_message: BTreeMap::new(), balance: 0 };
    for row in rows(workspace, client)?.into_iter().rev() {
        moved.balance += row.amount;
        let balance = moved.balance;
        ensure!(row.balance == balance && balance >= 0, "the balance is {} and not {balance}", row.balance);
        if let Some(id) = row.message_id {
            let key = (row.kind, id);
            ensure!(!moved.by_message.contains_key(&key), "{} is {} twice", key.1, key.0);
            moved.by_message.insert(key, row.amount);
        }
    }
    Ok(moved)
}

fn rows(workspace: &Workspace, client: &Client) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut path = "/credits/ledger?limit=500".to_owned();
    loop {
        let answer = workspace.ask(client, "GET", &path, &Value::Null)?;
        ensure!(answer.status == 200, "no ledger: {}", answer.abridged());
        let page = answer.json();
        let data = page.get("data").and_then(Value::as_array).context("no rows")?;
        rows.extend(data.iter().map(row).collect::<Result<Vec<_>>>()?);
        let next = page.pointer("/page/next").and_then(Value::as_str);
        match next {
            Some(link) if !data.is_empty() => path = following(link),
            _ => return Ok(rows),
        }
    }
}

/// Builds the path of the next page from a link or a cursor.
fn following(next: &str) -> String {
    match next.split_once('?') {
        Some((_, query)) => format!("/credits/ledger?{query}"),
        None => format!("/credits/ledger?limit=500&after={next}"),
    }
}

fn row(row: &Value) -> Result<Row> {
    let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
    let number = |key: &str| row.get(key).and_then(Value::as_i64).with_context(|| format!("no {key} in {row}"));
    Ok(Row {
        kind: text("kind").context("a row without a kind")?,
        amount: number("amount")?,
        balance: number("balance")?,
        message_id: text("message_id"),
    })
}
