//! Finds the actors with something outstanding among all, a page of streams at a time: memory holds one state and one page,
//! however many actors there are.

use std::ops::Bound;

use events::history::History;
use events::ids::StreamId;
use events::log::{Batch, Note, ReadError, WriteError};
use events::notes;
use events::record::Position;

use super::coverage::{Coverage, KINDS, Streams};
use crate::account::Account;
use crate::chat::Chat;
use crate::runtime::registry::Kind;
use crate::runtime::replay::wake;
use crate::webhook::Webhook;

/// Streams in a page.
pub(crate) const PAGE: usize = 256;

/// Some streams in a row, and which of their actors had something outstanding.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Number of streams.
    pub(crate) count: usize,
    pub(crate) outstanding: Vec<StreamId>,
    /// What is covered with this page.
    pub(crate) covered: Streams,
}

impl Page {
    /// Folds the states behind a stream as of `to`, which must be durable. A state that cannot be read counts as one with
    /// something outstanding: its actor tries again.
    pub(crate) fn read(history: &History, after: Option<StreamId>, to: Position) -> Result<Self, ReadError> {
        let streams = behind(history, after)?;
        let Some(last) = streams.last().copied() else {
            return Ok(Self { count: 0, outstanding: Vec::new(), covered: Streams::All });
        };
        let outstanding = streams.iter().copied().filter(|stream| {
            is_outstanding(history, *stream, to).unwrap_or_else(|error| {
                tracing::error!(%stream, %error, "it is not known whether an actor has anything outstanding");
                true
            })
        });
        Ok(Self { count: streams.len(), outstanding: outstanding.collect(), covered: Streams::UpTo(last) })
    }
}

/// Returns the next streams in the order of a search; none behind the last one.
fn behind(history: &History, after: Option<StreamId>) -> Result<Vec<StreamId>, ReadError> {
    for kind in KINDS.into_iter().skip_while(|kind| after.is_some_and(|after| after.kind() != *kind)) {
        let (first, last) = kind.streams().into_inner();
        let start = after.filter(|after| after.kind() == kind).map_or(Bound::Included(first), Bound::Excluded);
        let streams = history.index().streams((start, Bound::Included(last)), PAGE)?;
        if !streams.is_empty() {
            return Ok(streams);
        }
    }
    Ok(Vec::new())
}

fn is_outstanding(history: &History, stream: StreamId, to: Position) -> Result<bool, ReadError> {
    fn of<D: Kind>(id: D::Id, history: &History, to: Position) -> Result<bool, ReadError> {
        Ok(!D::due(&wake::<D>(id, history, to)?.replayed.state).is_nothing())
    }
    match stream {
        StreamId::Account(id) => of::<Account>(id, history, to),
        StreamId::Chat(id) => of::<Chat>(id, history, to),
        StreamId::Webhook(id) => of::<Webhook>(id, history, to),
        StreamId::Workspace(_) | StreamId::Log => Ok(false),
    }
}

/// Why an agenda was not made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Makes the agenda of a log that has none and that nobody uses; `told` gets the number of streams searched so far.
pub fn make(history: &History, mut told: impl FnMut(u64)) -> Result<(), MakeError> {
    let (log, position) = (history.log(), history.head().position);
    let (mut covered, mut count) = (Streams::None, 0_u64);
    while covered != Streams::All {
        let page = Page::read(history, covered.last(), position)?;
        covered = page.covered;
        let mut notes: Vec<Note> =
            page.outstanding.into_iter().map(|stream| (notes::agenda(stream), Some(Vec::new()))).collect();
        notes.push(Coverage { position, streams: covered }.note());
        log.write(&Batch { after: position, notes, ..Batch::default() })?;
        count = count.saturating_add(page.count as u64);
        told(count);
    }
    Ok(log.sync()?)
}
