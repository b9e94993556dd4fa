//! Builds states from the log, for every start, every wake-up and every look into the past.

use std::ops::{ControlFlow, RangeInclusive};

use events::history::{History, Of};
use events::index::Series;
use events::log::ReadError;
use events::record::{Position, Revision};
use events::snapshot;

use crate::decider::Decider;

/// The version of the rules that fold events into states. Raise it when an event folds into another state than
/// before, or a state has other bytes, so that older snapshots are ignored; the golden histories of the tests show
/// when.
pub const RULES: u64 = 3;

/// A state, and the number of events that made it.
#[derive(Debug, PartialEq, Eq)]
pub struct Replayed<S> {
    pub state: S,
    /// Number of the stream's events that were applied.
    pub revision: Revision,
    /// Position of the last of them; 0 if there is none.
    pub last: Position,
}

/// What an actor wakes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Basis {
    /// From its latest snapshot, if that is usable, and the events behind it.
    Snapshot,
    /// From all its events.
    Records,
}

/// A state that may be based on a snapshot.
#[derive(Debug)]
pub struct Woken<S> {
    /// The same as a replay gives.
    pub replayed: Replayed<S>,
    /// The latest snapshot, usable or not.
    pub snapshot: Option<snapshot::Head>,
    /// Number of events that no usable snapshot contains.
    pub since: u64,
}

/// Folds an actor's events up to and including position `to`. Uses no snapshot, so that audits can rely on it.
pub fn replay<D: Decider>(id: D::Id, history: &History, to: Position) -> Result<Replayed<D::State>, ReadError> {
    let mut replayed = Replayed { state: D::State::default(), revision: 0, last: 0 };
    fold::<D>(id, history, 1..=to, &mut replayed)?;
    Ok(replayed)
}

/// Returns the same state as [`replay`], but begins with the latest snapshot if that is usable.
pub fn wake<D: Decider>(id: D::Id, history: &History, to: Position) -> Result<Woken<D::State>, ReadError> {
    let (stream, log, vault) = (D::stream(id), history.log(), history.vault());
    let snapshot = snapshot::head(log, stream)?;
    let kept =
        snapshot.as_ref().map(|head| snapshot::load::<D::State>(log, vault, stream, head, RULES, to)).transpose()?;
    let (mut replayed, from) = match (kept.flatten(), &snapshot) {
        (Some(state), Some(head)) => {
            (Replayed { state, revision: head.revision, last: 0 }, head.position.saturating_add(1))
        }
        _ => (Replayed { state: D::State::default(), revision: 0, last: 0 }, 1),
    };
    let before = replayed.revision;
    fold::<D>(id, history, from..=to, &mut replayed)?;
    if replayed.last == 0 && replayed.revision > 0 {
        replayed.last = history.index().latest(Series::Stream(stream), to, 1)?.first().copied().unwrap_or(0);
    }
    let since = replayed.revision.saturating_sub(before);
    Ok(Woken { replayed, snapshot, since })
}

/// Returns the same as [`wake`], from the records alone. No snapshot counts as usable, so the next one is due at once.
pub fn wake_from_records<D: Decider>(id: D::Id, history: &History, to: Position) -> Result<Woken<D::State>, ReadError> {
    let snapshot = snapshot::head(history.log(), D::stream(id))?;
    Ok(Woken { replayed: replay::<D>(id, history, to)?, snapshot, since: u64::MAX })
}

/// Folds the events behind position `from`, which a replay has reached, up to and including `to`.
pub fn catch_up<D: Decider>(
    id: D::Id,
    history: &History,
    (from, to): (Position, Position),
    mut replayed: Replayed<D::State>,
) -> Result<Replayed<D::State>, ReadError> {
    fold::<D>(id, history, from.saturating_add(1)..=to, &mut replayed)?;
    Ok(replayed)
}

/// Folds an actor's events within a range of positions into a state that holds all before them.
pub fn fold<D: Decider>(
    id: D::Id,
    history: &History,
    range: RangeInclusive<Position>,
    replayed: &mut Replayed<D::State>,
) -> Result<(), ReadError> {
    history.walk(Of::Stream(D::stream(id)), range, |position, _, event| {
        D::apply(&mut replayed.state, event);
        replayed.revision = replayed.revision.saturating_add(1);
        replayed.last = position;
        ControlFlow::Continue(())
    })
}
