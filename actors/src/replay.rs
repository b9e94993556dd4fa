//! State from the log: what every start, every wake-up and every look into the past does.

use events::index::{Index, Series};
use events::log::{Log, ReadError};
use events::reading::visit;
use events::record::{Position, Revision};

use crate::decider::Decider;

/// Positions read at once.
const CHUNK: usize = 10_000;

/// A state and how many events made it.
#[derive(Debug, PartialEq, Eq)]
pub struct Replayed<S> {
    /// What the rules remember.
    pub state: S,
    /// Events of the stream that were applied.
    pub revision: Revision,
}

/// Folds an actor's events up to and including position `to`.
pub fn replay<D: Decider>(
    id: D::Id,
    log: &dyn Log,
    index: &Index,
    to: Position,
) -> Result<Replayed<D::State>, ReadError> {
    let series = Series::Stream(D::stream(id));
    let mut replayed = Replayed { state: D::State::default(), revision: 0 };
    let mut from = 1;
    loop {
        let positions = index.positions(series, from, to, CHUNK)?;
        let Some(last) = positions.last().copied() else { return Ok(replayed) };
        visit(log, &positions, |_, _, event| {
            D::apply(&mut replayed.state, event);
            replayed.revision = replayed.revision.saturating_add(1);
        })?;
        from = last.saturating_add(1);
    }
}
