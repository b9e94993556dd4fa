//! Time travel: an actor's state at an earlier position is the same from the whole log and from a log that ends
//! there.

use std::ops::ControlFlow;
use std::sync::Arc;

use actors::account::Account;
use actors::chat::Chat;
use actors::runtime::registry::Kind;
use actors::runtime::replay::replay;
use actors::webhook::Webhook;
use actors::workspace::Workspace;
use events::history::{History, Of, ReadMode};
use events::ids::{ChatId, StreamId};
use events::index::Index;
use events::log::Log;
use events::record::Position;
use serde_json::Value;
use tidings::service::as_of::AsOf;
use tidings::service::{replay as service_replay, states};

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

    fn same_at_each<D: Kind>(&self, id: D::Id) -> Result<(), String> {
        let (stream, head) = (D::stream(id), self.0.head().position);
        let mut state = D::State::default();
        let mut folded: Vec<(u64, Vec<Position>, Value)> = Vec::new();
        let walked = self.0.walk(Of::Stream(stream), 1..=head, |position, record, event| {
            D::apply(&mut state, event);
            let shown = serde_json::to_value(&state).unwrap();
            // A position inside a commit stands for the commit's end.
            match folded.last_mut().filter(|(first, ..)| *first == record.first) {
                Some((_, positions, last)) => {
                    positions.push(position);
                    *last = shown;
                }
                None => folded.push((record.first, vec![position], shown)),
            }
            ControlFlow::Continue(())
        });
        walked.map_err(|error| error.to_string())?;
        for (_, positions, wanted) in folded {
            for at in positions {
                let (point, head) = (Some(AsOf::Position(at)), self.0.head().position);
                let found = states::state(&self.0, stream, point, head).map_err(|error| error.to_string())?;
                let found = serde_json::to_value(found).unwrap()["state"].take();
                if found != wanted {
                    return Err(format!("{stream} at {at}: {found} is not what its events make: {wanted}"));
                }
            }
        }
        Ok(())
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

/// Folds all streams from the records, and compares the states with their snapshots.
pub fn replays_as_kept(machine: &Machine) -> Result<(), String> {
    let whole = Archive::of(Arc::new(machine.disk.whole_copy()), &machine.disk)?;
    let to = whole.0.head().position;
    let view = service_replay::offline(&whole.0, to, true, |_| true).map_err(|error| error.to_string())?;
    // Where every event makes a snapshot, there are some to compare with.
    let is_compared = view.compared() > 0 || machine.snapshot_every > 1;
    if view.is_good() && is_compared { Ok(()) } else { Err(format!("a replay up to {to} finds: {view:?}")) }
}

/// Looks at a random stream as of every position of one of its events, and compares that with folding its events one by
/// one.
pub fn same_at_every_position(machine: &Machine, rng: &mut Rng) -> Result<(), String> {
    let whole = Archive::of(Arc::new(machine.disk.whole_copy()), &machine.disk)?;
    let listed = whole.0.index().streams_behind(None, usize::MAX).map_err(|error| error.to_string())?;
    let streams: Vec<_> = listed.into_iter().filter(|stream| *stream != StreamId::Log).collect();
    let nth = rng.below(streams.len() as u64);
    match streams.get(usize::try_from(nth).unwrap_or(0)) {
        Some(StreamId::Workspace(id)) => whole.same_at_each::<Workspace>(*id),
        Some(StreamId::Account(id)) => whole.same_at_each::<Account>(*id),
        Some(StreamId::Chat(id)) => whole.same_at_each::<Chat>(*id),
        Some(StreamId::Webhook(id)) => whole.same_at_each::<Webhook>(*id),
        _ => Ok(()),
    }
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
