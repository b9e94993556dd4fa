//! Computes what messages cost, and grants credits.

use events::characters::is_blank;
use events::event::Event;
use events::ids::{ID_MAX, WorkspaceId};
use events::workspace::CreditsGranted;

use super::{Answer, Grant, Rejection, State};
use crate::decider::Decision;

/// Returns the cost of a message: 1 credit, or 2 for text with a file (TimelinesAI's rule).
pub(super) fn cost(text: &str, has_file: bool) -> u64 {
    if has_file && !is_blank(text) { 2 } else { 1 }
}

pub(super) fn grant(state: &State, workspace: WorkspaceId, grant: Grant) -> Result<Decision<Answer>, Rejection> {
    let balance = state.balance.saturating_add(grant.amount);
    let event = granted(workspace, state.balance, grant)?;
    Ok(Decision::of(vec![event], Answer::Balance(balance)))
}

pub(super) fn granted(workspace: WorkspaceId, balance: u64, grant: Grant) -> Result<Event, Rejection> {
    let Grant { amount, reason, by } = grant;
    if amount == 0 || amount > ID_MAX || balance.saturating_add(amount) > ID_MAX {
        return Err(Rejection::InvalidAmount);
    }
    Ok(CreditsGranted { workspace, amount, reason: reason.into(), by }.into())
}
