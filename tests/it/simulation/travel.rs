//! Time travel: an actor's state at an earlier position is the same from the whole log and from a log that ends
//! there.

use std::sync::Arc;

use actors::account::Account;
use actors::chat::Chat;
use actors::runtime::registry::Kind;
use actors::runtime::replay::replay;
use actors::webhook::Webhook;
use actors::workspace::Workspace;
use events::history::{History, ReadMode};
use events::ids::ChatId;
use events::index::Index;
use events::log::Log;
use events::record::Position;

use super::disk::Disk;
use super::fate::Rng;
use super::life::Machine;
use super::referee::Referee;

/// The history of a log.
struct Archive(History);

impl Archive {
    fn of(log: Arc<dyn Log>, disk: &Disk) -> Result<Self, String> {
        let index = Index::open(Arc::clone(&log), disk.vault.vault()).map_err(|error| error.to_string())?;
        Ok(Self(History::new(log, Arc::new(index), ReadMode::Inline)))
    }

    fn state<D: Kind>(&self, id: D::Id, to: Position) -> Result<D::State, String> {
        Ok(replay::<D>(id, &self.0, to).map_err(|error| error.to_string())?.state)
    }
}

/// Compares every actor's state at a random position: from the whole log, and from one that ends there.
pub fn same_at_any_time(machine: &Machine, referee: &Referee, rng: &mut Rng) -> Result<(), String> {
    let whole = Archive::of(Arc::new(machine.disk.bare_copy()), &machine.disk)?;
    // The position is rounded to the end of a commit.
    let wanted = rng.below(referee.position + 1);
    let then: Arc<dyn Log> = Arc::new(machine.disk.bare_copy_to(wanted));
    let to = then.head().position;
    let then = Archive::of(then, &machine.disk)?;
    referee.balances.keys().try_for_each(|id| same::<Workspace>(&whole, &then, *id, to))?;
    referee.accounts.keys().try_for_each(|id| same::<Account>(&whole, &then, *id, to))?;
    referee.chats.keys().try_for_each(|id| same::<Chat>(&whole, &then, *id, to))?;
    referee.chats.keys().filter(|id| referee.is_forgotten(**id)).try_for_each(|id| is_forgotten(&whole, *id, to))?;
    referee.hooks.keys().try_for_each(|id| same::<Webhook>(&whole, &then, *id, to))
}

/// The state of an erased chat tells nobody's name, also where it is from before the erasure.
fn is_forgotten(whole: &Archive, id: ChatId, to: Position) -> Result<(), String> {
    let state = serde_json::to_value(whole.state::<Chat>(id, to)?).map_err(|error| error.to_string())?;
    // Before it was opened it had no name at all.
    let is_unknown = |text: &serde_json::Value| text.is_null() || text == "" || text == "[erased]";
    let texts = [&state["name"], &state["phone"], &state["responsible"]["full_name"], &state["responsible"]["email"]];
    // Who is responsible is sealed with the rest of the chat.
    if texts.into_iter().all(is_unknown) { Ok(()) } else { Err(format!("{id} at {to} is known again: {state}")) }
}

fn same<D: Kind>(whole: &Archive, then: &Archive, id: D::Id, to: Position) -> Result<(), String> {
    let (now, then) = (whole.state::<D>(id, to)?, then.state::<D>(id, to)?);
    if now == then { Ok(()) } else { Err(format!("{id} at {to}: {now:?} is not what it was: {then:?}")) }
}
