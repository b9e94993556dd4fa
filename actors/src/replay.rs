//! State from the log: what every start, every wake-up and every look into the past does.

use events::event::Event;
use events::index::{Index, Series};
use events::log::{Log, ReadError};
use events::record::{Position, Record, Revision};

use crate::decider::Decider;

/// Positions read at once.
const CHUNK: usize = 10_000;

/// A state and how many events made it.
pub struct Replayed<S> {
    /// What the rules remember.
    pub state: S,
    /// Events of the stream that were applied.
    pub revision: Revision,
}

/// Folds an actor's events up to and including position `to`.
pub fn replay<D: Decider>(id: D::Id, log: &dyn Log, index: &Index, to: Position) -> Result<Replayed<D::State>, ReadError> {
    let stream = D::stream(id);
    let mut replayed = Replayed { state: D::State::default(), revision: 0 };
    let mut from = 1;
    loop {
        let positions = index.positions(Series::Stream(stream), from, to, CHUNK)?;
        let Some(last) = positions.last().copied() else { return Ok(replayed) };
        visit(log, &positions, |event| {
            D::apply(&mut replayed.state, event);
            replayed.revision += 1;
        })?;
        from = last.saturating_add(1);
    }
}

/// Shows the events at these ascending positions.
fn visit(log: &dyn Log, positions: &[Position], mut each: impl FnMut(&Event)) -> Result<(), ReadError> {
    let mut records = Near { log, open: None, current: None };
    for position in positions {
        let record = records.at(*position)?;
        let offset = usize::try_from(position.saturating_sub(record.first)).unwrap_or(usize::MAX);
        if let Some(event) = record.events.get(offset) {
            each(event);
        }
    }
    Ok(())
}

/// Reads on where the next wanted record is near; begins anew where it is far.
struct Near<'a> {
    log: &'a dyn Log,
    open: Option<events::log::Records<'a>>,
    current: Option<Record>,
}

/// So many records are passed over before a new search is cheaper.
const NEAR: u64 = 64;

impl Near<'_> {
    fn at(&mut self, position: Position) -> Result<&Record, ReadError> {
        let holds = |record: &Record| (record.first..=record.last()).contains(&position);
        if !self.current.as_ref().is_some_and(holds) {
            let near = self.current.as_ref().is_some_and(|r| r.first < position && position - r.first <= NEAR);
            let mut open = self.open.take().filter(|_| near).unwrap_or_else(|| self.log.read(position));
            self.current = None;
            for stored in open.by_ref() {
                let record = events::record::decode(&stored?)?;
                if holds(&record) {
                    self.current = Some(record);
                    break;
                }
            }
            self.open = Some(open);
        }
        self.current.as_ref().ok_or(ReadError::Damaged { position, what: "missing".to_owned() })
    }
}
