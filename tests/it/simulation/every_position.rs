//! Time travel to everywhere: the state of every stream after each of its events, by the code of `state --at`, is what its
//! events make one by one, and what the running actor had then.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use actors::account::Account;
use actors::chat::Chat;
use actors::decider::Decider;
use actors::webhook::Webhook;
use actors::workspace::Workspace;
use events::history::Of;
use events::ids::{ChatId, StreamId, WorkspaceId};
use events::index::Series;
use events::personal::Personal;
use events::record::Position;
use serde_json::{Value, json};
use tidings::service::as_of::AsOf;
use tidings::service::states;

use super::archive::{Archive, as_json};
use super::fate::Rng;
use super::found::begin;
use super::life::Machine;
use super::memories::Memories;

/// Each look folds all events before it: of a stream with more than the root of this, so 200, only so many of the positions
/// are looked at, chosen at random, that about this many events are folded.
const FOLDED_MAX: u64 = 40_000;

/// Whoever looks at the states of the past.
pub struct Traveller<'a> {
    pub archive: &'a Archive,
    pub memories: &'a Memories,
    /// The chats whose texts nobody can read any more.
    pub forgotten: BTreeSet<ChatId>,
    /// How many states were compared, and with what.
    pub counts: BTreeMap<&'static str, u64>,
}

/// What one commit did to a stream. A position inside it stands for its end.
struct Commit {
    first: Position,
    events: Vec<(Position, &'static str)>,
}

impl Traveller<'_> {
    /// Looks at every stream as of every position of one of its events.
    pub fn look_everywhere(&mut self, rng: &mut Rng) -> Result<(), String> {
        self.archive.streams()?.into_iter().try_for_each(|stream| match stream {
            StreamId::Workspace(id) => self.look_along::<Workspace>(id, rng),
            StreamId::Account(id) => self.look_along::<Account>(id, rng),
            StreamId::Chat(id) => self.look_along::<Chat>(id, rng),
            StreamId::Webhook(id) => self.look_along::<Webhook>(id, rng),
            StreamId::Log => Ok(()),
        })
    }

    fn look_along<D: Decider>(&mut self, id: D::Id, rng: &mut Rng) -> Result<(), String> {
        let (stream, history, end) = (D::stream(id), &self.archive.0, self.archive.0.head().position);
        let all = history.index().positions(Series::Stream(stream), 1, end, usize::MAX);
        let mut wanted = all.map_err(|error| error.to_string())?;
        let (count, last) = (wanted.len() as u64, wanted.last().copied());
        let affordable = FOLDED_MAX / count.max(1);
        wanted.retain(|position| rng.below(count) < affordable || Some(*position) == last);
        let (mut state, mut commit) = (D::State::default(), Commit { first: 0, events: Vec::new() });
        let mut looked = Ok(());
        let walked = history.walk(Of::Stream(stream), 1..=end, |position, record, event| {
            if record.first != commit.first {
                looked = self.look::<D>(stream, &commit, &wanted, &state);
                commit = Commit { first: record.first, events: Vec::new() };
            }
            D::apply(&mut state, event);
            commit.events.push((position, event.name()));
            if looked.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        walked.map_err(|error| error.to_string())?;
        looked.and_then(|()| self.look::<D>(stream, &commit, &wanted, &state))
    }

    /// Compares the state after a commit.
    fn look<D: Decider>(
        &mut self,
        stream: StreamId,
        commit: &Commit,
        wanted: &[Position],
        folded: &D::State,
    ) -> Result<(), String> {
        let positions = commit.events.iter().filter(|(position, _)| wanted.binary_search(position).is_ok());
        for (at, event) in positions {
            let (at, folded) = (*at, as_json(folded));
            let (point, head) = (Some(AsOf::Position(at)), self.archive.0.head().position);
            let shown = states::state(&self.archive.0, stream, point, head).map_err(|error| error.to_string())?;
            let shown = as_json(&shown)["state"].take();
            if shown != folded {
                return Err(format!("{stream} at {at}: {shown} is not what its events make: {folded}"));
            }
            let last = commit.events.last().map_or(at, |(position, _)| *position);
            if let Some(had) = self.memories.state::<D>(stream, last) {
                self.same(stream, last, &had, &shown)?;
                self.count("states that actors had");
            }
            self.count("states of the past");
            if let Some(what) = after(event) {
                self.count(what);
            }
        }
        Ok(())
    }

    /// Compares what an actor had with what is shown of it.
    fn same(&self, stream: StreamId, at: Position, had: &Value, shown: &Value) -> Result<(), String> {
        let may_be_erased = match stream {
            StreamId::Chat(chat) => self.forgotten.contains(&chat),
            _ => self.forgotten.iter().any(|chat| chat.workspace() == stream.workspace()),
        };
        match difference(had, shown, may_be_erased) {
            Some(path) => Err(format!("{stream} at {at} is not what its actor had, {path}: {shown} is not {had}")),
            None => Ok(()),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }
}

/// Says what a state is counted as, by the event that led to it.
fn after(event: &str) -> Option<&'static str> {
    match event {
        "CreditRefunded" => Some("states after a refund"),
        "WebhookDisabled" => Some("states after a disabled webhook"),
        "ChatErased" | "ChatKeyDestroyed" => Some("states after an erasure"),
        _ => None,
    }
}

/// Returns the JSON pointer to the first place where two states differ. A text that the actor had may be erased by now.
fn difference(had: &Value, shown: &Value, may_be_erased: bool) -> Option<String> {
    match (had, shown) {
        (Value::Object(had), Value::Object(shown)) if had.keys().eq(shown.keys()) => {
            had.iter().find_map(|(name, had)| Some(format!("/{name}{}", difference(had, &shown[name], may_be_erased)?)))
        }
        (Value::Array(had), Value::Array(shown)) if had.len() == shown.len() => {
            let mut pairs = had.iter().zip(shown).enumerate();
            pairs.find_map(|(nth, (had, shown))| Some(format!("/{nth}{}", difference(had, shown, may_be_erased)?)))
        }
        (Value::String(_), Value::String(shown)) if may_be_erased && shown == Personal::ERASED => None,
        _ => (had != shown).then(String::new),
    }
}

#[test]
fn the_first_difference_is_named_and_a_text_is_none_once_it_is_erased() {
    let had = json!({"balance": 9, "name": "Mary", "queue": [{"id": 1}, {"id": 2}]});
    let shown = json!({"balance": 9, "name": "[erased]", "queue": [{"id": 1}, {"id": 2}]});
    assert_eq!(difference(&had, &shown, true), None);
    assert_eq!(difference(&had, &shown, false), Some("/name".to_owned()));
    assert_eq!(difference(&shown, &had, true), Some("/name".to_owned()), "what an actor did not have is not there");
    let other = json!({"balance": 9, "name": "Mary", "queue": [{"id": 1}, {"id": 3}]});
    assert_eq!(difference(&had, &other, true), Some("/queue/1/id".to_owned()));
    let shorter = json!({"balance": 9, "name": "Mary", "queue": [{"id": 1}]});
    assert_eq!(difference(&had, &shorter, true), Some("/queue".to_owned()));
    let fewer = json!({"balance": 9, "name": "Mary"});
    assert_eq!(difference(&had, &fewer, true), Some(String::new()));
}

#[test]
fn a_state_that_an_actor_had_and_its_records_do_not_make_is_named() {
    let machine = Machine::new(1);
    machine.fate.be_kind();
    let mut memories = Memories::default();
    let lived = machine.live(1, None, async |life| {
        tokio::select! {
            biased;
            _ = begin(&life) => (),
            never = memories.watch(&machine, &life) => never,
        }
    });
    assert_eq!(lived, Some(()));
    let archive = Archive::of(Arc::new(machine.disk.bare_copy()), machine.disk.vault.vault()).unwrap();
    let look_everywhere = |memories: &Memories| {
        let (forgotten, counts) = (BTreeSet::new(), BTreeMap::new());
        let mut traveller = Traveller { archive: &archive, memories, forgotten, counts };
        traveller.look_everywhere(&mut Rng::new(1)).map(|()| traveller.counts["states that actors had"])
    };
    assert!(look_everywhere(&memories).unwrap() > 2);
    let workspace = StreamId::Workspace(WorkspaceId::nth(0));
    let at = memories.forge::<Workspace>(workspace, |state| state.balance += 1);
    let found = look_everywhere(&memories).unwrap_err();
    assert!(found.starts_with(&format!("workspace/1001 at {at} is not what its actor had, /balance:")), "{found}");
}
