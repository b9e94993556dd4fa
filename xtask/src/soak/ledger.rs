//! A workspace's credits to the last one: what was promised is what was charged.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::tenant::{CREDITS, Counts, Tenant};
use crate::http::Client;

/// One row, the newest first in a list.
struct Row {
    kind: String,
    amount: i64,
    balance: i64,
    message_id: Option<String>,
}

/// Every balance follows from the one before; each accepted message is charged once, and refunded once if it had to fail.
pub fn adds_up(tenant: &Tenant, counts: &Counts, client: &mut Client) -> Result<()> {
    let rows = rows(tenant, client)?;
    let mut balance = 0;
    let mut moved: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for row in rows.iter().rev() {
        balance += row.amount;
        ensure!(row.balance == balance && balance >= 0, "the balance is {} and not {balance}", row.balance);
        if let Some(id) = row.message_id.as_deref() {
            let earlier = moved.insert((row.kind.as_str(), id), row.amount);
            ensure!(earlier.is_none(), "{id} is {} twice", row.kind);
        }
    }
    let mut expected = i64::try_from(CREDITS)?;
    for (id, cost, must_fail) in &counts.accepted {
        let cost = i64::try_from(*cost)?;
        ensure!(moved.remove(&("charged", id)) == Some(-cost), "{id} was not charged {cost}");
        let refund = moved.remove(&("refunded", id));
        ensure!(refund == must_fail.then_some(cost), "{id} was refunded {refund:?}");
        expected -= if *must_fail { 0 } else { cost };
    }
    // The one message that was sent when the workspace was made.
    ensure!(moved.len() == 1, "moved without a message: {:?}", moved.keys().take(3).collect::<Vec<_>>());
    ensure!(balance == expected - 1, "{balance} credits are left, not {}", expected - 1);
    Ok(())
}

fn rows(tenant: &Tenant, client: &mut Client) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut path = "/credits/ledger?limit=500".to_owned();
    loop {
        let page = tenant.change(client, "GET", &path, &Value::Null)?;
        let data = page.get("data").and_then(Value::as_array).context("no rows")?;
        rows.extend(data.iter().map(row).collect::<Result<Vec<_>>>()?);
        let next = page.pointer("/page/next").and_then(Value::as_str);
        match next {
            Some(link) if !data.is_empty() => path = following(link),
            _ => return Ok(rows),
        }
    }
}

/// A link to the next page, or its cursor.
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
