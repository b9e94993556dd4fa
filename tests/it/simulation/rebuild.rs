//! Rebuilds every actor in the middle of a story, whatever is in flight: each must have had what its records say, and
//! must go on as if nothing had been done.

use actors::account::Account;
use actors::chat::Chat;
use actors::runtime::registry::Kind;
use actors::webhook::Webhook;
use actors::workspace::Workspace;

use super::life::{Life, Machine};
use super::referee::Referee;
use super::run::PATIENCE;

/// One step in so many is followed by rebuilds.
const EVERY: u32 = 8;

/// Rebuilds all actors after some of the steps.
pub async fn now_and_then(step: u32, machine: &Machine, life: &Life, referee: &mut Referee) -> Result<(), String> {
    if !step.is_multiple_of(EVERY) {
        return Ok(());
    }
    let mut in_flight = 0;
    for workspace in referee.balances.keys() {
        in_flight += same::<Workspace>(life, machine, *workspace).await?;
    }
    for account in referee.accounts.keys() {
        in_flight += same::<Account>(life, machine, *account).await?;
    }
    for chat in referee.chats.keys() {
        in_flight += same::<Chat>(life, machine, *chat).await?;
    }
    for webhook in referee.hooks.keys() {
        in_flight += same::<Webhook>(life, machine, *webhook).await?;
    }
    *referee.counts.entry("rebuilt in flight").or_default() += in_flight;
    Ok(())
}

/// Rebuilds an actor; returns how many effects it had in flight.
async fn same<D: Kind>(life: &Life, machine: &Machine, id: D::Id) -> Result<u64, String>
where
    D::State: Clone,
{
    let shard = &life.gateway.shard;
    let gauge = shard.measure(vec![D::stream(id)]).await.pop().flatten();
    let rebuilt = tokio::time::timeout(PATIENCE, shard.rebuild::<D, _>(id, D::State::clone)).await;
    match rebuilt.map_err(|_| format!("{id} was not rebuilt in {PATIENCE:?}"))? {
        Ok(Some(rebuilt)) if rebuilt.is_same() => Ok(gauge.map_or(0, |gauge| gauge.in_flight as u64)),
        // A rebuild reads, and changes nothing if it cannot.
        Err(_) if machine.failing.reads => Ok(0),
        Ok(rebuilt) => Err(format!("{id}: {rebuilt:?}")),
        Err(error) => Err(format!("{id} cannot be rebuilt: {error}")),
    }
}
