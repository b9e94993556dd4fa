//! Time travel: an actor's state at an earlier position is the same from the whole log and from a log that ends
//! there.

use std::collections::BTreeMap;
use std::sync::Arc;

use actors::account::Account;
use actors::chat::Chat;
use actors::runtime::registry::Kind;
use actors::webhook::Webhook;
use actors::workspace::Workspace;
use events::ids::ChatId;
use events::log::Log;
use events::record::Position;
use serde_json::Value;
use tidings::service::replay as service_replay;

use super::archive::Archive;
use super::every_position::Traveller;
use super::fate::Rng;
use super::life::Machine;
use super::memories::Memories;
use super::referee::Referee;

/// Compares every actor's state at a random position: from the whole log, and from one that ends there.
pub fn same_at_any_time(machine: &Machine, referee: &Referee, rng: &mut Rng) -> Result<(), String> {
    let whole = Archive::of(Arc::new(machine.disk.bare_copy()), machine.disk.vault.vault())?;
    // The position is rounded to the end of a commit.
    let wanted = rng.below(referee.position + 1);
    let then: Arc<dyn Log> = Arc::new(machine.disk.bare_copy_to(wanted));
    let to = then.head().position;
    let then = Archive::of(then, machine.disk.vault.vault())?;
    referee.balances.keys().try_for_each(|id| same::<Workspace>(&whole, &then, *id, to))?;
    referee.accounts.keys().try_for_each(|id| same::<Account>(&whole, &then, *id, to))?;
    referee.chats.keys().try_for_each(|id| same::<Chat>(&whole, &then, *id, to))?;
    referee.chats.keys().filter(|id| referee.is_forgotten(**id)).try_for_each(|id| is_forgotten(&whole, *id, to))?;
    referee.hooks.keys().try_for_each(|id| same::<Webhook>(&whole, &then, *id, to))
}

/// Folds all streams from the records, and compares the states with their snapshots.
pub fn replays_as_kept(machine: &Machine) -> Result<(), String> {
    let whole = Archive::of(Arc::new(machine.disk.whole_copy()), machine.disk.vault.vault())?;
    let to = whole.0.head().position;
    let view = service_replay::offline(&whole.0, to, true, |_| true).map_err(|error| error.to_string())?;
    // Where every event makes a snapshot, there are some to compare with.
    let is_compared = view.compared() > 0 || machine.snapshot_every > 1;
    if view.is_good() && is_compared { Ok(()) } else { Err(format!("a replay up to {to} finds: {view:?}")) }
}

/// Looks at every stream as of every position of one of its events.
pub fn same_at_every_position(
    machine: &Machine,
    referee: &mut Referee,
    memories: &Memories,
    rng: &mut Rng,
) -> Result<(), String> {
    let archive = Archive::of(Arc::new(machine.disk.whole_copy()), machine.disk.vault.vault())?;
    let forgotten = referee.chats.keys().copied().filter(|chat| referee.is_forgotten(*chat)).collect();
    let mut traveller = Traveller { archive: &archive, memories, forgotten, counts: BTreeMap::new() };
    traveller.look_everywhere(rng)?;
    traveller.counts.into_iter().for_each(|(what, count)| *referee.counts.entry(what).or_default() += count);
    Ok(())
}

/// The state of an erased chat tells nobody's name, also where it is from before the erasure.
fn is_forgotten(whole: &Archive, id: ChatId, to: Position) -> Result<(), String> {
    let state = serde_json::to_value(whole.state::<Chat>(id, to)?).map_err(|error| error.to_string())?;
    // Before it was opened it had no name at all.
    let is_unknown = |text: &Value| text.is_null() || text == "" || text == "[erased]";
    let texts = [&state["name"], &state["phone"], &state["responsible"]["full_name"], &state["responsible"]["email"]];
    // Who is responsible is sealed with the rest of the chat.
    if texts.into_iter().all(is_unknown) { Ok(()) } else { Err(format!("{id} at {to} is known again: {state}")) }
}

fn same<D: Kind>(whole: &Archive, then: &Archive, id: D::Id, to: Position) -> Result<(), String> {
    let (now, then) = (whole.state::<D>(id, to)?, then.state::<D>(id, to)?);
    if now == then { Ok(()) } else { Err(format!("{id} at {to}: {now:?} is not what it was: {then:?}")) }
}
