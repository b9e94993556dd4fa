//! Checks a workspace's credits: they must be exact.

use anyhow::{Result, ensure};

use super::tenant::{CREDITS, Counts, Tenant};
use crate::http::Client;
use crate::ledger;

/// Checks that each accepted message is charged once, and refunded once if it had to fail, and that nothing else is
/// booked.
pub fn adds_up(tenant: &Tenant, counts: &Counts, client: &Client) -> Result<()> {
    let ledger::Moved { mut by_message, balance } = ledger::read(&tenant.workspace, client)?;
    let mut expected = i64::try_from(CREDITS)?;
    for (id, cost, must_fail) in &counts.accepted {
        let cost = i64::try_from(*cost)?;
        ensure!(by_message.remove(&("charged".to_owned(), id.clone())) == Some(-cost), "{id} was not charged {cost}");
        let refund = by_message.remove(&("refunded".to_owned(), id.clone()));
        ensure!(refund == must_fail.then_some(cost), "{id} was refunded {refund:?}");
        expected -= if *must_fail { 0 } else { cost };
    }
    // Only the message that was sent when the workspace was created is left.
    ensure!(by_message.len() == 1, "moved without a message: {:?}", by_message.keys().take(3).collect::<Vec<_>>());
    ensure!(balance == expected - 1, "{balance} credits are left, not {}", expected - 1);
    Ok(())
}
