//! What changed in an actor's state between two moments, and which event changed it.

use std::ops::ControlFlow;

use actors::account::Account;
use actors::chat::Chat;
use actors::decider::Decider;
use actors::runtime::replay::replay;
use actors::webhook::Webhook;
use actors::workspace::Workspace;
use events::history::{History, Of};
use events::ids::StreamId;
use events::log::ReadError;
use events::personal::Digest;
use events::record::{Position, Revision};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::as_of::AsOf;
use super::json_diff::{Change, changes};
use super::refusal::Refusal;
use super::states;
use crate::gateway::Gateway;

/// Above so many events between the two moments, causes are not named.
pub const CAUSES_MAX: u64 = 1_000;
/// Above so many bytes of states, one for each event, causes are not named either.
const BYTES_MAX: usize = 64 << 20;
/// Further differences are only counted.
const DIFFERENCES_MAX: usize = 1_000;

/// What changed in a state between two moments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiffView {
    pub(crate) stream: String,
    /// The moments: each the position of the last event of a commit.
    #[schema(value_type = u64)]
    pub(crate) from: Position,
    #[schema(value_type = u64)]
    pub(crate) to: Position,
    /// Number of the stream's events between them.
    pub(crate) events: u64,
    /// The state at `from`; null if the stream had no event yet.
    pub(crate) before: Value,
    /// The state at `to`.
    pub(crate) after: Value,
    pub(crate) differences: Vec<Difference>,
    /// Number of differences that are left off, because there are too many.
    pub(crate) left_off: usize,
    /// Whether the differences name their causes; not if there are too many events between.
    pub(crate) causes: bool,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// A JSON pointer into the state: into the one before for what is gone.
    pub(crate) path: String,
    /// Null also if there was nothing.
    pub(crate) before: Value,
    pub(crate) after: Value,
    /// The last event that changed it; null where causes are not named.
    #[schema(value_type = Option<u64>)]
    pub(crate) position: Option<Position>,
    /// The type of that event.
    #[serde(rename = "type")]
    pub(crate) name: Option<String>,
}

/// Compares a stream's states at the ends of two commits; `None` if it had no event at the second.
fn diff(history: &History, stream: StreamId, moments: [Position; 2]) -> Result<Option<DiffView>, ReadError> {
    match stream {
        StreamId::Workspace(id) => of::<Workspace>(id, history, moments),
        StreamId::Account(id) => of::<Account>(id, history, moments),
        StreamId::Chat(id) => of::<Chat>(id, history, moments),
        StreamId::Webhook(id) => of::<Webhook>(id, history, moments),
        // No actor decides on the log itself.
        StreamId::Log => Ok(None),
    }
}

fn of<D: Decider>(id: D::Id, history: &History, [from, to]: [Position; 2]) -> Result<Option<DiffView>, ReadError> {
    let stream = D::stream(id);
    let before = replay::<D>(id, history, from)?;
    let revision: Revision = history.index().revision_at(stream, to)?;
    if revision == 0 {
        return Ok(None);
    }
    let events = revision.saturating_sub(before.revision);
    let is_new = before.revision == 0;
    let mut steps = Steps::new(states::shown(&before.state), events);
    let mut state = before.state;
    history.walk(Of::Stream(stream), from.saturating_add(1)..=to, |position, _, event| {
        D::apply(&mut state, event);
        steps.take(position, event.name(), || states::shown(&state));
        ControlFlow::Continue(())
    })?;
    let (first, after) = (std::mem::take(&mut steps.first), states::shown(&state));
    let mut differences = changes(&first, &after);
    let left_off = differences.len().saturating_sub(DIFFERENCES_MAX);
    differences.truncate(DIFFERENCES_MAX);
    Ok(Some(DiffView {
        stream: stream.to_string(),
        from,
        to,
        events,
        before: if is_new { Value::Null } else { first },
        after,
        differences: differences.into_iter().map(|change| steps.explain(change)).collect(),
        left_off,
        causes: steps.is_told(),
    }))
}

/// What each event changed.
struct Steps {
    /// The state before the first event.
    first: Value,
    /// The state after the last event, while causes are gathered.
    last: Option<Value>,
    bytes: usize,
    taken: Vec<Taken>,
}

/// A change that one event made.
struct Taken {
    position: Position,
    name: &'static str,
    path: String,
    /// Digests of the values: they can be large.
    before: Option<Digest>,
    after: Option<Digest>,
}

fn digest(value: Option<&Value>) -> Option<Digest> {
    value.map(|value| Digest::of(value.to_string().as_bytes()))
}

impl Steps {
    fn new(first: Value, events: u64) -> Self {
        let last = (events <= CAUSES_MAX).then(|| first.clone());
        Self { first, last, bytes: 0, taken: Vec::new() }
    }

    fn is_told(&self) -> bool {
        self.last.is_some()
    }

    fn take(&mut self, position: Position, name: &'static str, state: impl FnOnce() -> Value) {
        let Some(last) = &mut self.last else { return };
        let state = state();
        for Change { path, before, after } in changes(last, &state) {
            let (before, after) = (digest(before.as_ref()), digest(after.as_ref()));
            self.taken.push(Taken { position, name, path, before, after });
        }
        self.bytes = self.bytes.saturating_add(state.to_string().len());
        *last = state;
        if self.bytes > BYTES_MAX {
            (self.last, self.taken) = (None, Vec::new());
        }
    }

    fn explain(&self, change: Change) -> Difference {
        let cause = self.cause(&change);
        Difference {
            position: cause.map(|taken| taken.position),
            name: cause.map(|taken| taken.name.to_owned()),
            path: change.path,
            before: change.before.unwrap_or_default(),
            after: change.after.unwrap_or_default(),
        }
    }

    /// Finds the last event that made a difference. Places in arrays shift, so a member is known by its value too.
    fn cause(&self, change: &Change) -> Option<&Taken> {
        let [before, after] = [&change.before, &change.after].map(|value| digest(value.as_ref()));
        let last = |wanted: &dyn Fn(&&Taken) -> bool| self.taken.iter().rev().find(|taken| wanted(taken));
        let is_it = |taken: &&Taken| {
            if after.is_none() { taken.after.is_none() && taken.before == before } else { taken.after == after }
        };
        last(&|taken| taken.path == change.path && is_it(taken))
            .or_else(|| last(&|taken| parent(&taken.path) == parent(&change.path) && is_it(taken)))
            .or_else(|| last(&|taken| is_within(&taken.path, &change.path) || is_within(&change.path, &taken.path)))
            .or_else(|| last(&|taken| is_within(&taken.path, parent(&change.path))))
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn is_within(path: &str, whole: &str) -> bool {
    path.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Compares a stream's states at two moments of the durable log.
pub async fn show(gateway: &Gateway, stream: StreamId, [from, to]: [Option<AsOf>; 2]) -> Result<DiffView, Refusal> {
    let Some(from) = from else { return Err(Refusal::invalid("from", "from must be a position or a time")) };
    let head = gateway.shard.watermark().settled().await;
    let found = gateway.shard.history().run(move |history| between(history, stream, [Some(from), to], head));
    found
        .await?
        .map_err(|Backwards| Refusal::invalid("from", "from must not be after to"))?
        .ok_or_else(states::not_found)
}

/// The second moment is before the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("from must not be after to")]
pub struct Backwards;

/// Compares a stream's states at two moments; the last one is `head` if it is not given.
pub fn between(
    history: &History,
    stream: StreamId,
    moments: [Option<AsOf>; 2],
    head: Position,
) -> Result<Result<Option<DiffView>, Backwards>, ReadError> {
    let [from, to] = moments.map(|moment| AsOf::moment(moment, history, head));
    let (from, to) = (from?, to?);
    if from > to { Ok(Err(Backwards)) } else { diff(history, stream, [from, to]).map(Ok) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(states: &[(Value, &'static str)]) -> Vec<(String, Option<Position>, Option<String>)> {
        let (first, later) = states.split_first().unwrap();
        let mut steps = Steps::new(first.0.clone(), later.len() as u64);
        for (position, (state, name)) in (1..).zip(later) {
            steps.take(position, name, || state.clone());
        }
        let last = &later.last().unwrap().0;
        let explained = changes(&first.0, last).into_iter().map(|change| steps.explain(change));
        explained.map(|found| (found.path, found.position, found.name)).collect()
    }

    fn cause(path: &str, position: Position, name: &str) -> (String, Option<Position>, Option<String>) {
        (path.to_owned(), Some(position), Some(name.to_owned()))
    }

    #[test]
    fn a_field_names_the_last_event_that_changed_it() {
        let states = [
            (json!({"a": 0, "b": {"c": 0}}), ""),
            (json!({"a": 1, "b": {"c": 0}}), "First"),
            (json!({"a": 2, "b": {"c": 0}}), "Second"),
            (json!({"a": 2, "b": {"c": 1}}), "Third"),
            (json!({"a": 2, "b": {"c": 1}}), "Fourth"),
        ];
        assert_eq!(told(&states), [cause("/a", 2, "Second"), cause("/b/c", 3, "Third")]);
    }

    #[test]
    fn members_of_a_queue_name_what_took_them_out_and_what_added_them() {
        let states = [
            (json!({"q": [1, 2, 3]}), ""),
            (json!({"q": [2, 3]}), "Sent"),
            (json!({"q": [2, 3, 4]}), "Queued"),
            (json!({"q": [3, 4]}), "Failed"),
            (json!({"q": [3, 4, 5]}), "QueuedToo"),
        ];
        let wanted = [
            cause("/q/0", 1, "Sent"),
            cause("/q/1", 3, "Failed"),
            cause("/q/1", 2, "Queued"),
            cause("/q/2", 4, "QueuedToo"),
        ];
        assert_eq!(told(&states), wanted);
    }

    #[test]
    fn too_many_events_name_no_causes() {
        let mut steps = Steps::new(json!({"a": 0}), CAUSES_MAX + 1);
        steps.take(1, "First", || json!({"a": 1}));
        assert!(!steps.is_told() && steps.taken.is_empty());
    }
}
