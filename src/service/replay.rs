//! Folds every stream of a log from its records alone, and compares the states with those that are kept: with snapshots,
//! and in a running gateway with the states of actors that are awake. Changes nothing and sends nothing.

mod compared;
mod live;
#[cfg(test)]
mod tests;

use actors::account::Account;
use actors::chat::Chat;
use actors::webhook::Webhook;
use actors::workspace::Workspace;
use events::history::History;
use events::ids::StreamId;
use events::log::ReadError;
use events::record::Position;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use live::{at_once, run};

use compared::Compared;

/// Streams that are looked up at once.
const STREAMS_AT_ONCE: usize = 500;
/// Further differences, skipped streams and failures are only counted.
const NAMED_MAX: usize = 1_000;

/// The result of a replay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplayView {
    /// Events up to here were applied: the position of the last event of a commit.
    #[schema(value_type = u64)]
    pub(crate) to: Position,
    /// Number of streams that were folded.
    pub(crate) streams: u64,
    /// Number of events that were applied: one that belongs to two streams counts twice.
    pub(crate) applied: u64,
    /// Number of states that were compared with a kept one.
    pub(crate) compared: u64,
    pub(crate) differing: u64,
    /// Number of streams whose kept state could not be compared.
    pub(crate) skipped: u64,
    /// Number of streams that could not be folded.
    pub(crate) failed: u64,
    /// The first streams that differ, were skipped, or failed.
    pub(crate) named: Vec<NamedStream>,
}

/// A stream that differs, was skipped, or failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NamedStream {
    pub(crate) stream: String,
    pub(crate) outcome: Outcome,
    /// What is wrong, or why it was skipped.
    pub(crate) reason: String,
    /// JSON pointers to what differs in the state, at most 20.
    pub(crate) paths: Vec<String>,
}

/// What became of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Differs,
    Skipped,
    Failed,
}

/// Folds every stream up to the end of a commit, and compares it with its snapshot if that is wanted. Tells `progress` how many
/// events were applied; it stops the replay by returning false.
pub fn offline(
    history: &History,
    to: Position,
    compare: bool,
    mut progress: impl FnMut(u64) -> bool,
) -> Result<ReplayView, ReadError> {
    let mut view = ReplayView { to, ..ReplayView::default() };
    let mut after = None;
    loop {
        let streams = history.index().streams_behind(after, STREAMS_AT_ONCE)?;
        for stream in &streams {
            view.take(*stream, at_rest(history, *stream, to, compare));
            if !progress(view.applied) {
                return Ok(view);
            }
        }
        after = streams.last().copied();
        if streams.len() < STREAMS_AT_ONCE {
            return Ok(view);
        }
    }
}

/// Folds one stream and compares it with its snapshot if that is wanted.
fn at_rest(history: &History, stream: StreamId, to: Position, compare: bool) -> Result<Compared, ReadError> {
    match stream {
        StreamId::Workspace(id) => compared::at_rest::<Workspace>(id, history, to, compare),
        StreamId::Account(id) => compared::at_rest::<Account>(id, history, to, compare),
        StreamId::Chat(id) => compared::at_rest::<Chat>(id, history, to, compare),
        StreamId::Webhook(id) => compared::at_rest::<Webhook>(id, history, to, compare),
        // No actor decides on the log itself.
        StreamId::Log => Ok(Compared::default()),
    }
}

impl ReplayView {
    /// True if every stream could be folded, and is what was kept of it.
    pub fn is_good(&self) -> bool {
        self.differing == 0 && self.failed == 0
    }

    /// Returns the number of states that were compared with a kept one.
    pub fn compared(&self) -> u64 {
        self.compared
    }

    /// Returns the number of states that differ.
    pub fn differing(&self) -> u64 {
        self.differing
    }

    fn take(&mut self, stream: StreamId, compared: Result<Compared, ReadError>) {
        let compared = match compared {
            Ok(compared) => compared,
            Err(error) => return self.name(stream, Outcome::Failed, error.to_string(), Vec::new()),
        };
        self.streams += u64::from(compared.applied > 0);
        self.applied = self.applied.saturating_add(compared.applied);
        self.compared += u64::from(compared.is_checked);
        if let Some((reason, paths)) = compared.difference {
            self.name(stream, Outcome::Differs, reason, paths);
        }
        if let Some(reason) = compared.skipped {
            self.name(stream, Outcome::Skipped, reason.to_owned(), Vec::new());
        }
    }

    fn name(&mut self, stream: StreamId, outcome: Outcome, reason: String, paths: Vec<String>) {
        let count = match outcome {
            Outcome::Differs => &mut self.differing,
            Outcome::Skipped => &mut self.skipped,
            Outcome::Failed => &mut self.failed,
        };
        *count += 1;
        if self.named.len() < NAMED_MAX {
            self.named.push(NamedStream { stream: stream.to_string(), outcome, reason, paths });
        }
    }
}
