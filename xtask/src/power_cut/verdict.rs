//! Checks the result of all power cuts: each message is sent, reported once and charged once; also the last requests.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::load::Acknowledged;
use crate::http::Client;
use crate::ledger;
use crate::stopwatch::Stopwatch;
use crate::workspace::Workspace;
use crate::world::{FILE_GONE, Receiver};

const DRAINED: Duration = Duration::from_mins(15);
const ASK_EVERY: Duration = Duration::from_millis(500);
/// How many recent requests of each kind the server keeps.
const KEPT: usize = 100;

/// Changes the outbound webhook.
pub fn set(workspace: &Workspace, client: &Client, settings: &Value) -> Result<()> {
    let answer = workspace.ask(client, "PATCH", "/outbound", settings)?;
    ensure!(answer.status == 200, "the webhook was not changed: {}", answer.abridged());
    Ok(())
}

/// Aggregates messages in every other round, so that cuts hit windows of both kinds.
pub fn gather(workspace: &Workspace, client: &Client, round: u64) -> Result<()> {
    let aggregation = if round.is_multiple_of(2) { "none" } else { "1h" };
    set(workspace, client, &json!({"aggregation": aggregation}))
}

/// Checks that the last attempts and tries can be read, and are in order.
pub fn rings_are_readable(workspace: &Workspace, client: &Client) -> Result<()> {
    for path in ["/inbound/attempts", "/outbound/tries"] {
        let answer = workspace.ask(client, "GET", &format!("{path}?limit=100"), &Value::Null)?;
        ensure!(answer.status == 200, "{path}: {}", answer.abridged());
        let view = answer.json();
        let rows = view.get("data").and_then(Value::as_array).context("no rows")?;
        let numbers: Vec<u64> = rows.iter().map(number).collect::<Option<_>>().context("a row without a number")?;
        ensure!(rows.len() <= KEPT && numbers.is_sorted_by(|one, next| one > next), "{path}: {numbers:?}");
    }
    Ok(())
}

fn number(row: &Value) -> Option<u64> {
    row.get("id")?.as_str()?.rsplit_once('_')?.1.parse().ok()
}

/// Waits until every message is sent and every report delivered. A gateway that has just started may not yet have
/// received what contacts wrote while it was down.
pub fn wait_until_nothing_is_left(
    workspace: &Workspace,
    receiver: &Receiver,
    heard: &BTreeSet<String>,
    client: &Client,
) -> Result<()> {
    set(workspace, client, &json!({"aggregation": "none"}))?;
    let watch = Stopwatch::start();
    loop {
        let health = client.get("/readyz?verbose", &[])?.json();
        let shown = workspace.ask(client, "GET", "/outbound", &Value::Null)?.json();
        let left = [health.pointer("/shard/outstanding"), shown.get("owed"), shown.get("open_windows")];
        let untold = heard.len().saturating_sub(receiver.heard());
        if untold == 0 && left.iter().all(|count| count.and_then(Value::as_u64) == Some(0)) {
            println!("everything had left after {watch}");
            return Ok(());
        }
        ensure!(watch.elapsed() < DRAINED, "still there: {left:?}, and {untold} messages of contacts");
        thread::sleep(ASK_EVERY);
    }
}

/// Checks that each acknowledged or received message is in one report, with the same body at every try, and was
/// charged once.
pub fn check(
    workspace: &Workspace,
    receiver: &Receiver,
    acknowledged: &[Acknowledged],
    heard: &BTreeSet<String>,
    client: &Client,
) -> Result<String> {
    let (taken, _) = receiver.taken()?;
    let (mut ids, mut texts, mut again) = (BTreeSet::new(), BTreeSet::new(), 0);
    for report in taken.values() {
        again += report.times - 1;
        for id in &report.messages {
            ensure!(ids.insert(id.as_str()), "{id} is in two reports");
        }
        texts.extend(report.heard.iter().cloned());
    }
    ensure!(texts == *heard, "{} messages of contacts were told, not {}", texts.len(), heard.len());
    let moved = ledger::read(workspace, client)?.by_message;
    for Acknowledged { draft, message_id } in acknowledged {
        let is_gone = draft.file() == Some(FILE_GONE);
        ensure!(ids.contains(message_id.as_str()) != is_gone, "{message_id}: told is the contrary of {is_gone}");
        let amount = |kind: &str| moved.get(&(kind.to_owned(), message_id.clone())).copied();
        ensure!(amount("charged") == Some(-draft.credits()), "{message_id} was charged {:?}", amount("charged"));
        let refund = is_gone.then_some(draft.credits());
        ensure!(amount("refunded") == refund, "{message_id} was refunded {:?}", amount("refunded"));
    }
    let (reports, refunds) = (taken.len(), moved.keys().filter(|(kind, _)| kind == "refunded").count());
    Ok(format!(
        "{} messages of contacts heard, {reports} reports taken ({again} again after a cut, unchanged), {refunds} refunds, \
         each message told once and charged once",
        heard.len()
    ))
}
